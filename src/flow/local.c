#include "config.h"

#include "local.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/account.h>
#include <agentsecrets/fd.h>
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

/* What the directory's project.json, or else the home, says. */
static bool
keeps_file(const struct place *place, const char *directory)
{
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	struct err ignored;

	/* A directory that is gone keeps nothing. */
	if (project_file_open(&file, directory, &ignored) <= 0 ||
	    !text_equal(file.project, place->project))
		return false;
	return file.storage_mode != 0 ? file.storage_mode == 2
				      : place->config.storage_mode == 2;
}

bool
local_is_elsewhere(const struct place *place)
{
	const char *here =
	    place->storage_mode == 2 ? place->file.directory : NULL;

	for (size_t i = 0; i < place->trust.directories_n; i++) {
		const struct trust_directory *one =
		    &place->trust.directories[i];

		if (text_equal(one->project, place->project) &&
		    (here == NULL || !text_equal(one->path, here)) &&
		    keeps_file(place, one->path))
			return true;
	}
	return false;
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
local_note(const struct place *place, struct vault *now,
    const struct vault *rows, struct err *err)
{
	AUTO_VAULT struct vault behind = VAULT_INIT;
	enum local_kind kind = LOCAL_NONE;
	bool changed = false;

	if (local_kind(&kind, place, err) < 0)
		return -(int)err->status;
	if (kind == LOCAL_NONE && !local_is_elsewhere(place))
		return 0;
	if (vault_local_load(&behind, &place->home, now, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < rows->rows_n; i++) {
		int rc = note_row(&behind, now, &rows->rows[i], err);

		if (rc < 0)
			return rc;
		changed |= rc > 0;
	}
	return changed ? vault_local_save(&behind, &place->home, err) : 0;
}

int
local_begin(const struct place *place, struct vault *vault, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);
	AUTO_VAULT struct vault behind = VAULT_INIT;

	if (lock < 0 || vault_local_load(&behind, &place->home, vault, err) < 0)
		return -(int)err->status;
	/* There the file is the copy, and the items follow it. */
	if (local_is_elsewhere(place))
		return 0;
	for (size_t i = 0; i < vault->rows_n; i++) {
		const struct vault_row *row = &vault->rows[i];

		if (!row->deleted && vault_find(&behind, row->name) == NULL &&
		    note_absent(&behind, row->name, err) < 0)
			return -(int)err->status;
	}
	return vault_local_save(&behind, &place->home, err);
}

int
local_agree(const struct place *place, struct vault *had,
    const struct names *names, struct err *err)
{
	AUTO_VAULT struct vault now = VAULT_INIT;
	AUTO_VAULT struct vault behind = VAULT_INIT;

	if (exchange_load(&now, place, err) < 0 ||
	    vault_local_load(&behind, &place->home, &now, err) < 0)
		return -(int)err->status;
	/* What another copy has not got yet is still to be known. */
	if (behind.rows_n == 0 || local_is_elsewhere(place))
		return 0;
	vault_drop(&behind, (const char *const *)names->items, names->n);
	for (size_t i = 0; i < names->n; i++) {
		const struct vault_row *row = vault_find(&now, names->items[i]);

		if (row != NULL && note_row(&behind, had, row, err) < 0)
			return -(int)err->status;
	}
	return vault_local_save(&behind, &place->home, err);
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
	    env_file_read(&local->file, path, err) < 0)
		return -(int)err->status;
	sides->file = &local->file;
	return 0;
}

int
local_read(struct local *local, struct sides *sides, const struct names *names,
    struct place *place, const struct caller *caller, struct err *err)
{
	AUTO_NAMES struct names all = NAMES_INIT;

	if (local_kind(&local->kind, place, err) < 0 ||
	    vault_local_load(&local->behind, &place->home, sides->base, err) <
		0)
		return -(int)err->status;
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
