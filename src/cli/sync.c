/* push, pull. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>

#include "command.h"
#include "output.h"
#include "results.h"

/* ---- what becomes of a conflict ----------------------------------------- */

struct conflict_args {
	bool ours;
	bool theirs;
	bool force;
};

/* @param forced  what --force does of it */
static int
choose_resolution(enum resolution *out, const struct conflict_args *args,
    enum resolution forced, struct err *err)
{
	if (args->ours + args->theirs + args->force > 1)
		return err_set(err, EXIT_USAGE,
		    "--ours, --theirs and --force exclude each other");
	*out = RESOLVE_ASK;
	if (args->ours)
		*out = RESOLVE_OURS;
	else if (args->theirs)
		*out = RESOLVE_THEIRS;
	else if (args->force)
		*out = forced;
	return 0;
}

/* ---- push -------------------------------------------------------------- */

struct push_args {
	struct common_args common;
	struct conflict_args conflicts;
	bool prune;
	bool yes;
};

static const struct option push_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "ours", OPTION_FLAG, NULL,
	"changed here and on the server: send what is here",
	offsetof(struct push_args, conflicts.ours)},
    {0, "theirs", OPTION_FLAG, NULL,
	"changed here and on the server: take what is there",
	offsetof(struct push_args, conflicts.theirs)},
    {'f', "force", OPTION_FLAG, NULL, "write over what somebody else changed",
	offsetof(struct push_args, conflicts.force)},
    {0, "prune", OPTION_FLAG, NULL, "delete what FILE no longer has",
	offsetof(struct push_args, prune)},
    {'y', "yes", OPTION_FLAG, NULL, "with --prune: do not ask",
	offsetof(struct push_args, yes)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
push(struct invocation *invocation, struct err *err)
{
	const struct push_args *args = invocation->args;
	struct push_request request = {.file = invocation->operands.n > 0
		? invocation->operands.items[0]
		: NULL,
	    .force = args->conflicts.force,
	    .prune = args->prune,
	    .yes = args->yes};
	struct write_result result = {.unchanged = 0};
	int rc;

	if (args->yes && !args->prune)
		return err_set(err, EXIT_USAGE, "--yes goes with --prune");
	rc = choose_resolution(
	    &request.conflicts, &args->conflicts, RESOLVE_OURS, err);
	if (rc == 0)
		rc = push_run(&request, &invocation->caller, &result, err);
	if (rc == 0)
		rc = print_written(&result, &args->common, err);
	if (rc == 0 && !args->common.json && result.written.n == 0 &&
	    result.deleted.n == 0 && result.taken.n == 0 &&
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
	struct conflict_args conflicts;
	const char *to;
};

static const struct option pull_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "to", OPTION_TEXT, "FILE", "write the values to FILE as well",
	offsetof(struct pull_args, to)},
    {0, "ours", OPTION_FLAG, NULL,
	"changed here and on the server: keep what is here",
	offsetof(struct pull_args, conflicts.ours)},
    {0, "theirs", OPTION_FLAG, NULL,
	"changed here and on the server: take what is there",
	offsetof(struct pull_args, conflicts.theirs)},
    {'f', "force", OPTION_FLAG, NULL, "write over all that was changed here",
	offsetof(struct pull_args, conflicts.force)},
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
	struct pull_request request = {
	    .to = args->to, .force = args->conflicts.force};
	struct pull_result result = {.total = 0};
	int rc = choose_resolution(
	    &request.conflicts, &args->conflicts, RESOLVE_THEIRS, err);

	if (rc == 0)
		rc = pull_run(&request, &invocation->caller, &result, err);
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
