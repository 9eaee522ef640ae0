/* net_client: the records of an answer, sound and broken. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net_peer.h"

static void
test_rows_outlive_the_next_answer(void **state)
{
	struct fixture *fixture = *state;
	struct net_server server;
	struct net_list list;
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_NET_SECRET_LIST);
	message_add_number(&message, FIELD_REVISION, 12);
	peer_adds_row(&message, "LIVE", "blob", 3, "\0");
	peer_adds_row(&message, "GONE", "", 4, "\1");
	peer_says(fixture, &message);
	peer_says_server(fixture);
	assert_int_equal(
	    net_secrets(&fixture->net, ID, "staging", 0, &list, &err), 0);
	assert_int_equal(net_status(&fixture->net, &server, &err), 0);
	assert_int_equal(list.revision, 12);
	assert_int_equal(list.key_epoch, 0);
	assert_int_equal(list.rows.n, 2);
	assert_string_equal(list.rows.items[0].name, "LIVE");
	assert_memory_equal(list.rows.items[0].blob, "blob", 4);
	assert_int_equal(list.rows.items[0].version, 3);
	assert_false(list.rows.items[0].deleted);
	assert_true(list.rows.items[1].deleted);
	assert_int_equal(list.rows.items[1].blob_len, 0);
	net_rows_release(&list.rows);
}

static void
test_unchanged(void **state)
{
	struct fixture *fixture = *state;
	struct net_list list;
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_NET_UNCHANGED);
	peer_says(fixture, &message);
	assert_int_equal(
	    net_secrets(&fixture->net, ID, "staging", 12, &list, &err), 0);
	assert_true(list.unchanged);
	assert_int_equal(list.revision, 12);
	assert_int_equal(list.rows.n, 0);
}

static void
row_is_refused(struct fixture *fixture, const struct column *columns)
{
	struct net_list list;
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_NET_SECRET_LIST);
	message_add_number(&message, FIELD_REVISION, 1);
	message_add_record(&message, FIELD_ROW, columns, ROW_COLUMNS);
	peer_says(fixture, &message);
	assert_int_equal(
	    net_secrets(&fixture->net, ID, "staging", 0, &list, &err),
	    -EXIT_FAILED);
}

static void
test_broken_rows(void **state)
{
	static const struct column cases[][ROW_COLUMNS] = {
	    {{"", 0}, {"b", 1}, {"", 0}, {"\0", 1}},
	    {{"A\0B", 3}, {"b", 1}, {"", 0}, {"\0", 1}},
	    {{"A", 1}, {"b", 1}, {"1234567", 7}, {"\0", 1}},
	    {{"A", 1}, {"b", 1}, {"", 0}, {"\2", 1}},
	    {{"A", 1}, {"b", 1}, {"", 0}, {"", 0}},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		row_is_refused(fixture, cases[i]);
}

static void
workspace_is_refused(struct fixture *fixture, const struct column *columns)
{
	struct net_workspaces workspaces;
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_NET_WORKSPACE_LIST);
	message_add_record(
	    &message, FIELD_WORKSPACE_RECORD, columns, WORKSPACE_COLUMNS);
	peer_says(fixture, &message);
	assert_int_equal(
	    net_workspaces(&fixture->net, &workspaces, &err), -EXIT_FAILED);
}

static void
test_broken_workspaces(void **state)
{
	static const char nought[8];
	static const struct column sound[WORKSPACE_COLUMNS] = {{ID, UUID_TEXT},
	    {"n", 1}, {"r", 1}, {"t", 1}, {"", 0}, {"", 0}, {"", 0}};
	static const struct {
		size_t at;
		struct column broken;
	} cases[] = {
	    {0, {"../../etc", 9}},
	    {1, {"a\0b", 3}},
	    {2, {"a role that is far too long", 27}},
	    {4, {"no box", 6}},
	    {5, {nought, sizeof(nought)}},
	    {5, {"\xff\xff\xff\xff\xff\xff\xff\xff", 8}},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct column columns[WORKSPACE_COLUMNS];

		memcpy(columns, sound, sizeof(columns));
		columns[cases[i].at] = cases[i].broken;
		workspace_is_refused(fixture, columns);
	}
}

static void
test_conflict(void **state)
{
	struct net_row row = {.name = "A",
	    .has_version = true,
	    .version = 2,
	    .blob = (const uint8_t *)"mine",
	    .blob_len = 4};
	const struct net_rows rows = {&row, 1, BUF_INIT};
	struct fixture *fixture = *state;
	struct net_rows conflicts = {NULL, 0, BUF_INIT};
	struct message message;
	uint64_t revision = 7;
	struct err err;

	message_init(&message, MESSAGE_NET_CONFLICT);
	peer_adds_row(&message, "A", "theirs", 3, "\0");
	peer_says(fixture, &message);
	assert_int_equal(net_write(&fixture->net, ID, "staging", 1, &rows, NULL,
			     &revision, &conflicts, &err),
	    -EXIT_CONFLICT);
	assert_int_equal(revision, 7);
	assert_int_equal(fixture->net.http_status, 409);
	assert_int_equal(conflicts.n, 1);
	assert_memory_equal(conflicts.items[0].blob, "theirs", 6);
	net_rows_release(&conflicts);
	peer_says_error(fixture, REASON_REFUSED, 409, "stale_key");
	assert_int_equal(net_write(&fixture->net, ID, "staging", 1, &rows, NULL,
			     &revision, &conflicts, &err),
	    -EXIT_CONFLICT);
	assert_int_equal(conflicts.n, 0);
	assert_string_equal(err.hint, "run 'agentsecrets pull'");
}

/* Values and tombstones travel in two lists; who asked has one. */
static void
test_written_as_sent(void **state)
{
	struct net_row rows[] = {
	    {.name = "A", .deleted = true},
	    {.name = "B", .blob = (const uint8_t *)"x", .blob_len = 1},
	    {.name = "C", .deleted = true},
	    {.name = "D", .blob = (const uint8_t *)"x", .blob_len = 1},
	};
	const struct net_rows sent = {rows, 4, BUF_INIT};
	const char *answered[] = {"B", "D", "A", "C"};
	struct net_rows written = {NULL, 0, BUF_INIT};
	struct fixture *fixture = *state;
	struct message message;
	uint64_t revision;
	struct err err;

	message_init(&message, MESSAGE_NET_WRITTEN);
	message_add_number(&message, FIELD_REVISION, 9);
	for (size_t i = 0; i < 4; i++)
		peer_adds_row(&message, answered[i], "", i + 1, "\0");
	peer_says(fixture, &message);
	assert_int_equal(net_write(&fixture->net, ID, "staging", 4, &sent,
			     &written, &revision, NULL, &err),
	    0);
	assert_int_equal(written.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(written.items[i].name, rows[i].name);
	assert_int_equal(written.items[0].version, 3);
	net_rows_release(&written);
}

static int
ask_history(struct fixture *fixture, const char *workspace, uint64_t epoch,
    size_t rows, size_t times, struct net_history *out)
{
	struct message message;
	struct err err;

	message_init(&message, MESSAGE_NET_VERSIONS);
	message_add_text(&message, FIELD_WORKSPACE, workspace);
	message_add_number(&message, FIELD_KEY_EPOCH, epoch);
	for (size_t i = 0; i < rows; i++)
		peer_adds_row(&message, "A", i == 0 ? "new" : "old", 9 - i,
		    i == 0 ? "\0" : "\1");
	for (size_t i = 0; i < times; i++)
		message_add_number(&message, FIELD_WRITTEN_AT, 1700 - i);
	peer_says(fixture, &message);
	return net_history(&fixture->net, ID, "staging", "A", out, &err);
}

static void
test_history(void **state)
{
	struct fixture *fixture = *state;
	struct net_history history = {.key_epoch = 7};
	struct message_view view;
	void *memory = NULL;
	char name[NAME_MAX_BYTES + 1];
	struct err err;

	assert_int_equal(ask_history(fixture, ID, 3, 2, 2, &history), 0);
	assert_int_equal(
	    message_receive(fixture->peer, peer_memory, &memory, &view, &err),
	    1);
	assert_int_equal(view.type, MESSAGE_NET_HISTORY);
	assert_int_equal(message_find_text(&view, FIELD_SECRET_NAME, name,
			     sizeof(name), &err),
	    0);
	assert_string_equal(name, "A");
	free(memory);
	assert_string_equal(history.workspace, ID);
	assert_int_equal(history.key_epoch, 3);
	assert_int_equal(history.rows.n, 2);
	assert_memory_equal(history.rows.items[0].blob, "new", 3);
	assert_int_equal(history.rows.items[1].version, 8);
	assert_true(history.rows.items[1].deleted);
	assert_int_equal(history.written_at[1], 1699);
	net_history_release(&history);
}

static void
test_broken_histories(void **state)
{
	struct fixture *fixture = *state;
	struct net_history history = {.key_epoch = 7};
	const char *no_id = "0b0e4d1c-5c0e-4b8e-9d4a-1f2e3d4c5b6A";

	assert_int_equal(
	    ask_history(fixture, ID, 3, 0, 0, &history), -EXIT_FAILED);
	assert_int_equal(
	    ask_history(fixture, ID, 3, 2, 1, &history), -EXIT_FAILED);
	assert_int_equal(
	    ask_history(fixture, ID, 3, 1, 2, &history), -EXIT_FAILED);
	assert_int_equal(
	    ask_history(fixture, no_id, 3, 1, 1, &history), -EXIT_FAILED);
	assert_int_equal(
	    ask_history(fixture, ID, (uint64_t)1 << 32, 1, 1, &history),
	    -EXIT_FAILED);
	assert_int_equal(history.key_epoch, 7);
}

static void
test_extensions(void **state)
{
	struct net_server server = {.extensions = "old-history tags history"};

	(void)state;
	assert_true(net_has_extension(&server, "history"));
	assert_true(net_has_extension(&server, "tags"));
	assert_false(net_has_extension(&server, "tag"));
	assert_false(net_has_extension(&server, "histor"));
	assert_false(net_has_extension(&server, "tagss"));
	server.extensions[0] = '\0';
	assert_false(net_has_extension(&server, "history"));
}

static void
test_write_says_everything(void **state)
{
	struct net_row rows[] = {
	    {.name = "A", .blob = (const uint8_t *)"x", .blob_len = 1},
	    {.name = "B", .deleted = true, .has_version = true, .version = 5},
	};
	const struct net_rows both = {rows, 2, BUF_INIT};
	struct fixture *fixture = *state;
	struct column columns[ROW_COLUMNS];
	struct message_view view;
	struct message message;
	const uint8_t *bytes;
	void *memory = NULL;
	uint64_t revision = 0;
	size_t cursor = 0;
	size_t len;
	struct err err;

	message_init(&message, MESSAGE_NET_WRITTEN);
	message_add_number(&message, FIELD_REVISION, 9);
	peer_says(fixture, &message);
	assert_int_equal(net_write(&fixture->net, ID, "staging", 4, &both, NULL,
			     &revision, NULL, &err),
	    0);
	assert_int_equal(revision, 9);
	assert_int_equal(
	    message_receive(fixture->peer, peer_memory, &memory, &view, &err),
	    1);
	assert_int_equal(message_find_number(&view, FIELD_KEY_EPOCH, 0), 4);
	assert_true(message_next(&view, FIELD_ROW, &cursor, &bytes, &len));
	assert_int_equal(record_read(bytes, len, columns, ROW_COLUMNS), 0);
	assert_memory_equal(columns[0].bytes, "A", 1);
	assert_memory_equal(columns[1].bytes, "x", 1);
	assert_int_equal(columns[2].len, 0);
	assert_true(message_next(&view, FIELD_ROW, &cursor, &bytes, &len));
	assert_int_equal(record_read(bytes, len, columns, ROW_COLUMNS), 0);
	assert_int_equal(columns[1].len, 0);
	assert_memory_equal(columns[2].bytes, "\0\0\0\0\0\0\0\5", 8);
	assert_memory_equal(columns[3].bytes, "\1", 1);
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_PEER(test_rows_outlive_the_next_answer),
	    WITH_PEER(test_unchanged),
	    WITH_PEER(test_broken_rows),
	    WITH_PEER(test_broken_workspaces),
	    WITH_PEER(test_conflict),
	    WITH_PEER(test_written_as_sent),
	    WITH_PEER(test_history),
	    WITH_PEER(test_broken_histories),
	    cmocka_unit_test(test_extensions),
	    WITH_PEER(test_write_says_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
