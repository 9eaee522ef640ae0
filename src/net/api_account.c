/* Who is there, registering, logging in and out, renewing the session. */
#include "config.h"

#include "api.h"

#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

#include "json_out.h"
#include "records.h"

enum { EXTENSIONS_MAX = 1024 };

/* Names with a blank between two, as the message wants them. */
static int
join_extensions(struct buf *out, const cJSON *array)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array) {
		const char *text = cJSON_GetStringValue(item);

		if (text == NULL || text[0] == '\0' ||
		    strpbrk(text, " \t") != NULL)
			continue;
		if (out->len + 1 + strlen(text) > EXTENSIONS_MAX)
			break;
		if ((out->len > 0 && buf_append(out, " ", 1) < 0) ||
		    buf_append_text(out, text) < 0)
			return -1;
	}
	return 0;
}

/*
 * Many servers say under some address that they are healthy. Ours names its
 * extensions, other AgentSecrets servers name their components.
 */
static bool
is_ours(const struct api_answer *reply)
{
	const char *status = json_get_text(reply->json, "status");
	const char *wanted = reply->status == 503 ? "unhealthy" : "healthy";

	return (reply->status == 200 || reply->status == 503) &&
	    status != NULL && text_equal(status, wanted) &&
	    cJSON_IsNumber(json_get(reply->json, "uptime_seconds")) &&
	    (cJSON_IsArray(json_get(reply->json, "extensions")) ||
		cJSON_IsObject(json_get(reply->json, "components")));
}

/* One that is no number is as good as not told. */
static void
add_limits(struct message *answer, const cJSON *limits)
{
	static const struct {
		const char *key;
		enum message_field field;
	} told[] = {
	    {"secrets_per_request", FIELD_REQUEST_SECRETS},
	    {"request_bytes", FIELD_REQUEST_BYTES},
	    {"value_bytes", FIELD_VALUE_BYTES},
	};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		uint64_t number = 0;

		if (json_get_u64(limits, told[i].key, &number) > 0)
			message_add_number(answer, told[i].field, number);
	}
}

int
api_status(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	const struct http_request http = {.path = "status/"};
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	AUTO_BUF struct buf extensions = BUF_INIT;
	const char *version;

	(void)request;
	if (api_call(state, &http, &reply, err) < 0)
		return -EXIT_FAILED;
	if (!is_ours(&reply) && reply.status >= 500)
		return api_refused(state, &reply, err);
	if (!is_ours(&reply))
		return net_fail(state, REASON_NOT_OURS, err,
		    "%s answers, but is no AgentSecrets server", state->shown);
	if (reply.status == 503)
		return net_fail(state, REASON_SERVER, err, "%s is not healthy",
		    state->shown);
	/* Other AgentSecrets servers name no version and no extensions. */
	version = json_get_text(reply.json, "version");
	message_add_text(answer, FIELD_VERSION,
	    version != NULL && version[0] != '\0' && strlen(version) <= 64
		? version
		: "unknown");
	if (join_extensions(&extensions, json_get(reply.json, "extensions")) <
	    0)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	message_add(answer, FIELD_EXTENSIONS, extensions.data, extensions.len);
	if (reply.date > 0)
		message_add_number(answer, FIELD_DATE, reply.date);
	add_limits(answer, json_get(reply.json, "limits"));
	return add_text(state, answer, FIELD_ORIGIN, reply.json, "origin",
	    URL_MAX_BYTES, err);
}

static void
copy_text(struct json_out *out, const char *key,
    const struct message_view *request, enum message_field field)
{
	const uint8_t *bytes;
	size_t len;

	if (message_find(request, field, &bytes, &len))
		json_out_text(out, key, bytes, len);
}

static void
copy_base64(struct json_out *out, const char *key,
    const struct message_view *request, enum message_field field)
{
	const uint8_t *bytes;
	size_t len;

	if (message_find(request, field, &bytes, &len))
		json_out_base64(out, key, bytes, len);
}

static void
registration(struct json_out *out, const struct message_view *request,
    bool with_password)
{
	json_out_begin(out, '{');
	copy_text(out, "first_name", request, FIELD_FIRST_NAME);
	copy_text(out, "last_name", request, FIELD_LAST_NAME);
	copy_text(out, "email", request, FIELD_EMAIL);
	if (with_password)
		copy_text(out, "password", request, FIELD_PASSWORD);
	copy_text(out, "key_salt", request, FIELD_KEY_SALT);
	json_out_word(out, "terms_agreement", "true");
	copy_base64(out, "public_key", request, FIELD_PUBLIC_KEY);
	copy_text(out, "workspace_id", request, FIELD_WORKSPACE);
	copy_base64(out, "encrypted_workspace_key", request, FIELD_SEALED_KEY);
	json_out_number(
	    out, "key_epoch", message_find_number(request, FIELD_KEY_EPOCH, 1));
	copy_text(out, "sealed_name", request, FIELD_SEALED_NAME);
	json_out_end(out, '}');
}

int
api_register(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	AUTO_JSON_OUT struct json_out body = JSON_OUT_INIT;
	const struct http_request http = {
	    .path = "auth/register/", .body = &body.buf};
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	bool embedded = state->embedded.dir[0] != '\0';
	int rc;

	registration(&body, request, !embedded);
	if (body.failed)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	rc = api_succeed(state, &http, &reply, err);
	http_forget(state);
	if (rc < 0)
		return -EXIT_FAILED;
	return add_text(state, answer, FIELD_USER, json_get(reply.json, "data"),
	    "user_id", 64, err);
}

static int
add_public_key(struct net_state *state, struct message *answer,
    const cJSON *user, struct err *err)
{
	const cJSON *member = json_get(user, "public_key");
	uint8_t key[KEY_BYTES + 16];

	if (member == NULL || cJSON_IsNull(member))
		return 0;
	if (!cJSON_IsString(member) ||
	    strlen(member->valuestring) > 2 * KEY_BYTES ||
	    base64_decode(key, sizeof(key), member->valuestring,
		strlen(member->valuestring), BASE64_STANDARD) != KEY_BYTES)
		return api_not_ours(state, "public_key", err);
	message_add(answer, FIELD_PUBLIC_KEY, key, KEY_BYTES);
	return 0;
}

static int
add_session(struct net_state *state, struct message *answer, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;

	if (session_print(&state->session, &text) < 0)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	if (text.len > SESSION_MAX)
		return api_not_ours(state, "a session that is too long", err);
	message_add(answer, FIELD_SESSION, text.data, text.len);
	return 0;
}

static int
add_person(struct net_state *state, struct message *answer, const cJSON *user,
    struct err *err)
{
	const char *id = json_get_text(user, "id");

	if (id == NULL || id[0] == '\0')
		return api_not_ours(state, "no user", err);
	if (add_text(state, answer, FIELD_USER, user, "id", 64, err) < 0 ||
	    add_text(state, answer, FIELD_FIRST_NAME, user, "first_name",
		LABEL_MAX, err) < 0 ||
	    add_text(state, answer, FIELD_LAST_NAME, user, "last_name",
		LABEL_MAX, err) < 0)
		return -EXIT_FAILED;
	return add_public_key(state, answer, user, err);
}

/* Another account's fields must not survive a login. */
static int
begin_session(struct net_state *state, const cJSON *data, struct err *err)
{
	struct session fresh = {NULL};

	if (session_take(&fresh, state->base, data) < 0)
		return api_not_ours(state, "no session", err);
	session_release(&state->session);
	state->session = fresh;
	return 0;
}

static int
log_in(struct net_state *state, const struct message_view *request,
    struct api_answer *reply, struct err *err)
{
	AUTO_JSON_OUT struct json_out body = JSON_OUT_INIT;
	const struct http_request http = {
	    .path = "auth/login/", .body = &body.buf};
	int rc;

	json_out_begin(&body, '{');
	copy_text(&body, "email", request, FIELD_EMAIL);
	copy_text(&body, "password", request, FIELD_PASSWORD);
	json_out_end(&body, '}');
	if (body.failed)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	rc = api_succeed(state, &http, reply, err);
	http_forget(state);
	/* It was the password that was refused; there was no session yet. */
	if (rc < 0 && state->reason == REASON_EXPIRED)
		state->reason = REASON_REFUSED;
	return rc;
}

int
api_login(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	const cJSON *data;

	if (log_in(state, request, &reply, err) < 0)
		return -EXIT_FAILED;
	data = json_get(reply.json, "data");
	if (begin_session(state, data, err) < 0 ||
	    add_session(state, answer, err) < 0 ||
	    add_person(state, answer, json_get(data, "user"), err) < 0)
		return -EXIT_FAILED;
	return add_workspaces(state, answer, json_get(data, "workspaces"), err);
}

static int
renew(struct net_state *state, const char *token, struct api_answer *reply,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out body = JSON_OUT_INIT;
	const struct http_request http = {
	    .path = "auth/refresh/", .body = &body.buf};
	int rc;

	json_out_begin(&body, '{');
	json_out_text(&body, "refresh", token, strlen(token));
	json_out_end(&body, '}');
	if (body.failed)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	rc = api_succeed(state, &http, reply, err);
	/* 422 is how other servers refuse a token of another shape. */
	if (rc < 0 && (state->http_status == 401 || state->http_status == 422))
		state->reason = REASON_EXPIRED;
	return rc;
}

int
api_refresh(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	const char *token = session_refresh(&state->session);
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;

	(void)request;
	if (token == NULL)
		return net_fail(state, REASON_EXPIRED, err, "not logged in");
	if (renew(state, token, &reply, err) < 0)
		return -EXIT_FAILED;
	if (session_take(
		&state->session, state->base, json_get(reply.json, "data")) < 0)
		return api_not_ours(state, "no session", err);
	return add_session(state, answer, err);
}

/* Without a body: some servers fail on a refresh token here (protocol A4). */
int
api_logout(struct net_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	static const struct buf nothing = BUF_INIT;
	const struct http_request http = {
	    .path = "auth/logout/", .body = &nothing, .authorized = true};
	AUTO_API_ANSWER struct api_answer reply = API_ANSWER_INIT;
	int rc;

	(void)request;
	(void)answer;
	rc = api_succeed(state, &http, &reply, err);
	if (rc < 0)
		return rc;
	session_release(&state->session);
	http_forget(state);
	return 0;
}
