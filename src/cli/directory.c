/* project create, use, list; trust. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "command.h"
#include "grid.h"
#include "output.h"

static const struct option bind_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_bound(const struct project_bound *bound, const struct common_args *args,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (args->json) {
		json_out_text(&out, "project", bound->name);
		json_out_text(&out, "workspace", bound->workspace_name);
		json_out_text(&out, "before", bound->before);
		return json_out_print(&out, err);
	}
	if (args->quiet)
		return 0;
	print_line("this directory is project '%s' of workspace '%s'",
	    bound->name, bound->workspace_name);
	if (bound->before[0] != '\0')
		print_line("before it was '%s'", bound->before);
	return 0;
}

static int
create(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	struct project_bound bound = {.name = ""};
	int rc = project_create_run(
	    invocation->operands.items[0], &invocation->caller, &bound, err);

	return rc < 0 ? rc : print_bound(&bound, args, err);
}

const struct command command_project_create = {
    .name = "project create",
    .operands = "NAME",
    .summary = "make a project and bind this directory to it",
    COMMAND_OPTIONS(bind_options),
    .args_size = sizeof(struct common_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = create,
};

static int
use(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	struct project_bound bound = {.name = ""};
	int rc = project_use_run(
	    invocation->operands.items[0], &invocation->caller, &bound, err);

	return rc < 0 ? rc : print_bound(&bound, args, err);
}

const struct command command_project_use = {
    .name = "project use",
    .operands = "PROJECT",
    .summary = "bind this directory to a project that exists",
    COMMAND_OPTIONS(bind_options),
    .args_size = sizeof(struct common_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = use,
};

static const struct option list_options[] = {
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_HELP,
};

static int
print_items(const struct project_items *list, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_list(&out, "projects");
	for (size_t i = 0; i < list->n; i++) {
		AUTO_JSON_OUT struct json_out item = JSON_OUT_INIT;

		json_out_text(&item, "id", list->items[i].id);
		json_out_text(&item, "name", list->items[i].name);
		json_out_text(&item, "workspace", list->items[i].workspace);
		json_out_text(&item, "description", list->items[i].description);
		json_out_list_item(&out, &item);
	}
	json_out_list_end(&out);
	return json_out_print(&out, err);
}

/* Titles, and the dash for nothing, as other clients print them. */
static int
print_table(const struct project_items *list, struct err *err)
{
	static const char *const titles[] = {
	    "Project", "Workspace", "Description", NULL};
	AUTO_GRID struct grid grid;

	grid_begin(&grid, titles);
	for (size_t i = 0; i < list->n; i++) {
		const struct project_item *one = &list->items[i];

		grid_cell(&grid, one->name);
		grid_cell(&grid, one->workspace);
		grid_cell(&grid,
		    one->description[0] != '\0' ? one->description : "—");
	}
	return grid_print(&grid, err);
}

static int
list(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	struct project_items items = {NULL, 0};
	int rc = project_list_run(&invocation->caller, &items, err);

	if (rc == 0 && args->json)
		rc = print_items(&items, err);
	else if (rc == 0 && args->table)
		rc = print_table(&items, err);
	else
		for (size_t i = 0; rc == 0 && i < items.n; i++)
			print_line("%s", items.items[i].name);
	free(items.items);
	return rc;
}

const struct command command_project_list = {
    .name = "project list",
    .operands = "",
    .summary = "print the projects of the account",
    COMMAND_OPTIONS(list_options),
    .args_size = sizeof(struct common_args),
    .run = list,
};

struct trust_args {
	struct common_args common;
	bool remove;
};

static const struct option trust_options[] = {
    {0, "remove", OPTION_FLAG, NULL, "stop trusting it",
	offsetof(struct trust_args, remove)},
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_trust_json(
    const struct directory_trust *result, bool trusted, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "directory", result->path);
	json_out_bool(&out, "trusted", trusted);
	json_out_bool(&out, "changed", result->changed);
	if (trusted) {
		json_out_text(&out, "project", result->project_name);
		json_out_text(&out, "workspace", result->workspace_name);
	}
	return json_out_print(&out, err);
}

static int
trust(struct invocation *invocation, struct err *err)
{
	const struct trust_args *args = invocation->args;
	struct directory_trust result = {.changed = false};

	if (trust_run(args->remove, &result, err) < 0)
		return -(int)err->status;
	if (args->common.json)
		return print_trust_json(&result, !args->remove, err);
	if (args->common.quiet)
		return 0;
	if (!args->remove)
		print_line("trusted: %s means project '%s' of workspace '%s'",
		    result.path, result.project_name, result.workspace_name);
	else
		print_line("%s: %s",
		    result.changed ? "no longer trusted" : "was not trusted",
		    result.path);
	return 0;
}

const struct command command_trust = {
    .name = "trust",
    .operands = "",
    .summary = "let this directory's project.json say which project it means",
    COMMAND_OPTIONS(trust_options),
    .args_size = sizeof(struct trust_args),
    .run = trust,
};
