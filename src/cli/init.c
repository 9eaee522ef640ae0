/* init: a new account, or the one of another client's home. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>

#include <agentsecrets/text.h>

#include "command.h"
#include "output.h"

struct init_args {
	struct common_args common;
	const char *server;
	const char *email;
	const char *name;
	const char *storage_mode;
	const char *key_store;
	bool adopt;
};

static const struct option init_options[] = {
    {0, "server", OPTION_TEXT, "URL",
	"use this server instead of the embedded one",
	offsetof(struct init_args, server)},
    {0, "email", OPTION_TEXT, "EMAIL", "who you are, for a server",
	offsetof(struct init_args, email)},
    {0, "name", OPTION_TEXT, "'FIRST LAST'", "your name, for a server",
	offsetof(struct init_args, name)},
    {0, "storage-mode", OPTION_TEXT, "1|2",
	"2 also keeps .env.ENVIRONMENT files",
	offsetof(struct init_args, storage_mode)},
    OPTION_KEY_STORE(offsetof(struct init_args, key_store)),
    {0, "adopt", OPTION_FLAG, NULL,
	"take over the account of another AgentSecrets client's home",
	offsetof(struct init_args, adopt)},
    {'p', "project", OPTION_TEXT, "NAME", "make this directory a project",
	COMMON_OFFSET(project)},
    {0, "password-file", OPTION_TEXT, "FILE",
	"read the account password from FILE (- is standard input)",
	COMMON_OFFSET(password_file)},
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_init_json(const struct init_result *result, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "email", result->email);
	json_out_text(&out, "server", result->server);
	json_out_text(&out, "workspace", result->workspace);
	json_out_text(&out, "key_number", result->key_number);
	json_out_text(&out, "key_store", key_store_name(result->store));
	json_out_text(&out, "project", result->project);
	json_out_bool(&out, "adopted", result->adopted);
	if (result->adopted) {
		json_out_names(&out, "workspaces", &result->workspaces);
		json_out_names(&out, "keyless", &result->keyless);
		json_out_number(&out, "waiting_values", result->waiting_values);
	}
	return json_out_print(&out, err);
}

static void
print_adopted(const struct init_result *result)
{
	char list[1024];

	print_line("taken over: %s at %s", result->email, result->server);
	print_line("workspaces  %s",
	    names_join(list, sizeof(list), &result->workspaces, 20));
	print_line("key number  %s", result->key_number);
	print_line("key store   %s", key_store_name(result->store));
	if (result->project[0] != '\0')
		print_line("project     %s", result->project);
	print_line("next: 'agentsecrets trust' in a project's directory, then "
		   "'agentsecrets env -- COMMAND'");
	if (result->waiting_values > 0)
		print_line("%zu values of %zu project%s wait in keyring.json: "
			   "'agentsecrets import ~/.agentsecrets/keyring.json' "
			   "in a project's directory",
		    result->waiting_values, result->waiting_projects,
		    result->waiting_projects == 1 ? "" : "s");
}

/* What the one who takes an account over has to know. */
static void
warn_of_adopted(const struct init_result *result, const struct caller *caller)
{
	char text[LABEL_MAX + 128];

	for (size_t i = 0; i < result->keyless.n; i++) {
		snprintf(text, sizeof(text),
		    "warning: the key of workspace '%s' is not in this home",
		    result->keyless.items[i]);
		caller->notice(text);
	}
	caller->notice("warning: the server that the other client gave the "
		       "password can know this account's keys; see "
		       "agentsecrets-formats(5)");
}

static void
print_init(const struct init_result *result)
{
	bool embedded = text_equal(result->server, "embedded");

	if (result->adopted) {
		print_adopted(result);
		return;
	}
	if (embedded)
		print_line("set up, with the embedded server of this home");
	else
		print_line("set up: %s at %s", result->email, result->server);
	print_line("workspace   %s", result->workspace);
	print_line("key number  %s", result->key_number);
	print_line("key store   %s", key_store_name(result->store));
	if (result->project[0] != '\0') {
		print_line("project     %s", result->project);
		print_line("next: 'agentsecrets set KEY', then 'agentsecrets "
			   "env -- COMMAND'");
	} else {
		print_line("next: 'agentsecrets project create NAME' in a "
			   "project's directory");
	}
	print_line("keep a recovery kit: 'agentsecrets key export --out "
		   "FILE'");
}

static int
init(struct invocation *invocation, struct err *err)
{
	const struct init_args *args = invocation->args;
	struct init_request request = {
	    .email = args->email,
	    .name = args->name,
	    .project = args->common.project,
	    .adopt = args->adopt,
	};
	struct init_result result = {.project_left_out = false};
	struct caller *caller = &invocation->caller;
	enum key_store store;
	int rc = key_store_wish(args->key_store, &store, &request.store, err);

	if (rc < 0)
		return rc;

	if (args->storage_mode != NULL) {
		if (!text_equal(args->storage_mode, "1") &&
		    !text_equal(args->storage_mode, "2"))
			return err_set(err, EXIT_USAGE,
			    "--storage-mode is 1 or 2, not '%.*s'",
			    text_before_equals(args->storage_mode),
			    args->storage_mode);
		request.storage_mode = args->storage_mode[0] - '0';
	}
	if (args->server != NULL)
		caller->server = args->server;
	rc = init_run(&request, caller, &result, err);
	if (rc == 0 && args->common.json)
		rc = print_init_json(&result, err);
	else if (rc == 0 && !args->common.quiet)
		print_init(&result);
	if (rc == 0 && result.adopted)
		warn_of_adopted(&result, caller);
	init_result_release(&result);
	if (rc < 0 || !result.project_left_out)
		return rc;
	*err = result.project_err;
	return err_prefix(err, "the account is made, the project is not");
}

const struct command command_init = {
    .name = "init",
    .operands = "",
    .summary = "set this machine up with a new account",
    COMMAND_OPTIONS(init_options),
    .args_size = sizeof(struct init_args),
    .run = init,
};
