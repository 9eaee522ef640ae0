/* key export, key import. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <agentsecrets/home.h>

#include "command.h"
#include "output.h"
#include "results.h"

struct key_args {
	struct common_args common;
	const char *out;
	const char *passphrase_file;
};

#define PASSPHRASE_OPTION                                                      \
	{                                                                      \
		0, "passphrase-file", OPTION_TEXT, "FILE",                     \
		    "read the kit's passphrase from FILE (- is standard "      \
		    "input)",                                                  \
		    offsetof(struct key_args, passphrase_file)                 \
	}

static const struct option export_options[] = {
    {0, "out", OPTION_TEXT, "FILE",
	"write the kit to FILE, which must not exist",
	offsetof(struct key_args, out)},
    PASSPHRASE_OPTION,
    OPTION_PASSWORD,
    OPTION_QUIET,
    OPTION_HELP,
};

static int export(struct invocation *invocation, struct err *err)
{
	const struct key_args *args = invocation->args;
	struct secret kit = SECRET_INIT;
	int rc = key_export_run(
	    args->passphrase_file, &invocation->caller, &kit, err);

	if (rc == 0 && args->out != NULL)
		rc = file_write(args->out, kit.data, kit.len, 0600, false, err);
	else if (rc == 0)
		rc = print_secret(&kit, err);
	if (rc == 0)
		rc = key_export_done(err);
	if (rc == 0 && args->out != NULL && !args->common.quiet)
		print_line("kit written to %s: print it, keep it and the "
			   "passphrase apart",
		    args->out);
	return rc;
}

const struct command command_key_export = {
    .name = "key export",
    .operands = "",
    .summary = "make a recovery kit of the account's key",
    COMMAND_OPTIONS(export_options),
    .args_size = sizeof(struct key_args),
    .run = export,
};

static const struct option import_options[] = {
    PASSPHRASE_OPTION,
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_import_json(const struct key_import_result *result, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "key_number", result->key_number);
	json_out_workspaces(&out, result->workspaces, result->workspaces_n);
	json_out_names(&out, "pending", &result->pending);
	return json_out_print(&out, err);
}

static void
print_import(const struct key_import_result *result)
{
	print_line("key number  %s", result->key_number);
	print_workspaces(result->workspaces, result->workspaces_n);
	if (result->workspaces_n > 0)
		print_line("a server could show an old key to a new machine: "
			   "compare with 'agentsecrets whoami' on another one");
}

static int
import(struct invocation *invocation, struct err *err)
{
	const struct key_args *args = invocation->args;
	struct key_import_result result = {.workspaces = NULL};
	char text[LABEL_MAX + 128];
	int rc = key_import_run(invocation->operands.items[0],
	    args->passphrase_file, &invocation->caller, &result, err);

	if (rc == 0 && args->common.json)
		rc = print_import_json(&result, err);
	else if (rc == 0 && !args->common.quiet)
		print_import(&result);
	for (size_t i = 0; rc == 0 && i < result.pending.n; i++) {
		snprintf(text, sizeof(text),
		    "warning: the key of workspace '%s' was not made by you; "
		    "it is not used",
		    result.pending.items[i]);
		invocation->caller.notice(text);
	}
	names_release(&result.pending);
	free(result.workspaces);
	return rc;
}

const struct command command_key_import = {
    .name = "key import",
    .operands = "FILE",
    .summary = "bring the account's key to this machine from a kit",
    COMMAND_OPTIONS(import_options),
    .args_size = sizeof(struct key_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = import,
};
