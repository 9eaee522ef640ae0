/* project update, delete, pin. */
#include "config.h"

#include <agentsecrets/names.h>

#include "command.h"
#include "output.h"

/* ---- update ------------------------------------------------------------ */

struct update_args {
	struct common_args common;
	struct project_change change;
};

static const struct option update_options[] = {
    {0, "name", OPTION_TEXT, "NAME", "call the project NAME",
	offsetof(struct update_args, change.name)},
    {0, "description", OPTION_TEXT, "TEXT", "describe it; '' for not at all",
	offsetof(struct update_args, change.description)},
    OPTION_PROJECT,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_updated(const struct project_updated *result,
    const struct common_args *args, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (args->json) {
		json_out_text(&out, "project", result->name);
		json_out_text(&out, "before", result->before);
		json_out_text(&out, "description", result->description);
		json_out_bool(&out, "changed", result->changed);
		return json_out_print(&out, err);
	}
	if (args->quiet)
		return 0;
	print_line("project      %s", result->name);
	print_line("description  %s",
	    result->description[0] != '\0' ? result->description : "none");
	if (!result->changed)
		print_line("nothing changed");
	return 0;
}

static int
update(struct invocation *invocation, struct err *err)
{
	const struct update_args *args = invocation->args;
	struct project_updated result = {.changed = false};
	int rc = project_update_run(
	    &args->change, &invocation->caller, &result, err);

	return rc < 0 ? rc : print_updated(&result, &args->common, err);
}

const struct command command_project_update = {
    .name = "project update",
    .operands = "",
    .summary = "change the project's name or description",
    COMMAND_OPTIONS(update_options),
    .args_size = sizeof(struct update_args),
    .run = update,
};

/* ---- delete ------------------------------------------------------------ */

struct delete_args {
	struct common_args common;
	bool yes;
};

static const struct option delete_options[] = {
    {'y', "yes", OPTION_FLAG, NULL, "do not ask",
	offsetof(struct delete_args, yes)},
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_deleted_json(
    const struct project_deleted *result, size_t total, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "project", result->name);
	json_out_text(&out, "workspace", result->workspace_name);
	json_out_bool(&out, "was_gone", result->was_gone);
	json_out_number(&out, "secrets", total);
	for (size_t i = 0; i < ENVIRONMENTS_N; i++)
		json_out_number(&out, environment_names[i], result->secrets[i]);
	json_out_text(&out, "unbound", result->unbound);
	return json_out_print(&out, err);
}

static int
print_deleted(const struct project_deleted *result,
    const struct common_args *args, struct err *err)
{
	size_t total = 0;

	for (size_t i = 0; i < ENVIRONMENTS_N; i++)
		total += result->secrets[i];
	if (args->json)
		return print_deleted_json(result, total, err);
	if (args->quiet)
		return 0;
	if (result->was_gone)
		print_line("removed what this machine kept of project '%s', "
			   "which the server did not have",
		    result->name);
	else
		print_line("deleted project '%s' of workspace '%s' with %zu "
			   "secret%s",
		    result->name, result->workspace_name, total,
		    total == 1 ? "" : "s");
	if (result->unbound[0] != '\0')
		print_line("'%s' means no project any more", result->unbound);
	return 0;
}

static int
delete_project(struct invocation *invocation, struct err *err)
{
	const struct delete_args *args = invocation->args;
	const struct operands *operands = &invocation->operands;
	struct project_deleted result = {.was_gone = false};
	int rc = project_delete_run(operands->n > 0 ? operands->items[0] : NULL,
	    args->yes, &invocation->caller, &result, err);

	return rc < 0 ? rc : print_deleted(&result, &args->common, err);
}

const struct command command_project_delete = {
    .name = "project delete",
    .operands = "[PROJECT]",
    .summary = "delete a project with all its secrets, for everybody",
    COMMAND_OPTIONS(delete_options),
    .args_size = sizeof(struct delete_args),
    .operands_most = 1,
    .run = delete_project,
};

/* ---- pin --------------------------------------------------------------- */

struct pin_args {
	struct common_args common;
	bool versions;
	bool remove;
};

static const struct option pin_options[] = {
    OPTION_ENVIRONMENT,
    {0, "versions", OPTION_FLAG, NULL,
	"accept no older values than those of now",
	offsetof(struct pin_args, versions)},
    {0, "remove", OPTION_FLAG, NULL, "let 'env' give out every secret again",
	offsetof(struct pin_args, remove)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static void
print_pin(const struct project_pinned *result, bool removed)
{
	const struct flow_where *where = &result->where;

	if (removed) {
		print_line("%s/%s %s", where->project_name, where->environment,
		    result->changed ? "is not pinned any more"
				    : "was not pinned");
		return;
	}
	print_line("pinned %zu name%s%s of %s/%s in project.json",
	    result->names, result->names == 1 ? "" : "s",
	    result->has_versions ? " and their versions" : "",
	    where->project_name, where->environment);
	if (!result->changed)
		print_line("nothing changed");
}

static int
pin(struct invocation *invocation, struct err *err)
{
	const struct pin_args *args = invocation->args;
	const struct caller *caller = &invocation->caller;
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	struct project_pinned result = {.names = 0};
	int rc;

	if (args->versions && args->remove)
		return err_set(err, EXIT_USAGE,
		    "--versions and --remove exclude each other");
	rc = args->remove
	    ? project_unpin_run(caller, &result, err)
	    : project_pin_run(args->versions, caller, &result, err);
	if (rc < 0)
		return rc;
	if (args->common.json) {
		json_out_text(&out, "project", result.where.project_name);
		json_out_text(&out, "environment", result.where.environment);
		json_out_bool(&out, "pinned", !args->remove);
		json_out_number(&out, "names", result.names);
		json_out_bool(&out, "versions", result.has_versions);
		json_out_bool(&out, "changed", result.changed);
		return json_out_print(&out, err);
	}
	if (!args->common.quiet)
		print_pin(&result, args->remove);
	return 0;
}

const struct command command_project_pin = {
    .name = "project pin",
    .operands = "",
    .summary = "write into project.json which secrets 'env' may give out",
    COMMAND_OPTIONS(pin_options),
    .args_size = sizeof(struct pin_args),
    .run = pin,
};
