/* pull: bring everything back, into the vault and into files. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
open_target(struct env_file *file, const char *to, const struct place *place,
    struct err *err)
{
	char path[4096];

	if (to == NULL && place->storage_mode != 2)
		return 0;
	if (to == NULL && env_file_path(path, sizeof(path), place, err) < 0)
		return -(int)err->status;
	return env_file_read(file, to != NULL ? to : path, err) < 0
	    ? -(int)err->status
	    : 1;
}

static int
write_target(const struct sides *sides, const struct env_file *file,
    bool own_file, const struct dotenv_entry *entries, size_t n,
    struct err *err)
{
	if ((n > 0 || !file->exists) &&
	    env_file_write(file, entries, n, err) < 0) {
		err_prefix(err, "pulled, but not written");
		return -(int)err->status;
	}
	return own_file ? env_file_ignore(sides->place, err) : 0;
}

/* The vault is renewed first: what a file then misses, the next pull adds. */
static int
pull_into(struct sides *sides, const struct net_list *list, struct vault *vault,
    struct vault *accepted, const struct env_file *file, bool own_file,
    bool force, struct fetched *fetched, struct err *err)
{
	AUTO_NAMES struct names conflicts = NAMES_INIT;
	size_t room = vault->rows_n + accepted->rows_n + file->entries.n + 1;
	struct dotenv_entry *entries = calloc(room, sizeof(*entries));
	size_t n = 0;
	int rc = entries == NULL ? err_memory(err) : 0;

	sides->remote = list->unchanged ? vault : accepted;
	if (rc == 0 && sides->file != NULL)
		rc = collect(
		    sides, own_file, force, entries, &n, &conflicts, err);
	if (rc == 0)
		rc = refuse_conflicts(&conflicts, file->path, err);
	if (rc == 0)
		rc = exchange_record(
		    sides->place, list, accepted, vault, fetched, err);
	if (rc == 0 && sides->file != NULL)
		rc = write_target(sides, file, own_file, entries, n, err);
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
	AUTO_ENV_FILE struct env_file file = ENV_FILE_INIT;
	AUTO_FETCHED struct fetched fetched = FETCHED_INIT;
	struct net_list list = {.revision = 0};
	struct workspace_key key = {NULL, 0};
	struct sides sides = {&key, &place, NULL, &vault, &accepted};
	int rc;

	if (place_find(&place, caller, err) < 0 ||
	    exchange_load(&vault, &place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &place);
	rc = open_target(&file, to, &place, err);
	if (rc > 0)
		sides.file = &file;
	if (rc >= 0)
		rc = exchange_connect(&net, &place, err);
	if (rc == 0)
		rc = exchange_unlock(&key, &place, caller, err);
	if (rc == 0)
		rc = exchange_look(
		    &net, &place, &key, &vault, &list, &accepted, err);
	if (rc == 0)
		rc = pull_into(&sides, &list, &vault, &accepted, &file,
		    to == NULL, force, &fetched, err);
	net_rows_release(&list.rows);
	if (rc < 0)
		return rc;
	result->added = fetched.added;
	result->changed = fetched.changed;
	result->deleted = fetched.deleted;
	fetched = (struct fetched)FETCHED_INIT;
	result->total = vault_live(&vault);
	memcpy(result->file, file.path, sizeof(result->file));
	return 0;
}
