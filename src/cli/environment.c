/* environment switch, list. */
#include "config.h"

#include <agentsecrets/flow_environment.h>

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
