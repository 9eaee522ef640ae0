/* login, logout, whoami, unlock, lock. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <agentsecrets/text.h>

#include "command.h"
#include "output.h"
#include "results.h"

/* ---- login ------------------------------------------------------------- */

struct login_args {
	struct common_args common;
	const char *server;
	const char *email;
};

static const struct option login_options[] = {
    {0, "server", OPTION_TEXT, "URL", "the account's server",
	offsetof(struct login_args, server)},
    {0, "email", OPTION_TEXT, "EMAIL", "the account",
	offsetof(struct login_args, email)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static void
tell_pending(const struct names *pending, const struct caller *caller)
{
	char text[LABEL_MAX + 128];

	for (size_t i = 0; i < pending->n; i++) {
		snprintf(text, sizeof(text),
		    "warning: the key of workspace '%s' was made by somebody "
		    "this machine does not know; it is not used",
		    pending->items[i]);
		caller->notice(text);
	}
}

static int
print_login(const struct login_result *result, const struct common_args *args,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (!args->json) {
		if (!args->quiet)
			print_line("logged in: %s at %s", result->email,
			    result->server);
		return 0;
	}
	json_out_text(&out, "email", result->email);
	json_out_text(&out, "server", result->server);
	json_out_bool(&out, "has_key", result->has_key);
	json_out_names(&out, "pending", &result->pending);
	return json_out_print(&out, err);
}

static int
login(struct invocation *invocation, struct err *err)
{
	const struct login_args *args = invocation->args;
	struct login_result result = {.has_key = false};
	struct caller *caller = &invocation->caller;
	int rc;

	if (args->server != NULL)
		caller->server = args->server;
	rc = login_run(args->email, caller, &result, err);
	if (rc == 0)
		rc = print_login(&result, &args->common, err);
	if (rc == 0 && !result.has_key) {
		caller->notice("this machine does not have the account's key "
			       "yet");
		caller->notice("hint: run 'agentsecrets key import KIT' with "
			       "your recovery kit");
	}
	tell_pending(&result.pending, caller);
	names_release(&result.pending);
	return rc;
}

const struct command command_login = {
    .name = "login",
    .operands = "",
    .summary = "start a session with the account's server",
    COMMAND_OPTIONS(login_options),
    .args_size = sizeof(struct login_args),
    .run = login,
};

/* ---- logout ------------------------------------------------------------ */

struct logout_args {
	struct common_args common;
	bool forget;
	bool yes;
};

static const struct option logout_options[] = {
    {0, "forget", OPTION_FLAG, NULL, "remove the account from this machine",
	offsetof(struct logout_args, forget)},
    {'y', "yes", OPTION_FLAG, NULL, "do not ask",
	offsetof(struct logout_args, yes)},
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

/* What goes, in whole lines. */
static void
describe_forgetting(
    char *out, size_t out_len, const struct forget_subject *subject)
{
	const char *kit = "";

	if (subject->has_key)
		kit = subject->kit_exported
		    ? "A recovery kit was made here.\n"
		    : "No recovery kit was made here: the secrets are lost "
		      "without a kit or\nanother machine that has the key.\n";
	if (subject->embedded)
		snprintf(out, out_len,
		    "This removes the account of this home, its key, and with "
		    "its embedded server\nevery secret.\n");
	else
		snprintf(out, out_len,
		    "This removes the account '%s'%s from this machine.\n%s",
		    subject->email, subject->has_key ? " and its key" : "",
		    kit);
}

/* Forgetting cannot be undone: the account's name has to be typed. */
static int
confirm_forget(const struct logout_args *args, const struct caller *caller,
    struct err *err)
{
	struct forget_subject subject;
	char answer[EMAIL_MAX + 1];
	char text[1024];
	char prompt[sizeof(text) + sizeof(subject.email) + 64];
	const char *name;

	if (forget_look(&subject, err) < 0)
		return -(int)err->status;
	if (args->yes)
		return 0;
	if (!caller->ask->is_there())
		return err_set(err, EXIT_USAGE,
		    "there is no terminal to ask on: give --yes");
	/* Nobody types the identifier that stands for an e-mail address. */
	name = subject.embedded ? "embedded" : subject.email;
	describe_forgetting(text, sizeof(text), &subject);
	snprintf(prompt, sizeof(prompt), "%sType '%s' to go on: ", text, name);
	if (caller->ask->line(prompt, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	return text_equal(answer, name)
	    ? 0
	    : err_set(
		  err, EXIT_FAILED, "not forgotten: that is not '%s'", name);
}

static int
print_logout(const struct logout_args *args, const struct logout_result *result,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (!args->common.json) {
		if (!args->common.quiet)
			print_line(args->forget ? "forgotten" : "logged out");
		return 0;
	}
	json_out_bool(&out, "forgotten", args->forget);
	json_out_bool(&out, "server_told", result->server_told);
	json_out_bool(&out, "keychain_cleared", !result->keychain_left);
	return json_out_print(&out, err);
}

static int
logout(struct invocation *invocation, struct err *err)
{
	const struct logout_args *args = invocation->args;
	const struct caller *caller = &invocation->caller;
	struct logout_result result = {.keychain_left = false};

	if (args->forget && confirm_forget(args, caller, err) < 0)
		return -(int)err->status;
	if (logout_run(caller, &result, err) < 0)
		return -(int)err->status;
	if (!result.server_told)
		caller->notice("warning: the server could not be told; the "
			       "session ends there by itself");
	if (args->forget && forget_run(caller, &result, err) < 0)
		return -(int)err->status;
	if (print_logout(args, &result, err) < 0)
		return -(int)err->status;
	if (!result.keychain_left)
		return 0;
	*err = result.keychain_err;
	return err_prefix(err, "what the keychain holds stays there");
}

const struct command command_logout = {
    .name = "logout",
    .operands = "",
    .summary = "end the session; keys and vault stay",
    COMMAND_OPTIONS(logout_options),
    .args_size = sizeof(struct logout_args),
    .run = logout,
};

/* ---- whoami, unlock, lock ---------------------------------------------- */

static const struct option whoami_options[] = {
    OPTION_JSON,
    OPTION_HELP,
};

static int
print_identity_json(const struct identity *identity, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "email", identity->email);
	json_out_text(&out, "first_name", identity->first_name);
	json_out_text(&out, "last_name", identity->last_name);
	json_out_text(&out, "server", identity->server);
	json_out_bool(&out, "has_key", identity->has_key);
	json_out_text(&out, "key_store", key_store_name(identity->store));
	json_out_text(&out, "key_number", identity->key_number);
	json_out_bool(&out, "key_exposed", identity->exposed);
	json_out_workspaces(&out, identity->workspaces, identity->workspaces_n);
	json_out_text(&out, "identity", identity->line);
	return json_out_print(&out, err);
}

static void
print_identity(const struct identity *identity)
{
	print_line("account     %s", identity->email);
	if (!text_has_prefix(identity->email, "local:"))
		print_line("name        %s %s", identity->first_name,
		    identity->last_name);
	print_line("server      %s", identity->server);
	if (!identity->has_key) {
		print_line("key         not on this machine");
		return;
	}
	print_line("key number  %s", identity->key_number);
	print_line("key store   %s", key_store_name(identity->store));
	if (identity->exposed)
		print_line("warning     the key is known to the server that "
			   "another client gave its password");
	print_workspaces(identity->workspaces, identity->workspaces_n);
	print_line("identity    %s", identity->line);
}

static int
whoami(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	struct identity identity = {.has_key = false};
	int rc = whoami_run(&identity, err);

	if (rc == 0 && args->json)
		rc = print_identity_json(&identity, err);
	else if (rc == 0)
		print_identity(&identity);
	free(identity.workspaces);
	return rc;
}

const struct command command_whoami = {
    .name = "whoami",
    .operands = "",
    .summary = "show the account and its key number",
    COMMAND_OPTIONS(whoami_options),
    .args_size = sizeof(struct common_args),
    .run = whoami,
};

static const struct option unlock_options[] = {
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
unlock(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	uint64_t seconds = 0;

	if (unlock_run(&invocation->caller, &seconds, err) < 0)
		return -(int)err->status;
	if (args->json) {
		json_out_bool(&out, "unlocked", true);
		json_out_number(&out, "seconds", seconds);
		return json_out_print(&out, err);
	}
	if (!args->quiet)
		print_line("unlocked for %llu minutes",
		    (unsigned long long)(seconds + 59) / 60);
	return 0;
}

const struct command command_unlock = {
    .name = "unlock",
    .operands = "",
    .summary = "keep the keys for an hour, so that commands need no password",
    COMMAND_OPTIONS(unlock_options),
    .args_size = sizeof(struct common_args),
    .run = unlock,
};

static const struct option lock_options[] = {
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
lock(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	enum key_store store = KEY_STORE_SEALED;

	if (lock_run(&store, err) < 0)
		return -(int)err->status;
	if (store == KEY_STORE_KEYCHAIN)
		invocation->caller.notice("the keychain still opens the keys "
					  "while it is unlocked");
	else if (store == KEY_STORE_CONFIG)
		invocation->caller.notice(
		    "config.json still has the workspace keys");
	if (args->json) {
		json_out_bool(&out, "unlocked", false);
		return json_out_print(&out, err);
	}
	if (!args->quiet)
		print_line("locked");
	return 0;
}

const struct command command_lock = {
    .name = "lock",
    .operands = "",
    .summary = "drop the keys that 'unlock' keeps",
    COMMAND_OPTIONS(lock_options),
    .args_size = sizeof(struct common_args),
    .run = lock,
};
