/* The calls of net_client that carry rows: fetching and writing. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "net_ask.h"

static int
read_row(const uint8_t *bytes, size_t len, struct net_row *out)
{
	struct column columns[ROW_COLUMNS];
	const uint8_t *flag;

	if (record_read(bytes, len, columns, ROW_COLUMNS) < 0 ||
	    columns[0].len == 0 ||
	    net_column_text(&columns[0], out->name, sizeof(out->name)) < 0 ||
	    columns[3].len != 1)
		return -1;
	out->has_version = columns[2].len != 0;
	if (out->has_version && column_number(&columns[2], &out->version) < 0)
		return -1;
	flag = columns[3].bytes;
	if (*flag > 1)
		return -1;
	out->deleted = *flag == 1;
	out->blob = columns[1].bytes;
	out->blob_len = columns[1].len;
	return 0;
}

/* Grow by doubling: counting first would walk the answer twice. */
static struct net_row *
next_row(struct net_rows *rows, size_t *room)
{
	if (rows->n == *room) {
		size_t more = *room > 0 ? 2 * *room : 64;
		struct net_row *items =
		    reallocarray(rows->items, more, sizeof(*items));

		if (items == NULL)
			return NULL;
		rows->items = items;
		*room = more;
	}
	rows->items[rows->n] = (struct net_row){.blob = NULL};
	return &rows->items[rows->n++];
}

int
net_take_rows(struct net *net, const struct message_view *answer,
    struct net_rows *out, struct err *err)
{
	struct net_rows taken = {NULL, 0, BUF_INIT};
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t room = 0;
	size_t len;

	while (message_next(answer, FIELD_ROW, &cursor, &bytes, &len)) {
		struct net_row *row = next_row(&taken, &room);

		if (row == NULL) {
			net_rows_release(&taken);
			return err_memory(err);
		}
		if (read_row(bytes, len, row) < 0) {
			net_rows_release(&taken);
			return net_nonsense("a row", err);
		}
	}
	taken.memory = net->reply;
	net->reply = (struct buf)BUF_INIT;
	*out = taken;
	return 0;
}

static int
read_epoch(const struct message_view *answer, uint32_t *out, struct err *err)
{
	uint64_t epoch = message_find_number(answer, FIELD_KEY_EPOCH, 0);

	if (epoch > UINT32_MAX)
		return net_nonsense("a key epoch", err);
	*out = (uint32_t)epoch;
	return 0;
}

static int
read_workspace(
    const struct message_view *answer, char out[UUID_TEXT + 1], struct err *err)
{
	if (message_find_text(
		answer, FIELD_WORKSPACE, out, UUID_TEXT + 1, err) < 0)
		return -EXIT_FAILED;
	if (out[0] != '\0' && !text_is_uuid(out))
		return net_nonsense("a workspace id", err);
	return 0;
}

static int
read_list(struct net *net, const struct message_view *answer,
    struct net_list *out, struct err *err)
{
	struct net_list list = {
	    .revision = message_find_number(answer, FIELD_REVISION, 0)};

	if (read_workspace(answer, list.workspace, err) < 0 ||
	    read_epoch(answer, &list.key_epoch, err) < 0)
		return -EXIT_FAILED;
	if (net_take_rows(net, answer, &list.rows, err) < 0)
		return -EXIT_FAILED;
	*out = list;
	return 0;
}

int
net_secrets(struct net *net, const char *project, const char *environment,
    uint64_t revision, struct net_list *out, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	int rc;

	message_init(&request, MESSAGE_NET_SECRETS);
	message_add_text(&request, FIELD_PROJECT, project);
	message_add_text(&request, FIELD_ENVIRONMENT, environment);
	if (revision > 0)
		message_add_number(&request, FIELD_REVISION, revision);
	rc = net_ask_either(net, &request, MESSAGE_NET_SECRET_LIST,
	    MESSAGE_NET_UNCHANGED, &answer, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return read_list(net, &answer, out, err);
	if (revision == 0)
		return net_nonsense("nothing is new to nobody", err);
	*out = (struct net_list){.revision = revision, .unchanged = true};
	return 0;
}

/* Before the rows are taken, which takes over the answer's memory. */
static int
read_times(const struct message_view *answer, uint64_t **out, size_t *n,
    struct err *err)
{
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;

	*n = 0;
	while (message_next(answer, FIELD_WRITTEN_AT, &cursor, &bytes, &len))
		(*n)++;
	*out = calloc(*n + 1, sizeof(**out));
	if (*out == NULL)
		return err_memory(err);
	cursor = 0;
	for (size_t i = 0; i < *n; i++) {
		struct column column;

		message_next(answer, FIELD_WRITTEN_AT, &cursor, &bytes, &len);
		column = (struct column){bytes, len};
		(void)column_number(&column, &(*out)[i]);
	}
	return 0;
}

int
net_history(struct net *net, const char *project, const char *environment,
    const char *name, struct net_history *out, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct net_history history = {.key_epoch = 0};
	struct message_view answer;
	size_t n;
	int rc;

	message_init(&request, MESSAGE_NET_HISTORY);
	message_add_text(&request, FIELD_PROJECT, project);
	message_add_text(&request, FIELD_ENVIRONMENT, environment);
	message_add_text(&request, FIELD_SECRET_NAME, name);
	rc = net_ask(net, &request, MESSAGE_NET_VERSIONS, &answer, err);
	if (rc < 0)
		return rc;
	if (read_workspace(&answer, history.workspace, err) < 0 ||
	    read_epoch(&answer, &history.key_epoch, err) < 0 ||
	    read_times(&answer, &history.written_at, &n, err) < 0)
		return -EXIT_FAILED;
	rc = net_take_rows(net, &answer, &history.rows, err);
	if (rc == 0 && (history.rows.n != n || n == 0))
		rc = net_nonsense("a history", err);
	if (rc < 0)
		net_history_release(&history);
	else
		*out = history;
	return rc;
}

void
net_history_release(struct net_history *history)
{
	net_rows_release(&history->rows);
	free(history->written_at);
	history->written_at = NULL;
}

static void
add_row(struct message *request, const struct net_row *row)
{
	uint8_t version[8];
	uint8_t flag = row->deleted ? 1 : 0;
	const struct column columns[ROW_COLUMNS] = {
	    {row->name, strlen(row->name)},
	    {row->blob, row->blob_len},
	    {version, row->has_version ? sizeof(version) : 0},
	    {&flag, 1},
	};

	message_number(version, row->version);
	message_add_record(request, FIELD_ROW, columns, ROW_COLUMNS);
}

size_t
net_row_bytes(const char *name, size_t blob_len)
{
	/* {"key":"…","value":"…","if_version":…}, with the largest number */
	enum { AROUND = 64 };

	return AROUND + strlen(name) + (blob_len + 2) / 3 * 4;
}

/*
 * The request has two lists, values and then tombstones, and the answer goes
 * by them; the caller has one.
 */
static int
sort_as_sent(
    struct net_rows *written, const struct net_rows *sent, struct err *err)
{
	struct net_row *sorted;
	size_t next[2] = {0, 0};

	if (written->n != sent->n || sent->n == 0)
		return 0;
	sorted = calloc(sent->n, sizeof(*sorted));
	if (sorted == NULL)
		return err_memory(err);
	for (size_t i = 0; i < sent->n; i++)
		next[1] += !sent->items[i].deleted;
	for (size_t i = 0; i < sent->n; i++)
		sorted[i] = written->items[next[sent->items[i].deleted]++];
	free(written->items);
	written->items = sorted;
	return 0;
}

static int
read_written(struct net *net, const struct message_view *answer,
    const struct net_rows *sent, struct net_rows *written, uint64_t *revision,
    struct err *err)
{
	uint64_t number = message_find_number(answer, FIELD_REVISION, 0);

	if (written != NULL &&
	    (net_take_rows(net, answer, written, err) < 0 ||
		sort_as_sent(written, sent, err) < 0))
		return -EXIT_FAILED;
	*revision = number;
	return 0;
}

int
net_write(struct net *net, const char *project, const char *environment,
    uint32_t key_epoch, const struct net_rows *rows, struct net_rows *written,
    uint64_t *revision, struct net_rows *conflicts, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	int rc;

	message_init(&request, MESSAGE_NET_WRITE);
	message_add_text(&request, FIELD_PROJECT, project);
	message_add_text(&request, FIELD_ENVIRONMENT, environment);
	message_add_number(&request, FIELD_KEY_EPOCH, key_epoch);
	for (size_t i = 0; i < rows->n; i++)
		add_row(&request, &rows->items[i]);
	rc = net_ask_either(net, &request, MESSAGE_NET_WRITTEN,
	    MESSAGE_NET_CONFLICT, &answer, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return read_written(net, &answer, rows, written, revision, err);
	net->http_status = 409;
	if (net_take_rows(net, &answer, conflicts, err) < 0)
		return -EXIT_FAILED;
	return err_set(err, EXIT_CONFLICT,
	    "%zu of the secrets have changed on the server", conflicts->n);
}

void
net_rows_release(struct net_rows *rows)
{
	free(rows->items);
	buf_release(&rows->memory);
	*rows = (struct net_rows){NULL, 0, BUF_INIT};
}
