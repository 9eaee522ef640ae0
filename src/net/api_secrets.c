/* Rows of a project's environment: all of them, or many written at once. */
#include "config.h"

#include "api.h"

#include <string.h>

#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

#include "json_out.h"
#include "records.h"
#include "url.h"

/* The id and environment of the request, which go into a path. */
struct place {
	char project[UUID_TEXT + 1];
	char environment[ENVIRONMENT_MAX + 1];
};

static int
read_place(struct net_state *state, const struct message_view *request,
    struct place *out, struct err *err)
{
	if (message_find_text(request, FIELD_PROJECT, out->project,
		sizeof(out->project), NULL) < 0 ||
	    message_find_text(request, FIELD_ENVIRONMENT, out->environment,
		sizeof(out->environment), NULL) < 0 ||
	    !text_is_uuid(out->project) ||
	    strspn(out->environment, "abcdefghijklmnopqrstuvwxyz") !=
		strlen(out->environment))
		return net_fail(state, REASON_FAILED, err,
		    "no project or environment to ask for");
	return 0;
}

static int
list_path(struct buf *path, const struct place *place)
{
	if (buf_append_text(path, "secrets/") < 0 ||
	    url_add_segment(path, place->project, strlen(place->project)) < 0)
		return -1;
	return buf_printf(path, "?environment=%s", place->environment);
}

/* Where the answer names a place, it is the one that was asked for. */
static bool
is_of(const cJSON *data, const struct place *place)
{
	const char *project = json_get_text(data, "project_id");
	const char *environment = json_get_text(data, "environment");

	return (project == NULL || text_equal(project, place->project)) &&
	    (environment == NULL ||
		text_equal(environment, place->environment));
}

/* Whose rows they are, and under which key. */
static int
answer_workspace(struct net_state *state, struct message *answer,
    const cJSON *data, struct err *err)
{
	const char *workspace = json_get_text(data, "workspace_id");

	if (workspace != NULL && !text_is_uuid(workspace))
		return api_not_ours(state, "workspace_id", err);
	if (workspace != NULL)
		message_add_text(answer, FIELD_WORKSPACE, workspace);
	return add_number(
	    state, answer, FIELD_KEY_EPOCH, data, "key_epoch", err);
}

static int
answer_list(struct net_state *state, struct message *answer, const cJSON *data,
    struct err *err)
{
	uint64_t revision = 0;

	if (!cJSON_IsArray(json_get(data, "secrets")))
		return api_not_ours(state, "no secrets", err);
	if (json_get_u64(data, "revision", &revision) < 0)
		return api_not_ours(state, "revision", err);
	message_add_number(answer, FIELD_REVISION, revision);
	if (answer_workspace(state, answer, data, err) < 0 ||
	    add_rows(state, answer, json_get(data, "secrets"), false, err) < 0)
		return -EXIT_FAILED;
	return add_rows(state, answer, json_get(data, "deleted"), true, err);
}

int
api_secrets(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	uint64_t revision = message_find_number(request, FIELD_REVISION, 0);
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	AUTO_BUF struct buf path = BUF_INIT;
	struct http_request http = {
	    .authorized = true, .unless = revision > 0 ? &revision : NULL};
	struct place place;
	const cJSON *data;

	if (read_place(state, request, &place, err) < 0)
		return -EXIT_FAILED;
	if (list_path(&path, &place) < 0)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	http.path = buf_text_view(&path);
	if (api_succeed(state, &http, &reply, err) < 0)
		return -EXIT_FAILED;
	if (reply.status == 304) {
		answer->type = MESSAGE_NET_UNCHANGED;
		return 0;
	}
	data = json_get(reply.json, "data");
	if (!is_of(data, &place))
		return api_not_ours(state, "another project's secrets", err);
	return answer_list(state, answer, data, err);
}

/* The name goes into the path as well: what the launcher checked is checked
 * again. */
static int
history_path(struct net_state *state, const struct message_view *request,
    const struct place *place, struct buf *path, struct err *err)
{
	char name[NAME_MAX_BYTES + 1];

	if (message_find_text(
		request, FIELD_SECRET_NAME, name, sizeof(name), NULL) < 0 ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") !=
		strlen(name))
		return net_fail(
		    state, REASON_FAILED, err, "no secret to ask for");
	if (buf_append_text(path, "secrets/") < 0 ||
	    url_add_segment(path, place->project, strlen(place->project)) < 0 ||
	    url_add_segment(
		path, place->environment, strlen(place->environment)) < 0 ||
	    url_add_segment(path, name, strlen(name)) < 0 ||
	    buf_append_text(path, "versions/") < 0)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	return 0;
}

int
api_history(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	AUTO_BUF struct buf path = BUF_INIT;
	struct http_request http = {.authorized = true};
	struct place place;
	const cJSON *data;
	const cJSON *versions;

	if (read_place(state, request, &place, err) < 0 ||
	    history_path(state, request, &place, &path, err) < 0)
		return -EXIT_FAILED;
	http.path = buf_text_view(&path);
	if (api_succeed(state, &http, &reply, err) < 0)
		return -EXIT_FAILED;
	data = json_get(reply.json, "data");
	versions = json_get(data, "versions");
	if (!is_of(data, &place))
		return api_not_ours(state, "another project's secrets", err);
	if (!cJSON_IsArray(versions))
		return api_not_ours(state, "no versions", err);
	if (answer_workspace(state, answer, data, err) < 0 ||
	    add_rows(state, answer, versions, false, err) < 0)
		return -EXIT_FAILED;
	add_times(answer, versions);
	return 0;
}

/* A row of the request as a member of the list; false: it is no row. */
static bool
put_row(struct json_out *out, const struct column columns[ROW_COLUMNS],
    bool deleted)
{
	uint64_t version = 0;
	bool has_version = columns[2].len > 0;

	if (columns[0].len == 0 ||
	    (has_version && column_number(&columns[2], &version) < 0))
		return false;
	json_out_begin(out, '{');
	json_out_text(out, "key", columns[0].bytes, columns[0].len);
	if (deleted && columns[1].len == 0)
		json_out_word(out, "value", "null");
	else
		json_out_base64(out, "value", columns[1].bytes, columns[1].len);
	if (has_version)
		json_out_number(out, "if_version", version);
	json_out_end(out, '}');
	return true;
}

/* The rows that are deleted, or those that are not, as an array. */
static bool
put_rows(struct json_out *out, const char *key,
    const struct message_view *request, bool deleted)
{
	struct column columns[ROW_COLUMNS];
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;

	json_out_key(out, key);
	json_out_begin(out, '[');
	while (message_next(request, FIELD_ROW, &cursor, &bytes, &len)) {
		const uint8_t *flag;

		if (record_read(bytes, len, columns, ROW_COLUMNS) < 0 ||
		    columns[3].len != 1)
			return false;
		flag = columns[3].bytes;
		if ((*flag != 0) == deleted && !put_row(out, columns, deleted))
			return false;
	}
	json_out_end(out, ']');
	return true;
}

static int
put_write(struct net_state *state, struct json_out *out,
    const struct message_view *request, struct err *err)
{
	struct place place;

	if (read_place(state, request, &place, err) < 0)
		return -EXIT_FAILED;
	/* Base64 makes a third more of what is in the message. */
	if (buf_reserve(&out->buf, request->len / 2 * 3) < 0)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	json_out_begin(out, '{');
	json_out_text(out, "project_id", place.project, strlen(place.project));
	json_out_text(
	    out, "environment", place.environment, strlen(place.environment));
	json_out_number(
	    out, "key_epoch", message_find_number(request, FIELD_KEY_EPOCH, 1));
	if (!put_rows(out, "secrets", request, false) ||
	    !put_rows(out, "deleted", request, true))
		return net_fail(
		    state, REASON_FAILED, err, "a row that is none");
	json_out_end(out, '}');
	if (out->failed)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	return 0;
}

/* Whether a write changed anything: one that was repeated does not. */
static bool
has_changed(const cJSON *data)
{
	static const char *const counts[] = {"created", "updated", "deleted"};
	uint64_t all = 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		uint64_t count = 1;

		if (json_get_u64(data, counts[i], &count) < 0)
			return true;
		all |= count;
	}
	return all > 0;
}

/*
 * The revision is that of the write. Where it changed nothing, what is there
 * now is somebody else's, who may have written more than that.
 */
static int
answer_written(struct net_state *state, struct message *answer,
    const cJSON *data, struct err *err)
{
	uint64_t revision = 0;

	if (json_get_u64(data, "revision", &revision) < 0)
		return api_not_ours(state, "revision", err);
	message_add_number(
	    answer, FIELD_REVISION, has_changed(data) ? revision : 0);
	return add_rows(state, answer, json_get(data, "versions"), false, err);
}

static int
answer_conflict(struct net_state *state, struct message *answer,
    const cJSON *data, struct err *err)
{
	answer->type = MESSAGE_NET_CONFLICT;
	if (add_number(state, answer, FIELD_KEY_EPOCH, data, "key_epoch", err) <
	    0)
		return -EXIT_FAILED;
	return add_rows(state, answer, json_get(data, "conflicts"), false, err);
}

int
api_write(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	AUTO_JSON_OUT struct json_out body = JSON_OUT_INIT;
	const struct http_request http = {
	    .path = "secrets/", .body = &body.buf, .authorized = true};
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	const cJSON *data;

	if (put_write(state, &body, request, err) < 0 ||
	    api_call(state, &http, &reply, err) < 0)
		return -EXIT_FAILED;
	data = json_get(reply.json, "data");
	if (api_succeeded(&reply))
		return answer_written(state, answer, data, err);
	if (reply.status == 409 && text_equal(api_code(&reply), "conflict"))
		return answer_conflict(state, answer, data, err);
	return api_refused(state, &reply, err);
}
