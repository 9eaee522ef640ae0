/*
 * .env text: what is accepted can be written with other values, which are then
 * what is read; every line that is not about them stays as it is. And any
 * bytes are a value that is read back, or refused.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/dotenv.h>

#include "dotenv_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_same(const struct secret *a, const struct secret *b)
{
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static struct dotenv_entry *
find(const struct dotenv *dotenv, const char *name, size_t len)
{
	for (size_t i = 0; i < dotenv->n; i++) {
		if (strlen(dotenv->items[i].name) == len &&
		    memcmp(dotenv->items[i].name, name, len) == 0)
			return &dotenv->items[i];
	}
	return NULL;
}

/* ---- lines that stay --------------------------------------------------- */

/* The next part that none of the entries is about. */
static bool
next_other(struct dotenv_scan *scan, struct dotenv_part *part,
    const struct dotenv *entries)
{
	while (dotenv_scan_next(scan, part, NULL) > 0) {
		const char *name = (const char *)scan->text + part->name;

		if (part->is_foreign ||
		    find(entries, name, part->name_len) == NULL)
			return true;
	}
	return false;
}

/* Only a last line without an end may have got one. */
static void
check_other_lines(const struct secret *old, const struct secret *now,
    const struct dotenv *entries)
{
	struct dotenv_scan was;
	struct dotenv_scan is;
	struct dotenv_part one;
	struct dotenv_part other;

	check(dotenv_scan_init(&was, old, "old", NULL) == 0 &&
	    dotenv_scan_init(&is, now, "now", NULL) == 0);
	while (next_other(&was, &one, entries)) {
		size_t len = one.end - one.start;

		check(next_other(&is, &other, entries));
		check(other.end - other.start >= len &&
		    memcmp(was.text + one.start, is.text + other.start, len) ==
			0);
		check(other.end - other.start == len ||
		    was.text[one.end - 1] != '\n');
	}
	check(!next_other(&is, &other, entries));
}

/* ---- writing ----------------------------------------------------------- */

/* What the text says is what it said before, with the entries on top. */
static void
check_values(const struct dotenv *before, const struct dotenv *now,
    const struct dotenv *entries)
{
	size_t left = before->n;

	for (size_t i = 0; i < before->n; i++) {
		const char *name = before->items[i].name;
		const struct dotenv_entry *entry =
		    find(entries, name, strlen(name));
		const struct dotenv_entry *got = find(now, name, strlen(name));

		if (entry != NULL && entry->removed) {
			check(got == NULL);
			left--;
			continue;
		}
		check(got != NULL &&
		    is_same(&got->value,
			entry != NULL ? &entry->value
				      : &before->items[i].value));
	}
	check(now->n == left);
}

/* Write entries, read the text, and write them again. */
static void
check_update(const struct secret *text, const struct dotenv *before,
    const struct dotenv *entries)
{
	AUTO_DOTENV struct dotenv now = DOTENV_INIT;
	struct secret written = SECRET_INIT;
	struct secret again = SECRET_INIT;

	check(dotenv_update(&written, text, entries->items, entries->n, "text",
		  NULL) == 0);
	check(dotenv_parse(&now, &written, "written", NULL) == 0);
	check_values(before, &now, entries);
	check_other_lines(text, &written, entries);
	check(dotenv_update(&again, &written, entries->items, entries->n,
		  "written", NULL) == 0);
	check(is_same(&again, &written));
}

/*
 * Give every other name the value of the one before, or that to all of them;
 * every third of those is taken out instead.
 */
static void
check_rotated(const struct secret *text, const struct dotenv *dotenv,
    size_t step, bool remove)
{
	AUTO_DOTENV struct dotenv entries = DOTENV_INIT;

	entries.items = calloc(dotenv->n, sizeof(*entries.items));
	check(entries.items != NULL);
	for (size_t i = 0; i < dotenv->n; i += step) {
		struct dotenv_entry *entry = &entries.items[entries.n];

		*entry = dotenv->items[i];
		entry->value =
		    dotenv->items[(i + dotenv->n - 1) % dotenv->n].value;
		entry->removed = remove && i % 3 == 0;
		/* With its own value it stays as it stands, and is allowed. */
		if (dotenv_unwritable(&entry->value) != NULL)
			entry->value = dotenv->items[i].value;
		entries.n++;
	}
	check_update(text, dotenv, &entries);
}

/* Any bytes as the value of a new name. */
static void
check_value(const struct secret *value)
{
	AUTO_DOTENV struct dotenv now = DOTENV_INIT;
	struct secret none = SECRET_INIT;
	struct secret written = SECRET_INIT;
	struct dotenv_entry entry = {.name = "A", .value = *value};
	bool writable = dotenv_unwritable(value) == NULL;

	check((dotenv_update(&written, &none, &entry, 1, "text", NULL) == 0) ==
	    writable);
	if (!writable)
		return;
	check(dotenv_parse(&now, &written, "written", NULL) == 0);
	check(now.n == 1 && is_same(&now.items[0].value, value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	struct arena_mark mark = arena_mark();
	struct secret text = {arena_copy(data, size, NULL), size};
	struct err err;

	if (text.data != NULL)
		check_value(&text);
	if (text.data != NULL &&
	    dotenv_parse(&dotenv, &text, "input", &err) == 0 && dotenv.n > 0) {
		check_rotated(&text, &dotenv, 1, false);
		check_rotated(&text, &dotenv, 2, true);
		for (size_t i = 0; i < dotenv.n; i++)
			check_value(&dotenv.items[i].value);
	}
	arena_rewind(mark);
	return 0;
}
