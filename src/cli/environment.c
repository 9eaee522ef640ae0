/* environment switch, list, copy, merge, clean. */
#include "config.h"

#include <agentsecrets/flow_environment.h>

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "grid.h"
#include "output.h"

/* ---- switch ------------------------------------------------------------ */

static const struct option switch_options[] = {
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static void
print_switched(const struct environment_switched *result)
{
	if (result->project_name[0] == '\0')
		print_line("%s is the environment wherever no project.json "
			   "names one",
		    result->environment);
	else
		print_line("%s is the environment of project '%s' here",
		    result->environment, result->project_name);
	if (!result->changed)
		print_line("nothing changed");
	if (result->file[0] != '\0')
		print_line("its values are in '%s'%s", result->file,
		    access(result->file, F_OK) == 0
			? ""
			: ", once 'agentsecrets pull' has written it");
}

static int
switch_environment(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	struct environment_switched result = {.changed = false};
	char text[128];

	if (environment_switch_run(invocation->operands.items[0],
		&invocation->caller, &result, err) < 0)
		return -(int)err->status;
	if (result.overridden[0] != '\0') {
		snprintf(text, sizeof(text),
		    "warning: AGENTSECRETS_ENV says '%s', and goes before it",
		    result.overridden);
		invocation->caller.notice(text);
	}
	if (args->json) {
		json_out_text(&out, "project", result.project_name);
		json_out_text(&out, "environment", result.environment);
		json_out_text(&out, "before", result.before);
		json_out_bool(&out, "changed", result.changed);
		json_out_text(&out, "overridden", result.overridden);
		json_out_text(&out, "file", result.file);
		return json_out_print(&out, err);
	}
	if (!args->quiet)
		print_switched(&result);
	return 0;
}

const struct command command_environment_switch = {
    .name = "environment switch",
    .operands = "ENVIRONMENT",
    .summary = "make it the environment that this directory means",
    COMMAND_OPTIONS(switch_options),
    .args_size = sizeof(struct common_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = switch_environment,
};

/* ---- list -------------------------------------------------------------- */

static const struct option list_options[] = {
    OPTION_PROJECT,
    OPTION_PASSWORD,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_HELP,
};

static int
print_counts_json(const struct environment_counts *counts, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "project", counts->project_name);
	json_out_text(&out, "active", environment_names[counts->active]);
	json_out_list(&out, "environments");
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		AUTO_JSON_OUT struct json_out item = JSON_OUT_INIT;

		json_out_text(&item, "environment", environment_names[i]);
		json_out_number(&item, "secrets", counts->secrets[i]);
		json_out_bool(&item, "active", i == counts->active);
		json_out_list_item(&out, &item);
	}
	json_out_list_end(&out);
	return json_out_print(&out, err);
}

static int
print_counts_table(const struct environment_counts *counts, struct err *err)
{
	static const char *const titles[] = {
	    "Environment", "Secrets", "Active", NULL};
	AUTO_GRID struct grid grid;

	grid_begin(&grid, titles);
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		grid_cell(&grid, environment_names[i]);
		grid_number(&grid, counts->secrets[i]);
		grid_cell(&grid, i == counts->active ? "*" : "-");
	}
	return grid_print(&grid, err);
}

static int
list(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	struct environment_counts counts = {.active = 0};
	int rc = environment_list_run(&invocation->caller, &counts, err);

	if (rc == 0 && args->json)
		return print_counts_json(&counts, err);
	if (rc == 0 && args->table)
		return print_counts_table(&counts, err);
	for (size_t i = 0; rc == 0 && i < ENVIRONMENTS_N; i++)
		print_line("%-11s %5zu secret%s%s", environment_names[i],
		    counts.secrets[i], counts.secrets[i] == 1 ? "" : "s",
		    i == counts.active ? "  active" : "");
	return rc;
}

const struct command command_environment_list = {
    .name = "environment list",
    .operands = "",
    .summary = "print the environments, and how many secrets each has",
    COMMAND_OPTIONS(list_options),
    .args_size = sizeof(struct common_args),
    .run = list,
};

/* ---- copy and merge ---------------------------------------------------- */

struct copy_args {
	struct common_args common;
	bool force;
	bool ours;
	bool theirs;
};

static const struct option copy_options[] = {
    OPTION_PROJECT,
    {'f', "force", OPTION_FLAG, NULL, "write over other values in TO",
	offsetof(struct copy_args, force)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static const struct option merge_options[] = {
    OPTION_PROJECT,
    {0, "ours", OPTION_FLAG, NULL, "keep other values that TO has",
	offsetof(struct copy_args, ours)},
    {0, "theirs", OPTION_FLAG, NULL, "take the values of FROM for them",
	offsetof(struct copy_args, theirs)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static void
print_names_of(const char *what, const struct names *names, const char *where)
{
	char list[1024];

	if (names->n > 0)
		print_line("%s %s %s", what,
		    names_join(list, sizeof(list), names, 12), where);
}

static int
print_copied(const struct environment_copied *result,
    const struct environment_copy_request *request,
    const struct common_args *args, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	char where[LABEL_MAX + 32];

	if (args->json) {
		json_out_text(&out, "project", result->project_name);
		json_out_text(&out, "from", request->from);
		json_out_text(&out, "to", request->to);
		json_out_names(&out, "added", &result->added);
		json_out_names(&out, "changed", &result->changed);
		json_out_names(&out, "kept", &result->kept);
		json_out_number(&out, "unchanged", result->unchanged);
		return json_out_print(&out, err);
	}
	if (args->quiet)
		return 0;
	snprintf(where, sizeof(where), "in %s/%s", result->project_name,
	    request->to);
	print_names_of("added", &result->added, where);
	print_names_of("changed", &result->changed, where);
	print_names_of("kept", &result->kept, where);
	if (result->unchanged > 0)
		print_line("%zu unchanged", result->unchanged);
	else if (result->added.n + result->changed.n + result->kept.n == 0)
		print_line("%s/%s has no secrets", result->project_name,
		    request->from);
	return 0;
}

static int
copy_or_merge(struct invocation *invocation, bool each,
    enum resolution resolution, struct err *err)
{
	const struct operands *operands = &invocation->operands;
	const struct environment_copy_request request = {
	    .from = operands->items[0],
	    .to = operands->items[1],
	    .names = (const char *const *)operands->items + 2,
	    .n = operands->n - 2,
	    .each = each,
	    .resolution = resolution,
	};
	struct environment_copied result = {.unchanged = 0};
	int rc =
	    environment_copy_run(&request, &invocation->caller, &result, err);

	if (rc == 0)
		rc = print_copied(&result, &request, invocation->args, err);
	environment_copied_release(&result);
	return rc;
}

static int
copy(struct invocation *invocation, struct err *err)
{
	const struct copy_args *args = invocation->args;

	return copy_or_merge(
	    invocation, false, args->force ? RESOLVE_THEIRS : RESOLVE_ASK, err);
}

static int
merge(struct invocation *invocation, struct err *err)
{
	const struct copy_args *args = invocation->args;
	enum resolution resolution = RESOLVE_ASK;

	if (args->ours && args->theirs)
		return err_set(
		    err, EXIT_USAGE, "--ours and --theirs exclude each other");
	if (args->ours || args->theirs)
		resolution = args->ours ? RESOLVE_OURS : RESOLVE_THEIRS;
	return copy_or_merge(invocation, true, resolution, err);
}

const struct command command_environment_copy = {
    .name = "environment copy",
    .operands = "FROM TO [KEY ...]",
    .summary = "bring the secrets of one environment into another",
    COMMAND_OPTIONS(copy_options),
    .args_size = sizeof(struct copy_args),
    .operands_least = 2,
    .operands_most = SIZE_MAX,
    .run = copy,
};

const struct command command_environment_merge = {
    .name = "environment merge",
    .operands = "FROM TO [KEY ...]",
    .summary = "copy, with a choice for each value that differs",
    COMMAND_OPTIONS(merge_options),
    .args_size = sizeof(struct copy_args),
    .operands_least = 2,
    .operands_most = SIZE_MAX,
    .run = merge,
};

/* ---- clean ------------------------------------------------------------- */

struct clean_args {
	struct common_args common;
	bool yes;
};

static const struct option clean_options[] = {
    OPTION_PROJECT,
    {'y', "yes", OPTION_FLAG, NULL, "do not ask",
	offsetof(struct clean_args, yes)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
clean(struct invocation *invocation, struct err *err)
{
	const struct clean_args *args = invocation->args;
	const char *environment = invocation->operands.items[0];
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	struct environment_cleaned result = {.deleted = NAMES_INIT};
	size_t n;
	int rc = environment_clean_run(
	    environment, args->yes, &invocation->caller, &result, err);

	n = result.deleted.n;
	if (rc == 0 && args->common.json) {
		json_out_text(&out, "project", result.project_name);
		json_out_text(&out, "environment", environment);
		json_out_names(&out, "deleted", &result.deleted);
		rc = json_out_print(&out, err);
	} else if (rc == 0 && !args->common.quiet) {
		print_prefixed("deleted", &result.deleted);
		print_line("%zu secret%s deleted from %s/%s", n,
		    n == 1 ? "" : "s", result.project_name, environment);
	}
	names_release(&result.deleted);
	return rc;
}

const struct command command_environment_clean = {
    .name = "environment clean",
    .operands = "ENVIRONMENT",
    .summary = "delete every secret of an environment",
    COMMAND_OPTIONS(clean_options),
    .args_size = sizeof(struct clean_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = clean,
};
