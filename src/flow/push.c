/* push: a whole .env file in one operation. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/text.h>

#include "changes.h"
#include "env_file.h"
#include "exchange.h"

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

/*
 * Without FILE: the environment's own file in storage mode 2, else .env; in
 * mode 1 a .env is only taken for a project that never held anything, and
 * only when somebody says so.
 */
static int
choose_file(struct env_file *file, const char *given, const struct place *place,
    const struct vault *vault, const struct caller *caller, struct err *err)
{
	char path[4096];
	char question[128];
	char answer[16];
	int rc;

	if (given != NULL) {
		rc = env_file_read(file, given, err);
		return rc != 0 ? rc : no_such_file(given, place, err);
	}
	if (place->storage_mode == 2) {
		if (env_file_path(path, sizeof(path), place, err) < 0)
			return -(int)err->status;
		rc = env_file_read(file, path, err);
		if (rc != 0)
			return rc;
		snprintf(path, sizeof(path), "%s/.env", place->file.directory);
		return env_file_read(file, path, err);
	}
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

/* Whether the vault's value of that name is the one in the file. */
static int
is_unchanged(const struct workspace_key *key, struct vault *vault,
    const struct change *change, struct err *err)
{
	const struct vault_row *row = vault_find(vault, change->name);
	struct arena_mark mark = arena_mark();
	struct secret value;
	int same = 0;

	if (row == NULL || row->deleted || row->epoch != key->epoch)
		return 0;
	if (exchange_open(key, vault, row, 0, &value, err) < 0)
		return -(int)err->status;
	same = value.len == change->value.len &&
	    secret_equal(value.data, change->value.data, value.len);
	arena_rewind(mark);
	return same;
}

/* Keep only what differs. @return how many are left */
static int
keep_changed(const struct workspace_key *key, struct vault *vault,
    struct change *changes, size_t n, size_t *left, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		int same = is_unchanged(key, vault, &changes[i], err);

		if (same < 0)
			return same;
		if (same == 0)
			changes[kept++] = changes[i];
	}
	*left = kept;
	return 0;
}

static int
fill_changes(struct change *changes, const struct env_file *file,
    const struct caller *caller, struct name_maps *maps, struct err *err)
{
	for (size_t i = 0; i < file->entries.n; i++) {
		const struct dotenv_entry *entry = &file->entries.items[i];

		if (change_fill(&changes[i], entry->name, &entry->value, caller,
			maps, err) < 0)
			return err_prefix(
			    err, "%s:%zu", file->path, entry->line);
	}
	return changes_check_twins(changes, file->entries.n, err);
}

int
push_run(const char *given, bool force, const struct caller *caller,
    struct write_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_NET struct net net = NET_INIT;
	AUTO_NAME_MAPS struct name_maps maps = NAME_MAPS_INIT;
	AUTO_ENV_FILE struct env_file file = ENV_FILE_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct change *changes = NULL;
	size_t n = 0;
	int rc;

	if (place_find(&place, caller, err) < 0 ||
	    exchange_load(&vault, &place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &place);
	rc = choose_file(&file, given, &place, &vault, caller, err);
	if (rc <= 0 || file.entries.n == 0)
		return rc < 0 ? rc : 0;
	changes = calloc(file.entries.n, sizeof(*changes));
	rc = changes == NULL ? err_memory(err) : 0;
	if (rc == 0)
		rc = fill_changes(changes, &file, caller, &maps, err);
	if (rc == 0)
		rc = name_maps_check(&maps, &place, err);
	if (rc == 0)
		rc = exchange_connect(&net, &place, caller, err);
	if (rc == 0)
		rc = exchange_unlock(&key, &place, caller, err);
	if (rc == 0)
		rc = keep_changed(
		    &key, &vault, changes, file.entries.n, &n, err);
	if (rc == 0)
		rc = name_maps_keep(&maps, &place, &result->mapped, err);
	if (rc == 0 && n > 0)
		rc = exchange_write(
		    &net, &place, &key, &vault, changes, n, force, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = names_add(&result->written, changes[i].name) < 0
		    ? err_memory(err)
		    : 0;
	result->unchanged = file.entries.n - n;
	free(changes);
	return rc;
}
