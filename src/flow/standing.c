#include "config.h"

#include "standing.h"

#include <string.h>

/*
 * Open a row. One that was sealed under an older key of the workspace cannot
 * be compared.
 */
static int
open_row(struct merge_side *out, const struct workspace_key *key,
    struct vault *vault, const struct vault_row *row, struct err *err)
{
	*out = (struct merge_side){.state = MERGE_NONE};
	if (row == NULL || row->deleted)
		return 0;
	out->state = MERGE_UNKNOWN;
	if (row->epoch != 0 && row->epoch != key->epoch)
		return 0;
	if (exchange_open(key, vault, row, 0, &out->value, err) < 0)
		return -(int)err->status;
	out->state = MERGE_VALUE;
	return 0;
}

/* What the local copy was last brought to agree with. */
static int
open_base(const struct sides *sides, const char *name, struct merge_side *out,
    struct err *err)
{
	const struct vault_row *row =
	    sides->behind != NULL ? vault_find(sides->behind, name) : NULL;

	if (row != NULL)
		return open_row(out, sides->key, sides->behind, row, err);
	return open_row(
	    out, sides->key, sides->base, vault_find(sides->base, name), err);
}

bool
standing_local(const struct sides *sides, const char *name, struct secret *out)
{
	const struct dotenv_entry *entry;
	const struct item *item;

	if (sides->items != NULL) {
		item = items_find(sides->items, name);
		/* One without a value, of a name that was about to be written,
		 * is what a provider leaves that was killed over it. */
		if (item == NULL ||
		    (item->value.len == 0 && sides->behind != NULL &&
			vault_find(sides->behind, name) != NULL))
			return false;
		*out = item->value;
		return true;
	}
	entry = sides->file == NULL ? NULL
				    : env_file_find(sides->file, name,
					  place_outer_name(sides->place, name));
	if (entry == NULL)
		return false;
	*out = entry->value;
	/* An empty value is a value. */
	if (out->data == NULL)
		out->data = (uint8_t *)(uintptr_t)entry->name;
	return true;
}

/* Open what the copy agreed on, and what is there. */
static int
open_others(const struct sides *sides, const char *name,
    struct merge_side *base, struct merge_side *there, struct err *err)
{
	if (open_base(sides, name, base, err) < 0)
		return -(int)err->status;
	return open_row(there, sides->key, sides->remote,
	    vault_find(sides->remote, name), err);
}

int
standing_of(const struct sides *sides, const char *name, enum standing *out,
    struct secret *remote, struct err *err)
{
	struct merge_side base;
	struct merge_side here = {.state = MERGE_NONE};
	struct merge_side there;

	if (open_others(sides, name, &base, &there, err) < 0)
		return -(int)err->status;
	if (sides->file == NULL && sides->items == NULL)
		here = base;
	else if (standing_local(sides, name, &here.value))
		here.state = MERGE_VALUE;
	*out = sides->prune ? merge_compare(&here, &base, &there)
			    : merge_restore(&here, &base, &there);
	*remote = there.value;
	return 0;
}

int
standing_of_change(const struct sides *sides, const char *name,
    const struct secret *value, enum standing *out, struct err *err)
{
	struct arena_mark mark = arena_mark();
	struct merge_side base;
	struct merge_side here = {.state = MERGE_NONE};
	struct merge_side there;

	if (open_others(sides, name, &base, &there, err) < 0)
		return -(int)err->status;
	if (value != NULL)
		here = (struct merge_side){MERGE_VALUE, *value};
	*out = merge_compare(&here, &base, &there);
	arena_rewind(mark);
	return 0;
}

static int
add_rows(struct names *out, struct vault *vault, struct err *err)
{
	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++) {
		if (names_add(out, vault->rows[i].name) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
add_entries(struct names *out, const struct env_file *file, struct err *err)
{
	for (size_t i = 0; i < file->entries.n; i++) {
		if (names_add(out, file->names[i].stored) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
add_items(struct names *out, const struct items *items, struct err *err)
{
	for (size_t i = 0; i < items->n; i++) {
		if (names_add(out, items->list[i].name) < 0)
			return err_memory(err);
	}
	return 0;
}

int
standing_names(struct names *out, const struct sides *sides, struct err *err)
{
	if (add_rows(out, sides->base, err) < 0 ||
	    add_rows(out, sides->remote, err) < 0 ||
	    (sides->file != NULL && add_entries(out, sides->file, err) < 0) ||
	    (sides->items != NULL && add_items(out, sides->items, err) < 0))
		return -(int)err->status;
	names_sort(out);
	return 0;
}
