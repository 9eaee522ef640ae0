/* push, pull, diff. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>

#include "command.h"
#include "grid.h"
#include "output.h"
#include "results.h"

/* ---- push -------------------------------------------------------------- */

struct push_args {
	struct common_args common;
	bool force;
};

static const struct option push_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {'f', "force", OPTION_FLAG, NULL, "write over what somebody else changed",
	offsetof(struct push_args, force)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
push(struct invocation *invocation, struct err *err)
{
	const struct push_args *args = invocation->args;
	struct write_result result = {.unchanged = 0};
	int rc = push_run(
	    invocation->operands.n > 0 ? invocation->operands.items[0] : NULL,
	    args->force, &invocation->caller, &result, err);

	if (rc == 0)
		rc = print_written(&result, &args->common, err);
	if (rc == 0 && !args->common.json && result.written.n == 0 &&
	    result.unchanged == 0) {
		invocation->caller.notice("there is nothing to push");
		invocation->caller.notice(
		    "hint: name the file: 'agentsecrets push FILE'");
	}
	write_result_release(&result);
	return rc;
}

const struct command command_push = {
    .name = "secrets push",
    .short_name = "push",
    .operands = "[FILE]",
    .summary = "store a whole .env file in one operation",
    COMMAND_OPTIONS(push_options),
    .args_size = sizeof(struct push_args),
    .operands_most = 1,
    .run = push,
};

/* ---- pull -------------------------------------------------------------- */

struct pull_args {
	struct common_args common;
	bool force;
	const char *to;
};

static const struct option pull_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "to", OPTION_TEXT, "FILE", "write the values to FILE as well",
	offsetof(struct pull_args, to)},
    {'f', "force", OPTION_FLAG, NULL, "write over what was changed here",
	offsetof(struct pull_args, force)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_pulled(const struct pull_result *result, const struct common_args *args,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (args->json) {
		json_out_text(&out, "project", result->where.project_name);
		json_out_text(&out, "environment", result->where.environment);
		json_out_names(&out, "added", &result->added);
		json_out_names(&out, "changed", &result->changed);
		json_out_names(&out, "deleted", &result->deleted);
		json_out_number(&out, "total", result->total);
		json_out_text(&out, "file", result->file);
		return json_out_print(&out, err);
	}
	if (args->quiet)
		return 0;
	print_prefixed("added", &result->added);
	print_prefixed("changed", &result->changed);
	print_prefixed("deleted", &result->deleted);
	print_line("%zu secret%s in %s/%s", result->total,
	    result->total == 1 ? "" : "s", result->where.project_name,
	    result->where.environment);
	if (result->file[0] != '\0')
		print_line("written to %s", result->file);
	return 0;
}

static int
pull(struct invocation *invocation, struct err *err)
{
	const struct pull_args *args = invocation->args;
	struct pull_result result = {.total = 0};
	int rc =
	    pull_run(args->to, args->force, &invocation->caller, &result, err);

	if (rc == 0)
		rc = print_pulled(&result, &args->common, err);
	pull_result_release(&result);
	return rc;
}

const struct command command_pull = {
    .name = "secrets pull",
    .short_name = "pull",
    .operands = "",
    .summary = "bring everything back from the server",
    COMMAND_OPTIONS(pull_options),
    .args_size = sizeof(struct pull_args),
    .run = pull,
};

/* ---- diff -------------------------------------------------------------- */

struct diff_args {
	struct common_args common;
	bool exit_code;
};

static const struct option diff_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "exit-code", OPTION_FLAG, NULL, "exit 1 when something differs",
	offsetof(struct diff_args, exit_code)},
    OPTION_PASSWORD,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_HELP,
};

/* The lists of a difference, and what they are called. */
enum { STATES_N = 5 };

static const char *const states[STATES_N] = {
    "only here", "only there", "changed here", "changed there", "changed both"};

static const struct names *
list_of(const struct diff_result *result, size_t state)
{
	const struct names *const lists[STATES_N] = {&result->only_local,
	    &result->only_remote, &result->changed_here, &result->changed_there,
	    &result->changed_both};

	return lists[state];
}

static int
print_diff_table(const struct diff_result *result, struct err *err)
{
	static const char *const titles[] = {"Key", "State", NULL};
	AUTO_GRID struct grid grid;

	grid_begin(&grid, titles);
	for (size_t state = 0; state < STATES_N; state++) {
		const struct names *names = list_of(result, state);

		for (size_t i = 0; i < names->n; i++) {
			grid_cell(&grid, names->items[i]);
			grid_cell(&grid, states[state]);
		}
	}
	return grid_print(&grid, err);
}

static void
print_diff_lines(const struct diff_result *result)
{
	for (size_t state = 0; state < STATES_N; state++) {
		char prefix[16];

		snprintf(prefix, sizeof(prefix), "%-13s", states[state]);
		print_prefixed(prefix, list_of(result, state));
	}
}

static int
print_diff(const struct diff_result *result, const struct common_args *args,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (args->table)
		return print_diff_table(result, err);
	if (!args->json) {
		print_diff_lines(result);
		return 0;
	}
	json_out_text(&out, "project", result->where.project_name);
	json_out_text(&out, "environment", result->where.environment);
	json_out_names(&out, "only_local", &result->only_local);
	json_out_names(&out, "only_remote", &result->only_remote);
	json_out_names(&out, "changed_here", &result->changed_here);
	json_out_names(&out, "changed_there", &result->changed_there);
	json_out_names(&out, "changed_both", &result->changed_both);
	return json_out_print(&out, err);
}

static int
diff(struct invocation *invocation, struct err *err)
{
	const struct diff_args *args = invocation->args;
	struct diff_result result = {.only_local = NAMES_INIT};
	int rc = diff_run(&invocation->caller, &result, err);
	size_t differing;

	if (rc == 0)
		rc = print_diff(&result, &args->common, err);
	differing = result.only_local.n + result.only_remote.n +
	    result.changed_here.n + result.changed_there.n +
	    result.changed_both.n;
	diff_result_release(&result);
	/* As diff(1): a difference is no error, but a status. */
	return rc < 0 ? rc : args->exit_code && differing > 0;
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
