/* selection: which secrets the command gets, and under what name. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/selection.h>

static const char *const stored[] = {
    "API_KEY", "DB_HOST", "DB_PASS", "PATH", "TOKEN"};
enum { STORED_N = sizeof(stored) / sizeof(stored[0]) };

#define LIST(...)                                                              \
	{                                                                      \
		(const char *const[]){__VA_ARGS__},                            \
		    sizeof((const char *const[]){__VA_ARGS__}) /               \
		    sizeof(const char *)                                       \
	}

/* Apply, and write the result as "FINAL=STORED …". */
static size_t
gives(const struct selection_rules *rules, const char *want)
{
	AUTO_SELECTION struct selection selection = SELECTION_INIT;
	char got[2048] = "";
	struct err err;

	if (selection_apply(&selection, rules, stored, STORED_N, &err) != 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < selection.n; i++) {
		size_t len = strlen(got);

		snprintf(got + len, sizeof(got) - len, "%s%s=%s",
		    i > 0 ? " " : "", selection.items[i].final,
		    stored[selection.items[i].index]);
	}
	assert_string_equal(got, want);
	return selection.unlisted;
}

static void
fails(const struct selection_rules *rules, const char *text, const char *hint)
{
	struct selection selection = {NULL, 7, 7};
	struct err err;

	assert_int_equal(
	    selection_apply(&selection, rules, stored, STORED_N, &err),
	    -EXIT_FAILED);
	assert_string_equal(err.text, text);
	if (strstr(err.hint, hint) == NULL)
		fail_msg("'%s' is not in the hint '%s'", hint, err.hint);
	assert_int_equal(selection.n, 7);
}

static void
test_everything(void **state)
{
	const struct selection_rules all = {.allowed = LIST("PATH")};

	(void)state;
	gives(&all,
	    "API_KEY=API_KEY DB_HOST=DB_HOST DB_PASS=DB_PASS PATH=PATH "
	    "TOKEN=TOKEN");
}

static void
test_globs(void **state)
{
	const struct selection_rules only = {.only = LIST("DB_*", "TOKE[N]")};
	const struct selection_rules both = {
	    .only = LIST("DB_*"), .except = LIST("*_PASS")};
	const struct selection_rules except = {.except = LIST("PATH", "D?_*")};

	(void)state;
	gives(&only, "DB_HOST=DB_HOST DB_PASS=DB_PASS TOKEN=TOKEN");
	gives(&both, "DB_HOST=DB_HOST");
	gives(&except, "API_KEY=API_KEY TOKEN=TOKEN");
}

static void
test_missing(void **state)
{
	const struct selection_rules one = {.only = LIST("NOPE", "TOKEN")};
	const struct selection_rules more = {.only = LIST("NOPE", "X_*"),
	    .except = LIST("OTHER"),
	    .given = (const struct name_map[]){{"A", "GONE"}},
	    .given_n = 1};
	const struct selection_rules allowed = {
	    .only = LIST("NOPE", "TOKEN"), .allow_missing = LIST("NOPE")};
	const struct selection_rules case_differs = {.only = LIST("token")};

	(void)state;
	fails(&one, "secret not found: NOPE",
	    "'agentsecrets list' shows what there is");
	fails(&more, "secrets not found: GONE, NOPE, OTHER, X_*", "list");
	fails(
	    &case_differs, "secret not found: token", "did you mean 'TOKEN'?");
	gives(&allowed, "TOKEN=TOKEN");
}

static void
test_list_of_project(void **state)
{
	const struct selection_rules listed = {
	    .listed = LIST("TOKEN", "API_KEY"), .has_list = true};
	const struct selection_rules empty = {.has_list = true};
	struct selection_rules missing = {
	    .listed = LIST("TOKEN", "GONE"), .has_list = true};
	const struct selection_rules narrowed = {
	    .listed = LIST("TOKEN", "DB_HOST"),
	    .has_list = true,
	    .only = LIST("DB_*")};
	const struct selection_rules unlisted = {
	    .listed = LIST("TOKEN"), .has_list = true, .only = LIST("API_KEY")};
	const struct selection_rules except = {.listed = LIST("TOKEN"),
	    .has_list = true,
	    .except = LIST("API_KEY")};

	(void)state;
	assert_int_equal(gives(&listed, "API_KEY=API_KEY TOKEN=TOKEN"), 3);
	assert_int_equal(gives(&empty, ""), 5);
	gives(&narrowed, "DB_HOST=DB_HOST");
	gives(&except, "TOKEN=TOKEN");
	fails(&missing, "secret not found: GONE", "project.json wants");
	missing.only = missing.listed;
	fails(&missing, "secret not found: GONE", "project.json wants");
	fails(&unlisted, "secret not found: API_KEY",
	    "'API_KEY' is stored, but the list of project.json");
}

static void
test_names(void **state)
{
	const struct name_map lasting[] = {
	    {"api_key", "API_KEY"}, {"gone", "GONE"}};
	const struct name_map given[] = {
	    {"KEY", "api_key"}, {"T1", "TOKEN"}, {"T2", "TOKEN"}};
	const struct selection_rules prefixed = {.only = LIST("TOKEN", "api_*"),
	    .prefix = "my_",
	    .lasting = lasting,
	    .lasting_n = 2};
	const struct selection_rules mapped = {.only = LIST("TOKEN", "API_KEY"),
	    .prefix = "my_",
	    .lasting = lasting,
	    .lasting_n = 2,
	    .given = given,
	    .given_n = 3};
	const struct selection_rules left_out = {
	    .only = LIST("DB_*"), .given = given + 1, .given_n = 1};

	(void)state;
	gives(&prefixed, "api_key=API_KEY my_TOKEN=TOKEN");
	gives(&mapped, "KEY=API_KEY T1=TOKEN T2=TOKEN");
	fails(&left_out, "secret not found: TOKEN", "--only or --except");
}

static void
test_bad_final_names(void **state)
{
	const struct name_map twice[] = {{"TOKEN", "API_KEY"}};
	const struct name_map bad[] = {{"a-b", "TOKEN"}};
	const struct name_map loader[] = {{"ld_preload", "TOKEN"}};
	const struct selection_rules clash = {
	    .except = LIST("PATH"), .given = twice, .given_n = 1};
	const struct selection_rules malformed = {
	    .only = LIST("TOKEN"), .given = bad, .given_n = 1};
	const struct selection_rules digit = {
	    .only = LIST("TOKEN"), .prefix = "1"};
	const struct selection_rules refused = {.given = loader, .given_n = 1};
	const struct selection_rules permitted = {.only = LIST("TOKEN"),
	    .given = loader,
	    .given_n = 1,
	    .allowed = LIST("ld_preload")};
	const struct selection_rules built = {
	    .only = LIST("PATH"), .prefix = "GIT_"};
	const struct selection_rules harmless = {
	    .only = LIST("PATH"), .prefix = "MY_"};

	(void)state;
	fails(&clash, "'API_KEY' and 'TOKEN' would both be 'TOKEN'", "");
	fails(&malformed,
	    "'a-b' is no name for an environment variable: not a letter or "
	    "'_', followed by letters, digits and '_'",
	    "");
	fails(&digit,
	    "'1TOKEN' is no name for an environment variable: not a letter or "
	    "'_', followed by letters, digits and '_'",
	    "");
	fails(&refused,
	    "refused: PATH, ld_preload: changes how programs load or run code",
	    "--allow-name PATH");
	fails(&built,
	    "refused: GIT_PATH: changes how programs load or run code",
	    "--allow-name GIT_PATH");
	gives(&permitted, "ld_preload=TOKEN");
	gives(&harmless, "MY_PATH=PATH");
}

static void
test_too_long(void **state)
{
	static char prefix[600];
	const struct selection_rules rules = {
	    .only = LIST("TOKEN"), .prefix = prefix};
	struct selection selection = SELECTION_INIT;
	struct err err;

	(void)state;
	memset(prefix, 'A', sizeof(prefix) - 1);
	assert_int_equal(
	    selection_apply(&selection, &rules, stored, STORED_N, &err),
	    -EXIT_FAILED);
	assert_non_null(strstr(err.text, "too long"));
}

static void
test_many_missing(void **state)
{
	static char names[3000][16];
	static const char *items[3000];
	const struct selection_rules rules = {.only = {items, 3000}};
	struct selection selection = SELECTION_INIT;
	struct err err;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(names[i], sizeof(names[i]), "NAME_%d", i);
		items[i] = names[i];
	}
	assert_int_equal(
	    selection_apply(&selection, &rules, stored, STORED_N, &err),
	    -EXIT_FAILED);
	assert_non_null(strstr(err.text, "NAME_0, NAME_1, NAME_10, "));
	assert_non_null(strstr(err.text, " more"));
}

static void
test_list_split(void **state)
{
	char **items = NULL;
	size_t n = 0;
	struct err err;

	(void)state;
	assert_int_equal(list_split(&items, &n, "A,B", "--only", &err), 0);
	assert_int_equal(list_split(&items, &n, "C", "--only", &err), 0);
	assert_int_equal(n, 3);
	assert_string_equal(items[1], "B");
	assert_string_equal(items[2], "C");
	assert_int_equal(
	    list_split(&items, &n, "D,,E", "--only", &err), -EXIT_USAGE);
	assert_string_equal(
	    err.text, "'--only' has an empty name in its list: 'D,,E'");
	assert_int_equal(list_split(&items, &n, "", "-x", &err), -EXIT_USAGE);
	assert_int_equal(list_split(&items, &n, "D,", "-x", &err), -EXIT_USAGE);
	assert_int_equal(n, 3);
	list_release(&items, &n);
	assert_null(items);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything),
	    cmocka_unit_test(test_globs),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_list_of_project),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_bad_final_names),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_many_missing),
	    cmocka_unit_test(test_list_split),
	};

	return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
