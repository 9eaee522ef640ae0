/*
 * A server's answer: JSON, taken for each thing it could be. What comes out
 * keeps to the table of messages.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/json.h>

#include "api.h"
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int adder(struct net_state *state, struct message *answer,
    const cJSON *array, struct err *err);

static int
add_live_rows(struct net_state *state, struct message *answer,
    const cJSON *array, struct err *err)
{
	message_add_number(answer, FIELD_REVISION, 0);
	return add_rows(state, answer, array, false, err);
}

static int
add_versions(struct net_state *state, struct message *answer,
    const cJSON *array, struct err *err)
{
	int rc = add_rows(state, answer, array, false, err);

	if (rc == 0)
		add_times(answer, array);
	return rc;
}

static void
try_as(struct net_state *state, enum message_type type, adder *add,
    const cJSON *array)
{
	AUTO_MESSAGE struct message message;
	struct message_view view;
	struct err err;

	message_init(&message, type);
	if (add(state, &message, array, &err) == 0) {
		view = (struct message_view){
		    type, message.body.data, message.body.len};
		if (message.failed || message_check(&view, &err) < 0)
			abort();
	} else if (err.text[0] == '\0' || state->reason == 0)
		abort();
}

static void
try_as_refusal(struct net_state *state, cJSON *json)
{
	const struct api_answer answer = {
	    .status = 409, .json = json, .retry_after = 3};
	struct err err;

	if (api_succeeded(&answer) ||
	    api_refused(state, &answer, &err) != -EXIT_FAILED ||
	    strlen(state->code) > 64)
		abort();
}

static void
try_as_session(const cJSON *data, const uint8_t *text, size_t len)
{
	struct session session = {NULL};
	AUTO_BUF struct buf out = BUF_INIT;
	struct err err;

	(void)session_set(&session, "http://localhost/api", text, len, &err);
	(void)session_take(&session, "http://localhost/api", data);
	if (session_print(&session, &out) < 0 ||
	    session_set(
		&session, "http://localhost/api", out.data, out.len, &err) < 0)
		abort();
	session_release(&session);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char shown[] = "'https://server.example'";
	struct net_state state = {.shown = shown};
	AUTO_JSON cJSON *json = NULL;
	const cJSON *inner;

	if (json_parse(&json, (const char *)data, size, "it", NULL) < 0)
		return 0;
	inner = json_get(json, "data");
	if (inner == NULL)
		inner = json;
	try_as(&state, MESSAGE_NET_SECRET_LIST, add_live_rows, inner);
	try_as(&state, MESSAGE_NET_VERSIONS, add_versions, inner);
	try_as(&state, MESSAGE_NET_WORKSPACE_LIST, add_workspaces, inner);
	try_as(&state, MESSAGE_NET_PROJECT_LIST, add_projects, inner);
	try_as_session(inner, data, size);
	if (cJSON_IsObject(json))
		try_as_refusal(&state, json);
	return 0;
}
