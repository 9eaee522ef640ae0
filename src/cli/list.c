/* list: the names of one environment, or which environment has which. */
#include "config.h"

#include <stdio.h>

#include <agentsecrets/flow_environment.h>

#include "command.h"
#include "grid.h"
#include "output.h"

struct list_args {
	struct common_args common;
	bool all;
	bool remote;
};

static const struct option list_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "all-envs", OPTION_FLAG, NULL, "say which environments have each name",
	offsetof(struct list_args, all)},
    {0, "remote", OPTION_FLAG, NULL, "ask the server first",
	offsetof(struct list_args, remote)},
    OPTION_PASSWORD,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_HELP,
};

/* ---- one environment --------------------------------------------------- */

static int
print_table(const struct list_result *result, struct err *err)
{
	static const char *const titles[] = {"Key", NULL};
	AUTO_GRID struct grid grid;

	grid_begin(&grid, titles);
	for (size_t i = 0; i < result->names.n; i++)
		grid_cell(&grid, result->names.items[i]);
	return grid_print(&grid, err);
}

static int
print_list(const struct list_result *result, const struct common_args *args,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	char pulled[32];

	if (args->table)
		return print_table(result, err);
	if (!args->json) {
		print_names(&result->names);
		return 0;
	}
	format_time(pulled, result->pulled_at);
	json_out_text(&out, "project", result->where.project_name);
	json_out_text(&out, "environment", result->where.environment);
	json_out_text(&out, "pulled_at", pulled);
	json_out_names(&out, "names", &result->names);
	return json_out_print(&out, err);
}

static int
list_one(
    const struct list_args *args, const struct caller *caller, struct err *err)
{
	struct list_result result = {.pulled_at = 0};
	int rc = list_run(args->remote, caller, &result, err);

	if (rc == 0)
		rc = print_list(&result, &args->common, err);
	names_release(&result.names);
	return rc;
}

/* ---- all environments -------------------------------------------------- */

/* Titles and marks as other clients print them. */
static int
print_coverage_table(const struct coverage *coverage, struct err *err)
{
	static const char *const titles[] = {
	    "Key", "DEV", "STAGING", "PROD", NULL};
	AUTO_GRID struct grid grid;

	grid_begin(&grid, titles);
	for (size_t i = 0; i < coverage->names.n; i++) {
		grid_cell(&grid, coverage->names.items[i]);
		for (size_t k = 0; k < ENVIRONMENTS_N; k++)
			grid_cell(&grid, coverage->has[i][k] ? "*" : "-");
	}
	return grid_print(&grid, err);
}

static int
having(struct names *out, const bool *has, struct err *err)
{
	for (size_t k = 0; k < ENVIRONMENTS_N; k++) {
		if (has[k] && names_add(out, environment_names[k]) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
print_coverage_json(const struct coverage *coverage, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "project", coverage->project_name);
	json_out_list(&out, "names");
	for (size_t i = 0; i < coverage->names.n; i++) {
		AUTO_JSON_OUT struct json_out item = JSON_OUT_INIT;
		AUTO_NAMES struct names in = NAMES_INIT;

		if (having(&in, coverage->has[i], err) < 0)
			return -(int)err->status;
		json_out_text(&item, "name", coverage->names.items[i]);
		json_out_names(&item, "environments", &in);
		json_out_list_item(&out, &item);
	}
	json_out_list_end(&out);
	return json_out_print(&out, err);
}

/* NAME, a tab, and the environments without a blank: for cut(1). */
static void
print_coverage(const struct coverage *coverage)
{
	for (size_t i = 0; i < coverage->names.n; i++) {
		char in[64] = "";
		size_t used = 0;

		for (size_t k = 0; k < ENVIRONMENTS_N; k++) {
			if (coverage->has[i][k])
				used += (size_t)snprintf(in + used,
				    sizeof(in) - used, "%s%s",
				    used > 0 ? "," : "", environment_names[k]);
		}
		/* No name or word of ours has to be made printable. */
		printf("%s\t%s\n", coverage->names.items[i], in);
	}
}

static int
list_all(
    const struct list_args *args, const struct caller *caller, struct err *err)
{
	struct coverage coverage = {.names = NAMES_INIT};
	int rc = coverage_run(args->remote, caller, &coverage, err);

	if (rc == 0 && args->common.json)
		rc = print_coverage_json(&coverage, err);
	else if (rc == 0 && args->common.table)
		rc = print_coverage_table(&coverage, err);
	else if (rc == 0)
		print_coverage(&coverage);
	coverage_release(&coverage);
	return rc;
}

static int
list(struct invocation *invocation, struct err *err)
{
	const struct list_args *args = invocation->args;

	if (!args->all)
		return list_one(args, &invocation->caller, err);
	if (args->common.environment != NULL)
		return err_set(err, EXIT_USAGE,
		    "--all-envs and --environment exclude each other");
	return list_all(args, &invocation->caller, err);
}

const struct command command_list = {
    .name = "secrets list",
    .short_name = "list",
    .operands = "",
    .summary = "print the names of the secrets",
    COMMAND_OPTIONS(list_options),
    .args_size = sizeof(struct list_args),
    .run = list,
};
