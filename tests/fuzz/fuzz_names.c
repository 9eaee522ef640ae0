/*
 * Names from outside, and lists of names and globs: what becomes a stored
 * name is one, case does not change what is dangerous, and nothing dangerous
 * or malformed is selected.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/names.h>
#include <agentsecrets/selection.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_name(const char *given, size_t len)
{
	char stored[NAME_MAX_BYTES + 1];
	struct err err;

	if (name_to_stored(stored, given, len, &err) < 0)
		return;
	if (!name_is_stored(stored) || !name_is_final(stored) ||
	    !name_is_final(given) ||
	    name_is_dangerous(stored) != name_is_dangerous(given))
		abort();
}

/* The text is a list for --only, a prefix and a new name. */
static void
check_selection(const char *given)
{
	static const char *const stored[] = {
	    "API_KEY", "DB_HOST", "DB_PASS", "LD_PRELOAD", "TOKEN"};
	AUTO_SELECTION struct selection selection = SELECTION_INIT;
	const struct name_map map = {given, "TOKEN"};
	struct selection_rules rules = {.prefix = given};
	char **items = NULL;
	size_t n = 0;
	struct err err;

	if (list_split(&items, &n, given, "--only", &err) == 0) {
		rules.only = (struct text_list){(const char *const *)items, n};
		rules.given = &map;
		rules.given_n = given[0] == 'm';
	}
	if (selection_apply(&selection, &rules, stored, 5, &err) == 0) {
		for (size_t i = 0; i < selection.n; i++) {
			const char *name = selection.items[i].final;

			if (!name_is_final(name) || name_is_dangerous(name))
				abort();
		}
	}
	list_release(&items, &n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *given = malloc(size + 1);

	if (given == NULL)
		return 0;
	memcpy(given, data, size);
	given[size] = '\0';
	check_name(given, size);
	(void)environment_is_known(given);
	(void)project_name_is_valid(given);
	check_selection(given);
	free(given);
	return 0;
}
