#include "config.h"

#include "changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/names.h>
#include <agentsecrets/nearest.h>
#include <agentsecrets/text.h>

void
flow_where_set(struct flow_where *where, const struct place *place)
{
	memcpy(where->project_name, place->project_name,
	    sizeof(where->project_name));
	memcpy(
	    where->environment, place->environment, sizeof(where->environment));
}

/* A value that no environment variable can hold is refused where it enters. */
static int
check_value(const char *name, const struct secret *value, struct err *err)
{
	if (value->len > VALUE_MAX)
		return err_set(err, EXIT_FAILED,
		    "the value of '%s' is larger than %d bytes", name,
		    VALUE_MAX);
	if (value->len > 0 && memchr(value->data, '\0', value->len) != NULL)
		return err_set(err, EXIT_FAILED,
		    "the value of '%s' holds a NUL byte, which no environment "
		    "variable can",
		    name);
	return 0;
}

static void
warn_of_dangerous(const char *name, const struct caller *caller)
{
	char text[NAME_MAX_BYTES + 128];

	if (!name_is_dangerous(name))
		return;
	snprintf(text, sizeof(text),
	    "warning: '%s' changes how programs run; 'env' refuses it "
	    "without --allow-name %s",
	    name, name);
	caller->notice(text);
}

int
change_fill(struct change *change, const char *given,
    const struct secret *value, const struct caller *caller,
    struct name_maps *maps, struct err *err)
{
	int changed = name_to_stored(change->name, given, strlen(given), err);

	if (changed < 0 || check_value(given, value, err) < 0)
		return -(int)err->status;
	change->deleted = false;
	change->value = *value;
	warn_of_dangerous(change->name, caller);
	return changed > 0 ? name_maps_add(maps, given, change->name, err) : 0;
}

static int
compare_changes(const void *a, const void *b)
{
	return strcmp(
	    ((const struct change *)a)->name, ((const struct change *)b)->name);
}

int
changes_check_twins(struct change *changes, size_t n, struct err *err)
{
	qsort(changes, n, sizeof(*changes), compare_changes);
	for (size_t i = 1; i < n; i++) {
		if (text_equal(changes[i - 1].name, changes[i].name))
			return err_set(err, EXIT_USAGE,
			    "'%s' is given twice (case does not count)",
			    changes[i].name);
	}
	return 0;
}

/* An entry and the name under which it is stored. */
struct given {
	const struct dotenv_entry *entry;
	const char *stored;
};

static int
compare_given(const void *a, const void *b)
{
	const struct given *left = a;
	const struct given *right = b;
	int order = strcmp(left->stored, right->stored);

	return order != 0
	    ? order
	    : (left->entry > right->entry) - (left->entry < right->entry);
}

/* Put in front of the error where the entry stands. */
static int
at_entry(struct err *err, const char *what, const struct dotenv_entry *entry)
{
	return entry->line > 0
	    ? err_prefix(err, "%s:%zu:%zu", what, entry->line, entry->column)
	    : err_prefix(err, "%s", what);
}

/* @param changes  of each entry, in their order */
static int
check_given(const struct dotenv *entries, const struct change *changes,
    const char *what, struct err *err)
{
	struct given *given = calloc(entries->n + 1, sizeof(*given));
	int rc = 0;

	if (given == NULL)
		return err_memory(err);
	for (size_t i = 0; i < entries->n; i++)
		given[i] = (struct given){&entries->items[i], changes[i].name};
	qsort(given, entries->n, sizeof(*given), compare_given);
	for (size_t i = 1; rc == 0 && i < entries->n; i++) {
		if (!text_equal(given[i - 1].stored, given[i].stored))
			continue;
		err_set(err, EXIT_USAGE,
		    "'%s' is given twice (case does not count)",
		    given[i].entry->name);
		rc = at_entry(err, what, given[i].entry);
	}
	free(given);
	return rc;
}

int
changes_from_entries(struct change *changes, const struct dotenv *entries,
    const char *what, struct place *place, const struct caller *caller,
    struct name_maps *maps, struct err *err)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct dotenv_entry *entry = &entries->items[i];
		const char *stored =
		    project_file_map_stored(&place->file, entry->name);

		if (change_fill(&changes[i],
			stored != NULL ? stored : entry->name, &entry->value,
			caller, maps, err) < 0)
			return at_entry(err, what, entry);
	}
	if (check_given(entries, changes, what, err) < 0)
		return -(int)err->status;
	qsort(changes, entries->n, sizeof(*changes), compare_changes);
	return 0;
}

int
change_differs(const struct change *change, const struct workspace_key *key,
    struct vault *vault, struct err *err)
{
	const struct vault_row *row = vault_find(vault, change->name);
	struct arena_mark mark = arena_mark();
	struct secret value;
	bool same;

	if (row == NULL || row->deleted || row->epoch != key->epoch)
		return 1;
	if (exchange_open(key, vault, row, 0, &value, err) < 0)
		return -(int)err->status;
	same = secret_same(&value, &change->value);
	arena_rewind(mark);
	return !same;
}

int
no_secret(const char *name, const struct place *place,
    const struct vault *vault, struct err *err)
{
	struct nearest nearest = {.wanted = name};

	for (size_t i = 0; i < vault->rows_n; i++) {
		if (!vault->rows[i].deleted)
			nearest_offer(&nearest, vault->rows[i].name);
	}
	err_set(err, EXIT_FAILED, "no secret '%s' in %s/%s", name,
	    place->project_name, place->environment);
	if (nearest.found[0] != '\0')
		return err_hint(err, "did you mean '%s'?", nearest.found);
	return err_hint(err,
	    "'agentsecrets list' shows what there is, 'agentsecrets pull' "
	    "brings what others wrote");
}

void
name_maps_release(struct name_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++)
		free(maps->items[i].final);
	free(maps->items);
	*maps = (struct name_maps)NAME_MAPS_INIT;
}

int
name_maps_add(struct name_maps *maps, const char *final, const char *stored,
    struct err *err)
{
	struct given_map *items =
	    reallocarray(maps->items, maps->n + 1, sizeof(*items));

	if (items == NULL)
		return err_memory(err);
	maps->items = items;
	items[maps->n].final = strdup(final);
	if (items[maps->n].final == NULL)
		return err_memory(err);
	snprintf(
	    items[maps->n].stored, sizeof(items[maps->n].stored), "%s", stored);
	items[maps->n].is_new = false;
	maps->n++;
	return 0;
}

int
name_maps_check(struct name_maps *maps, struct place *place, struct err *err)
{
	for (size_t i = 0; i < maps->n; i++) {
		int rc;

		if (place->file.directory == NULL)
			return err_set(err, EXIT_USAGE,
			    "'%s' is not upper-case: project.json must keep "
			    "that, so work in the project's directory",
			    maps->items[i].final);
		rc = project_file_map_add(&place->file, maps->items[i].final,
		    maps->items[i].stored, err);
		if (rc < 0)
			return rc;
		maps->items[i].is_new = rc > 0;
	}
	return 0;
}

bool
name_maps_has_new(const struct name_maps *maps)
{
	for (size_t i = 0; i < maps->n; i++) {
		if (maps->items[i].is_new)
			return true;
	}
	return false;
}

/* Put the new entries into the file as it is now. */
static int
add_to_file(const struct name_maps *maps, struct place *place, struct err *err)
{
	AUTO_PROJECT_FILE struct project_file now = PROJECT_FILE_INIT;

	if (project_file_open(&now, place->file.directory, err) < 0)
		return -(int)err->status;
	if (!text_equal(now.project, place->project))
		return err_set(err, EXIT_FAILED,
		    "meanwhile '%s' names another project",
		    place->file.directory);
	for (size_t i = 0; i < maps->n; i++) {
		if (project_file_map_add(&now, maps->items[i].final,
			maps->items[i].stored, err) < 0)
			return -(int)err->status;
	}
	if (project_file_save(&now, err) < 0)
		return -(int)err->status;
	project_file_release(&place->file);
	place->file = now;
	now = (struct project_file)PROJECT_FILE_INIT;
	return place_bind_locked(place, err);
}

int
name_maps_keep(const struct name_maps *maps, struct place *place,
    struct names *mapped, struct err *err)
{
	AUTO_FD int lock = -1;

	for (size_t i = 0; i < maps->n; i++) {
		char text[2 * NAME_MAX_BYTES + 2];

		snprintf(text, sizeof(text), "%s=%s", maps->items[i].final,
		    maps->items[i].stored);
		if (maps->items[i].is_new && names_add(mapped, text) < 0)
			return err_memory(err);
	}
	if (mapped->n == 0)
		return 0;
	lock = home_lock(&place->home, "lock", err);
	return lock < 0 ? lock : add_to_file(maps, place, err);
}
