/* Workspaces and projects. */
#include "config.h"

#include "api.h"

#include <string.h>

#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

#include "json_out.h"
#include "records.h"
#include "url.h"

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

/* Fail with the server's words, and know a name that is taken. */
static int
refused(
    struct net_state *state, const struct api_answer *reply, struct err *err)
{
	api_refused(state, reply, err);
	if (name_is_taken(reply))
		text_copy(state->code, sizeof(state->code), "already_exists",
		    strlen("already_exists"));
	return -EXIT_FAILED;
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
	return api_succeeded(&reply) ? 0 : refused(state, &reply, err);
}

/* The API knows a project by its workspace and name. */
static int
project_path(struct buf *path, const struct message_view *request)
{
	const uint8_t *bytes;
	size_t len;

	message_find(request, FIELD_WORKSPACE, &bytes, &len);
	if (buf_append_text(path, "projects/") < 0 ||
	    url_add_segment(path, bytes, len) < 0)
		return -1;
	message_find(request, FIELD_PROJECT_NAME, &bytes, &len);
	return url_add_segment(path, bytes, len);
}

static void
changed_project(struct json_out *out, const struct message_view *request)
{
	const uint8_t *bytes;
	size_t len;

	json_out_begin(out, '{');
	if (message_find(request, FIELD_NEW_NAME, &bytes, &len))
		json_out_text(out, "name", bytes, len);
	if (message_find(request, FIELD_DESCRIPTION, &bytes, &len))
		json_out_text(out, "description", bytes, len);
	json_out_end(out, '}');
}

/* Whether the answer is about the project that was meant. */
static bool
is_project(const struct api_answer *reply, const struct message_view *request)
{
	const char *id = json_get_text(json_get(reply->json, "data"), "id");
	const uint8_t *bytes;
	size_t len;

	message_find(request, FIELD_PROJECT, &bytes, &len);
	return id != NULL && strlen(id) == len && memcmp(id, bytes, len) == 0;
}

int
api_project_update(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	AUTO_JSON_OUT struct json_out body = JSON_OUT_INIT;
	AUTO_BUF struct buf path = BUF_INIT;
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	struct http_request http = {
	    .method = "PATCH", .body = &body.buf, .authorized = true};

	(void)answer;
	changed_project(&body, request);
	if (body.failed || project_path(&path, request) < 0)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	http.path = buf_text_view(&path);
	if (api_call(state, &http, &reply, err) < 0)
		return -EXIT_FAILED;
	if (!api_succeeded(&reply))
		return refused(state, &reply, err);
	return is_project(&reply, request)
	    ? 0
	    : api_not_ours(state, "another project", err);
}

int
api_project_delete(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	AUTO_BUF struct buf path = BUF_INIT;
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	struct http_request http = {.method = "DELETE", .authorized = true};

	(void)answer;
	if (project_path(&path, request) < 0)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	http.path = buf_text_view(&path);
	return api_succeed(state, &http, &reply, err);
}
