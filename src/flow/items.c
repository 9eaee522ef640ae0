#include "config.h"

#include "items.h"

#include <stdlib.h>
#include <string.h>

static int
compare(const void *name, const void *item)
{
	return strcmp(name, ((const struct item *)item)->name);
}

const struct item *
items_find(const struct items *items, const char *name)
{
	return items->n == 0 ? NULL
			     : bsearch(name, items->list, items->n,
				   sizeof(*items->list), compare);
}

void
items_release(struct items *items)
{
	free(items->list);
	*items = (struct items)ITEMS_INIT;
}
