#include "config.h"

#include "items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/keychain_client.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

enum {
	PREFIX_ROOM = sizeof("Secret_") + UUID_TEXT + ENVIRONMENT_MAX + 2,
	ENTRY_ROOM = PREFIX_ROOM + NAME_MAX_BYTES,
};

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

/* @param old  as the first clients, for development */
static void
prefix_of(char out[PREFIX_ROOM], const struct place *place, bool old)
{
	if (old)
		snprintf(out, PREFIX_ROOM, "Secret_%s_", place->project);
	else
		snprintf(out, PREFIX_ROOM, "%s:%s:", place->project,
		    place->environment);
}

static bool
has_old_items(const struct place *place)
{
	return text_equal(place->environment, "development");
}

static void
entry_of(
    char out[ENTRY_ROOM], const struct place *place, bool old, const char *name)
{
	char prefix[PREFIX_ROOM];

	prefix_of(prefix, place, old);
	snprintf(out, ENTRY_ROOM, "%s%s", prefix, name);
}

/*
 * Look up names.
 *
 * @param values  of each name
 * @param skip    those that are left alone
 */
static int
look_up(struct place *place, bool old, const struct names *names,
    struct secret *values, const bool *skip, struct err *err)
{
	char(*entries)[ENTRY_ROOM] = calloc(names->n + 1, sizeof(*entries));
	const char **views = calloc(names->n + 1, sizeof(*views));
	struct secret *found = calloc(names->n + 1, sizeof(*found));
	size_t *indexes = calloc(names->n + 1, sizeof(*indexes));
	size_t n = 0;
	int rc =
	    entries == NULL || views == NULL || found == NULL || indexes == NULL
	    ? err_memory(err)
	    : 0;

	for (size_t i = 0; rc == 0 && i < names->n; i++) {
		if (skip[i])
			continue;
		entry_of(entries[n], place, old, names->items[i]);
		views[n] = entries[n];
		indexes[n++] = i;
	}
	if (rc == 0 && n > 0)
		rc = keychain_lookup(&place->keychain, views, n, found, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		values[indexes[i]] = found[i];
	free(entries);
	free(views);
	free(found);
	free(indexes);
	return rc;
}

static int
take_values(struct items *out, const struct names *names,
    const struct secret *values, const bool *is_new, struct err *err)
{
	out->list = calloc(names->n + 1, sizeof(*out->list));
	if (out->list == NULL)
		return err_memory(err);
	for (size_t i = 0; i < names->n; i++) {
		struct item *item = &out->list[out->n];

		if (values[i].data == NULL)
			continue;
		snprintf(item->name, sizeof(item->name), "%s", names->items[i]);
		item->value = values[i];
		item->old = !is_new[i];
		out->n++;
	}
	return 0;
}

int
items_read(struct items *out, struct place *place, const struct names *names,
    const struct names *rewritten, const struct caller *caller, struct err *err)
{
	struct secret *values = calloc(names->n + 1, sizeof(*values));
	bool *is_new = calloc(names->n + 1, sizeof(*is_new));
	int rc = values == NULL || is_new == NULL
	    ? err_memory(err)
	    : place_open_keychain(place, caller, err);

	if (rc == 0)
		rc = look_up(place, false, names, values, is_new, err);
	for (size_t i = 0; rc == 0 && i < names->n; i++)
		is_new[i] = values[i].data != NULL ||
		    (rewritten != NULL &&
			names_has(rewritten, names->items[i]));
	if (rc == 0 && has_old_items(place))
		rc = look_up(place, true, names, values, is_new, err);
	if (rc == 0)
		rc = take_values(out, names, values, is_new, err);
	free(is_new);
	free(values);
	return rc;
}

/* What else lies below the prefix (NAME:policy) is no name. */
static int
names_below(struct names *out, struct place *place, bool old, struct err *err)
{
	AUTO_KEYCHAIN_NAMES struct keychain_names found = {NULL, 0};
	char prefix[PREFIX_ROOM];

	prefix_of(prefix, place, old);
	if (keychain_names(&place->keychain, prefix, &found, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < found.n; i++) {
		const char *name = found.items[i] + strlen(prefix);

		if (name_is_stored(name) && names_add(out, name) < 0)
			return err_memory(err);
	}
	return 0;
}

int
items_names(struct names *out, struct place *place, const struct caller *caller,
    struct err *err)
{
	int rc = place_open_keychain(place, caller, err);

	if (rc == 0)
		rc = names_below(out, place, false, err);
	if (rc == 0 && has_old_items(place))
		rc = names_below(out, place, true, err);
	if (rc == 0)
		names_sort(out);
	return rc;
}

int
items_write(struct place *place, const char *name, const struct secret *value,
    const struct caller *caller, struct err *err)
{
	char entry[ENTRY_ROOM];
	int rc = place_open_keychain(place, caller, err);

	entry_of(entry, place, false, name);
	return rc < 0 ? rc
		      : keychain_store(&place->keychain, entry, value, err);
}

int
items_remove(struct place *place, const char *name, const struct caller *caller,
    struct err *err)
{
	char entries[2][ENTRY_ROOM];
	const char *views[] = {entries[0], entries[1]};
	int rc = place_open_keychain(place, caller, err);

	entry_of(entries[0], place, false, name);
	entry_of(entries[1], place, true, name);
	return rc < 0 ? rc
		      : keychain_delete(&place->keychain, views,
			    has_old_items(place) ? 2 : 1, err);
}
