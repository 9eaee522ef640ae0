#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/dotenv.h>
#include <agentsecrets/names.h>

#include "dotenv_scan.h"
#include "dotenv_value.h"

/* What the old text says about one entry. */
struct place {
	size_t start; /* of its last assignment */
	bool is_there;
	bool is_same; /* with the value that it has now */
};

struct update {
	const struct secret *old;
	const char *what;
	const struct dotenv_entry **sorted; /* by name, one a name */
	struct place *places;		    /* of each */
	size_t n;
};

#define AUTO_UPDATE __attribute__((cleanup(update_release)))

static void
update_release(struct update *update)
{
	free(update->sorted);
	free(update->places);
}

static int
check_entry(const struct dotenv_entry *entry, struct err *err)
{
	if (!name_is_final(entry->name))
		return err_set(err, EXIT_FAILED,
		    "'%s' is no name for a variable", entry->name);
	return 0;
}

static int
sort_entries(struct update *update, const struct dotenv_entry *entries,
    size_t n, struct err *err)
{
	int status;

	/* One more, as calloc(0) may be NULL. */
	update->sorted = calloc(n + 1, sizeof(*update->sorted));
	update->places = calloc(n + 1, sizeof(*update->places));
	if (update->sorted == NULL || update->places == NULL)
		return err_memory(err);
	for (size_t i = 0; i < n; i++) {
		if ((status = check_entry(&entries[i], err)) < 0)
			return status;
		update->sorted[i] = &entries[i];
	}
	qsort(update->sorted, n, sizeof(*update->sorted), dotenv_compare);
	for (size_t i = 0; i < n; i++) {
		/* Of doubled ones the last counts here too. */
		if (i + 1 == n ||
		    strcmp(update->sorted[i]->name,
			update->sorted[i + 1]->name) != 0)
			update->sorted[update->n++] = update->sorted[i];
	}
	return 0;
}

static int
compare_name(const void *name, const void *item)
{
	return strcmp(name, (*(const struct dotenv_entry *const *)item)->name);
}

/* The entry that a part of the old text assigns, or -1. */
static ssize_t
find_entry(const struct update *update, const struct dotenv_scan *scan,
    const struct dotenv_part *part)
{
	char name[NAME_MAX_BYTES + 1];
	const struct dotenv_entry **found;

	if (part->is_foreign)
		return -1;
	memcpy(name, scan->text + part->name, part->name_len);
	name[part->name_len] = '\0';
	found = bsearch(name, update->sorted, update->n,
	    sizeof(*update->sorted), compare_name);
	return found != NULL ? found - update->sorted : -1;
}

static int
is_same(bool *out, const struct secret *value, const struct dotenv_scan *scan,
    const struct dotenv_part *part, struct err *err)
{
	struct arena_mark mark = arena_mark();
	uint8_t *scratch = arena_alloc(part->value_len + 1, err);
	size_t len;

	if (scratch == NULL)
		return -EXIT_FAILED;
	len = dotenv_decode(scratch, scan, part);
	*out = len == value->len &&
	    (len == 0 || memcmp(scratch, value->data, len) == 0);
	arena_rewind(mark);
	return 0;
}

/* Learn where each entry stands. */
static int
find_places(struct update *update, struct err *err)
{
	struct dotenv_scan scan;
	struct dotenv_part part;
	int status = dotenv_scan_init(&scan, update->old, update->what, err);

	if (status < 0)
		return status;
	while ((status = dotenv_scan_next(&scan, &part, err)) > 0) {
		ssize_t i = find_entry(update, &scan, &part);
		struct place *place;

		if (i < 0)
			continue;
		place = &update->places[i];
		place->is_there = true;
		place->start = part.start;
		status = is_same(&place->is_same, &update->sorted[i]->value,
		    &scan, &part, err);
		if (status < 0)
			return status;
	}
	return status;
}

/* The values that are to be written and cannot be. */
struct refused {
	const struct dotenv_entry *first;
	size_t others_n;
	char others[256]; /* their names, as far as there is room */
	size_t used;
};

static void
refused_add(struct refused *refused, const struct dotenv_entry *entry)
{
	const char *comma = refused->used > 0 ? ", " : "";
	size_t room = sizeof(refused->others) - refused->used;

	if (refused->first == NULL) {
		refused->first = entry;
		return;
	}
	refused->others_n++;
	if (strlen(comma) + strlen(entry->name) < room)
		refused->used +=
		    (size_t)snprintf(refused->others + refused->used, room,
			"%s%s", comma, entry->name);
}

static int
refuse(const struct refused *refused, const char *what, struct err *err)
{
	const struct dotenv_entry *first = refused->first;
	char more[sizeof(refused->others) + 48] = "";

	if (refused->others_n > 0)
		snprintf(more, sizeof(more), " and %zu more (%s)",
		    refused->others_n, refused->others);
	err_set(err, EXIT_FAILED,
	    "'%s'%s cannot be written to '%s' so that every reader reads the "
	    "same: %s",
	    first->name, more, what, dotenv_unwritable(&first->value));
	return dotenv_is_text(&first->value)
	    ? err_hint(err, "'agentsecrets export FILE.json' can hold it")
	    : err_hint(
		  err, "'agentsecrets get %s' gives its bytes", first->name);
}

/* A line that has the value already is not written, and so not refused. */
static int
check_values(const struct update *update, struct err *err)
{
	struct refused refused = {.first = NULL};

	for (size_t i = 0; i < update->n; i++) {
		const struct dotenv_entry *entry = update->sorted[i];

		if (!entry->removed && !update->places[i].is_same &&
		    dotenv_unwritable(&entry->value) != NULL)
			refused_add(&refused, entry);
	}
	return refused.first != NULL ? refuse(&refused, update->what, err) : 0;
}

/* Where the comment that stays begins, with its blanks; else the line end. */
static size_t
kept_comment(const struct dotenv_scan *scan, const struct dotenv_part *part)
{
	/* In unquoted text a comment may be part of the old secret. */
	if (part->quote == 0)
		return part->tail_end;
	return dotenv_skip_blanks(scan, part->tail) < part->tail_end
	    ? part->tail
	    : part->tail_end;
}

/* What stands in front of the value. */
static void
put_prefix(struct dotenv_sink *sink, const struct dotenv_scan *scan,
    const struct dotenv_part *part)
{
	static const char export[] = "export";
	size_t end = part->name + part->name_len;

	/* With a blank python-dotenv takes this name for the keyword. */
	if (part->name_len == sizeof(export) - 1 &&
	    memcmp(scan->text + part->name, export, part->name_len) == 0) {
		dotenv_put(sink, scan->text + part->start, end - part->start);
		dotenv_put_text(sink, "=");
		return;
	}
	dotenv_put(
	    sink, scan->text + part->start, part->prefix_end - part->start);
}

/* The same line with another value. */
static void
put_replaced(struct dotenv_sink *sink, const struct dotenv_scan *scan,
    const struct dotenv_part *part, const struct secret *value)
{
	size_t comment = kept_comment(scan, part);

	put_prefix(sink, scan, part);
	dotenv_put_value(sink, value);
	if (comment < part->tail_end) {
		/* python-dotenv would read the comment as the value. */
		if (value->len == 0)
			dotenv_put_text(sink, "''");
		if (scan->text[comment] == '#')
			dotenv_put_text(sink, " ");
	}
	dotenv_put(sink, scan->text + comment, part->end - comment);
}

/* Every line of the old text. @return how many assignments, or failure */
static ssize_t
put_old(struct dotenv_sink *sink, const struct update *update, struct err *err)
{
	struct dotenv_scan scan;
	struct dotenv_part part;
	ssize_t assignments = 0;
	int status = dotenv_scan_init(&scan, update->old, update->what, err);
	size_t mark = scan.at;

	if (status < 0)
		return status;
	while ((status = dotenv_scan_next(&scan, &part, err)) > 0) {
		ssize_t i = find_entry(update, &scan, &part);

		if (i >= 0 &&
		    (update->sorted[i]->removed ||
			part.start != update->places[i].start))
			continue;
		assignments += !part.is_foreign;
		if (i >= 0 && !update->places[i].is_same) {
			put_replaced(
			    sink, &scan, &part, &update->sorted[i]->value);
		} else {
			/* Before a name python-dotenv takes it for a part of
			 * that, so none stands before what we write. */
			if (sink->len == 0)
				dotenv_put(sink, scan.text, mark);
			dotenv_put(sink, scan.text + part.start,
			    part.end - part.start);
		}
	}
	return status < 0 ? status : assignments;
}

/* As the first line of the text ends. */
static const char *
line_end_of(const struct secret *text)
{
	const uint8_t *lf =
	    text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;

	return lf != NULL && lf > text->data && lf[-1] == '\r' ? "\r\n" : "\n";
}

/* The whole new text; called once to count and once to write. */
static int
put_all(struct dotenv_sink *sink, const struct update *update, struct err *err)
{
	const char *newline = line_end_of(update->old);
	ssize_t assignments = put_old(sink, update, err);

	if (assignments < 0)
		return (int)assignments;
	for (size_t i = 0; i < update->n; i++) {
		if (update->places[i].is_there || update->sorted[i]->removed)
			continue;
		assignments++;
		if (sink->len > 0 && sink->last != '\n')
			dotenv_put_text(sink, newline);
		dotenv_put_text(sink, update->sorted[i]->name);
		dotenv_put_text(sink, "=");
		dotenv_put_value(sink, &update->sorted[i]->value);
		dotenv_put_text(sink, newline);
	}
	if (assignments > SECRETS_MAX)
		return err_set(err, EXIT_FAILED, "%s: more than %d assignments",
		    update->what, (int)SECRETS_MAX);
	if (sink->len > DOTENV_MAX)
		return err_set(err, EXIT_FAILED,
		    "%s: it would be larger than %d bytes", update->what,
		    (int)DOTENV_MAX);
	return 0;
}

int
dotenv_update(struct secret *out, const struct secret *old,
    const struct dotenv_entry *entries, size_t n, const char *what,
    struct err *err)
{
	AUTO_UPDATE struct update update = {.old = old, .what = what};
	struct dotenv_sink sink = {.data = NULL};
	uint8_t *data;
	int status;

	if ((status = sort_entries(&update, entries, n, err)) < 0 ||
	    (status = find_places(&update, err)) < 0 ||
	    (status = check_values(&update, err)) < 0 ||
	    (status = put_all(&sink, &update, err)) < 0)
		return status;
	if ((data = arena_alloc(sink.len + 1, err)) == NULL)
		return -EXIT_FAILED;
	sink = (struct dotenv_sink){.data = data};
	put_all(&sink, &update, NULL);
	*out = (struct secret){data, sink.len};
	return 0;
}
