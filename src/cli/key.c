/* key export, key import, key-store. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <agentsecrets/home.h>
#include <agentsecrets/text.h>

#include "command.h"
#include "output.h"
#include "results.h"

struct key_args {
	struct common_args common;
	const char *out;
	const char *passphrase_file;
	const char *key_store;
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
	int rc;

	/* Before anybody types a passphrase, and again when it is written. */
	if (args->out != NULL && access(args->out, F_OK) == 0)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': it exists already", args->out);
	rc = key_export_run(
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
    OPTION_KEY_STORE(offsetof(struct key_args, key_store)),
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
	json_out_text(&out, "key_store", key_store_name(result->store));
	json_out_workspaces(&out, result->workspaces, result->workspaces_n);
	json_out_names(&out, "pending", &result->pending);
	return json_out_print(&out, err);
}

static void
print_import(const struct key_import_result *result)
{
	print_line("key number  %s", result->key_number);
	print_line("key store   %s", key_store_name(result->store));
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
	const enum key_store *wish = NULL;
	enum key_store store;
	char text[LABEL_MAX + 128];
	int rc = key_store_wish(args->key_store, &store, &wish, err);

	if (rc == 0)
		rc = key_import_run(invocation->operands.items[0],
		    args->passphrase_file, wish, &invocation->caller, &result,
		    err);

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

/* ---- key-store --------------------------------------------------------- */

int
key_store_wish(const char *text, enum key_store *store,
    const enum key_store **wish, struct err *err)
{
	if (text == NULL)
		return 0;
	if (!key_store_parse(store, text)) {
		err_set(err, EXIT_USAGE, "unknown key store '%.*s'",
		    text_before_equals(text), text);
		return err_hint(err, "it is one of sealed, keychain, config");
	}
	*wish = store;
	return 0;
}

static const struct option store_options[] = {
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_store(const struct key_store_state *state, const struct common_args *args,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (!args->json) {
		print_line("%s", key_store_name(state->store));
		return 0;
	}
	json_out_text(&out, "key_store", key_store_name(state->store));
	json_out_text(&out, "also_in",
	    state->is_moving ? key_store_name(state->other_store) : "");
	return json_out_print(&out, err);
}

static void
tell_moving(const struct key_store_state *state, const struct caller *caller)
{
	char text[256];

	if (!state->is_moving)
		return;
	snprintf(text, sizeof(text),
	    "warning: a change broke off, and '%s' may hold copies as well; "
	    "'agentsecrets key-store %s' completes it",
	    key_store_name(state->other_store), key_store_name(state->store));
	caller->notice(text);
}

static int
store(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	struct key_store_state state = {.is_moving = false};
	const enum key_store *wish = NULL;
	enum key_store target;

	if (invocation->operands.n > 0 &&
	    (key_store_wish(
		 invocation->operands.items[0], &target, &wish, err) < 0 ||
		key_store_run(target, &invocation->caller, err) < 0))
		return -(int)err->status;
	if (key_store_look(&state, err) < 0)
		return -(int)err->status;
	tell_moving(&state, &invocation->caller);
	if (wish != NULL && args->quiet && !args->json)
		return 0;
	return print_store(&state, args, err);
}

const struct command command_key_store = {
    .name = "key-store",
    .operands = "[sealed|keychain|config]",
    .summary = "show where the keys are, or bring them elsewhere",
    COMMAND_OPTIONS(store_options),
    .args_size = sizeof(struct common_args),
    .operands_most = 1,
    .run = store,
};
