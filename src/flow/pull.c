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

/*
 * What the file of --to is to hold: every value of the server; a name that
 * has another one there is a conflict.
 */
static int
collect(const struct sides *sides, struct dotenv_entry *entries, size_t *n,
    struct names *conflicts, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;

	if (standing_names(&names, sides, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.items[i];
		struct dotenv_entry *entry = &entries[*n];
		enum standing standing;

		if (standing_of(sides, name, &standing, &entry->value, err) < 0)
			return -(int)err->status;
		if (entry->value.data == NULL || standing == STANDING_SAME)
			continue;
		if (standing != STANDING_ONLY_REMOTE &&
		    names_add(conflicts, name) < 0)
			return err_memory(err);
		snprintf(entry->name, sizeof(entry->name), "%s",
		    place_outer_name(sides->place, name));
		(*n)++;
	}
	return 0;
}

static int
refuse_conflicts(const struct names *conflicts, const char *what,
    const char *hint, struct err *err)
{
	char list[1024];

	if (conflicts->n == 0)
		return 0;
	err_set(err, EXIT_CONFLICT, "%s has other values than the server: %s",
	    what, names_join(list, sizeof(list), conflicts, 32));
	return err_hint(err, "%s", hint);
}

/* Read the file, compare, write it; all under the lock. */
static int
write_file(struct sides sides, const char *path, bool force, bool *written,
    struct err *err)
{
	AUTO_FD int lock = home_lock(&sides.place->home, "lock", err);
	AUTO_ENV_FILE struct env_file file = ENV_FILE_INIT;
	AUTO_NAMES struct names conflicts = NAMES_INIT;
	struct dotenv_entry *entries;
	char what[4100];
	size_t n = 0;
	int rc;

	if (lock < 0 || env_file_read(&file, path, err) < 0)
		return -(int)err->status;
	entries = calloc(
	    sides.base->rows_n + sides.remote->rows_n + file.entries.n + 1,
	    sizeof(*entries));
	if (entries == NULL)
		return err_memory(err);
	sides.file = &file;
	snprintf(what, sizeof(what), "'%s'", path);
	rc = collect(&sides, entries, &n, &conflicts, err);
	if (rc == 0 && !force)
		rc = refuse_conflicts(&conflicts, what,
		    "move the file away, 'agentsecrets push' it, or write "
		    "over it with --force",
		    err);
	*written = rc == 0 && (n > 0 || !file.exists);
	if (*written)
		rc = env_file_write(&file, entries, n, err);
	free(entries);
	return rc;
}

/*
 * A name that was changed in the local copy, and on the server as well. What
 * was changed only here stays.
 */
static int
check_local(struct sides sides, struct place *place,
    const struct caller *caller, struct err *err)
{
	AUTO_LOCAL struct local local = LOCAL_INIT;
	AUTO_NAMES struct names names = NAMES_INIT;
	AUTO_NAMES struct names conflicts = NAMES_INIT;
	char what[4100] = "the keychain";

	if (standing_names(&names, &sides, err) < 0)
		return -(int)err->status;
	if (local_read(&local, &sides, &names, place, caller, err) < 0)
		/* Nothing is lost by that: its changes stay, and are known. */
		return place->keychain.trouble != KEYCHAIN_WORKS
		    ? 0
		    : -(int)err->status;
	for (size_t i = 0; local.kind != LOCAL_NONE && i < names.n; i++) {
		struct arena_mark mark = arena_mark();
		enum standing standing;
		struct secret remote;

		if (standing_of(
			&sides, names.items[i], &standing, &remote, err) < 0)
			return -(int)err->status;
		arena_rewind(mark);
		if (standing == STANDING_CHANGED_BOTH &&
		    names_add(&conflicts, names.items[i]) < 0)
			return err_memory(err);
	}
	if (local.kind == LOCAL_FILE)
		snprintf(what, sizeof(what), "'%s'", local.file.path);
	return refuse_conflicts(&conflicts, what,
	    "take the server's with --force, or send these with "
	    "'agentsecrets push --force'",
	    err);
}

static int
bring(const char *to, bool force, struct net *net, struct sides *sides,
    struct place *place, const struct caller *caller,
    struct pull_result *result, struct err *err)
{
	AUTO_VAULT struct vault accepted = VAULT_INIT;
	AUTO_FETCHED struct fetched fetched = FETCHED_INIT;
	struct net_list list = {.revision = 0};
	struct settle settle = {.all = true, .force = force};
	/* With --to the own file of storage mode 2 is left alone. */
	bool local = to == NULL || place->storage_mode != 2;
	bool written = false;
	int rc = exchange_look(
	    net, place, sides->key, sides->base, &list, &accepted, err);

	sides->remote = list.unchanged ? sides->base : &accepted;
	if (rc == 0 && local && !force)
		rc = check_local(*sides, place, caller, err);
	if (rc == 0 && to != NULL)
		rc = write_file(*sides, to, force, &written, err);
	if (rc == 0)
		rc = exchange_record(
		    place, &list, &accepted, sides->base, &fetched, err);
	net_rows_release(&list.rows);
	if (rc == 0 && local)
		rc = settle_local(place, sides->key, &settle, caller, err);
	if (rc < 0)
		return rc;
	result->added = fetched.added;
	result->changed = fetched.changed;
	result->deleted = fetched.deleted;
	fetched = (struct fetched)FETCHED_INIT;
	result->total = vault_live(sides->base);
	if (to != NULL && written)
		snprintf(result->file, sizeof(result->file), "%s", to);
	else if (settle.written)
		return env_file_path(
		    result->file, sizeof(result->file), place, err);
	return 0;
}

int
pull_run(const char *to, bool force, const struct caller *caller,
    struct pull_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct sides sides = {.key = &key, .place = &place, .base = &vault};
	char path[4096];

	if (place_find(&place, caller, err) < 0 ||
	    exchange_load(&vault, &place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &place);
	if (to != NULL && strlen(to) >= sizeof(path))
		return err_set(err, EXIT_USAGE, "the path is too long");
	if ((to == NULL && place.storage_mode == 2 &&
		env_file_path(path, sizeof(path), &place, err) < 0) ||
	    exchange_connect(&net, &place, caller, err) < 0 ||
	    exchange_unlock(&key, &place, caller, err) < 0)
		return -(int)err->status;
	return bring(to, force, &net, &sides, &place, caller, result, err);
}
