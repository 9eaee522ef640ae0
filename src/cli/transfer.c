/* import, export. */
#include "config.h"

#include <agentsecrets/flow_transfer.h>

#include "command.h"
#include "output.h"

struct transfer_args {
	struct common_args common;
	const char *format;
	bool force;
	bool dry_run;
};

/* ---- import ------------------------------------------------------------ */

static const struct option import_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "format", OPTION_TEXT, "dotenv|json",
	"what FILE is, where neither its name nor it itself tells",
	offsetof(struct transfer_args, format)},
    {0, "dry-run", OPTION_FLAG, NULL,
	"say what would be stored, and store nothing",
	offsetof(struct transfer_args, dry_run)},
    {'f', "force", OPTION_FLAG, NULL, "write over what somebody else changed",
	offsetof(struct transfer_args, force)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_imported_json(
    const struct import_result *result, bool dry_run, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "project", result->where.project_name);
	json_out_text(&out, "environment", result->where.environment);
	json_out_bool(&out, "dry_run", dry_run);
	json_out_names(&out, "added", &result->added);
	json_out_names(&out, "changed", &result->changed);
	json_out_names(&out, "mapped", &result->mapped);
	json_out_number(&out, "unchanged", result->unchanged);
	return json_out_print(&out, err);
}

static void
print_imported(const struct import_result *result, bool dry_run)
{
	char mapped[1024];

	if (dry_run) {
		print_prefixed("would add   ", &result->added);
		print_prefixed("would change", &result->changed);
	} else if (result->mapped.n > 0) {
		print_line("project.json maps %s",
		    names_join(mapped, sizeof(mapped), &result->mapped, 12));
	}
	print_line("%s%zu added, %zu changed, %zu unchanged in %s/%s",
	    dry_run ? "nothing stored: " : "", result->added.n,
	    result->changed.n, result->unchanged, result->where.project_name,
	    result->where.environment);
}

static int
import(struct invocation *invocation, struct err *err)
{
	const struct transfer_args *args = invocation->args;
	const struct import_request request = {
	    .file = invocation->operands.items[0],
	    .format = args->format,
	    .force = args->force,
	    .dry_run = args->dry_run,
	};
	struct import_result result = {.unchanged = 0};
	int rc = import_run(&request, &invocation->caller, &result, err);

	if (rc == 0 && args->common.json)
		rc = print_imported_json(&result, args->dry_run, err);
	else if (rc == 0 && (!args->common.quiet || args->dry_run))
		print_imported(&result, args->dry_run);
	import_result_release(&result);
	return rc;
}

const struct command command_import = {
    .name = "secrets import",
    .short_name = "import",
    .operands = "FILE|-",
    .summary = "store everything of a .env or JSON file",
    COMMAND_OPTIONS(import_options),
    .args_size = sizeof(struct transfer_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = import,
};

/* ---- export ------------------------------------------------------------ */

static const struct option export_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "format", OPTION_TEXT, "dotenv|json",
	"json where FILE ends in .json, else dotenv",
	offsetof(struct transfer_args, format)},
    {'f', "force", OPTION_FLAG, NULL, "replace FILE",
	offsetof(struct transfer_args, force)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int export(struct invocation *invocation, struct err *err)
{
	const struct transfer_args *args = invocation->args;
	const struct export_request request = {
	    .file = invocation->operands.items[0],
	    .format = args->format,
	    .force = args->force,
	};
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	struct export_result result = {.secrets = 0};

	if (export_run(&request, &invocation->caller, &result, err) < 0)
		return -(int)err->status;
	if (args->common.json) {
		json_out_text(&out, "project", result.where.project_name);
		json_out_text(&out, "environment", result.where.environment);
		json_out_text(&out, "file", request.file);
		json_out_text(&out, "format", result.format);
		json_out_number(&out, "secrets", result.secrets);
		return json_out_print(&out, err);
	}
	if (!args->common.quiet)
		print_line("wrote %zu secret%s of %s/%s to '%s', in plain",
		    result.secrets, result.secrets == 1 ? "" : "s",
		    result.where.project_name, result.where.environment,
		    request.file);
	return 0;
}

const struct command command_export = {
    .name = "secrets export",
    .short_name = "export",
    .operands = "FILE",
    .summary = "write all values to a file of mode 0600, in plain",
    COMMAND_OPTIONS(export_options),
    .args_size = sizeof(struct transfer_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = export,
};
