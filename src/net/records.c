#include "config.h"

#include "records.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

#include "api.h"

/* A text member as a column; missing and null are empty. -1: too long. */
static int
text_column(
    struct column *out, const cJSON *object, const char *key, size_t most)
{
	const cJSON *member = json_get(object, key);

	*out = (struct column){"", 0};
	if (member == NULL || cJSON_IsNull(member))
		return 0;
	if (!cJSON_IsString(member) || strlen(member->valuestring) > most)
		return -1;
	*out =
	    (struct column){member->valuestring, strlen(member->valuestring)};
	return 0;
}

/* An id must be one: it is going to be a part of paths and file names. */
static int
uuid_column(struct column *out, const cJSON *object, const char *key)
{
	const char *text = json_get_text(object, key);

	if (text == NULL || !text_is_uuid(text))
		return -1;
	*out = (struct column){text, UUID_TEXT};
	return 0;
}

/* Descriptions may be of any length elsewhere; cut between characters. */
static void
cut_column(struct column *column, size_t most)
{
	const uint8_t *p = column->bytes;

	if (column->len <= most)
		return;
	while (most > 0 && (p[most] & 0xc0) == 0x80)
		most--;
	column->len = most;
}

/* A number member as eight bytes; missing and null are empty. */
static int
number_column(
    struct column *out, uint8_t bytes[8], const cJSON *object, const char *key)
{
	uint64_t number = 0;
	int rc = json_get_u64(object, key, &number);

	*out = (struct column){"", 0};
	if (rc <= 0)
		return rc;
	message_number(bytes, number);
	*out = (struct column){bytes, 8};
	return 0;
}

/*
 * The box as bytes. One of another length (the reference server's own keys
 * have 92 bytes) cannot be used and is as good as none.
 */
static int
sealed_key_column(
    struct column *out, uint8_t bytes[SEALED_KEY + 16], const cJSON *object)
{
	struct column text;

	if (text_column(&text, object, "encrypted_workspace_key", 1024) < 0)
		return -1;
	*out = (struct column){"", 0};
	if (base64_decode(bytes, SEALED_KEY + 16, text.bytes, text.len,
		BASE64_STANDARD) == SEALED_KEY)
		*out = (struct column){bytes, SEALED_KEY};
	return 0;
}

static int
add_workspace(struct message *answer, const cJSON *item)
{
	struct column columns[WORKSPACE_COLUMNS];
	uint8_t sealed[SEALED_KEY + 16];
	uint8_t epoch[8];

	if (uuid_column(&columns[0], item, "id") < 0 ||
	    text_column(&columns[1], item, "name", LABEL_MAX) < 0 ||
	    text_column(&columns[2], item, "role", 15) < 0 ||
	    text_column(&columns[3], item, "type", 15) < 0 ||
	    sealed_key_column(&columns[4], sealed, item) < 0 ||
	    number_column(&columns[5], epoch, item, "key_epoch") < 0 ||
	    text_column(&columns[6], item, "sealed_name", LABEL_MAX) < 0)
		return -1;
	message_add_record(
	    answer, FIELD_WORKSPACE_RECORD, columns, WORKSPACE_COLUMNS);
	return 0;
}

int
add_workspaces(struct net_state *state, struct message *answer,
    const cJSON *array, struct err *err)
{
	const cJSON *item;

	if (!cJSON_IsArray(array))
		return api_not_ours(state, "no list of workspaces", err);
	cJSON_ArrayForEach(item, array) {
		if (add_workspace(answer, item) < 0)
			return api_not_ours(state, "a broken workspace", err);
	}
	return 0;
}

static int
add_project(struct message *answer, const cJSON *item)
{
	struct column columns[PROJECT_COLUMNS];

	if (uuid_column(&columns[0], item, "id") < 0 ||
	    uuid_column(&columns[1], item, "workspace_id") < 0 ||
	    text_column(&columns[2], item, "name", LABEL_MAX) < 0 ||
	    text_column(&columns[3], item, "description", SIZE_MAX) < 0)
		return -1;
	cut_column(&columns[3], LABEL_MAX);
	message_add_record(
	    answer, FIELD_PROJECT_RECORD, columns, PROJECT_COLUMNS);
	return 0;
}

int
add_projects(struct net_state *state, struct message *answer,
    const cJSON *array, struct err *err)
{
	const cJSON *item;

	if (!cJSON_IsArray(array))
		return api_not_ours(state, "no list of projects", err);
	cJSON_ArrayForEach(item, array) {
		if (add_project(answer, item) < 0)
			return api_not_ours(state, "a broken project", err);
	}
	return 0;
}

/* `blob` has room for what any sound value decodes to. */
static int
add_row(struct message *answer, const cJSON *item, bool deleted, uint8_t *blob,
    size_t room)
{
	struct column columns[ROW_COLUMNS];
	struct column text;
	uint8_t version[8];
	uint8_t flag;
	long len;
	const cJSON *own = json_get(item, "deleted");

	if (text_column(&columns[0], item, "key", NAME_MAX_BYTES) < 0 ||
	    columns[0].len == 0 ||
	    text_column(&text, item, "value", SIZE_MAX) < 0 ||
	    number_column(&columns[2], version, item, "version") < 0)
		return -1;
	len = text.len / 4 * 3 > room
	    ? -1
	    : base64_decode(blob, room, text.bytes, text.len, BASE64_STANDARD);
	if (len < 0 || len > BLOB_MAX)
		return -1;
	if (own != NULL)
		deleted = cJSON_IsTrue(own);
	flag = deleted ? 1 : 0;
	columns[1] = (struct column){blob, (size_t)len};
	columns[3] = (struct column){&flag, 1};
	message_add_record(answer, FIELD_ROW, columns, ROW_COLUMNS);
	return 0;
}

int
add_rows(struct net_state *state, struct message *answer, const cJSON *array,
    bool deleted, struct err *err)
{
	enum { ROOM = BLOB_MAX + 16 };
	uint8_t *blob;
	const cJSON *item;
	int rc = 0;

	if (array == NULL || cJSON_IsNull(array))
		return 0;
	if (!cJSON_IsArray(array))
		return api_not_ours(state, "no list of secrets", err);
	blob = malloc(ROOM);
	if (blob == NULL)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	cJSON_ArrayForEach(item, array) {
		const char *name = json_get_text(item, "key");

		if (add_row(answer, item, deleted, blob, ROOM) < 0) {
			rc = net_fail(state, REASON_NOT_OURS, err,
			    "%s gives a broken secret '%s'", state->shown,
			    name != NULL ? name : "");
			break;
		}
	}
	free(blob);
	return rc;
}

/* Exactly `n` digits. @return -1 for anything else */
static int64_t
read_digits(const char **at, size_t n)
{
	int64_t number = 0;

	for (size_t i = 0; i < n; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		number = 10 * number + (**at - '0');
	}
	return number;
}

/* Days since 1970 of a date in the calendar of now; March begins the year, so
 * that the odd day is its last. */
static int64_t
days_since_1970(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day -
	    719469;
}

/*
 * RFC 3339. By hand: the C library's functions read the time zone's file,
 * which the confined helper may not.
 */
static uint64_t
time_of(const char *at)
{
	static const struct {
		size_t digits;
		char then; /* 0: anything */
	} parts[] = {{4, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}, {2, 0}};
	int64_t v[6];
	int64_t offset = 0;
	int64_t seconds;

	for (size_t i = 0; i < 6; i++) {
		v[i] = read_digits(&at, parts[i].digits);
		if (v[i] < 0 || (parts[i].then != 0 && *at++ != parts[i].then))
			return 0;
	}
	if (*at == '.')
		at += 1 + strspn(at + 1, "0123456789");
	if (*at == '+' || *at == '-') {
		int64_t sign = *at++ == '-' ? -1 : 1;
		int64_t hours = read_digits(&at, 2);
		int64_t minutes =
		    hours >= 0 && *at++ == ':' ? read_digits(&at, 2) : -1;

		if (minutes < 0)
			return 0;
		offset = sign * (60 * hours + minutes);
	} else if (*at++ != 'Z') {
		return 0;
	}
	seconds = 60 *
		(60 * (24 * days_since_1970(v[0], v[1], v[2]) + v[3]) + v[4] -
		    offset) +
	    v[5];
	return *at == '\0' && v[1] >= 1 && v[1] <= 12 && seconds > 0
	    ? (uint64_t)seconds
	    : 0;
}

void
add_times(struct message *answer, const cJSON *array)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array) {
		const char *text = json_get_text(item, "updated_at");

		message_add_number(
		    answer, FIELD_WRITTEN_AT, text != NULL ? time_of(text) : 0);
	}
}

int
add_text(struct net_state *state, struct message *answer,
    enum message_field field, const cJSON *object, const char *key, size_t most,
    struct err *err)
{
	const cJSON *member = json_get(object, key);
	struct column text;

	if (text_column(&text, object, key, most) < 0)
		return api_not_ours(state, key, err);
	if (member != NULL && !cJSON_IsNull(member))
		message_add(answer, field, text.bytes, text.len);
	return 0;
}

int
add_number(struct net_state *state, struct message *answer,
    enum message_field field, const cJSON *object, const char *key,
    struct err *err)
{
	uint64_t number = 0;
	int rc = json_get_u64(object, key, &number);

	if (rc < 0)
		return api_not_ours(state, key, err);
	if (rc > 0)
		message_add_number(answer, field, number);
	return 0;
}
