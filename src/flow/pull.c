/* pull: bring everything back, into the vault and into files. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "changes.h"
#include "standing.h"

void
pull_result_release(struct pull_result *result)
{
	names_release(&result->added);
	names_release(&result->changed);
	names_release(&result->deleted);
}

/*
 * Collect what the file is to hold. In the environment's own file a value
 * that was changed here and not there stays; any other difference that a
 * write would lose is a conflict.
 */
static int
collect(const struct sides *sides, bool own_file, bool force,
    struct dotenv_entry *entries, size_t *n, struct names *conflicts,
    struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;

	if (standing_names(&names, sides, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.items[i];
		struct dotenv_entry *entry = &entries[*n];
		enum standing standing;
		bool differs;

		if (standing_of(sides, name, &standing, &entry->value, err) < 0)
			return -(int)err->status;
		entry->removed = own_file && standing == STANDING_DELETED_THERE;
		if ((entry->value.data == NULL && !entry->removed) ||
		    standing == STANDING_SAME)
			continue;
		if (own_file && standing == STANDING_CHANGED_HERE && !force)
			continue;
		differs = standing == STANDING_CHANGED_BOTH ||
		    (!own_file && standing != STANDING_ONLY_REMOTE);
		if (differs && !force && names_add(conflicts, name) < 0)
			return err_memory(err);
		snprintf(entry->name, sizeof(entry->name), "%s",
		    place_outer_name(sides->place, name));
		(*n)++;
	}
	return 0;
}

static int
refuse_conflicts(
    const struct names *conflicts, const char *path, struct err *err)
{
	char list[1024];

	if (conflicts->n == 0)
		return 0;
	err_set(err, EXIT_CONFLICT, "'%s' has other values than the server: %s",
	    path, names_join(list, sizeof(list), conflicts, 32));
	return err_hint(err,
	    "move the file away, 'agentsecrets push' it, or write over it "
	    "with --force");
}

/* Where a file is wanted: --to, or the own file of storage mode 2. */
static int
target_path(char *out, size_t out_len, const char *to,
    const struct place *place, struct err *err)
{
	if (to == NULL && place->storage_mode != 2)
		return 0;
	if (to == NULL)
		return env_file_path(out, out_len, place, err) < 0
		    ? -(int)err->status
		    : 1;
	if (text_copy(out, out_len, to, strlen(to)) < 0)
		return err_set(err, EXIT_USAGE, "the path is too long");
	return 1;
}

/* Read the file, compare, write it; all under the lock. */
static int
write_file(struct sides *sides, const char *path, bool own_file, bool force,
    bool *written, struct err *err)
{
	AUTO_FD int lock = home_lock(&sides->place->home, "lock", err);
	AUTO_ENV_FILE struct env_file file = ENV_FILE_INIT;
	AUTO_NAMES struct names conflicts = NAMES_INIT;
	struct dotenv_entry *entries;
	size_t n = 0;
	int rc;

	if (lock < 0 || (own_file && env_file_ignore(sides->place, err) < 0) ||
	    env_file_read(&file, path, err) < 0)
		return -(int)err->status;
	entries = calloc(
	    sides->base->rows_n + sides->remote->rows_n + file.entries.n + 1,
	    sizeof(*entries));
	if (entries == NULL)
		return err_memory(err);
	sides->file = &file;
	rc = collect(sides, own_file, force, entries, &n, &conflicts, err);
	if (rc == 0)
		rc = refuse_conflicts(&conflicts, path, err);
	*written = rc == 0 && (n > 0 || !file.exists);
	if (*written)
		rc = env_file_write(&file, entries, n, err);
	sides->file = NULL;
	free(entries);
	return rc;
}

int
pull_run(const char *to, bool force, const struct caller *caller,
    struct pull_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_VAULT struct vault accepted = VAULT_INIT;
	AUTO_NET struct net net = NET_INIT;
	AUTO_FETCHED struct fetched fetched = FETCHED_INIT;
	struct net_list list = {.revision = 0};
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct sides sides = {&key, &place, NULL, &vault, &accepted};
	char path[4096] = "";
	bool written = false;
	int wanted;
	int rc;

	if (place_find(&place, caller, err) < 0 ||
	    exchange_load(&vault, &place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &place);
	wanted = target_path(path, sizeof(path), to, &place, err);
	rc = wanted < 0 ? wanted : exchange_connect(&net, &place, caller, err);
	if (rc == 0)
		rc = exchange_unlock(&key, &place, caller, err);
	if (rc == 0)
		rc = exchange_look(
		    &net, &place, &key, &vault, &list, &accepted, err);
	if (list.unchanged)
		sides.remote = &vault;
	/* The file before the vault, as in a write: see env_file_follow(). */
	if (rc == 0 && wanted > 0)
		rc = write_file(&sides, path, to == NULL, force, &written, err);
	if (rc == 0)
		rc = exchange_record(
		    &place, &list, &accepted, &vault, &fetched, err);
	net_rows_release(&list.rows);
	if (rc < 0)
		return rc;
	result->added = fetched.added;
	result->changed = fetched.changed;
	result->deleted = fetched.deleted;
	fetched = (struct fetched)FETCHED_INIT;
	result->total = vault_live(&vault);
	if (written)
		memcpy(result->file, path, sizeof(result->file));
	return 0;
}
