#include "config.h"

#include "local.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/account.h>
#include <agentsecrets/text.h>

void
local_release(struct local *local)
{
	env_file_release(&local->file);
	items_release(&local->items);
	vault_release(&local->behind);
}

int
local_kind(enum local_kind *out, const struct place *place, struct err *err)
{
	(void)err;
	*out = place->storage_mode == 2 && place->file.directory != NULL
	    ? LOCAL_FILE
	    : LOCAL_NONE;
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
	enum local_kind kind;
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
local_read(struct local *local, struct sides *sides, struct place *place,
    const struct caller *caller, struct err *err)
{
	char path[4096];

	(void)caller;
	if (local_kind(&local->kind, place, err) < 0)
		return -(int)err->status;
	if (local->kind == LOCAL_NONE && place->storage_mode != 2)
		return 0;
	if (vault_local_load(&local->behind, &place->home, sides->base, err) <
		0 ||
	    env_file_path(path, sizeof(path), place, err) < 0 ||
	    env_file_read(&local->file, path, err) < 0)
		return -(int)err->status;
	sides->behind = &local->behind;
	sides->file = &local->file;
	return 0;
}
