/* message: every rule of the table, kept once and broken once. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/message.h>

enum need { END, ONE, MAYBE, MANY };

struct rule {
	enum message_field field;
	enum need need;
};

#define RULE_ONE(field) {FIELD_##field, ONE},
#define RULE_MAYBE(field) {FIELD_##field, MAYBE},
#define RULE_MANY(field) {FIELD_##field, MANY},
#define RULES(name, secret, fields)                                            \
	[MESSAGE_##name] = {fields{FIELD_NONE, END}},
static const struct rule rules[MESSAGE_END][16] = {
    MESSAGE_TABLE(RULES, RULE_ONE, RULE_MAYBE, RULE_MANY)};

#define LIMITS(name, least, most) [FIELD_##name] = {least, most},
static const struct {
	size_t least;
	size_t most;
} limits[] = {MESSAGE_FIELD_TABLE(LIMITS)};

/* Bytes enough for the longest field. */
static uint8_t *
plenty(void)
{
	uint8_t *bytes = calloc(1, 1 << 20);

	assert_non_null(bytes);
	return bytes;
}

static int
check(const struct message *message)
{
	const struct message_view view = {
	    message->type, message->body.data, message->body.len};
	struct err err;

	assert_false(message->failed);
	return message_check(&view, &err);
}

/* What the message needs, without `left_out`. */
static void
fill(struct message *message, enum message_type type,
    enum message_field left_out, const uint8_t *bytes)
{
	message_init(message, type);
	for (const struct rule *rule = rules[type]; rule->need != END; rule++) {
		if (rule->need == ONE && rule->field != left_out)
			message_add(message, rule->field, bytes,
			    limits[rule->field].least);
	}
}

static void
test_least_is_enough(void **state)
{
	uint8_t *bytes = plenty();

	(void)state;
	for (int type = MESSAGE_NONE + 1; type < MESSAGE_END; type++) {
		AUTO_MESSAGE struct message message;

		fill(&message, (enum message_type)type, FIELD_NONE, bytes);
		assert_int_equal(check(&message), 0);
	}
	free(bytes);
}

static void
test_missing(void **state)
{
	uint8_t *bytes = plenty();

	(void)state;
	for (int type = MESSAGE_NONE + 1; type < MESSAGE_END; type++) {
		const struct rule *rule = rules[type];

		for (; rule->need != END; rule++) {
			AUTO_MESSAGE struct message message;

			fill(&message, (enum message_type)type, rule->field,
			    bytes);
			assert_int_equal(check(&message),
			    rule->need == ONE ? -EXIT_FAILED : 0);
		}
	}
	free(bytes);
}

/* Each field at `len`, in an otherwise sound message, `times` over. */
static void
with_field(enum message_type type, const struct rule *rule, size_t len,
    int times, const uint8_t *bytes, int want)
{
	AUTO_MESSAGE struct message message;

	fill(&message, type, rule->field, bytes);
	for (int i = 0; i < times; i++)
		message_add(&message, rule->field, bytes, len);
	assert_int_equal(check(&message), want);
}

static void
test_lengths_and_counts(void **state)
{
	uint8_t *bytes = plenty();

	(void)state;
	for (int t = MESSAGE_NONE + 1; t < MESSAGE_END; t++) {
		enum message_type type = (enum message_type)t;

		for (const struct rule *rule = rules[t]; rule->need != END;
		     rule++) {
			size_t least = limits[rule->field].least;
			size_t most = limits[rule->field].most;

			with_field(type, rule, most, 1, bytes, 0);
			with_field(
			    type, rule, most + 1, 1, bytes, -EXIT_FAILED);
			if (least > 0)
				with_field(type, rule, least - 1, 1, bytes,
				    -EXIT_FAILED);
			with_field(type, rule, least, 2, bytes,
			    rule->need == MANY ? 0 : -EXIT_FAILED);
		}
	}
	free(bytes);
}

static bool
knows(enum message_type type, int field)
{
	for (const struct rule *rule = rules[type]; rule->need != END; rule++) {
		if ((int)rule->field == field)
			return true;
	}
	return false;
}

static void
test_foreign_fields(void **state)
{
	uint8_t *bytes = plenty();

	(void)state;
	for (int type = MESSAGE_NONE + 1; type < MESSAGE_END; type++) {
		for (int field = FIELD_NONE; field <= FIELD_END; field++) {
			AUTO_MESSAGE struct message message;

			if (knows((enum message_type)type, field))
				continue;
			fill(&message, (enum message_type)type, FIELD_NONE,
			    bytes);
			message_add(&message, (enum message_field)field, bytes,
			    field > FIELD_NONE && field < FIELD_END
				? limits[field].least
				: 1);
			assert_int_equal(check(&message), -EXIT_FAILED);
		}
	}
	free(bytes);
}

static void
test_cut_anywhere(void **state)
{
	uint8_t *bytes = plenty();
	AUTO_MESSAGE struct message message;
	struct err err;

	(void)state;
	fill(&message, MESSAGE_NET_REGISTER, FIELD_NONE, bytes);
	for (size_t len = 0; len < message.body.len; len++) {
		const struct message_view view = {
		    MESSAGE_NET_REGISTER, message.body.data, len};

		assert_int_equal(message_check(&view, &err), -EXIT_FAILED);
	}
	free(bytes);
}

static void
test_unknown_messages(void **state)
{
	struct message_view view = {MESSAGE_NONE, NULL, 0};
	struct err err;

	(void)state;
	assert_int_equal(message_check(&view, &err), -EXIT_FAILED);
	view.type = MESSAGE_END;
	assert_int_equal(message_check(&view, &err), -EXIT_FAILED);
	view.type = (enum message_type)0xffff;
	assert_int_equal(message_check(&view, &err), -EXIT_FAILED);
}

static void *
heap(void *context, bool secret, size_t len, struct err *err)
{
	bool *was_secret = context;

	(void)err;
	*was_secret = secret;
	return test_malloc(len);
}

struct pair {
	int ends[2];
};

static struct pair
make_pair(void)
{
	struct pair pair;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.ends), 0);
	return pair;
}

static void
test_secrets_travel(void **state)
{
	struct pair pair = make_pair();
	AUTO_MESSAGE struct message message;
	struct message_view view;
	struct err err;
	bool secret = false;
	const uint8_t *bytes;
	size_t len;

	(void)state;
	message_init(&message, MESSAGE_NET_LOGIN);
	message_add_text(&message, FIELD_EMAIL, "a@b.example");
	message_add_secret(&message, FIELD_PASSWORD, "swordfish", 9);
	assert_null(memmem(message.body.data, message.body.len, "sword", 5));
	assert_int_equal(message_send(pair.ends[0], &message, &err), 0);
	close(pair.ends[0]);
	assert_int_equal(
	    message_receive(pair.ends[1], heap, &secret, &view, &err), 1);
	assert_true(secret);
	assert_int_equal(view.type, MESSAGE_NET_LOGIN);
	assert_true(message_find(&view, FIELD_PASSWORD, &bytes, &len));
	assert_int_equal(len, 9);
	assert_memory_equal(bytes, "swordfish", 9);
	assert_false(message_find(&view, FIELD_SESSION, &bytes, &len));
	assert_null(bytes);
	test_free((void *)(uintptr_t)view.body);
	assert_int_equal(
	    message_receive(pair.ends[1], heap, &secret, &view, &err), 0);
	close(pair.ends[1]);
}

/* Any number, in their order, each from where it is. */
static void
test_many_secrets_travel(void **state)
{
	enum { COUNT = 100 };
	struct pair pair = make_pair();
	AUTO_MESSAGE struct message message;
	struct message_view view;
	struct err err;
	uint8_t values[COUNT];
	bool secret = false;
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;

	(void)state;
	message_init(&message, MESSAGE_KEYCHAIN_VALUES);
	for (size_t i = 0; i < COUNT; i++) {
		values[i] = (uint8_t)i;
		message_add_number(&message, FIELD_INDEX, i);
		message_add_secret(&message, FIELD_VALUE, &values[i], i % 2);
	}
	assert_int_equal(message_send(pair.ends[0], &message, &err), 0);
	assert_int_equal(
	    message_receive(pair.ends[1], heap, &secret, &view, &err), 1);
	assert_true(secret);
	for (size_t i = 0; i < COUNT; i++) {
		assert_true(
		    message_next(&view, FIELD_VALUE, &cursor, &bytes, &len));
		assert_int_equal(len, i % 2);
		assert_true(len == 0 || *bytes == i);
	}
	assert_false(message_next(&view, FIELD_VALUE, &cursor, &bytes, &len));
	test_free((void *)(uintptr_t)view.body);
	close(pair.ends[0]);
	close(pair.ends[1]);
}

static void
test_sender_is_checked(void **state)
{
	struct pair pair = make_pair();
	AUTO_MESSAGE struct message message;
	struct err err;
	char byte;

	(void)state;
	message_init(&message, MESSAGE_NET_LOGIN);
	message_add_text(&message, FIELD_EMAIL, "a@b.example");
	assert_int_equal(
	    message_send(pair.ends[0], &message, &err), -EXIT_FAILED);
	close(pair.ends[0]);
	assert_int_equal(read(pair.ends[1], &byte, 1), 0);
	close(pair.ends[1]);
}

/* A frame byte for byte, after which the peer is gone. */
static int
receive_bytes(const void *bytes, size_t len)
{
	struct pair pair = make_pair();
	struct message_view view = {MESSAGE_NONE, NULL, 0};
	struct err err;
	bool secret;
	int rc;

	assert_int_equal(fd_write_all(pair.ends[0], bytes, len), 0);
	close(pair.ends[0]);
	rc = message_receive(pair.ends[1], heap, &secret, &view, &err);
	close(pair.ends[1]);
	return rc;
}

static void
test_frames(void **state)
{
	static const uint8_t sound[] = {0, 0, 0, 2, 0, MESSAGE_NET_DONE};
	static const uint8_t short_length[] = {0, 0, 0, 1, 0, MESSAGE_NET_DONE};
	static const uint8_t huge[] = {
	    0xff, 0xff, 0xff, 0xff, 0, MESSAGE_NET_DONE};
	static const uint8_t unknown[] = {0, 0, 0, 2, 0, MESSAGE_END};

	(void)state;
	assert_int_equal(receive_bytes(sound, 0), 0);
	for (size_t len = 1; len < sizeof(sound); len++)
		assert_int_equal(receive_bytes(sound, len), -EXIT_FAILED);
	assert_int_equal(receive_bytes(sound, sizeof(sound)), 1);
	assert_int_equal(receive_bytes(short_length, 6), -EXIT_FAILED);
	assert_int_equal(receive_bytes(huge, 6), -EXIT_FAILED);
	assert_int_equal(receive_bytes(unknown, 6), -EXIT_FAILED);
}

static void
test_records(void **state)
{
	static const struct column out[] = {{"one", 3}, {"", 0}, {"three", 5}};
	AUTO_MESSAGE struct message message;
	struct message_view view;
	struct column in[4];
	const uint8_t *bytes;
	size_t len;

	(void)state;
	message_init(&message, MESSAGE_NET_CONFLICT);
	message_add_record(&message, FIELD_ROW, out, 3);
	view = (struct message_view){
	    message.type, message.body.data, message.body.len};
	assert_true(message_find(&view, FIELD_ROW, &bytes, &len));
	assert_int_equal(record_read(bytes, len, in, 3), 0);
	assert_int_equal(in[2].len, 5);
	assert_memory_equal(in[2].bytes, "three", 5);
	assert_int_equal(record_read(bytes, len, in, 2), -1);
	assert_int_equal(record_read(bytes, len, in, 4), -1);
	assert_int_equal(record_read(bytes, len - 1, in, 3), -1);
}

static void
test_numbers(void **state)
{
	AUTO_MESSAGE struct message message;
	struct message_view view;
	struct column column = {"1234567", 7};
	uint64_t number;

	(void)state;
	message_init(&message, MESSAGE_NET_WRITTEN);
	message_add_number(&message, FIELD_REVISION, 0x0102030405060708);
	view = (struct message_view){
	    message.type, message.body.data, message.body.len};
	assert_true(message_find_number(&view, FIELD_REVISION, 9) ==
	    0x0102030405060708);
	assert_int_equal(message_find_number(&view, FIELD_KEY_EPOCH, 9), 9);
	assert_int_equal(column_number(&column, &number), -1);
}

static void
test_texts(void **state)
{
	AUTO_MESSAGE struct message message;
	struct message_view view;
	struct err err;
	char text[8];

	(void)state;
	message_init(&message, MESSAGE_NET_SERVER);
	message_add(&message, FIELD_VERSION,
	    "1\0"
	    "2",
	    3);
	message_add_text(&message, FIELD_EXTENSIONS, "12345678");
	view = (struct message_view){
	    message.type, message.body.data, message.body.len};
	assert_int_equal(
	    message_find_text(&view, FIELD_VERSION, text, sizeof(text), &err),
	    -EXIT_FAILED);
	assert_int_equal(message_find_text(
			     &view, FIELD_EXTENSIONS, text, sizeof(text), &err),
	    -EXIT_FAILED);
	assert_int_equal(
	    message_find_text(&view, FIELD_ORIGIN, text, sizeof(text), &err),
	    0);
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_least_is_enough),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_lengths_and_counts),
	    cmocka_unit_test(test_foreign_fields),
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_unknown_messages),
	    cmocka_unit_test(test_secrets_travel),
	    cmocka_unit_test(test_many_secrets_travel),
	    cmocka_unit_test(test_sender_is_checked),
	    cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_records),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
