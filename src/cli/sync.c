/* push, pull. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>

#include "command.h"
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
