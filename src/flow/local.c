#include "config.h"

#include "local.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/account.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

void
local_release(struct local *local)
{
	env_file_release(&local->file);
	items_release(&local->items);
	vault_release(&local->behind);
}

int
local_keeps_items(bool *out, const struct place *place, struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	int rc = account_load(&account, &place->home, err);

	if (rc < 0)
		return rc;
	*out = rc > 0 && account.store == KEY_STORE_KEYCHAIN;
	return 0;
}

int
local_kind(enum local_kind *out, const struct place *place, struct err *err)
{
	bool kept;

	if (place->storage_mode == 2) {
		*out = place->file.directory != NULL ? LOCAL_FILE : LOCAL_NONE;
		return 0;
	}
	if (local_keeps_items(&kept, place, err) < 0)
		return -(int)err->status;
	*out = kept ? LOCAL_ITEMS : LOCAL_NONE;
	return 0;
}

static bool
is_same_row(const struct vault_row *a, const struct vault_row *b)
{
	return a->deleted == b->deleted && a->epoch == b->epoch &&
	    a->version == b->version && a->blob_len == b->blob_len &&
	    memcmp(a->blob, b->blob, a->blob_len) == 0;
}

/* A copy that did not have the name: a deleted row, of any version. */
static int
note_absent(struct vault *behind, const char *name, struct err *err)
{
	uint8_t blob[BLOB_OVERHEAD] = {0};
	struct vault_row row = {.deleted = true,
	    .epoch = 1,
	    .version = 1,
	    .blob = blob,
	    .blob_len = sizeof(blob)};

	snprintf(row.name, sizeof(row.name), "%s", name);
	return vault_put(behind, &row, err);
}

/* @return 1 when a row was added */
static int
note_row(struct vault *behind, struct vault *now, const struct vault_row *row,
    struct err *err)
{
	const struct vault_row *old = vault_find(now, row->name);
	int rc;

	/* What is there already is older: the copy has not followed since. */
	if (vault_find(behind, row->name) != NULL ||
	    (old == NULL ? row->deleted : is_same_row(old, row)))
		return 0;
	rc = old == NULL ? note_absent(behind, row->name, err)
			 : vault_put(behind, old, err);
	return rc < 0 ? rc : 1;
}

int
local_base(struct vault *out, const struct home *home, struct vault *vault,
    const char *directory, struct err *err)
{
	int rc = vault_local_load(out, home, vault, directory, err);

	if (rc != 0)
		return rc;
	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++) {
		if (!vault->rows[i].deleted &&
		    note_absent(out, vault->rows[i].name, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

static int
note_copy(const struct home *home, struct vault *now, const struct vault *rows,
    const char *directory, struct err *err)
{
	AUTO_VAULT struct vault behind = VAULT_INIT;
	int rc = local_base(&behind, home, now, directory, err);
	bool changed = rc == 0;

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rows->rows_n; i++) {
		rc = note_row(&behind, now, &rows->rows[i], err);
		if (rc < 0)
			return rc;
		changed |= rc > 0;
	}
	return changed ? vault_local_save(&behind, home, directory, err) : 0;
}

/* Whether there are items, or a change of store may have left some. */
static int
may_have_items(bool *out, const struct place *place, struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	int rc = account_load(&account, &place->home, err);

	if (rc < 0)
		return rc;
	*out = rc > 0 && account_may_have(&account, KEY_STORE_KEYCHAIN);
	return 0;
}

/* Also one that nobody looks at now: the storage mode may come back. */
static bool
keeps_file(const struct place *place, const char *directory)
{
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	char path[4096];
	struct err ignored;
	int n = snprintf(
	    path, sizeof(path), "%s/.env.%s", directory, place->environment);

	if ((n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0) ||
	    (place->storage_mode == 2 && place->file.directory != NULL &&
		text_equal(directory, place->file.directory)))
		return true;
	if (project_file_open(&file, directory, &ignored) <= 0 ||
	    !text_equal(file.project, place->project))
		return false;
	return file.storage_mode != 0 ? file.storage_mode == 2
				      : place->config.storage_mode == 2;
}

int
local_note(const struct place *place, struct vault *now,
    const struct vault *rows, struct err *err)
{
	const struct trust *trust = &place->trust;
	bool items;

	if (may_have_items(&items, place, err) < 0 ||
	    (items && note_copy(&place->home, now, rows, NULL, err) < 0))
		return -(int)err->status;
	for (size_t i = 0; i < trust->directories_n; i++) {
		const struct trust_directory *one = &trust->directories[i];
		int rc;

		if (!text_equal(one->project, place->project))
			continue;
		rc = keeps_file(place, one->path)
		    ? note_copy(&place->home, now, rows, one->path, err)
		    : vault_local_remove(&place->home, place->project,
			  place->environment, one->path, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
local_agree(const struct place *place, struct vault *had,
    const struct names *names, const char *directory, struct err *err)
{
	AUTO_VAULT struct vault now = VAULT_INIT;
	AUTO_VAULT struct vault behind = VAULT_INIT;
	int rc = exchange_load(&now, place, err);

	if (rc >= 0)
		rc = local_base(&behind, &place->home, &now, directory, err);
	/* With no row of any name there is nothing that it did not follow. */
	if (rc < 0 || (rc > 0 && behind.rows_n == 0))
		return rc < 0 ? rc : 0;
	vault_drop(&behind, (const char *const *)names->items, names->n);
	for (size_t i = 0; i < names->n; i++) {
		const struct vault_row *row = vault_find(&now, names->items[i]);

		if (row != NULL && note_row(&behind, had, row, err) < 0)
			return -(int)err->status;
	}
	return vault_local_save(&behind, &place->home, directory, err);
}

int
local_forget(const struct home *home, const char *project,
    const char *directory, struct err *err)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		if (vault_local_remove(home, project, environment_names[i],
			directory, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

/* Every name that has an item, or may have got one. */
static int
item_names(struct names *out, const struct sides *sides, struct place *place,
    const struct caller *caller, struct err *err)
{
	if (standing_names(out, sides, err) < 0 ||
	    items_names(out, place, caller, err) < 0)
		return -(int)err->status;
	return 0;
}

static int
read_file(struct local *local, struct sides *sides, struct err *err)
{
	char path[4096];

	if (env_file_path(path, sizeof(path), sides->place, err) < 0 ||
	    env_file_read(&local->file, path, sides->place, err) < 0)
		return -(int)err->status;
	sides->file = &local->file;
	return 0;
}

int
local_read(struct local *local, struct sides *sides, const struct names *names,
    struct place *place, const struct caller *caller, struct err *err)
{
	AUTO_NAMES struct names all = NAMES_INIT;
	int rc = local_kind(&local->kind, place, err);

	if (rc == 0)
		rc = local_base(&local->behind, &place->home, sides->base,
		    place->storage_mode == 2 ? place->file.directory : NULL,
		    err);
	if (rc < 0)
		return rc;
	local->compared = rc > 0;
	if (place->storage_mode == 2) {
		if (read_file(local, sides, err) < 0)
			return -(int)err->status;
	} else if (local->kind == LOCAL_ITEMS) {
		if ((names == NULL &&
			item_names(&all, sides, place, caller, err) < 0) ||
		    items_read(&local->items, place,
			names != NULL ? names : &all, NULL, caller, err) < 0)
			return -(int)err->status;
		sides->items = &local->items;
	} else {
		return 0;
	}
	sides->behind = &local->behind;
	return 0;
}
