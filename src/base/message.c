#include "config.h"

#include <agentsecrets/message.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

enum { FRAME_HEAD = 6, FIELD_HEAD = 6, FIELDS_MAX = 12 };

enum need { NEED_END, NEED_ONE, NEED_MAYBE, NEED_MANY };

struct rule {
	enum message_field field;
	enum need need;
};

static const struct {
	const char *name;
	bool secret;
	struct rule rules[FIELDS_MAX];
} messages[] = {
#define ROW_OF(name, secret, fields)                                           \
	[MESSAGE_##name] = {#name, secret, {fields{FIELD_NONE, NEED_END}}},
#define ONE_OF(field) {FIELD_##field, NEED_ONE},
#define MAYBE_OF(field) {FIELD_##field, NEED_MAYBE},
#define MANY_OF(field) {FIELD_##field, NEED_MANY},
    MESSAGE_TABLE(ROW_OF, ONE_OF, MAYBE_OF, MANY_OF)};

static const struct {
	const char *name;
	size_t least;
	size_t most;
} fields[] = {
#define LIMITS_OF(name, least, most) [FIELD_##name] = {#name, least, most},
    MESSAGE_FIELD_TABLE(LIMITS_OF)};

static void
put_u16(uint8_t *out, uint16_t n)
{
	out[0] = (uint8_t)(n >> 8);
	out[1] = (uint8_t)n;
}

static void
put_u32(uint8_t *out, uint32_t n)
{
	put_u16(out, (uint16_t)(n >> 16));
	put_u16(out + 2, (uint16_t)n);
}

static uint16_t
get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get_u32(const uint8_t *p)
{
	return (uint32_t)get_u16(p) << 16 | get_u16(p + 2);
}

void
message_number(uint8_t out[8], uint64_t number)
{
	put_u32(out, (uint32_t)(number >> 32));
	put_u32(out + 4, (uint32_t)number);
}

const char *
message_name(enum message_type type)
{
	return type > MESSAGE_NONE && type < MESSAGE_END ? messages[type].name
							 : "unknown";
}

void
message_init(struct message *message, enum message_type type)
{
	*message = (struct message){.type = type, .body = BUF_INIT};
}

void
message_release(struct message *message)
{
	buf_release(&message->body);
	free(message->secrets);
	message->secrets = NULL;
	message->secrets_n = 0;
}

static void
field_head(uint8_t out[FIELD_HEAD], enum message_field field, size_t len)
{
	put_u16(out, (uint16_t)field);
	put_u32(out + 2, (uint32_t)len);
}

void
message_add(struct message *message, enum message_field field,
    const void *bytes, size_t len)
{
	uint8_t head[FIELD_HEAD];

	if (len > MESSAGE_MAX) {
		message->failed = true;
		return;
	}
	field_head(head, field, len);
	if (buf_reserve(&message->body, FIELD_HEAD + len) < 0 ||
	    buf_append(&message->body, head, sizeof(head)) < 0 ||
	    buf_append(&message->body, bytes, len) < 0)
		message->failed = true;
}

void
message_add_text(
    struct message *message, enum message_field field, const char *text)
{
	message_add(message, field, text, strlen(text));
}

void
message_add_number(
    struct message *message, enum message_field field, uint64_t number)
{
	uint8_t bytes[8];

	message_number(bytes, number);
	message_add(message, field, bytes, sizeof(bytes));
}

void
message_add_record(struct message *message, enum message_field field,
    const struct column *columns, size_t n)
{
	uint8_t head[FIELD_HEAD];
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += 4 + columns[i].len;
	if (len > MESSAGE_MAX || buf_reserve(&message->body, len + 6) < 0) {
		message->failed = true;
		return;
	}
	field_head(head, field, len);
	buf_append(&message->body, head, sizeof(head));
	for (size_t i = 0; i < n; i++) {
		uint8_t size[4];

		put_u32(size, (uint32_t)columns[i].len);
		buf_append(&message->body, size, sizeof(size));
		buf_append(&message->body, columns[i].bytes, columns[i].len);
	}
}

void
message_add_secret(struct message *message, enum message_field field,
    const void *bytes, size_t len)
{
	size_t n = message->secrets_n;

	if (len > MESSAGE_MAX) {
		message->failed = true;
		return;
	}
	/* Room for a power of two: it grows when that is full. */
	if ((n & (n - 1)) == 0) {
		struct message_secret *more = reallocarray(
		    message->secrets, n == 0 ? 1 : 2 * n, sizeof(*more));

		if (more == NULL) {
			message->failed = true;
			return;
		}
		message->secrets = more;
	}
	message->secrets[n] = (struct message_secret){field, bytes, len};
	message->secrets_n++;
}

static int
broken(struct err *err, enum message_type type, const char *why)
{
	return err_set(err, EXIT_FAILED, "broken helper message '%s': %s",
	    message_name(type), why);
}

/* Where in the message's rules the field stands, or FIELDS_MAX. */
static size_t
rule_of(enum message_type type, unsigned field)
{
	size_t i = 0;

	while (messages[type].rules[i].need != NEED_END) {
		if (messages[type].rules[i].field == field)
			return i;
		i++;
	}
	return FIELDS_MAX;
}

/* One field against its rule; `seen` counts per rule. */
static const char *
field_wrong(
    enum message_type type, unsigned field, size_t len, size_t seen[FIELDS_MAX])
{
	size_t at = rule_of(type, field);

	if (at == FIELDS_MAX)
		return "a field that it does not have";
	if (seen[at]++ > 0 && messages[type].rules[at].need != NEED_MANY)
		return "a field stands twice";
	if (len < fields[field].least || len > fields[field].most)
		return "a field is too short or too long";
	return NULL;
}

static const char *
field_missing(enum message_type type, const size_t seen[FIELDS_MAX])
{
	for (size_t i = 0; messages[type].rules[i].need != NEED_END; i++) {
		if (messages[type].rules[i].need == NEED_ONE && seen[i] == 0)
			return "a field is missing";
	}
	return NULL;
}

/* Walk the fields of a body, counting in `seen`. */
static const char *
body_wrong(enum message_type type, const uint8_t *p, size_t left,
    size_t seen[FIELDS_MAX])
{
	while (left > 0) {
		const char *why;
		size_t len;

		if (left < FIELD_HEAD)
			return "it ends inside a field";
		len = get_u32(p + 2);
		if (len > left - FIELD_HEAD)
			return "a field is longer than the message";
		why = field_wrong(type, get_u16(p), len, seen);
		if (why != NULL)
			return why;
		p += FIELD_HEAD + len;
		left -= FIELD_HEAD + len;
	}
	return NULL;
}

int
message_check(const struct message_view *view, struct err *err)
{
	size_t seen[FIELDS_MAX] = {0};
	const char *why;

	if (view->type <= MESSAGE_NONE || view->type >= MESSAGE_END)
		return broken(err, MESSAGE_NONE, "an unknown message");
	why = body_wrong(view->type, view->body, view->len, seen);
	if (why == NULL)
		why = field_missing(view->type, seen);
	return why == NULL ? 0 : broken(err, view->type, why);
}

static int
check_outgoing(const struct message *message, struct err *err)
{
	size_t seen[FIELDS_MAX] = {0};
	const char *why = NULL;

	for (size_t i = 0; i < message->secrets_n && why == NULL; i++)
		why = field_wrong(message->type, message->secrets[i].field,
		    message->secrets[i].len, seen);
	if (why == NULL)
		why = body_wrong(
		    message->type, message->body.data, message->body.len, seen);
	if (why == NULL)
		why = field_missing(message->type, seen);
	return why == NULL ? 0 : broken(err, message->type, why);
}

int
message_send(int fd, const struct message *message, struct err *err)
{
	uint8_t head[FRAME_HEAD];
	size_t len = 2 + message->body.len;
	bool sent;

	if (message->failed)
		return err_memory(err);
	if (check_outgoing(message, err) < 0)
		return -EXIT_FAILED;
	for (size_t i = 0; i < message->secrets_n; i++)
		len += FIELD_HEAD + message->secrets[i].len;
	if (len - 2 > MESSAGE_MAX)
		return broken(err, message->type, "it is too long");
	put_u32(head, (uint32_t)len);
	put_u16(head + 4, (uint16_t)message->type);
	sent = fd_write_all(fd, head, sizeof(head)) == 0;
	for (size_t i = 0; sent && i < message->secrets_n; i++) {
		const struct message_secret *secret = &message->secrets[i];
		uint8_t field[FIELD_HEAD];

		field_head(field, secret->field, secret->len);
		sent = fd_write_all(fd, field, sizeof(field)) == 0 &&
		    fd_write_all(fd, secret->bytes, secret->len) == 0;
	}
	if (!sent ||
	    fd_write_all(fd, message->body.data, message->body.len) < 0)
		return err_sys(
		    err, EXIT_FAILED, "cannot write to the helper process");
	return 0;
}

int
message_receive(int fd, message_memory *memory, void *context,
    struct message_view *out, struct err *err)
{
	uint8_t head[FRAME_HEAD];
	struct message_view view;
	uint8_t *body = NULL;
	size_t len;
	int rc = fd_read_exact(fd, head, sizeof(head));

	if (rc == 0)
		return 0;
	if (rc < 0)
		return err_sys(
		    err, EXIT_FAILED, "cannot read from the helper process");
	len = get_u32(head);
	view.type = (enum message_type)get_u16(head + 4);
	if (view.type <= MESSAGE_NONE || view.type >= MESSAGE_END)
		return broken(err, MESSAGE_NONE, "an unknown message");
	if (len < 2 || len - 2 > MESSAGE_MAX)
		return broken(err, view.type, "its length is out of bounds");
	len -= 2;
	if (len > 0) {
		body = memory(context, messages[view.type].secret, len, err);
		if (body == NULL)
			return -EXIT_FAILED;
		if (fd_read_exact(fd, body, len) != 1)
			return err_sys(err, EXIT_FAILED,
			    "cannot read from the helper process");
	}
	view.body = body;
	view.len = len;
	if (message_check(&view, err) < 0)
		return -EXIT_FAILED;
	*out = view;
	return 1;
}

bool
message_next(const struct message_view *view, enum message_field field,
    size_t *cursor, const uint8_t **bytes, size_t *len)
{
	*bytes = NULL;
	*len = 0;
	while (*cursor < view->len) {
		const uint8_t *p = view->body + *cursor;
		size_t field_len = get_u32(p + 2);

		*cursor += FIELD_HEAD + field_len;
		if (get_u16(p) == field) {
			*bytes = p + FIELD_HEAD;
			*len = field_len;
			return true;
		}
	}
	return false;
}

bool
message_find(const struct message_view *view, enum message_field field,
    const uint8_t **bytes, size_t *len)
{
	size_t cursor = 0;

	return message_next(view, field, &cursor, bytes, len);
}

int
column_number(const struct column *column, uint64_t *out)
{
	const uint8_t *p = column->bytes;

	if (column->len != 8)
		return -1;
	*out = (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
	return 0;
}

uint64_t
message_find_number(const struct message_view *view, enum message_field field,
    uint64_t otherwise)
{
	struct column column;
	const uint8_t *bytes;
	uint64_t number;

	if (!message_find(view, field, &bytes, &column.len))
		return otherwise;
	column.bytes = bytes;
	return column_number(&column, &number) < 0 ? otherwise : number;
}

int
message_find_text(const struct message_view *view, enum message_field field,
    char *out, size_t out_len, struct err *err)
{
	const uint8_t *bytes;
	size_t len;

	message_find(view, field, &bytes, &len);
	if (text_copy(out, out_len, bytes, len) < 0)
		return broken(err, view->type, "a field is no plain text");
	return 0;
}

int
record_read(const uint8_t *bytes, size_t len, struct column *columns, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t column_len;

		if (len < 4)
			return -1;
		column_len = get_u32(bytes);
		if (column_len > len - 4)
			return -1;
		columns[i] = (struct column){bytes + 4, column_len};
		bytes += 4 + column_len;
		len -= 4 + column_len;
	}
	return len == 0 ? 0 : -1;
}
