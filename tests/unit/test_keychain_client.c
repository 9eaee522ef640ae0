/*
 * keychain_client: against a peer whose answers wait in the socket before it
 * is asked. What it was asked is looked at afterwards.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/keychain_client.h>
#include <agentsecrets/message.h>

struct fixture {
	struct keychain keychain;
	int peer;
};

static char noticed[2048];

static void
notice(const char *text)
{
	strncat(noticed, text, sizeof(noticed) - strlen(noticed) - 1);
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	int pair[2];

	assert_non_null(fixture);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fixture->keychain = (struct keychain)KEYCHAIN_INIT;
	fixture->keychain.helper.fd = pair[0];
	fixture->keychain.notice = notice;
	fixture->peer = pair[1];
	noticed[0] = '\0';
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	keychain_stop(&fixture->keychain);
	fd_close(&fixture->peer);
	free(fixture);
	arena_end();
	return 0;
}

static void
peer_says(struct fixture *fixture, struct message *message)
{
	struct err err;

	assert_int_equal(message_send(fixture->peer, message, &err), 0);
	message_release(message);
}

static void
peer_says_error(struct fixture *fixture, enum message_reason reason)
{
	struct message message;

	message_init(&message, MESSAGE_ERROR);
	message_add_number(&message, FIELD_REASON, reason);
	message_add_text(&message, FIELD_TEXT, "the \033[31mpeer's words");
	peer_says(fixture, &message);
}

static void
peer_says_waiting(struct fixture *fixture)
{
	struct message message;

	message_init(&message, MESSAGE_KEYCHAIN_WAITING);
	message_add_text(&message, FIELD_COLLECTION, "my \033[31mkeys");
	peer_says(fixture, &message);
}

/* Values at the places that `indexes` (digits) says. */
static void
peer_says_values(
    struct fixture *fixture, const char *indexes, const char *const *values)
{
	struct message message;

	message_init(&message, MESSAGE_KEYCHAIN_VALUES);
	for (size_t i = 0; indexes[i] != '\0'; i++)
		message_add_number(
		    &message, FIELD_INDEX, (uint64_t)(indexes[i] - '0'));
	for (size_t i = 0; values[i] != NULL; i++)
		message_add_text(&message, FIELD_VALUE, values[i]);
	peer_says(fixture, &message);
}

static void *
peer_memory(void *context, bool secret, size_t len, struct err *err)
{
	(void)secret;
	(void)err;
	return *(void **)context = malloc(len);
}

/* The next request, whose fields of this kind are these words. */
static void
peer_heard(struct fixture *fixture, enum message_type type,
    enum message_field field, const char *const *words)
{
	struct message_view view;
	struct err err;
	void *memory = NULL;
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;

	assert_int_equal(
	    message_receive(fixture->peer, peer_memory, &memory, &view, &err),
	    1);
	assert_int_equal(view.type, type);
	for (; *words != NULL; words++) {
		assert_true(message_next(&view, field, &cursor, &bytes, &len));
		assert_int_equal(len, strlen(*words));
		assert_memory_equal(bytes, *words, len);
	}
	assert_false(message_next(&view, field, &cursor, &bytes, &len));
	free(memory);
}

static const char *const three[] = {"one", "two", "three", NULL};

static void
test_lookup(void **state)
{
	struct fixture *fixture = *state;
	const char *const values[] = {"first", "", NULL};
	struct secret got[3];
	struct err err;

	peer_says_values(fixture, "02", values);
	assert_int_equal(
	    keychain_lookup(&fixture->keychain, three, 3, got, &err), 0);
	peer_heard(fixture, MESSAGE_KEYCHAIN_LOOKUP, FIELD_ENTRY, three);
	assert_int_equal(got[0].len, 5);
	/* With the zero byte behind. */
	assert_memory_equal(got[0].data, "first", 6);
	assert_true(arena_holds(got[0].data, 6));
	assert_null(got[1].data);
	assert_int_equal(got[1].len, 0);
	assert_non_null(got[2].data);
	assert_int_equal(got[2].len, 0);
}

static void
test_lookup_of_nothing(void **state)
{
	struct fixture *fixture = *state;
	const char *const none[] = {NULL};
	struct err err;

	peer_says_values(fixture, "", none);
	assert_int_equal(
	    keychain_lookup(&fixture->keychain, none, 0, NULL, &err), 0);
}

/* Where the values came in, nothing of them stays. */
static void
test_frames_are_wiped(void **state)
{
	struct fixture *fixture = *state;
	const char *const values[] = {"canary-canary", NULL};
	struct arena_mark mark = arena_mark();
	uint8_t *first = arena_alloc(1, NULL);
	struct secret got[3];
	size_t found = 0;
	struct err err;

	peer_says_values(fixture, "1", values);
	assert_int_equal(
	    keychain_lookup(&fixture->keychain, three, 3, got, &err), 0);
	for (uint8_t *p = first; p < got[1].data + got[1].len; p++)
		found += memcmp(p, "canary-", 7) == 0;
	assert_int_equal(found, 1);
	arena_rewind(mark);
}

static void
test_lookup_nonsense(void **state)
{
	static const struct {
		const char *indexes;
		const char *values[4];
	} cases[] = {
	    {"3", {"a"}},	/* not asked for */
	    {"10", {"a", "b"}}, /* out of order */
	    {"11", {"a", "b"}}, /* twice */
	    {"01", {"a"}},	/* one value missing */
	    {"0", {"a", "b"}},	/* one too many */
	};
	struct fixture *fixture = *state;
	struct err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct secret got[3] = {{(uint8_t *)fixture, 42}};

		fixture->keychain.trouble = KEYCHAIN_WORKS;
		peer_says_values(fixture, cases[i].indexes, cases[i].values);
		assert_int_equal(
		    keychain_lookup(&fixture->keychain, three, 3, got, &err),
		    -EXIT_FAILED);
		assert_int_equal(fixture->keychain.trouble, KEYCHAIN_BROKE);
		assert_non_null(strstr(err.text, "broken answer"));
		/* As they were. */
		assert_ptr_equal(got[0].data, fixture);
		assert_int_equal(got[0].len, 42);
	}
}

static void
test_store_and_delete(void **state)
{
	static const char *const name[] = {"name", NULL};
	static const char *const value[] = {"value", NULL};
	const struct secret secret = {arena_copy("value", 5, NULL), 5};
	struct fixture *fixture = *state;
	struct message done;
	struct err err;

	message_init(&done, MESSAGE_KEYCHAIN_DONE);
	peer_says(fixture, &done);
	peer_says(fixture, &done);
	assert_int_equal(
	    keychain_store(&fixture->keychain, "name", &secret, &err), 0);
	peer_heard(fixture, MESSAGE_KEYCHAIN_STORE, FIELD_VALUE, value);
	assert_int_equal(keychain_delete(&fixture->keychain, name, 1, &err), 0);
	peer_heard(fixture, MESSAGE_KEYCHAIN_DELETE, FIELD_ENTRY, name);
}

/* A value that is too long never leaves us. */
static void
test_too_long(void **state)
{
	const struct secret secret = {
	    arena_alloc(VALUE_MAX + 1, NULL), VALUE_MAX + 1};
	struct fixture *fixture = *state;
	struct err err;
	char byte;

	assert_int_equal(
	    keychain_store(&fixture->keychain, "name", &secret, &err),
	    -EXIT_FAILED);
	assert_int_equal(
	    recv(fixture->peer, &byte, 1, MSG_DONTWAIT | MSG_PEEK), 0);
}

static void
test_names(void **state)
{
	static const char *const prefix[] = {"p:", NULL};
	static const char *const told[] = {"p:b", "p:a", "p:c", "p:a", "p:b"};
	struct fixture *fixture = *state;
	AUTO_KEYCHAIN_NAMES struct keychain_names names = {NULL, 0};
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_KEYCHAIN_NAMES);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		message_add_text(&message, FIELD_ENTRY, told[i]);
	peer_says(fixture, &message);
	assert_int_equal(
	    keychain_names(&fixture->keychain, "p:", &names, &err), 0);
	peer_heard(fixture, MESSAGE_KEYCHAIN_LIST, FIELD_PREFIX, prefix);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.items[0], "p:a");
	assert_string_equal(names.items[1], "p:b");
	assert_string_equal(names.items[2], "p:c");
	message_init(&message, MESSAGE_KEYCHAIN_NAMES);
	message_add(&message, FIELD_ENTRY, "zero\0byte", 9);
	peer_says(fixture, &message);
	assert_int_equal(
	    keychain_names(&fixture->keychain, "", &names, &err), -EXIT_FAILED);
	assert_int_equal(names.n, 3);
}

static void
test_waiting(void **state)
{
	static const char *const values[] = {"value", NULL};
	struct fixture *fixture = *state;
	struct secret got[3];
	struct err err;

	peer_says_waiting(fixture);
	peer_says_waiting(fixture);
	peer_says_values(fixture, "0", values);
	assert_int_equal(
	    keychain_lookup(&fixture->keychain, three, 3, got, &err), 0);
	assert_non_null(strstr(noticed, "waiting"));
	assert_null(strchr(noticed, '\033'));
	assert_string_equal(fixture->keychain.collection, "my \033[31mkeys");
	/* Nobody has to be told. */
	fixture->keychain.notice = NULL;
	peer_says_waiting(fixture);
	peer_says_values(fixture, "0", values);
	assert_int_equal(
	    keychain_lookup(&fixture->keychain, three, 3, got, &err), 0);
}

static void
test_troubles(void **state)
{
	static const struct {
		enum message_reason reason;
		enum keychain_trouble trouble;
		int status;
		bool hint;
	} cases[] = {
	    {REASON_NO_BUS, KEYCHAIN_NO_BUS, -EXIT_FAILED, true},
	    {REASON_NO_PROVIDER, KEYCHAIN_NO_PROVIDER, -EXIT_FAILED, true},
	    {REASON_LOCKED, KEYCHAIN_LOCKED, -EXIT_ACCESS, true},
	    {REASON_NOT_OURS, KEYCHAIN_BROKE, -EXIT_FAILED, true},
	    {REASON_REFUSED, KEYCHAIN_BROKE, -EXIT_FAILED, false},
	    {REASON_FAILED, KEYCHAIN_BROKE, -EXIT_FAILED, false},
	    {REASON_SILENT, KEYCHAIN_SILENT, -EXIT_FAILED, true},
	};
	struct fixture *fixture = *state;
	struct err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture->keychain.trouble = KEYCHAIN_WORKS;
		peer_says_error(fixture, cases[i].reason);
		assert_int_equal(
		    keychain_delete(&fixture->keychain, three, 1, &err),
		    cases[i].status);
		assert_int_equal(fixture->keychain.trouble, cases[i].trouble);
		assert_non_null(strstr(err.text, "peer's words"));
		assert_null(strchr(err.text, '\033'));
		assert_int_equal(err.hint[0] != '\0', cases[i].hint);
	}
	/* Silence was its last word. */
	assert_int_equal(
	    keychain_delete(&fixture->keychain, three, 1, &err), -EXIT_FAILED);
	assert_int_equal(fixture->keychain.trouble, KEYCHAIN_BROKE);
	assert_int_equal(fixture->keychain.helper.fd, -1);
}

static void
test_peer_breaks_the_rules(void **state)
{
	struct fixture *fixture = *state;
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_NET_DONE);
	peer_says(fixture, &message);
	assert_int_equal(
	    keychain_delete(&fixture->keychain, three, 1, &err), -EXIT_FAILED);
	assert_int_equal(fixture->keychain.trouble, KEYCHAIN_BROKE);
	fixture->keychain.trouble = KEYCHAIN_WORKS;
	fd_close(&fixture->peer);
	assert_int_equal(
	    keychain_delete(&fixture->keychain, three, 1, &err), -EXIT_FAILED);
	assert_int_equal(fixture->keychain.trouble, KEYCHAIN_BROKE);
}

static void
test_never_started(void **state)
{
	struct keychain keychain = KEYCHAIN_INIT;
	struct err err;

	(void)state;
	assert_int_equal(
	    keychain_delete(&keychain, three, 1, &err), -EXIT_FAILED);
	keychain_stop(&keychain);
	keychain_stop(&keychain);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_lookup),
	    TEST(test_lookup_of_nothing),
	    TEST(test_frames_are_wiped),
	    TEST(test_lookup_nonsense),
	    TEST(test_store_and_delete),
	    TEST(test_too_long),
	    TEST(test_names),
	    TEST(test_waiting),
	    TEST(test_troubles),
	    TEST(test_peer_breaks_the_rules),
	    cmocka_unit_test(test_never_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
