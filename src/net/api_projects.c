/* Workspaces and projects. */
#include "config.h"

#include "api.h"

#include <string.h>

#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

#include "json_out.h"
#include "records.h"

int
api_workspaces(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	const struct http_request http = {
	    .path = "workspaces/", .authorized = true};
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;

	(void)request;
	if (api_succeed(state, &http, &reply, err) < 0)
		return -EXIT_FAILED;
	return add_workspaces(state, answer, json_get(reply.json, "data"), err);
}

int
api_projects(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	const struct http_request http = {
	    .path = "projects/", .authorized = true};
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;

	(void)request;
	if (api_succeed(state, &http, &reply, err) < 0)
		return -EXIT_FAILED;
	return add_projects(state, answer, json_get(reply.json, "data"), err);
}

/* A name that is taken is 422 in this API, with these words (protocol 2.5). */
static bool
name_is_taken(const struct api_answer *reply)
{
	const char *why = json_get_text(json_get(reply->json, "data"), "name");

	return reply->status == 422 && why != NULL &&
	    strstr(why, "already exists") != NULL;
}

static void
new_project(struct json_out *out, const struct message_view *request)
{
	const uint8_t *bytes;
	size_t len;

	json_out_begin(out, '{');
	message_find(request, FIELD_PROJECT, &bytes, &len);
	json_out_text(out, "id", bytes, len);
	message_find(request, FIELD_PROJECT_NAME, &bytes, &len);
	json_out_text(out, "name", bytes, len);
	message_find(request, FIELD_WORKSPACE, &bytes, &len);
	json_out_text(out, "workspace_id", bytes, len);
	json_out_end(out, '}');
}

int
api_project_create(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	AUTO_JSON_OUT struct json_out body = JSON_OUT_INIT;
	const struct http_request http = {
	    .path = "projects/", .body = &body.buf, .authorized = true};
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;

	(void)answer;
	new_project(&body, request);
	if (body.failed)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	if (api_call(state, &http, &reply, err) < 0)
		return -EXIT_FAILED;
	if (api_succeeded(&reply))
		return 0;
	api_refused(state, &reply, err);
	if (name_is_taken(&reply))
		text_copy(state->code, sizeof(state->code), "already_exists",
		    strlen("already_exists"));
	return -EXIT_FAILED;
}
