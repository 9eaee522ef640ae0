#include "config.h"

#include <agentsecrets/dotenv.h>

#include <stdlib.h>
#include <string.h>

#include "dotenv_scan.h"

/* Grow by doubling. @return the next free entry, or NULL */
static struct dotenv_entry *
next_entry(struct dotenv *dotenv, size_t *cap)
{
	if (dotenv->n == *cap) {
		size_t more = *cap == 0 ? 64 : 2 * *cap;
		struct dotenv_entry *items =
		    realloc(dotenv->items, more * sizeof(*items));

		if (items == NULL)
			return NULL;
		dotenv->items = items;
		*cap = more;
	}
	return &dotenv->items[dotenv->n];
}

static int
read_entry(struct dotenv_entry *entry, const struct dotenv_scan *scan,
    const struct dotenv_part *part, struct err *err)
{
	uint8_t *value = arena_alloc(part->value_len + 1, err);

	if (value == NULL)
		return -EXIT_FAILED;
	memcpy(entry->name, scan->text + part->name, part->name_len);
	entry->name[part->name_len] = '\0';
	entry->value.data = value;
	entry->value.len = dotenv_decode(value, scan, part);
	entry->line = part->line;
	entry->column = part->name - part->start + 1;
	entry->removed = false;
	value[entry->value.len] = '\0';
	return 0;
}

/* Keep the last of each name. */
static int
drop_doubled(struct dotenv *dotenv, struct err *err)
{
	struct dotenv_entry **sorted;
	size_t kept = 0;

	if (dotenv->n == 0)
		return 0;
	if ((sorted = calloc(dotenv->n, sizeof(*sorted))) == NULL)
		return err_memory(err);
	for (size_t i = 0; i < dotenv->n; i++)
		sorted[i] = &dotenv->items[i];
	qsort(sorted, dotenv->n, sizeof(*sorted), dotenv_compare);
	for (size_t i = 0; i + 1 < dotenv->n; i++) {
		if (strcmp(sorted[i]->name, sorted[i + 1]->name) == 0)
			sorted[i]->line = 0;
	}
	free(sorted);
	for (size_t i = 0; i < dotenv->n; i++) {
		if (dotenv->items[i].line != 0)
			dotenv->items[kept++] = dotenv->items[i];
	}
	dotenv->n = kept;
	return 0;
}

static int
parse(struct dotenv *out, const struct secret *text, const char *what,
    struct err *err)
{
	struct dotenv_scan scan;
	struct dotenv_part part;
	size_t cap = 0;
	int status = dotenv_scan_init(&scan, text, what, err);

	if (status < 0)
		return status;
	while ((status = dotenv_scan_next(&scan, &part, err)) > 0) {
		struct dotenv_entry *entry;

		if (part.is_foreign)
			continue;
		if (out->n == SECRETS_MAX)
			return err_set(err, EXIT_FAILED,
			    "%s:%zu:%zu: more than %d assignments", what,
			    part.line, part.name - part.start + 1,
			    (int)SECRETS_MAX);
		if ((entry = next_entry(out, &cap)) == NULL)
			return err_memory(err);
		if ((status = read_entry(entry, &scan, &part, err)) < 0)
			return status;
		out->n++;
	}
	return status < 0 ? status : drop_doubled(out, err);
}

int
dotenv_parse(struct dotenv *out, const struct secret *text, const char *what,
    struct err *err)
{
	AUTO_DOTENV struct dotenv made = DOTENV_INIT;
	struct arena_mark mark = arena_mark();
	int status = parse(&made, text, what, err);

	if (status < 0) {
		arena_rewind(mark);
		return status;
	}
	*out = made;
	made = (struct dotenv)DOTENV_INIT;
	return 0;
}

void
dotenv_release(struct dotenv *dotenv)
{
	free(dotenv->items);
	*dotenv = (struct dotenv)DOTENV_INIT;
}
