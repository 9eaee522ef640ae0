/* push: a whole .env file in one operation. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/text.h>

#include "changes.h"
#include "env_file.h"
#include "exchange.h"
#include "local.h"
#include "prune.h"
#include "settle.h"

/* Whoever stands below the project's directory often means its file. */
static int
no_such_file(const char *given, const struct place *place, struct err *err)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s",
	    place->file.directory != NULL ? place->file.directory : "", given);

	err_set(err, EXIT_FAILED, "cannot read '%.*s': there is no such file",
	    text_before_equals(given), given);
	if (place->file.directory != NULL && n > 0 &&
	    (size_t)n < sizeof(path) && access(path, F_OK) == 0)
		return err_hint(err, "did you mean '%s'?", path);
	return err_hint(err, "give the path of the file");
}

static bool
is_same_file(const char *a, const char *b)
{
	struct stat one;
	struct stat other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 &&
	    one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/*
 * .env is often that of another environment, so it is taken only for one that
 * never held anything.
 *
 * @param own  the file that is not there
 */
static int
choose_plain_file(struct env_file *file, const char *own, struct place *place,
    const struct vault *vault, struct err *err)
{
	char path[4096];
	int rc;

	snprintf(path, sizeof(path), "%s/.env", place->file.directory);
	rc = env_file_read(file, path, place, err);
	if (rc <= 0 || vault->rows_n == 0)
		return rc;
	err_set(err, EXIT_USAGE,
	    "'%s' is not there, and nobody said that '%s' is meant", own, path);
	return err_hint(err,
	    "'agentsecrets pull' brings the one back, 'agentsecrets push FILE' "
	    "sends the other");
}

/*
 * FILE; without it, in storage mode 2, the environment's own file, else .env.
 *
 * @param own  out: the file is the local copy, and so may be behind
 * @return 1; 0 when there is none
 */
static int
choose_file(struct env_file *file, bool *own, const char *given,
    struct place *place, const struct vault *vault, struct err *err)
{
	char path[4096] = "";
	int rc;

	if (place->storage_mode == 2 &&
	    (given == NULL || place->file.directory != NULL) &&
	    env_file_path(path, sizeof(path), place, err) < 0)
		return -(int)err->status;
	if (given != NULL) {
		*own = path[0] != '\0' && is_same_file(given, path);
		rc = env_file_read(file, given, place, err);
		return rc != 0 ? rc : no_such_file(given, place, err);
	}
	if (path[0] == '\0')
		return 0;
	*own = true;
	rc = env_file_read(file, path, place, err);
	if (rc != 0)
		return rc;
	*own = false;
	return choose_plain_file(file, path, place, vault, err);
}

/*
 * In storage mode 1 a .env is only taken for a project that never held
 * anything, and only when somebody says so.
 */
static int
ask_for_file(struct env_file *file, struct place *place,
    const struct vault *vault, const struct caller *caller, struct err *err)
{
	char question[128];
	char answer[16];
	int rc;

	if (vault->rows_n > 0)
		return 0;
	rc = env_file_read(file, ".env", place, err);
	if (rc <= 0 || file->entries.n == 0)
		return rc < 0 ? rc : 0;
	if (!caller->ask->is_there()) {
		err_set(err, EXIT_USAGE,
		    "'.env' is there, but nobody said that it is meant");
		return err_hint(err, "run 'agentsecrets push .env'");
	}
	snprintf(question, sizeof(question),
	    "Push %zu name%s from .env? [y/N] ", file->entries.n,
	    file->entries.n == 1 ? "" : "s");
	if (caller->ask->line(question, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	return text_equal(answer, "y") || text_equal(answer, "yes");
}

/* What is to be written, and how it came about. */
struct push {
	const struct push_request *request;
	const struct caller *caller;
	struct place place;
	struct vault vault;
	struct net net;
	struct workspace_key key;
	struct env_file file;
	struct local local;
	struct sides sides;
	struct name_maps maps;
	bool own;	/* what is sent is the local copy, not another file */
	bool compared;	/* that copy has a base */
	bool contested; /* the copy and the vault went different ways */
	struct change *changes; /* sorted */
	size_t n;
	size_t unchanged;
	struct names missing; /* what file or copy lacks; sorted */
};

#define PUSH_INIT                                                              \
	{                                                                      \
		.place = PLACE_INIT, .vault = VAULT_INIT, .net = NET_INIT,     \
		.key = WORKSPACE_KEY_INIT, .file = ENV_FILE_INIT,              \
		.local = LOCAL_INIT, .maps = NAME_MAPS_INIT,                   \
		.missing = NAMES_INIT                                          \
	}
#define AUTO_PUSH __attribute__((cleanup(push_release)))

static void
push_release(struct push *push)
{
	free(push->changes);
	names_release(&push->missing);
	name_maps_release(&push->maps);
	local_release(&push->local);
	env_file_release(&push->file);
	net_stop(&push->net);
	vault_release(&push->vault);
	place_release(&push->place);
}

/*
 * Whether the local copy has a change: what is only behind is none, and where
 * the vault moved away as well, what is there now must be looked at.
 */
static int
is_changed_here(struct push *push, const char *name, struct err *err)
{
	struct arena_mark mark = arena_mark();
	enum standing standing;
	struct secret there;

	if (standing_of(&push->sides, name, &standing, &there, err) < 0)
		return -(int)err->status;
	arena_rewind(mark);
	push->contested |= standing == STANDING_CHANGED_BOTH;
	return standing == STANDING_ONLY_LOCAL ||
	    standing == STANDING_CHANGED_HERE ||
	    standing == STANDING_CHANGED_BOTH;
}

static int
changes_from_file(struct push *push, struct err *err)
{
	const struct env_file *file = &push->file;

	free(push->changes);
	push->changes = calloc(file->entries.n + 1, sizeof(*push->changes));
	if (push->changes == NULL)
		return err_memory(err);
	if (changes_from_entries(push->changes, &file->entries, file->path,
		&push->place, push->caller, &push->maps, err) < 0)
		return -(int)err->status;
	push->n = file->entries.n;
	return name_maps_check(&push->maps, &push->place, err);
}

/* Keep only what is to be written. */
static int
keep_changed(struct push *push, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < push->n; i++) {
		const struct change *change = &push->changes[i];
		int changed = push->own
		    ? is_changed_here(push, change->name, err)
		    : change_differs(change, &push->key, &push->vault, err);

		if (changed < 0)
			return changed;
		if (changed > 0)
			push->changes[kept++] = *change;
	}
	push->unchanged = push->n - kept;
	push->n = kept;
	return 0;
}

/* What another program changed in the keychain, or added there. */
static int
changes_from_items(struct push *push, struct err *err)
{
	const struct items *items = &push->local.items;

	push->changes = calloc(items->n + 1, sizeof(*push->changes));
	if (push->changes == NULL)
		return err_memory(err);
	for (size_t i = 0; i < items->n; i++) {
		const struct item *item = &items->list[i];
		int changed = is_changed_here(push, item->name, err);

		if (changed < 0 ||
		    (changed > 0 &&
			change_fill(&push->changes[push->n++], item->name,
			    &item->value, push->caller, &push->maps, err) < 0))
			return -(int)err->status;
	}
	return 0;
}

/* ---- what is not there any more ---------------------------------------- */

/* What the copy, or the file, is called. */
static void
source_name(char out[4200], const struct push *push)
{
	if (push->file.exists)
		snprintf(out, 4200, "'%s'", push->file.path);
	else
		snprintf(out, 4200, "the keychain");
}

static void
tell_kept(const struct push *push)
{
	char what[4200];

	source_name(what, push);
	prune_tell_kept(&push->missing, what, push->caller);
}

static int
add_deletions(struct push *push, struct err *err)
{
	struct change *changes = reallocarray(
	    push->changes, push->n + push->missing.n + 1, sizeof(*changes));

	if (changes == NULL)
		return err_memory(err);
	push->changes = changes;
	for (size_t i = 0; i < push->missing.n; i++) {
		struct change *change = &changes[push->n++];

		*change = (struct change){.deleted = true};
		snprintf(change->name, sizeof(change->name), "%s",
		    push->missing.items[i]);
	}
	return changes_check_twins(changes, push->n, err);
}

/*
 * With --prune the missing names are deleted.
 *
 * @param found  how many names the file, or the copy, has
 */
static int
treat_missing(struct push *push, size_t found, struct err *err)
{
	const struct push_request *request = push->request;
	char what[4200];

	if (!request->prune || push->missing.n == 0)
		return 0;
	source_name(what, push);
	if (prune_check(what, !push->own || push->compared, found, err) < 0 ||
	    prune_confirm(&push->missing, &push->place, request->yes,
		push->caller, err) < 0)
		return -(int)err->status;
	return add_deletions(push, err);
}

/* ---- the whole --------------------------------------------------------- */

/* The local copy that was read as a file is compared like the keychain. */
static int
compare_file(struct push *push, struct err *err)
{
	int rc;

	if (push->own) {
		push->sides.file = &push->file;
		push->sides.behind = &push->local.behind;
		rc = prune_missing_in_copy(&push->missing, &push->sides, NULL,
		    push->compared, push->request->prune, err);
	} else {
		rc = prune_missing(&push->missing, push->sides.key,
		    &push->vault, push->changes, push->n, err);
	}
	if (rc < 0 || keep_changed(push, err) < 0)
		return -(int)err->status;
	return treat_missing(push, push->file.entries.n, err);
}

/* A name may have an entry of which nothing can be read: it is not missing. */
static int
compare_items(struct push *push, struct err *err)
{
	AUTO_NAMES struct names entries = NAMES_INIT;
	int rc;

	push->own = true;
	if (local_read(&push->local, &push->sides, NULL, &push->place,
		push->caller, err) < 0 ||
	    items_names(&entries, &push->place, push->caller, err) < 0 ||
	    changes_from_items(push, err) < 0)
		return -(int)err->status;
	push->compared = push->local.compared;
	if (push->n == 0) {
		rc = ask_for_file(
		    &push->file, &push->place, &push->vault, push->caller, err);
		push->own = rc <= 0;
		if (rc != 0)
			return rc < 0 ? rc : changes_from_file(push, err);
	}
	if (prune_missing_in_copy(&push->missing, &push->sides, &entries,
		push->compared, push->request->prune, err) < 0)
		return -(int)err->status;
	return treat_missing(push, entries.n, err);
}

static int
store_changes(struct push *push, struct write_result *result, struct err *err)
{
	const struct push_request *request = push->request;
	AUTO_RESOLVER struct resolver resolver =
	    RESOLVER_INIT(request->conflicts, &resolve_server_words);
	struct settle settle = {.changes_n = 0};
	struct write write = {.net = &push->net,
	    .place = &push->place,
	    .sides = push->sides,
	    .resolver = &resolver,
	    .maps = &push->maps,
	    .copy = push->own	 ? COPY_IS_SOURCE
		: request->force ? COPY_TAKES
				 : COPY_FOLLOWS,
	    /* A map is written before its value, and not before a conflict;
	     * what is to be deleted may have changed since the copy had it. */
	    .look = push->contested || name_maps_has_new(&push->maps) ||
		(request->prune && push->missing.n > 0)};

	result->unchanged = push->unchanged;
	if (push->n > 0)
		return write_resolved(
		    &write, push->changes, push->n, push->caller, result, err);
	/* Without a change there may still be a copy that is behind. */
	if (name_maps_keep(&push->maps, &push->place, &result->mapped, err) < 0)
		return -(int)err->status;
	return settle_local(
	    &push->place, &push->key, &settle, push->caller, err);
}

/*
 * What the copy agreed on, before the copy itself: while a password is typed,
 * another command may bring both to something newer.
 */
static int
read_base(struct push *push, struct err *err)
{
	int rc = local_base(&push->local.behind, &push->place.home,
	    &push->vault, push->place.file.directory, err);

	push->compared = rc > 0;
	return rc < 0 ? rc : 0;
}

/* @return 1; 0 when there is nothing that could be sent */
static int
choose_source(struct push *push, struct err *err)
{
	int rc = choose_file(&push->file, &push->own, push->request->file,
	    &push->place, &push->vault, err);

	if (rc == 0 && push->local.kind == LOCAL_NONE &&
	    push->place.storage_mode != 2)
		rc = ask_for_file(
		    &push->file, &push->place, &push->vault, push->caller, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return push->local.kind == LOCAL_ITEMS;
	return push->file.entries.n > 0 || push->request->prune;
}

int
push_run(const struct push_request *request, const struct caller *caller,
    struct write_result *result, struct err *err)
{
	AUTO_PUSH struct push push = PUSH_INIT;
	int rc;

	push.request = request;
	push.caller = caller;
	push.sides = (struct sides){.key = &push.key,
	    .place = &push.place,
	    .base = &push.vault,
	    .remote = &push.vault};
	if (place_find(&push.place, caller, err) < 0 ||
	    exchange_load(&push.vault, &push.place, err) < 0 ||
	    local_kind(&push.local.kind, &push.place, err) < 0 ||
	    (push.local.kind == LOCAL_FILE && read_base(&push, err) < 0))
		return -(int)err->status;
	flow_where_set(&result->where, &push.place);
	rc = choose_source(&push, err);
	if (rc <= 0)
		return rc;
	rc = push.file.exists ? changes_from_file(&push, err) : 0;
	if (rc == 0)
		rc = exchange_connect(&push.net, &push.place, caller, err);
	if (rc == 0)
		rc = exchange_unlock(&push.key, &push.place, caller, err);
	if (rc == 0)
		rc = push.file.exists ? compare_file(&push, err)
				      : compare_items(&push, err);
	if (rc < 0 || store_changes(&push, result, err) < 0)
		return -(int)err->status;
	if (!request->prune)
		tell_kept(&push);
	return 0;
}
