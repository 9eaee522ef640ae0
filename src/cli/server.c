/* server get, set, reset, status. */
#include "config.h"

#include "command.h"
#include "output.h"

static const struct option server_options[] = {
    OPTION_JSON,
    OPTION_HELP,
};

static int
print_server_json(const struct caller *caller, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	char server[URL_MAX_BYTES + 1];

	if (server_get_run(caller, server, err) < 0)
		return -(int)err->status;
	json_out_text(&out, "server", server);
	return json_out_print(&out, err);
}

static int
server_get(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	char server[URL_MAX_BYTES + 1];

	if (args->json)
		return print_server_json(&invocation->caller, err);
	if (server_get_run(&invocation->caller, server, err) < 0)
		return -(int)err->status;
	print_line("%s", server);
	return 0;
}

const struct command command_server_get = {
    .name = "server get",
    .operands = "",
    .summary = "print the server in force, or 'embedded'",
    COMMAND_OPTIONS(server_options),
    .args_size = sizeof(struct common_args),
    .run = server_get,
};

static const struct option choose_options[] = {
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

/* @param url  NULL: none */
static int
choose(struct invocation *invocation, const char *url, struct err *err)
{
	const struct common_args *args = invocation->args;
	struct caller *caller = &invocation->caller;
	bool overruled = caller->server != NULL;
	char server[URL_MAX_BYTES + 1];

	/* What was chosen, and not what the environment says. */
	caller->server = NULL;
	if (server_set_run(url, err) < 0 ||
	    server_get_run(caller, server, err) < 0)
		return -(int)err->status;
	if (overruled)
		caller->notice("warning: AGENTSECRETS_SERVER_URL is set, and "
			       "counts before this");
	if (args->json)
		return print_server_json(caller, err);
	if (!args->quiet)
		print_line("server  %s", server);
	return 0;
}

static int
server_set(struct invocation *invocation, struct err *err)
{
	return choose(invocation, invocation->operands.items[0], err);
}

const struct command command_server_set = {
    .name = "server set",
    .operands = "URL",
    .summary = "choose the server for 'init' and 'login' ('embedded': none)",
    COMMAND_OPTIONS(choose_options),
    .args_size = sizeof(struct common_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = server_set,
};

static int
server_reset(struct invocation *invocation, struct err *err)
{
	return choose(invocation, NULL, err);
}

const struct command command_server_reset = {
    .name = "server reset",
    .operands = "",
    .summary = "choose no server any more: the embedded one is used",
    COMMAND_OPTIONS(choose_options),
    .args_size = sizeof(struct common_args),
    .run = server_reset,
};

static int
server_status(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	struct server_state state = {.server = ""};

	if (server_status_run(&invocation->caller, &state, err) < 0)
		return -(int)err->status;
	if (args->json) {
		json_out_text(&out, "server", state.server);
		json_out_text(&out, "version", state.version);
		json_out_text(&out, "extensions", state.extensions);
		return json_out_print(&out, err);
	}
	print_line("server      %s", state.server);
	print_line("version     %s", state.version);
	print_line("extensions  %s", state.extensions);
	return 0;
}

const struct command command_server_status = {
    .name = "server status",
    .operands = "",
    .summary = "ask the server who it is",
    COMMAND_OPTIONS(server_options),
    .args_size = sizeof(struct common_args),
    .run = server_status,
};
