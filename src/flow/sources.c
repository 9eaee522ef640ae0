#include "config.h"

#include "sources.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "local.h"

void
sources_release(struct sources *sources)
{
	free(sources->list);
	items_release(&sources->items);
}

static bool
has_name(const struct text_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++) {
		if (text_equal(list->items[i], name))
			return true;
	}
	return false;
}

/* A name stands for the stored one, or for what the lasting map makes of it. */
static const char *
stored_name(const struct place *place, const char *given)
{
	for (size_t i = 0; i < place->file.map_n; i++) {
		if (text_equal(place->file.map[i].final, given))
			return place->file.map[i].stored;
	}
	return given;
}

/* Names that are asked for exactly, and of which the vault knows nothing. */
static int
names_lacking(struct names *out, struct vault *vault,
    const struct text_list *listed, const struct text_list *only,
    const struct place *place, struct err *err)
{
	const struct text_list *asked = listed->items != NULL ? listed : only;

	for (size_t i = 0; i < asked->n; i++) {
		const char *name = stored_name(place, asked->items[i]);

		if (vault_find(vault, name) != NULL || !name_is_stored(name) ||
		    (asked == listed && only->n > 0 &&
			!has_name(only, asked->items[i])))
			continue;
		if (names_add(out, name) < 0)
			return err_memory(err);
	}
	names_sort(out);
	return 0;
}

static int
read_items(struct items *out, const struct names *names, struct place *place,
    const struct caller *caller, struct err *err)
{
	struct err ignored;
	bool kept;

	if (local_keeps_items(&kept, place, err) < 0)
		return -(int)err->status;
	if (kept && items_read(out, place, names, NULL, caller, &ignored) < 0)
		*out = (struct items)ITEMS_INIT;
	return 0;
}

static int
compare_sources(const void *a, const void *b)
{
	return strcmp(
	    ((const struct source *)a)->name, ((const struct source *)b)->name);
}

int
sources_gather(struct sources *out, struct vault *vault,
    const struct text_list *listed, const struct text_list *only,
    struct place *place, const struct caller *caller, struct err *err)
{
	AUTO_NAMES struct names lacking = NAMES_INIT;
	struct source *list;

	if (names_lacking(&lacking, vault, listed, only, place, err) < 0 ||
	    (lacking.n > 0 &&
		read_items(&out->items, &lacking, place, caller, err) < 0))
		return -(int)err->status;
	vault_sort(vault);
	list = calloc(vault->rows_n + out->items.n + 1, sizeof(*list));
	if (list == NULL)
		return err_memory(err);
	for (size_t i = 0; i < vault->rows_n; i++) {
		const struct vault_row *row = &vault->rows[i];

		if (!row->deleted)
			list[out->n++] = (struct source){row->name, row, NULL};
	}
	for (size_t i = 0; i < out->items.n; i++) {
		const struct item *item = &out->items.list[i];

		list[out->n++] = (struct source){item->name, NULL, item};
	}
	if (out->items.n > 0)
		qsort(list, out->n, sizeof(*list), compare_sources);
	out->list = list;
	return 0;
}
