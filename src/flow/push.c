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
 * FILE; without it, in storage mode 2, the environment's own file, else .env.
 *
 * @param own  out: the file is the local copy, and so may be behind
 * @return 1; 0 when there is none
 */
static int
choose_file(struct env_file *file, bool *own, const char *given,
    const struct place *place, struct err *err)
{
	char path[4096] = "";
	int rc;

	if (place->storage_mode == 2 &&
	    (given == NULL || place->file.directory != NULL) &&
	    env_file_path(path, sizeof(path), place, err) < 0)
		return -(int)err->status;
	if (given != NULL) {
		*own = path[0] != '\0' && is_same_file(given, path);
		rc = env_file_read(file, given, err);
		return rc != 0 ? rc : no_such_file(given, place, err);
	}
	if (path[0] == '\0')
		return 0;
	*own = true;
	rc = env_file_read(file, path, err);
	if (rc != 0)
		return rc;
	*own = false;
	snprintf(path, sizeof(path), "%s/.env", place->file.directory);
	return env_file_read(file, path, err);
}

/*
 * In storage mode 1 a .env is only taken for a project that never held
 * anything, and only when somebody says so.
 */
static int
ask_for_file(struct env_file *file, const struct vault *vault,
    const struct caller *caller, struct err *err)
{
	char question[128];
	char answer[16];
	int rc;

	if (vault->rows_n > 0)
		return 0;
	rc = env_file_read(file, ".env", err);
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
	struct sides sides;
	bool force;
	struct change *changes; /* sorted */
	size_t n;
	size_t unchanged;
	struct names conflicts;
	struct name_maps maps;
};

#define PUSH_INIT(f, k, p, v)                                                  \
	{                                                                      \
		.sides = {.key = (k),                                          \
		    .place = (p),                                              \
		    .base = (v),                                               \
		    .remote = (v)},                                            \
		.force = (f), .conflicts = NAMES_INIT, .maps = NAME_MAPS_INIT  \
	}
#define AUTO_PUSH __attribute__((cleanup(push_release)))

static void
push_release(struct push *push)
{
	free(push->changes);
	names_release(&push->conflicts);
	name_maps_release(&push->maps);
}

/*
 * Whether the local copy has a change: what is only behind is none, and what
 * the vault moved away from as well is a conflict.
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
	if (standing == STANDING_CHANGED_BOTH && !push->force &&
	    names_add(&push->conflicts, name) < 0)
		return err_memory(err);
	return standing == STANDING_ONLY_LOCAL ||
	    standing == STANDING_CHANGED_HERE ||
	    standing == STANDING_CHANGED_BOTH;
}

static int
refuse_conflicts(const struct names *conflicts, struct err *err)
{
	char list[1024];

	if (conflicts->n == 0)
		return 0;
	err_set(err, EXIT_CONFLICT, "changed here and on the server: %s",
	    names_join(list, sizeof(list), conflicts, 32));
	return err_hint(err,
	    "take the server's with 'agentsecrets pull --force', or write "
	    "over it with --force");
}

/* Keep only what is to be written. */
static int
keep_changed(struct push *push, bool own, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < push->n; i++) {
		const struct change *change = &push->changes[i];
		int changed = own ? is_changed_here(push, change->name, err)
				  : change_differs(change, push->sides.key,
					push->sides.base, err);

		if (changed < 0)
			return changed;
		if (changed > 0)
			push->changes[kept++] = *change;
	}
	push->unchanged = push->n - kept;
	push->n = kept;
	return refuse_conflicts(&push->conflicts, err);
}

static int
changes_from_file(struct push *push, const struct env_file *file,
    struct place *place, const struct caller *caller, struct err *err)
{
	free(push->changes);
	push->changes = calloc(file->entries.n + 1, sizeof(*push->changes));
	if (push->changes == NULL)
		return err_memory(err);
	for (size_t i = 0; i < file->entries.n; i++) {
		const struct dotenv_entry *entry = &file->entries.items[i];

		if (change_fill(&push->changes[i], entry->name, &entry->value,
			caller, &push->maps, err) < 0)
			return err_prefix(
			    err, "%s:%zu", file->path, entry->line);
	}
	push->n = file->entries.n;
	if (changes_check_twins(push->changes, push->n, err) < 0)
		return -(int)err->status;
	return name_maps_check(&push->maps, place, err);
}

/* What another program changed in the keychain, or added there. */
static int
changes_from_items(struct push *push, const struct items *items,
    const struct caller *caller, struct err *err)
{
	push->changes = calloc(items->n + 1, sizeof(*push->changes));
	if (push->changes == NULL)
		return err_memory(err);
	for (size_t i = 0; i < items->n; i++) {
		const struct item *item = &items->list[i];
		int changed = is_changed_here(push, item->name, err);

		if (changed < 0 ||
		    (changed > 0 &&
			change_fill(&push->changes[push->n++], item->name,
			    &item->value, caller, &push->maps, err) < 0))
			return -(int)err->status;
	}
	return refuse_conflicts(&push->conflicts, err);
}

static int
store_changes(struct push *push, struct net *net, struct place *place,
    struct write_result *result, const struct caller *caller, struct err *err)
{
	struct settle settle = {.changes_n = 0};

	if (name_maps_keep(&push->maps, place, &result->mapped, err) < 0 ||
	    /* Without a change there may still be a copy that is behind. */
	    (push->n == 0
		    ? settle_local(place, push->sides.key, &settle, caller, err)
		    : write_changes(net, place, push->sides.key,
			  push->sides.base, push->changes, push->n, push->force,
			  caller, err)) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < push->n; i++) {
		if (names_add(&result->written, push->changes[i].name) < 0)
			return err_memory(err);
	}
	result->unchanged = push->unchanged;
	return 0;
}

/* The local copy that was read as a file is compared like the keychain. */
static int
compare_file(struct push *push, const struct env_file *file, bool own,
    struct vault *behind, struct err *err)
{
	if (own) {
		const struct place *place = push->sides.place;

		if (local_base(behind, &place->home, push->sides.base,
			place->file.directory, err) < 0)
			return -(int)err->status;
		push->sides.file = file;
		push->sides.behind = behind;
	}
	return keep_changed(push, own, err);
}

static int
compare_items(struct push *push, struct local *local, struct env_file *file,
    struct place *place, const struct caller *caller, struct err *err)
{
	int rc;

	if (local_read(local, &push->sides, NULL, place, caller, err) < 0 ||
	    changes_from_items(push, &local->items, caller, err) < 0)
		return -(int)err->status;
	rc =
	    push->n > 0 ? 0 : ask_for_file(file, push->sides.base, caller, err);
	return rc <= 0 ? rc : changes_from_file(push, file, place, caller, err);
}

int
push_run(const char *given, bool force, const struct caller *caller,
    struct write_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_NET struct net net = NET_INIT;
	AUTO_ENV_FILE struct env_file file = ENV_FILE_INIT;
	AUTO_LOCAL struct local local = LOCAL_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;
	AUTO_PUSH struct push push = PUSH_INIT(force, &key, &place, &vault);
	bool own = false;
	bool has_file;
	int rc;

	if (place_find(&place, caller, err) < 0 ||
	    exchange_load(&vault, &place, err) < 0 ||
	    local_kind(&local.kind, &place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &place);
	rc = choose_file(&file, &own, given, &place, err);
	if (rc == 0 && local.kind == LOCAL_NONE && place.storage_mode != 2)
		rc = ask_for_file(&file, &vault, caller, err);
	has_file = rc > 0;
	if (rc < 0 ||
	    (has_file ? file.entries.n == 0 : local.kind != LOCAL_ITEMS))
		return rc < 0 ? rc : 0;
	rc =
	    has_file ? changes_from_file(&push, &file, &place, caller, err) : 0;
	if (rc == 0)
		rc = exchange_connect(&net, &place, caller, err);
	if (rc == 0)
		rc = exchange_unlock(&key, &place, caller, err);
	if (rc == 0)
		rc = has_file
		    ? compare_file(&push, &file, own, &local.behind, err)
		    : compare_items(&push, &local, &file, &place, caller, err);
	return rc < 0 ? rc
		      : store_changes(&push, &net, &place, result, caller, err);
}
