/*
 * agentsecrets-net: the only program of a client that talks to a server. It
 * knows the HTTP API, session tokens and ciphertext; never a key, never a
 * value. It is asked over descriptor 3 and ends when that closes.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/confine.h>
#include <agentsecrets/serve.h>
#include <agentsecrets/spawn.h>
#include <agentsecrets/text.h>

#include "api.h"
#include "url.h"

static const struct {
	enum message_type request;
	enum message_type answer;
	api_handler *handle;
} handlers[] = {
    {MESSAGE_NET_STATUS, MESSAGE_NET_SERVER, api_status},
    {MESSAGE_NET_REGISTER, MESSAGE_NET_REGISTERED, api_register},
    {MESSAGE_NET_LOGIN, MESSAGE_NET_LOGGED_IN, api_login},
    {MESSAGE_NET_REFRESH, MESSAGE_NET_FRESH_SESSION, api_refresh},
    {MESSAGE_NET_LOGOUT, MESSAGE_NET_DONE, api_logout},
    {MESSAGE_NET_WORKSPACES, MESSAGE_NET_WORKSPACE_LIST, api_workspaces},
    {MESSAGE_NET_PROJECTS, MESSAGE_NET_PROJECT_LIST, api_projects},
    {MESSAGE_NET_PROJECT_CREATE, MESSAGE_NET_DONE, api_project_create},
    {MESSAGE_NET_PROJECT_UPDATE, MESSAGE_NET_DONE, api_project_update},
    {MESSAGE_NET_PROJECT_DELETE, MESSAGE_NET_DONE, api_project_delete},
    {MESSAGE_NET_SECRETS, MESSAGE_NET_SECRET_LIST, api_secrets},
    {MESSAGE_NET_WRITE, MESSAGE_NET_WRITTEN, api_write},
    {MESSAGE_NET_HISTORY, MESSAGE_NET_VERSIONS, api_history},
};

/* A damaged one is like none: to log in again mends both. */
static void
take_session(struct net_state *state, const struct message_view *request)
{
	struct err damage;
	const uint8_t *bytes;
	size_t len;

	if (message_find(request, FIELD_SESSION, &bytes, &len) &&
	    session_set(&state->session, state->base, bytes, len, &damage) < 0)
		session_release(&state->session);
}

static int
open_embedded(struct net_state *state, const struct message_view *request,
    struct err *err)
{
	char data_dir[4097];

	if (message_find_text(request, FIELD_DATA_DIR, data_dir,
		sizeof(data_dir), NULL) < 0 ||
	    data_dir[0] != '/')
		return net_fail(state, REASON_FAILED, err,
		    "no directory for the embedded server");
	state->base = strdup("http://localhost/api");
	state->shown = strdup("the embedded server");
	if (state->base == NULL || state->shown == NULL)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	state->reason = REASON_EMBEDDED;
	return embedded_start(&state->embedded, data_dir, err);
}

static int
open_url(struct net_state *state, const char *url, struct err *err)
{
	AUTO_BUF struct buf base = BUF_INIT;
	AUTO_BUF struct buf origin = BUF_INIT;

	state->reason = REASON_FAILED;
	if (url_base(&base, &origin, url, err) < 0)
		return -EXIT_FAILED;
	state->base = strdup(buf_text_view(&base));
	if (asprintf(&state->shown, "'%s'", buf_text_view(&origin)) < 0)
		state->shown = NULL;
	if (state->base == NULL || state->shown == NULL)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	return 0;
}

/* Everything that confinement will not allow any more happens here. */
static int
open_server(struct net_state *state, const struct message_view *request,
    struct err *err)
{
	char server[URL_MAX_BYTES + 1];
	bool embedded;

	if (state->base != NULL ||
	    message_find_text(
		request, FIELD_SERVER, server, sizeof(server), NULL) < 0)
		return net_fail(
		    state, REASON_FAILED, err, "no server can be opened now");
	embedded = text_equal(server, "embedded");
	state->patience =
	    (unsigned)message_find_number(request, FIELD_PATIENCE, 0);
	if ((embedded ? open_embedded(state, request, err)
		      : open_url(state, server, err)) < 0)
		return -EXIT_FAILED;
	take_session(state, request);
	state->reason = REASON_FAILED;
	return confine_self(embedded || text_has_prefix(state->base, "http:")
		? CONFINE_NET_LOCAL
		: CONFINE_NET_NETWORK,
	    err);
}

static int
handle(void *context, const struct message_view *request,
    struct message *answer, struct err *err)
{
	struct net_state *state = context;

	state->reason = REASON_FAILED;
	state->http_status = 0;
	state->code[0] = '\0';
	message_init(answer, MESSAGE_NET_DONE);
	if (request->type == MESSAGE_NET_OPEN)
		return open_server(state, request, err);
	if (state->base == NULL)
		return err_set(err, EXIT_FAILED, "no server was opened");
	if (request->type == MESSAGE_NET_SESSION) {
		take_session(state, request);
		return 0;
	}
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].request == request->type) {
			answer->type = handlers[i].answer;
			return handlers[i].handle(state, request, answer, err);
		}
	}
	return err_set(err, EXIT_FAILED, "'%s' is no request",
	    message_name(request->type));
}

/* Why the last request failed, beside the text. */
static void
explain(void *context, struct message *error)
{
	const struct net_state *state = context;

	message_add_number(error, FIELD_REASON, state->reason);
	if (state->http_status != 0)
		message_add_number(
		    error, FIELD_HTTP_STATUS, state->http_status);
	if (state->code[0] != '\0')
		message_add_text(error, FIELD_CODE, state->code);
}

static void
release(struct net_state *state)
{
	http_forget(state);
	session_release(&state->session);
	embedded_stop(&state->embedded);
	free(state->base);
	free(state->shown);
	curl_global_cleanup();
}

static int
refuse(const char *why)
{
	fprintf(stderr, "agentsecrets-net: %s\n", why);
	return EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct net_state state = {.curl = NULL};
	const struct serving serving = {&state, handle, explain, NULL};
	struct err err;
	int rc;

	confine_start(SPAWN_SOCKET + 1, 1);
	if (argc > 1 && text_equal(argv[1], "--version")) {
		puts("agentsecrets-net " PACKAGE_VERSION);
		return EXIT_DONE;
	}
	if (!serve_is_started())
		return refuse("agentsecrets starts this, not you");
#ifndef WITH_SANITIZERS
	if (!confine_malloc_wipes())
		return refuse("freed memory would keep secrets");
#endif
	/* The TLS library writes to sockets that may have been closed. */
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return refuse("cannot start libcurl");
	do {
		rc = serve_one(&serving, &err);
	} while (rc > 0);
	release(&state);
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}
