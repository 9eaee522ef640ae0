/* env: start a command with the project's secrets. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "command.h"
#include "output.h"

struct env_args {
	struct common_args common;
	struct option_list only;
	struct option_list except;
	struct option_list allow_missing;
	struct option_list allow_name;
	struct option_list map;
	const char *prefix;
	struct option_optional preserve;
	struct option_optional clean;
	const char *max_age;
	bool fresh;
	bool dry_run;
	bool no_core;
	bool verbose;
};

#define AT(member) offsetof(struct env_args, member)

static const struct option options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "only", OPTION_LIST, "NAMES", "inject only these (A,B; globs)",
	AT(only)},
    {0, "except", OPTION_LIST, "NAMES", "inject all but these (A,B; globs)",
	AT(except)},
    {0, "allow-missing", OPTION_LIST, "NAMES",
	"start although these do not exist", AT(allow_missing)},
    {0, "prefix", OPTION_TEXT, "TEXT", "put TEXT before every name",
	AT(prefix)},
    {0, "map", OPTION_LIST, "NEW=OLD", "inject OLD under the name NEW",
	AT(map)},
    {0, "preserve-env", OPTION_OPTIONAL, "NAMES",
	"an inherited variable beats a secret (only for NAMES)", AT(preserve)},
    {0, "clean", OPTION_OPTIONAL, "NAMES",
	"inherit only the usual variables (exactly NAMES)", AT(clean)},
    {0, "pristine", OPTION_OPTIONAL, "NAMES", "the same as --clean", AT(clean)},
    {0, "allow-name", OPTION_LIST, "NAMES",
	"permit names that change how programs run", AT(allow_name)},
    {0, "fresh", OPTION_FLAG, NULL, "ask the server first", AT(fresh)},
    {0, "max-age", OPTION_TEXT, "TIME",
	"ask the server first if that long has passed (90, 30m, 12h, 7d)",
	AT(max_age)},
    {0, "dry-run", OPTION_FLAG, NULL,
	"print the names instead of starting the command", AT(dry_run)},
    {0, "no-core", OPTION_FLAG, NULL, "let the command dump no core",
	AT(no_core)},
    OPTION_PASSWORD,
    OPTION_QUIET,
    {'v', "verbose", OPTION_FLAG, NULL, "say what is injected", AT(verbose)},
    OPTION_HELP,
};

/* Lists that were split; they live as long as the request. */
struct lists {
	char **only, **except, **missing, **names, **keep, **preserved;
	size_t only_n, except_n, missing_n, names_n, keep_n, preserved_n;
	struct name_map *map;
	char **map_texts;
	size_t map_n;
};

static int
split_all(char ***items, size_t *n, const struct option_list *given,
    const char *option, struct text_list *out, struct err *err)
{
	for (size_t i = 0; i < given->n; i++) {
		if (list_split(items, n, given->items[i], option, err) < 0)
			return -(int)err->status;
	}
	*out = (struct text_list){(const char *const *)*items, *n};
	return 0;
}

static int
split_optional(char ***items, size_t *n, const struct option_optional *given,
    const char *option, struct text_list *out, struct err *err)
{
	struct option_list one = {(const char **)(uintptr_t)&given->text,
	    given->text != NULL ? 1 : 0};

	return split_all(items, n, &one, option, out, err);
}

/* NEW=OLD, several divided by commas. */
static int
split_map(struct lists *lists, const struct option_list *given, struct err *err)
{
	struct text_list texts;

	if (split_all(&lists->map_texts, &lists->map_n, given, "--map", &texts,
		err) < 0)
		return -(int)err->status;
	lists->map = calloc(lists->map_n + 1, sizeof(*lists->map));
	if (lists->map == NULL)
		return err_memory(err);
	for (size_t i = 0; i < lists->map_n; i++) {
		char *equals = strchr(lists->map_texts[i], '=');

		if (equals == NULL || equals == lists->map_texts[i] ||
		    equals[1] == '\0')
			return err_set(err, EXIT_USAGE,
			    "--map wants NEW=OLD, not '%.*s'",
			    text_before_equals(lists->map_texts[i]),
			    lists->map_texts[i]);
		*equals = '\0';
		lists->map[i] =
		    (struct name_map){lists->map_texts[i], equals + 1};
	}
	return 0;
}

static void
lists_release(struct lists *lists)
{
	list_release(&lists->only, &lists->only_n);
	list_release(&lists->except, &lists->except_n);
	list_release(&lists->missing, &lists->missing_n);
	list_release(&lists->names, &lists->names_n);
	list_release(&lists->keep, &lists->keep_n);
	list_release(&lists->preserved, &lists->preserved_n);
	list_release(&lists->map_texts, &lists->map_n);
	free(lists->map);
}

static int
parse_max_age(
    struct inject_request *request, const char *given, struct err *err)
{
	if (given == NULL)
		return 0;
	if (text_parse_duration(given, &request->max_age) < 0) {
		err_set(err, EXIT_USAGE, "--max-age is '%.*s'",
		    text_before_equals(given), given);
		return err_hint(err,
		    "it is a number of seconds, or one with s, m, h, d or w, "
		    "as in 12h");
	}
	request->has_max_age = true;
	return 0;
}

static int
fill_request(struct inject_request *request, struct lists *lists,
    const struct env_args *args, struct err *err)
{
	if (split_all(&lists->only, &lists->only_n, &args->only, "--only",
		&request->only, err) < 0 ||
	    split_all(&lists->except, &lists->except_n, &args->except,
		"--except", &request->except, err) < 0 ||
	    split_all(&lists->missing, &lists->missing_n, &args->allow_missing,
		"--allow-missing", &request->allow_missing, err) < 0 ||
	    split_all(&lists->names, &lists->names_n, &args->allow_name,
		"--allow-name", &request->allow_names, err) < 0 ||
	    split_optional(&lists->keep, &lists->keep_n, &args->clean,
		"--clean", &request->keep, err) < 0 ||
	    split_optional(&lists->preserved, &lists->preserved_n,
		&args->preserve, "--preserve-env", &request->preserved,
		err) < 0 ||
	    split_map(lists, &args->map, err) < 0 ||
	    parse_max_age(request, args->max_age, err) < 0)
		return -(int)err->status;
	request->map = lists->map;
	request->map_n = lists->map_n;
	request->prefix = args->prefix;
	request->clean = args->clean.given;
	request->clean_has_list = args->clean.text != NULL;
	request->preserve = args->preserve.given;
	request->preserve_has_list = args->preserve.text != NULL;
	request->fresh = args->fresh;
	request->no_core = args->no_core;
	request->verbose = args->verbose && !args->common.quiet;
	request->dry_run = args->dry_run;
	return 0;
}

static int
run(struct invocation *invocation, struct err *err)
{
	const struct env_args *args = invocation->args;
	struct lists lists = {.only = NULL};
	struct inject_request request = {
	    .command = invocation->operands.items,
	    .state = invocation->launch,
	};
	AUTO_NAMES struct names names = NAMES_INIT;
	int rc = fill_request(&request, &lists, args, err);

	if (rc == 0)
		rc = inject_run(&request, &invocation->caller, &names, err);
	lists_release(&lists);
	if (rc == 0)
		print_names(&names);
	return rc;
}

const struct command command_env = {
    .name = "env",
    .short_name = "run",
    .operands = "command [argument ...]",
    .summary = "start a command with the project's secrets",
    COMMAND_OPTIONS(options),
    .args_size = sizeof(struct env_args),
    .operands_least = 1,
    .operands_most = SIZE_MAX,
    .launches = true,
    .run = run,
};
