/* pull: bring everything back, into the vault and into files. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "changes.h"
#include "local.h"
#include "settle.h"

void
pull_result_release(struct pull_result *result)
{
	names_release(&result->added);
	names_release(&result->changed);
	names_release(&result->deleted);
}

/* What a pull works on. */
struct pull {
	const struct pull_request *request;
	const struct caller *caller;
	struct place place;
	struct vault vault;
	struct vault accepted;
	struct net net;
	struct net_list list; /* without its rows, after the look */
	struct workspace_key key;
	struct sides sides;
	struct resolver resolver; /* of the local copy */
	enum local_kind kind;
	struct names ours;     /* the copy keeps them; sorted */
	struct vault had;      /* what these were compared with */
	struct change *theirs; /* as the copy has them; sorted */
	size_t theirs_n;
};

#define PULL_INIT                                                              \
	{                                                                      \
		.place = PLACE_INIT, .vault = VAULT_INIT,                      \
		.accepted = VAULT_INIT, .net = NET_INIT,                       \
		.key = WORKSPACE_KEY_INIT, .ours = NAMES_INIT,                 \
		.had = VAULT_INIT                                              \
	}
#define AUTO_PULL __attribute__((cleanup(pull_release)))

static void
pull_release(struct pull *pull)
{
	names_release(&pull->ours);
	free(pull->theirs);
	resolver_release(&pull->resolver);
	net_stop(&pull->net);
	vault_release(&pull->had);
	vault_release(&pull->accepted);
	vault_release(&pull->vault);
	place_release(&pull->place);
}

/* ---- the file of --to -------------------------------------------------- */

/* The file as it is, and what it is to hold. */
struct target {
	struct env_file file;
	struct dotenv_entry *entries;
	size_t n;
	struct names conflicts;
};

#define TARGET_INIT                                                            \
	{                                                                      \
		.file = ENV_FILE_INIT, .conflicts = NAMES_INIT                 \
	}
#define AUTO_TARGET __attribute__((cleanup(target_release)))

static void
target_release(struct target *target)
{
	free(target->entries);
	env_file_release(&target->file);
	names_release(&target->conflicts);
}

/*
 * Every value of the server; a name that has another one there is a conflict,
 * and stays where ours was chosen.
 */
static int
collect(struct target *target, const struct sides *sides,
    const struct resolver *resolver, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;

	if (standing_names(&names, sides, err) < 0)
		return -(int)err->status;
	target->entries = calloc(
	    names.n + target->file.entries.n + 1, sizeof(*target->entries));
	if (target->entries == NULL)
		return err_memory(err);
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.items[i];
		enum standing standing;
		struct secret value;

		if (standing_of(sides, name, &standing, &value, err) < 0)
			return -(int)err->status;
		if (value.data == NULL || standing == STANDING_SAME)
			continue;
		if (standing != STANDING_ONLY_REMOTE) {
			if (names_add(&target->conflicts, name) < 0)
				return err_memory(err);
			if (resolver_choice(resolver, name) == RESOLVE_OURS)
				continue;
		}
		env_file_entry(&target->file, target->entries, &target->n, name,
		    place_outer_name(sides->place, name), &value);
	}
	return 0;
}

static int
read_target(struct target *target, const struct pull *pull,
    const struct resolver *resolver, struct err *err)
{
	struct sides sides = pull->sides;

	if (env_file_read(
		&target->file, pull->request->to, pull->sides.place, err) < 0)
		return -(int)err->status;
	sides.file = &target->file;
	return collect(target, &sides, resolver, err);
}

/*
 * A person is not asked while others wait for the lock: the file is read
 * again under it, and what is new in it then is a conflict.
 */
static int
write_target(const struct pull *pull, bool *written, struct err *err)
{
	AUTO_TARGET struct target before = TARGET_INIT;
	AUTO_TARGET struct target target = TARGET_INIT;
	AUTO_FD int lock = -1;
	char what[4200];
	const struct resolve_words words = {
	    .what = what,
	    .ours = "what the file has",
	    .theirs = "what the server has",
	    .hint = "--theirs writes what the server has, --ours leaves "
		    "them; or 'agentsecrets push' the file",
	};
	AUTO_RESOLVER struct resolver resolver =
	    RESOLVER_INIT(pull->request->conflicts, &words);

	snprintf(what, sizeof(what), "'%s' has other values than the server",
	    pull->request->to);
	if (read_target(&before, pull, &resolver, err) < 0 ||
	    resolver_decide(&resolver, &before.conflicts, pull->caller, err) <
		0)
		return -(int)err->status;
	if (resolver.how == RESOLVE_ASK)
		resolver.how = RESOLVE_REFUSE;
	if ((lock = home_lock(&pull->place.home, "lock", err)) < 0 ||
	    read_target(&target, pull, &resolver, err) < 0 ||
	    resolver_decide(&resolver, &target.conflicts, pull->caller, err) <
		0)
		return -(int)err->status;
	*written = target.n > 0 || !target.file.exists;
	return *written
	    ? env_file_write(&target.file, target.entries, target.n, err)
	    : 0;
}

/* ---- the local copy ---------------------------------------------------- */

static int
add_conflict(struct names *out, const struct sides *sides, const char *name,
    struct err *err)
{
	struct arena_mark mark = arena_mark();
	enum standing standing;
	struct secret remote;

	if (standing_of(sides, name, &standing, &remote, err) < 0)
		return -(int)err->status;
	arena_rewind(mark);
	return standing == STANDING_CHANGED_BOTH && names_add(out, name) < 0
	    ? err_memory(err)
	    : 0;
}

static int
add_ours(struct pull *pull, const char *name, struct err *err)
{
	const struct vault_row *row = vault_find(pull->sides.remote, name);

	if (names_add(&pull->ours, name) < 0)
		return err_memory(err);
	return row != NULL ? vault_put(&pull->had, row, err) : 0;
}

/* What the copy gives up, as it has it. */
static void
add_theirs(struct pull *pull, const struct sides *sides, const char *name)
{
	struct change *change = &pull->theirs[pull->theirs_n++];

	snprintf(change->name, sizeof(change->name), "%s", name);
	change->deleted = !standing_local(sides, name, &change->value);
}

/* Note what was decided for each. */
static int
sort_conflicts(struct pull *pull, const struct sides *sides,
    const struct names *conflicts, struct err *err)
{
	pull->theirs = calloc(conflicts->n + 1, sizeof(*pull->theirs));
	if (pull->theirs == NULL)
		return err_memory(err);
	for (size_t i = 0; i < conflicts->n; i++) {
		const char *name = conflicts->items[i];

		if (resolver_choice(&pull->resolver, name) == RESOLVE_OURS) {
			if (add_ours(pull, name, err) < 0)
				return -(int)err->status;
		} else {
			add_theirs(pull, sides, name);
		}
	}
	return 0;
}

/*
 * Names that were changed in the local copy, and on the server as well. What
 * was changed only here stays.
 */
static int
resolve_copy(struct pull *pull, struct err *err)
{
	AUTO_LOCAL struct local local = LOCAL_INIT;
	AUTO_NAMES struct names names = NAMES_INIT;
	AUTO_NAMES struct names conflicts = NAMES_INIT;
	struct sides sides = pull->sides;

	if (standing_names(&names, &sides, err) < 0)
		return -(int)err->status;
	if (local_read(
		&local, &sides, &names, &pull->place, pull->caller, err) < 0)
		/* Nothing is lost by that: its changes stay, and are known. */
		return pull->place.keychain.trouble != KEYCHAIN_WORKS
		    ? 0
		    : -(int)err->status;
	for (size_t i = 0; local.kind != LOCAL_NONE && i < names.n; i++) {
		if (add_conflict(&conflicts, &sides, names.items[i], err) < 0)
			return -(int)err->status;
	}
	if (resolver_decide(&pull->resolver, &conflicts, pull->caller, err) < 0)
		return -(int)err->status;
	pull->kind = local.kind;
	return sort_conflicts(pull, &sides, &conflicts, err);
}

/*
 * What the copy keeps is a change to what it was compared with. The vault file
 * may have moved on since: then the name stays a conflict.
 */
static int
keep_ours(struct pull *pull, struct err *err)
{
	AUTO_FD int lock = -1;

	if (pull->ours.n == 0)
		return 0;
	lock = home_lock(&pull->place.home, "lock", err);
	return lock < 0
	    ? lock
	    : local_agree(&pull->place, &pull->had, &pull->ours,
		  pull->kind == LOCAL_FILE ? pull->place.file.directory : NULL,
		  err);
}

static int
settle_copy(struct pull *pull, bool *written, struct err *err)
{
	struct settle settle = {.changes = pull->theirs,
	    .changes_n = pull->theirs_n,
	    .if_as_given = true,
	    .all = true,
	    .force = pull->request->force};
	int rc = keep_ours(pull, err);

	if (rc == 0)
		rc = settle_local(
		    &pull->place, &pull->key, &settle, pull->caller, err);
	*written = settle.written;
	return rc;
}

/* ---- the whole --------------------------------------------------------- */

static int
look(struct pull *pull, struct err *err)
{
	int rc = exchange_look(&pull->net, &pull->place, &pull->key,
	    &pull->vault, &pull->list, &pull->accepted, err);

	net_rows_release(&pull->list.rows);
	pull->sides.remote =
	    pull->list.unchanged ? &pull->vault : &pull->accepted;
	return rc;
}

static int
bring(struct pull *pull, struct pull_result *result, struct err *err)
{
	AUTO_FETCHED struct fetched fetched = FETCHED_INIT;
	const char *to = pull->request->to;
	/* With --to the own file of storage mode 2 is left alone. */
	bool local = to == NULL || pull->place.storage_mode != 2;
	bool to_written = false;
	bool copy_written = false;

	if (look(pull, err) < 0 ||
	    (local && !pull->request->force && resolve_copy(pull, err) < 0) ||
	    (to != NULL && write_target(pull, &to_written, err) < 0) ||
	    exchange_record(&pull->place, &pull->list, &pull->accepted,
		&pull->vault, &fetched, err) < 0 ||
	    (local && settle_copy(pull, &copy_written, err) < 0))
		return -(int)err->status;
	result->added = fetched.added;
	result->changed = fetched.changed;
	result->deleted = fetched.deleted;
	fetched = (struct fetched)FETCHED_INIT;
	result->total = vault_live(&pull->vault);
	if (to_written)
		snprintf(result->file, sizeof(result->file), "%s", to);
	else if (copy_written)
		return env_file_path(
		    result->file, sizeof(result->file), &pull->place, err);
	return 0;
}

int
pull_run(const struct pull_request *request, const struct caller *caller,
    struct pull_result *result, struct err *err)
{
	AUTO_PULL struct pull pull = PULL_INIT;
	char path[4096];

	pull.request = request;
	pull.caller = caller;
	pull.resolver = (struct resolver)RESOLVER_INIT(
	    request->conflicts, &resolve_server_words);
	pull.sides = (struct sides){
	    .key = &pull.key, .place = &pull.place, .base = &pull.vault};
	if (place_find(&pull.place, caller, err) < 0 ||
	    exchange_load(&pull.vault, &pull.place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &pull.place);
	if (request->to != NULL && strlen(request->to) >= sizeof(path))
		return err_set(err, EXIT_USAGE, "the path is too long");
	if ((request->to == NULL && pull.place.storage_mode == 2 &&
		env_file_path(path, sizeof(path), &pull.place, err) < 0) ||
	    exchange_connect(&pull.net, &pull.place, caller, err) < 0 ||
	    exchange_unlock(&pull.key, &pull.place, caller, err) < 0)
		return -(int)err->status;
	return bring(&pull, result, err);
}
