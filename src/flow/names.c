#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
names_add(struct names *names, const char *name)
{
	if (names->n == names->room) {
		size_t room = names->room > 0 ? 2 * names->room : 8;
		char **items = reallocarray(names->items, room, sizeof(*items));

		if (items == NULL)
			return -1;
		names->items = items;
		names->room = room;
	}
	names->items[names->n] = strdup(name);
	if (names->items[names->n] == NULL)
		return -1;
	names->n++;
	return 0;
}

void
names_release(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct names)NAMES_INIT;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
names_sort(struct names *names)
{
	size_t kept = 0;

	if (names->n == 0)
		return;
	qsort(names->items, names->n, sizeof(*names->items), compare);
	for (size_t i = 1; i < names->n; i++) {
		if (strcmp(names->items[kept], names->items[i]) == 0)
			free(names->items[i]);
		else
			names->items[++kept] = names->items[i];
	}
	names->n = kept + 1;
}

static int
compare_name(const void *name, const void *item)
{
	return strcmp(name, *(char *const *)item);
}

bool
names_has(const struct names *names, const char *name)
{
	return names->n > 0 &&
	    bsearch(name, names->items, names->n, sizeof(*names->items),
		compare_name) != NULL;
}

char *
names_join(char *out, size_t out_len, const struct names *names, size_t max)
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < names->n; i++) {
		size_t room = out_len - used;
		bool shown = i < max && strlen(names->items[i]) + 32 < room;
		int n;

		if (!shown) {
			snprintf(
			    out + used, room, " and %zu more", names->n - i);
			break;
		}
		n = snprintf(out + used, room, "%s%s", i > 0 ? ", " : "",
		    names->items[i]);
		used += (size_t)n;
	}
	return out;
}
