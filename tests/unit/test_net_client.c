/* net_client: refusals, sessions, and a helper that misbehaves. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/fd.h>

#include "net_peer.h"

/* ---- refusals ------------------------------------------------------------ */

static void
test_answer(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct err err;

	peer_says_server(fixture);
	assert_int_equal(net_status(&fixture->net, &server, &err), 0);
	assert_string_equal(server.version, "1.2");
	assert_string_equal(server.extensions, "a b");
	assert_string_equal(server.origin, "");
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard_no_more(fixture);
}

static void
test_reasons_are_statuses(void **state)
{
	static const struct {
		enum message_reason reason;
		unsigned http;
		const char *code;
		int want;
	} cases[] = {
	    {REASON_UNREACHABLE, 0, "", EXIT_UNREACHABLE},
	    {REASON_CERTIFICATE, 0, "", EXIT_UNREACHABLE},
	    {REASON_EMBEDDED, 0, "", EXIT_UNREACHABLE},
	    {REASON_NOT_OURS, 200, "", EXIT_FAILED},
	    {REASON_REFUSED, 403, "forbidden", EXIT_FAILED},
	    {REASON_REFUSED, 401, "invalid_credentials", EXIT_ACCESS},
	    {REASON_REFUSED, 409, "already_exists", EXIT_CONFLICT},
	    {REASON_REFUSED, 422, "already_exists", EXIT_CONFLICT},
	    {REASON_REFUSED, 422, "invalid_entry", EXIT_FAILED},
	    {REASON_REFUSED, 409, "stale_key", EXIT_CONFLICT},
	    {REASON_SERVER, 500, "", EXIT_FAILED},
	    {REASON_FAILED, 0, "", EXIT_FAILED},
	    {(enum message_reason)99, 0, "", EXIT_FAILED},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err;

		peer_says_error(
		    fixture, cases[i].reason, cases[i].http, cases[i].code);
		assert_int_equal(
		    net_project_create(&fixture->net, ID, ID, "name", &err),
		    -cases[i].want);
		assert_int_equal(err.status, cases[i].want);
		assert_int_equal(fixture->net.http_status, cases[i].http);
		assert_null(strchr(err.text, '\033'));
	}
}

/* Asked once; what is not told, or too much, is what we send ourselves. */
static void
test_limits(void **state)
{
	struct fixture *fixture = *state;
	struct net_limits limits;
	struct message message;
	struct err err;

	peer_says_error(fixture, REASON_SERVER, 500, "");
	assert_int_equal(
	    net_ask_limits(&fixture->net, &limits, &err), -EXIT_FAILED);
	message_init(&message, MESSAGE_NET_SERVER);
	message_add_text(&message, FIELD_VERSION, "1");
	message_add_text(&message, FIELD_EXTENSIONS, "");
	message_add_number(&message, FIELD_REQUEST_BYTES, UINT64_MAX);
	message_add_number(&message, FIELD_VALUE_BYTES, 5);
	peer_says(fixture, &message);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    net_ask_limits(&fixture->net, &limits, &err), 0);
		assert_int_equal(limits.names, 100);
		assert_int_equal(limits.bytes, 32 << 20);
		assert_int_equal(limits.value_bytes, 5);
	}
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard_no_more(fixture);
}

static void
test_peer_is_gone(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct err err;

	fd_close(&fixture->peer);
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_FAILED);
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_FAILED);
	assert_int_equal(fixture->net.helper.fd, -1);
}

/* After one broken frame nothing more is read from that peer. */
static void
test_peer_is_broken(void **state)
{
	static const uint8_t frame[] = {0, 0, 0, 3, 0, MESSAGE_NET_DONE, 7};
	struct fixture *fixture = *state;
	struct net_server server;
	struct err err;

	assert_int_equal(fd_write_all(fixture->peer, frame, sizeof(frame)), 0);
	peer_says_server(fixture);
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_FAILED);
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_FAILED);
}

static void
test_another_answer(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct net_list list;
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_NET_DONE);
	peer_says(fixture, &message);
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_FAILED);
	message_init(&message, MESSAGE_NET_UNCHANGED);
	peer_says(fixture, &message);
	assert_int_equal(
	    net_secrets(&fixture->net, ID, "staging", 0, &list, &err),
	    -EXIT_FAILED);
}

/* ---- sessions ------------------------------------------------------------ */

static void
test_expired_is_renewed(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct err err;

	peer_says_error(fixture, REASON_EXPIRED, 401, "unauthorized");
	peer_says_fresh_session(fixture);
	peer_says_server(fixture);
	assert_int_equal(net_status(&fixture->net, &server, &err), 0);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard(fixture, MESSAGE_NET_REFRESH, NULL);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard_no_more(fixture);
	assert_int_equal(fixture->locks, 1);
	assert_int_equal(fixture->saves, 1);
	assert_string_equal(fixture->saved, NEW);
	assert_true(
	    arena_holds(fixture->net.current.data, fixture->net.current.len));
	assert_memory_equal(fixture->net.current.data, NEW, strlen(NEW));
}

static void
test_renewed_by_another(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct message message;
	struct err err;

	fixture->stored = OTHER;
	peer_says_error(fixture, REASON_EXPIRED, 401, "unauthorized");
	message_init(&message, MESSAGE_NET_DONE);
	peer_says(fixture, &message);
	peer_says_server(fixture);
	assert_int_equal(net_status(&fixture->net, &server, &err), 0);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard(fixture, MESSAGE_NET_SESSION, OTHER);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	assert_int_equal(fixture->saves, 0);
}

/* The other's session is old as well: it is renewed then, and only once. */
static void
test_renewed_by_another_long_ago(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct message message;
	struct err err;

	fixture->stored = OTHER;
	peer_says_error(fixture, REASON_EXPIRED, 401, "unauthorized");
	message_init(&message, MESSAGE_NET_DONE);
	peer_says(fixture, &message);
	peer_says_error(fixture, REASON_EXPIRED, 401, "unauthorized");
	peer_says_fresh_session(fixture);
	peer_says_error(fixture, REASON_EXPIRED, 401, "unauthorized");
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_ACCESS);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard(fixture, MESSAGE_NET_SESSION, OTHER);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard(fixture, MESSAGE_NET_REFRESH, NULL);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard_no_more(fixture);
}

static void
test_refresh_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct err err;

	peer_says_error(fixture, REASON_EXPIRED, 401, "unauthorized");
	peer_says_error(fixture, REASON_EXPIRED, 401, "invalid_credentials");
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_ACCESS);
	assert_string_equal(err.text, "your session is over");
	assert_string_equal(err.hint, "run 'agentsecrets login'");
	assert_int_equal(fixture->saves, 0);
}

static void
test_logged_out_meanwhile(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct err err;

	fixture->stored = "";
	peer_says_error(fixture, REASON_EXPIRED, 401, "unauthorized");
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_ACCESS);
	peer_heard(fixture, MESSAGE_NET_STATUS, NULL);
	peer_heard_no_more(fixture);
}

static void
test_no_session_to_renew(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct err err;

	fixture->net.session = (struct net_session){NULL, NULL, NULL, NULL};
	peer_says_error(fixture, REASON_EXPIRED, 401, "unauthorized");
	assert_int_equal(
	    net_status(&fixture->net, &server, &err), -EXIT_ACCESS);
	assert_int_equal(fixture->locks, 0);
}

static void
test_login(void **state)
{
	static const uint8_t sealed[SEALED_KEY] = {1};
	const struct column columns[] = {{ID, UUID_TEXT}, {"home", 4},
	    {"owner", 5}, {"personal", 8}, {sealed, sizeof(sealed)}, {"", 0},
	    {"sealed", 6}};
	static uint8_t typed[] = "swordfish";
	const struct secret password = {typed, 9};
	struct fixture *fixture = *state;
	struct net_login login;
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_NET_LOGGED_IN);
	message_add_text(&message, FIELD_SESSION, NEW);
	message_add_text(&message, FIELD_USER, "7");
	message_add_record(
	    &message, FIELD_WORKSPACE_RECORD, columns, WORKSPACE_COLUMNS);
	peer_says(fixture, &message);
	assert_int_equal(
	    net_log_in(&fixture->net, "a@b.example", &password, &login, &err),
	    0);
	assert_true(arena_holds(login.session.data, login.session.len));
	assert_memory_equal(login.session.data, NEW, strlen(NEW));
	assert_false(login.has_public_key);
	assert_int_equal(login.workspaces.n, 1);
	assert_int_equal(login.workspaces.items[0].epoch, 1);
	assert_true(login.workspaces.items[0].has_key);
	assert_string_equal(login.workspaces.items[0].role, "owner");
	net_workspaces_release(&login.workspaces);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_PEER(test_answer),
	    WITH_PEER(test_reasons_are_statuses),
	    WITH_PEER(test_limits),
	    WITH_PEER(test_peer_is_gone),
	    WITH_PEER(test_peer_is_broken),
	    WITH_PEER(test_another_answer),
	    WITH_PEER(test_expired_is_renewed),
	    WITH_PEER(test_renewed_by_another),
	    WITH_PEER(test_renewed_by_another_long_ago),
	    WITH_PEER(test_refresh_is_refused),
	    WITH_PEER(test_logged_out_meanwhile),
	    WITH_PEER(test_no_session_to_renew),
	    WITH_PEER(test_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
