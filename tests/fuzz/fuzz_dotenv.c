/*
 * .env text: whatever is accepted can be written back with other values, and
 * those values are what is read then.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/dotenv.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_same(const struct dotenv *got, const struct dotenv *want)
{
	if (got->n != want->n)
		abort();
	for (size_t i = 0; i < got->n; i++) {
		const struct dotenv_entry *a = &got->items[i];
		const struct dotenv_entry *b = &want->items[i];

		if (strcmp(a->name, b->name) != 0 ||
		    a->value.len != b->value.len ||
		    memcmp(a->value.data, b->value.data, a->value.len) != 0)
			abort();
	}
}

/* Give every name the value of the one before, and read that back. */
static void
check_update(const struct secret *text, struct dotenv *dotenv)
{
	AUTO_DOTENV struct dotenv again = DOTENV_INIT;
	struct secret last = dotenv->items[dotenv->n - 1].value;
	struct secret written = SECRET_INIT;

	for (size_t i = dotenv->n - 1; i > 0; i--)
		dotenv->items[i].value = dotenv->items[i - 1].value;
	dotenv->items[0].value = last;
	if (dotenv_update(
		&written, text, dotenv->items, dotenv->n, "text", NULL) < 0 ||
	    dotenv_parse(&again, &written, "written", NULL) < 0)
		abort();
	check_same(&again, dotenv);
}

/* The same without an old text. */
static void
check_fresh(struct dotenv *dotenv)
{
	AUTO_DOTENV struct dotenv again = DOTENV_INIT;
	struct secret none = SECRET_INIT;
	struct secret written = SECRET_INIT;
	struct dotenv first = {dotenv->items, 1};

	if (dotenv_update(&written, &none, first.items, 1, "text", NULL) < 0 ||
	    dotenv_parse(&again, &written, "written", NULL) < 0)
		abort();
	check_same(&again, &first);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	struct arena_mark mark = arena_mark();
	struct secret text = {arena_copy(data, size, NULL), size};
	struct err err;

	if (text.data != NULL &&
	    dotenv_parse(&dotenv, &text, "input", &err) == 0 && dotenv.n > 0) {
		check_update(&text, &dotenv);
		check_fresh(&dotenv);
	}
	arena_rewind(mark);
	return 0;
}
