/* status. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>

#include <agentsecrets/text.h>

#include "command.h"
#include "output.h"

static const struct option status_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    OPTION_JSON,
    OPTION_HELP,
};

static int
print_status_json(const struct status_result *result, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	char pulled[32];

	format_time(pulled, result->pulled_at);
	json_out_bool(&out, "has_account", result->has_account);
	json_out_bool(&out, "other_client", result->is_other);
	json_out_text(&out, "server", result->server);
	json_out_text(&out, "account", result->email);
	json_out_bool(&out, "has_key", result->has_key);
	json_out_bool(&out, "key_exposed", result->exposed);
	json_out_text(&out, "key_store", key_store_name(result->store));
	json_out_bool(&out, "has_session", result->has_session);
	json_out_bool(&out, "unlocked", result->unlocked);
	json_out_text(&out, "project", result->where.project_name);
	json_out_text(&out, "environment", result->where.environment);
	json_out_text(&out, "workspace", result->workspace_name);
	json_out_number(&out, "secrets", result->secrets);
	json_out_text(&out, "pulled_at", pulled);
	if (result->pulled_at > 0)
		json_out_number(
		    &out, "vault_age", age_in_seconds(result->pulled_at));
	json_out_text(&out, "problem", result->problem);
	return json_out_print(&out, err);
}

static const char *
session_text(const struct status_result *result)
{
	if (text_equal(result->server, "embedded"))
		return "none needed";
	return result->has_session ? "logged in"
				   : "none (run 'agentsecrets login')";
}

static void
print_other(const struct status_result *result)
{
	print_line(
	    "account      %s, of another AgentSecrets client", result->email);
	print_line("server       %s",
	    result->server[0] != '\0' ? result->server : "not known");
	print_line("workspaces   %zu, the keys of %zu in config.json",
	    result->other_workspaces, result->other_keys);
	print_line("session      in %s",
	    result->has_session ? "token.json" : "the keychain, if anywhere");
	print_line("key          in %s",
	    result->other_key_in_file ? "keyring.json"
				      : "the keychain, if anywhere");
	print_line("next: 'agentsecrets init --adopt' takes the account over");
}

static const char *
key_text(const struct status_result *result)
{
	if (!result->has_key)
		return "not on this machine (run 'agentsecrets key import "
		       "KIT')";
	switch (result->store) {
	case KEY_STORE_KEYCHAIN:
		return "on this machine, in the keychain and under the "
		       "password";
	case KEY_STORE_CONFIG:
		return "on this machine, in config.json and under the "
		       "password";
	case KEY_STORE_SEALED:
	default:
		return "on this machine, under the password";
	}
}

/* What lies here, and of what time it is. */
static void
print_vault(const struct status_result *result)
{
	const char *plural = result->secrets == 1 ? "" : "s";
	char age[48];

	format_age(age, result->pulled_at);
	if (result->pulled_at > 0)
		print_line("vault        %zu secret%s, pulled %s",
		    result->secrets, plural, age);
	else if (result->secrets > 0)
		print_line("vault        %zu secret%s, written here and never "
			   "pulled",
		    result->secrets, plural);
	else
		print_line("vault        no secrets yet");
}

static void
print_status(const struct status_result *result)
{

	if (result->is_other) {
		print_other(result);
		return;
	}

	if (!result->has_account) {
		print_line("account      none (run 'agentsecrets init')");
		return;
	}
	print_line("account      %s", result->email);
	print_line("server       %s", result->server);
	print_line("session      %s", session_text(result));
	print_line("key          %s", key_text(result));
	if (result->exposed)
		print_line("warning      the key is known to the server that "
			   "another client gave its password");
	if (!result->has_project) {
		print_line("project      none: %s", result->problem);
		return;
	}
	print_line("workspace    %s (%s)", result->workspace_name,
	    result->unlocked ? "unlocked" : "locked");
	print_line("project      %s", result->where.project_name);
	print_line("environment  %s", result->where.environment);
	print_vault(result);
}

static int
status(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	struct status_result result = {.has_account = false};

	if (status_run(&invocation->caller, &result, err) < 0)
		return -(int)err->status;
	if (args->json)
		return print_status_json(&result, err);
	print_status(&result);
	return 0;
}

const struct command command_status = {
    .name = "status",
    .operands = "",
    .summary = "show account, project and environment, without the network",
    COMMAND_OPTIONS(status_options),
    .args_size = sizeof(struct common_args),
    .run = status,
};
