#include "config.h"

#include "api.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

void
api_answer_release(struct api_answer *answer)
{
	json_release(&answer->json);
}

int
api_not_ours(struct net_state *state, const char *what, struct err *err)
{
	return net_fail(state, REASON_NOT_OURS, err,
	    "%s gives an answer that is not of the protocol: %s", state->shown,
	    what);
}

/* HTTP, but nothing that our server would say. */
static int
foreign_answer(
    struct net_state *state, const struct http_answer *http, struct err *err)
{
	state->http_status = http->status;
	if (http->location[0] != '\0')
		return net_fail(state, REASON_NOT_OURS, err,
		    "%s answers, but is no AgentSecrets server: it redirects "
		    "to '%s'",
		    state->shown, http->location);
	if (http->status >= 500)
		return net_fail(state, REASON_SERVER, err,
		    "%s fails with HTTP status %u", state->shown, http->status);
	return net_fail(state, REASON_NOT_OURS, err,
	    "%s answers, but is no AgentSecrets server (HTTP status %u)",
	    state->shown, http->status);
}

int
api_call(struct net_state *state, const struct http_request *request,
    struct api_answer *answer, struct err *err)
{
	AUTO_HTTP_ANSWER struct http_answer http = HTTP_ANSWER_INIT;
	AUTO_JSON cJSON *json = NULL;

	if (request->authorized && state->embedded.dir[0] == '\0' &&
	    session_access(&state->session) == NULL)
		return net_fail(state, REASON_EXPIRED, err, "not logged in");
	if (http_exchange(state, request, &http, err) < 0)
		return -EXIT_FAILED;
	if (http.status != 304 || request->unless == NULL) {
		if ((http.status >= 300 && http.status < 400) ||
		    json_parse(&json, buf_text_view(&http.body), http.body.len,
			"the answer", NULL) < 0 ||
		    !cJSON_IsObject(json))
			return foreign_answer(state, &http, err);
	}
	answer->status = http.status;
	answer->retry_after = http.retry_after;
	answer->date = http.date;
	answer->json = json;
	json = NULL;
	return 0;
}

bool
api_succeeded(const struct api_answer *answer)
{
	const char *status = json_get_text(answer->json, "status");

	return answer->status == 304 ||
	    (answer->status >= 200 && answer->status < 300 && status != NULL &&
		text_equal(status, "success"));
}

const char *
api_code(const struct api_answer *answer)
{
	const char *code = json_get_text(answer->json, "code");
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_-0123456789";

	if (code == NULL || strlen(code) > 64 ||
	    strspn(code, letters) != strlen(code))
		return "";
	return code;
}

static const char *
own_words(const struct api_answer *answer)
{
	static const char *const keys[] = {"message", "error", "detail"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = json_get_text(answer->json, keys[i]);

		if (text != NULL && text[0] != '\0')
			return text;
	}
	return "refused without a reason";
}

static enum message_reason
reason_of(const struct net_state *state, unsigned status)
{
	/* Embedded, 401 means that there is no account: nothing expires. */
	if (status == 401 && state->embedded.dir[0] == '\0')
		return REASON_EXPIRED;
	if (status >= 500)
		return REASON_SERVER;
	return status >= 400 ? REASON_REFUSED : REASON_NOT_OURS;
}

int
api_refused(
    struct net_state *state, const struct api_answer *answer, struct err *err)
{
	char words[4 * TEXT_PRINTABLE_MAX];
	const char *text = own_words(answer);
	enum message_reason reason = reason_of(state, answer->status);

	if (reason == REASON_NOT_OURS)
		return api_not_ours(state, "no success and no error", err);
	text_printable(
	    words, sizeof(words), text, strlen(text), TEXT_PRINTABLE_MAX);
	state->http_status = answer->status;
	snprintf(state->code, sizeof(state->code), "%s", api_code(answer));
	if (answer->retry_after > 0)
		return net_fail(state, reason, err, "%s; try again in %llu s",
		    words, (unsigned long long)answer->retry_after);
	if (reason == REASON_SERVER)
		return net_fail(
		    state, reason, err, "%s fails: %s", state->shown, words);
	return net_fail(state, reason, err, "%s", words);
}

int
api_succeed(struct net_state *state, const struct http_request *request,
    struct api_answer *answer, struct err *err)
{
	if (api_call(state, request, answer, err) < 0)
		return -EXIT_FAILED;
	return api_succeeded(answer) ? 0 : api_refused(state, answer, err);
}
