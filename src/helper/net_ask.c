#include "config.h"

#include "net_ask.h"

#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>
#include <agentsecrets/waiting.h>

#include "exchange.h"

#define NAME "the network helper"

int
net_nonsense(const char *what, struct err *err)
{
	return err_set(err, EXIT_FAILED,
	    "the network helper gave a broken answer: %s", what);
}

int
net_column_text(const struct column *column, char *out, size_t out_len)
{
	return text_copy(out, out_len, column->bytes, column->len);
}

/* One frame each way. */
static int
exchange(struct net *net, const struct message *request,
    struct message_view *answer, struct err *err)
{
	int rc;

	waiting_begin("waiting for the server");
	rc = helper_say(&net->helper, NAME, request, err);
	if (rc == 0)
		rc = helper_hear(&net->helper, NAME, &net->reply, answer, err);
	waiting_end();
	return rc;
}

static int
expired(const char *text, struct err *err)
{
	err_set(err, EXIT_ACCESS, "%s", text);
	return err_hint(err, "run 'agentsecrets login'");
}

static enum exit_status
status_of_refusal(const struct message_view *answer, unsigned http_status)
{
	char code[65];

	if (message_find_text(answer, FIELD_CODE, code, sizeof(code), NULL) < 0)
		return EXIT_FAILED;
	if (text_equal(code, "already_exists") || http_status == 409)
		return EXIT_CONFLICT;
	return http_status == 401 ? EXIT_ACCESS : EXIT_FAILED;
}

/* The other writes were made under a workspace key that is newer than ours. */
static bool
is_stale_key(const struct message_view *answer)
{
	char code[65];

	return message_find_text(
		   answer, FIELD_CODE, code, sizeof(code), NULL) == 0 &&
	    text_equal(code, "stale_key");
}

/* An ERROR as our own failure. */
static int
refused(struct net *net, const struct message_view *answer, struct err *err)
{
	char text[1025];

	net->http_status =
	    (unsigned)message_find_number(answer, FIELD_HTTP_STATUS, 0);
	if (message_find_text(answer, FIELD_TEXT, text, sizeof(text), err) < 0)
		return -EXIT_FAILED;
	switch (message_find_number(answer, FIELD_REASON, REASON_FAILED)) {
	case REASON_UNREACHABLE:
		err_set(err, EXIT_UNREACHABLE, "%s", text);
		return err_hint(err, "check the address and the network");
	case REASON_CERTIFICATE:
	case REASON_EMBEDDED:
		return err_set(err, EXIT_UNREACHABLE, "%s", text);
	case REASON_NOT_OURS:
		err_set(err, EXIT_FAILED, "%s", text);
		return err_hint(err,
		    "check the address; a server behind others may need its "
		    "path, as in https://HOST/PATH");
	case REASON_EXPIRED:
		return expired(text, err);
	case REASON_REFUSED:
		if (is_stale_key(answer)) {
			err_set(err, EXIT_CONFLICT,
			    "the workspace key was replaced since the last "
			    "pull");
			return err_hint(err, "run 'agentsecrets pull'");
		}
		/* Its words shall not pass for ours. */
		return err_set(err, status_of_refusal(answer, net->http_status),
		    "the server says: %s", text);
	default:
		return err_set(err, EXIT_FAILED, "%s", text);
	}
}

static bool
is_expired(const struct message_view *answer)
{
	return answer->type == MESSAGE_ERROR &&
	    message_find_number(answer, FIELD_REASON, REASON_FAILED) ==
	    REASON_EXPIRED;
}

/* The session from now on; the one that it replaces is wiped. */
static void
replace_session(struct net *net, const struct secret *session)
{
	secret_wipe(net->current.data, net->current.len);
	net->current = *session;
}

/* Give the helper what another process has renewed meanwhile. */
static int
hand_over(struct net *net, const struct secret *session, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;

	message_init(&request, MESSAGE_NET_SESSION);
	message_add_secret(
	    &request, FIELD_SESSION, session->data, session->len);
	if (exchange(net, &request, &answer, err) < 0)
		return -EXIT_FAILED;
	if (answer.type == MESSAGE_ERROR)
		return refused(net, &answer, err);
	replace_session(net, session);
	return 0;
}

/* Renew the session ourselves and keep what comes back. */
static int
refresh(struct net *net, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	struct secret fresh = SECRET_INIT;
	const uint8_t *bytes;

	message_init(&request, MESSAGE_NET_REFRESH);
	if (exchange(net, &request, &answer, err) < 0)
		return -EXIT_FAILED;
	if (is_expired(&answer))
		return expired("your session is over", err);
	if (answer.type == MESSAGE_ERROR)
		return refused(net, &answer, err);
	if (answer.type != MESSAGE_NET_FRESH_SESSION ||
	    !message_find(&answer, FIELD_SESSION, &bytes, &fresh.len))
		return net_nonsense("no session", err);
	/* A copy: the view is const, and the next answer may replace it. */
	fresh.data = arena_copy(bytes, fresh.len, err);
	secret_wipe((void *)(uintptr_t)bytes, fresh.len);
	if (fresh.data == NULL)
		return -EXIT_FAILED;
	replace_session(net, &fresh);
	return net->session.save(net->session.context, &fresh, err);
}

static bool
is_current(const struct net *net, const struct secret *session)
{
	return secret_same(session, &net->current);
}

/* Under the lock: whoever comes second finds the new session and takes it. */
static int
renew(struct net *net, struct err *err)
{
	AUTO_FD int lock = net->session.lock(net->session.context, err);
	struct secret stored = SECRET_INIT;
	int rc;

	if (lock < 0)
		return lock;
	rc = net->session.load(net->session.context, &stored, err);
	if (rc < 0)
		return rc;
	if (stored.len == 0)
		return expired("not logged in", err);
	if (!is_current(net, &stored))
		return hand_over(net, &stored, err);
	secret_wipe(stored.data, stored.len);
	return refresh(net, err);
}

int
net_ask_either(struct net *net, const struct message *request,
    enum message_type wanted, enum message_type other,
    struct message_view *answer, struct err *err)
{
	/* One more: the session of another process may be old as well. */
	enum { RENEWALS = 2 };
	int rc = 0;

	net->http_status = 0;
	for (int renewals = 0;; renewals++) {
		rc = exchange(net, request, answer, err);
		if (rc < 0)
			return rc;
		if (!is_expired(answer) || net->session.load == NULL ||
		    net->current.len == 0 || renewals == RENEWALS)
			break;
		rc = renew(net, err);
		if (rc < 0)
			return rc;
	}
	if (answer->type == MESSAGE_ERROR)
		return refused(net, answer, err);
	if (answer->type == wanted)
		return 0;
	return answer->type == other ? 1
				     : net_nonsense("not what was asked", err);
}

int
net_ask(struct net *net, const struct message *request,
    enum message_type wanted, struct message_view *answer, struct err *err)
{
	return net_ask_either(net, request, wanted, wanted, answer, err);
}
