/* diff: what is here and the server, or two environments of the server. */
#include "config.h"

#include <agentsecrets/flow_environment.h>

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "grid.h"
#include "output.h"

struct diff_args {
	struct common_args common;
	bool exit_code;
	const char *from;
	const char *to;
};

static const struct option diff_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "from", OPTION_TEXT, "ENVIRONMENT",
	"compare two environments instead, this one ...",
	offsetof(struct diff_args, from)},
    {0, "to", OPTION_TEXT, "ENVIRONMENT", "... and this one",
	offsetof(struct diff_args, to)},
    {0, "exit-code", OPTION_FLAG, NULL, "exit 1 when something differs",
	offsetof(struct diff_args, exit_code)},
    OPTION_PASSWORD,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_HELP,
};

/* Names that stand alike. The list ends with one without names. */
struct state {
	const char *words; /* for people */
	const char *key;   /* in JSON */
	const struct names *names;
};

static int
width_of(const struct state *states)
{
	size_t width = 0;

	for (; states->names != NULL; states++) {
		size_t len = strlen(states->words);

		if (len > width)
			width = len;
	}
	return (int)width;
}

static int
print_table(const struct state *states, struct err *err)
{
	static const char *const titles[] = {"Key", "State", NULL};
	AUTO_GRID struct grid grid;

	grid_begin(&grid, titles);
	for (; states->names != NULL; states++) {
		for (size_t i = 0; i < states->names->n; i++) {
			grid_cell(&grid, states->names->items[i]);
			grid_cell(&grid, states->words);
		}
	}
	return grid_print(&grid, err);
}

/* @param out  what JSON begins with */
static int
print_states(const struct state *states, const struct common_args *args,
    struct json_out *out, struct err *err)
{
	int width = width_of(states);

	if (args->table)
		return print_table(states, err);
	for (; states->names != NULL; states++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "%-*s", width, states->words);
		if (args->json)
			json_out_names(out, states->key, states->names);
		else
			print_prefixed(prefix, states->names);
	}
	return args->json ? json_out_print(out, err) : 0;
}

static bool
differs(const struct state *states)
{
	for (; states->names != NULL; states++) {
		if (states->names->n > 0)
			return true;
	}
	return false;
}

static int
diff_here(
    const struct diff_args *args, const struct caller *caller, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	struct diff_result result = {.only_local = NAMES_INIT};
	const struct state states[] = {
	    {"only here", "only_local", &result.only_local},
	    {"only there", "only_remote", &result.only_remote},
	    {"changed here", "changed_here", &result.changed_here},
	    {"changed there", "changed_there", &result.changed_there},
	    {"changed both", "changed_both", &result.changed_both},
	    {NULL, NULL, NULL},
	};
	int rc = diff_run(caller, &result, err);

	json_out_text(&out, "project", result.where.project_name);
	json_out_text(&out, "environment", result.where.environment);
	if (rc == 0)
		rc = print_states(states, &args->common, &out, err);
	if (rc == 0)
		rc = args->exit_code && differs(states);
	diff_result_release(&result);
	return rc;
}

static int
diff_environments(
    const struct diff_args *args, const struct caller *caller, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	struct environments_diff result = {.only_from = NAMES_INIT};
	char only_from[32];
	char only_to[32];
	const struct state states[] = {
	    {only_from, "only_from", &result.only_from},
	    {only_to, "only_to", &result.only_to},
	    {"differs", "differing", &result.differing},
	    {NULL, NULL, NULL},
	};
	int rc =
	    environments_diff_run(args->from, args->to, caller, &result, err);

	snprintf(only_from, sizeof(only_from), "only %s", args->from);
	snprintf(only_to, sizeof(only_to), "only %s", args->to);
	json_out_text(&out, "project", result.project_name);
	json_out_text(&out, "from", args->from);
	json_out_text(&out, "to", args->to);
	if (rc == 0)
		rc = print_states(states, &args->common, &out, err);
	if (rc == 0)
		rc = args->exit_code && differs(states);
	environments_diff_release(&result);
	return rc;
}

/* A difference is no error, but a status, as with diff(1). */
static int
diff(struct invocation *invocation, struct err *err)
{
	const struct diff_args *args = invocation->args;

	if (args->from == NULL && args->to == NULL)
		return diff_here(args, &invocation->caller, err);
	if (args->from == NULL || args->to == NULL)
		return err_set(err, EXIT_USAGE,
		    "--from and --to go together: give %s as well",
		    args->from == NULL ? "--from" : "--to");
	if (args->common.environment != NULL)
		return err_set(err, EXIT_USAGE,
		    "--from and --environment exclude each other");
	return diff_environments(args, &invocation->caller, err);
}

const struct command command_diff = {
    .name = "secrets diff",
    .short_name = "diff",
    .operands = "",
    .summary = "compare what is here with the server, without values",
    COMMAND_OPTIONS(diff_options),
    .args_size = sizeof(struct diff_args),
    .run = diff,
};
