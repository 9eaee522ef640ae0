#include "config.h"

#include "net_peer.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <agentsecrets/fd.h>

static int
load(void *context, struct secret *out, struct err *err)
{
	const struct fixture *fixture = context;

	out->len = strlen(fixture->stored);
	out->data = arena_copy(fixture->stored, out->len, err);
	return 0;
}

static int
save(void *context, const struct secret *session, struct err *err)
{
	struct fixture *fixture = context;

	(void)err;
	assert_true(arena_holds(session->data, session->len));
	assert_true(session->len < sizeof(fixture->saved));
	memcpy(fixture->saved, session->data, session->len);
	fixture->saves++;
	return 0;
}

static int
lock(void *context, struct err *err)
{
	struct fixture *fixture = context;

	(void)err;
	fixture->locks++;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int
peer_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int pair[2];

	assert_non_null(fixture);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fixture->net = (struct net)NET_INIT;
	fixture->net.helper.fd = pair[0];
	fixture->net.session = (struct net_session){fixture, load, save, lock};
	fixture->peer = pair[1];
	fixture->stored = OLD;
	load(fixture, &fixture->net.current, NULL);
	*state = fixture;
	return 0;
}

int
peer_teardown(void **state)
{
	struct fixture *fixture = *state;

	net_stop(&fixture->net);
	fd_close(&fixture->peer);
	free(fixture);
	arena_end();
	return 0;
}

/* ---- the peer ------------------------------------------------------------ */

void
peer_says(struct fixture *fixture, struct message *message)
{
	struct err err;

	assert_int_equal(message_send(fixture->peer, message, &err), 0);
	message_release(message);
}

void
peer_says_error(struct fixture *fixture, enum message_reason reason,
    unsigned http, const char *code)
{
	struct message message;

	message_init(&message, MESSAGE_ERROR);
	message_add_number(&message, FIELD_REASON, reason);
	if (http != 0)
		message_add_number(&message, FIELD_HTTP_STATUS, http);
	message_add_text(&message, FIELD_CODE, code);
	message_add_text(&message, FIELD_TEXT, "the \033[31mpeer's words");
	peer_says(fixture, &message);
}

void
peer_says_server(struct fixture *fixture)
{
	struct message message;

	message_init(&message, MESSAGE_NET_SERVER);
	message_add_text(&message, FIELD_VERSION, "1.2");
	message_add_text(&message, FIELD_EXTENSIONS, "a b");
	peer_says(fixture, &message);
}

void
peer_says_fresh_session(struct fixture *fixture)
{
	struct message message;

	message_init(&message, MESSAGE_NET_FRESH_SESSION);
	message_add_text(&message, FIELD_SESSION, NEW);
	peer_says(fixture, &message);
}

void
peer_adds_row(struct message *message, const char *name, const char *blob,
    uint64_t version, const char *flag)
{
	uint8_t number[8];
	const struct column columns[] = {
	    {name, strlen(name)}, {blob, strlen(blob)}, {number, 8}, {flag, 1}};

	message_number(number, version);
	message_add_record(message, FIELD_ROW, columns, ROW_COLUMNS);
}

void *
peer_memory(void *context, bool secret, size_t len, struct err *err)
{
	(void)secret;
	(void)err;
	return *(void **)context = malloc(len);
}

/* The next request must be of that type; with that session, if it has one. */
void
peer_heard(struct fixture *fixture, enum message_type want, const char *session)
{
	struct message_view view;
	struct err err;
	void *memory = NULL;
	const uint8_t *bytes;
	size_t len;

	assert_int_equal(
	    message_receive(fixture->peer, peer_memory, &memory, &view, &err),
	    1);
	assert_int_equal(view.type, want);
	if (session != NULL) {
		assert_true(message_find(&view, FIELD_SESSION, &bytes, &len));
		assert_int_equal(len, strlen(session));
		assert_memory_equal(bytes, session, len);
	}
	free(memory);
}

void
peer_heard_no_more(struct fixture *fixture)
{
	char byte;

	assert_int_equal(
	    recv(fixture->peer, &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
}
