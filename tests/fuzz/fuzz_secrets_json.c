/*
 * JSON with secrets: whatever is accepted can be written, and is what is read
 * then.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/secrets_json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_written(const struct dotenv *dotenv)
{
	AUTO_DOTENV struct dotenv again = DOTENV_INIT;
	struct secret written = SECRET_INIT;

	if (secrets_json_print(&written, dotenv->items, dotenv->n, NULL) < 0 ||
	    secrets_json_parse(&again, &written, "written", NULL) < 0 ||
	    again.n != dotenv->n)
		abort();
	for (size_t i = 0; i < again.n; i++) {
		const struct dotenv_entry *a = &again.items[i];
		const struct dotenv_entry *b = &dotenv->items[i];

		if (strcmp(a->name, b->name) != 0 ||
		    a->value.len != b->value.len ||
		    memcmp(a->value.data, b->value.data, a->value.len) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	struct arena_mark mark = arena_mark();
	struct secret text = {arena_copy(data, size, NULL), size};
	struct err err;

	if (text.data != NULL &&
	    secrets_json_parse(&dotenv, &text, "input", &err) == 0)
		check_written(&dotenv);
	arena_rewind(mark);
	return 0;
}
