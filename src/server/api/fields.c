#include "config.h"

#include "src/server/api/fields.h"

#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

static void
lower(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
	}
}

/* RFC 4122: version and variant of an id that was drawn at random. */
static bool
is_version_4(const char *id)
{
	return id[14] == '4' && strchr("89ab", id[19]) != NULL;
}

static int
read_id(struct call *call, const struct field *field, char *text)
{
	lower(text);
	if (!text_is_uuid(text))
		return reply_invalid(call, field->name,
		    "Input should be a valid UUID, such as "
		    "00000000-0000-4000-8000-000000000000");
	if (field->kind == FIELD_KIND_ID_NEW && !is_version_4(text))
		return reply_invalid(call, field->name,
		    "Input should be a valid UUID, version 4");
	*(const char **)field->out = text;
	return 0;
}

static int
read_bytes(struct call *call, const struct field *field, const char *text)
{
	struct field_bytes *out = field->out;
	uint8_t bytes[FIELD_BYTES_MAX + 3];
	size_t len = strlen(text);
	long n = -1;

	if (len <= (FIELD_BYTES_MAX + 2) / 3 * 4)
		n = base64_decode(
		    bytes, sizeof(bytes), text, len, BASE64_STANDARD);
	if (n < 0 || (size_t)n != field->max)
		return reply_invalid(call, field->name,
		    "Input should be canonical base64 of %zu bytes",
		    field->max);
	memcpy(out->bytes, bytes, (size_t)n);
	out->len = (size_t)n;
	return 0;
}

static int
read_text(struct call *call, const struct field *field, const char *text)
{
	size_t len = strlen(text);

	if (len < field->min)
		return reply_invalid(call, field->name,
		    "Input should have at least %zu bytes", field->min);
	if (len > field->max)
		return reply_invalid(call, field->name,
		    "Input should have at most %zu bytes", field->max);
	*(const char **)field->out = text;
	return 0;
}

static int
check_environment(struct call *call, const char *text)
{
	if (environment_is_known(text))
		return 0;
	return reply_invalid(call, "environment",
	    "Invalid environment '%.60s': give development, staging or "
	    "production",
	    text);
}

static int
read_string(struct call *call, const struct field *field, const cJSON *item)
{
	char *text = item->valuestring;

	if (!cJSON_IsString(item))
		return reply_invalid(
		    call, field->name, "Input should be a valid string");
	switch (field->kind) {
	case FIELD_KIND_ID:
	case FIELD_KIND_ID_NEW:
		return read_id(call, field, text);
	case FIELD_KIND_BYTES:
		return read_bytes(call, field, text);
	case FIELD_KIND_ENVIRONMENT:
		*(const char **)field->out = text;
		return check_environment(call, text);
	default:
		return read_text(call, field, text);
	}
}

static int
read_field(struct call *call, cJSON *object, const struct field *field)
{
	cJSON *item = json_get(object, field->name);
	uint64_t number;

	if (item == NULL || cJSON_IsNull(item)) {
		if (!field->required)
			return 0;
		return reply_invalid(call, field->name, "%s",
		    item == NULL ? "This field is required"
				 : "Input should not be null");
	}
	switch (field->kind) {
	case FIELD_KIND_NUMBER: {
		struct field_number *out = field->out;

		if (json_get_u64(object, field->name, &number) <= 0)
			return reply_invalid(call, field->name,
			    "Input should be a valid integer, 0 or more");
		out->given = true;
		out->number = (int64_t)number;
		return 0;
	}
	case FIELD_KIND_TRUTH:
		if (!cJSON_IsBool(item))
			return reply_invalid(call, field->name,
			    "Input should be a valid boolean");
		*(bool *)field->out = cJSON_IsTrue(item);
		return 0;
	case FIELD_KIND_ANY:
		*(cJSON **)field->out = item;
		return 0;
	default:
		return read_string(call, field, item);
	}
}

static bool
is_known(const char *name, const struct field *fields, size_t n)
{
	if (text_equal(name, "environment"))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (text_equal(fields[i].name, name))
			return true;
	}
	return false;
}

int
fields_read(
    struct call *call, cJSON *object, const struct field *fields, size_t n)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, object) {
		if (!is_known(item->string, fields, n))
			return reply_invalid(call, item->string,
			    "Extra inputs are not permitted");
	}
	for (size_t i = 0; i < n; i++) {
		int rc = read_field(call, object, &fields[i]);

		if (rc != 0)
			return rc;
	}
	return 0;
}

struct db_value
field_bytes_value(const struct field_bytes *bytes)
{
	return bytes->len > 0 ? DB_BLOB(bytes->bytes, bytes->len) : DB_NULL;
}

struct db_value
field_number_value(const struct field_number *number)
{
	return number->given ? DB_INTEGER(number->number) : DB_NULL;
}

int
argument_id(
    struct call *call, size_t index, const char *name, char out[UUID_TEXT + 1])
{
	const char *text = call->arguments[index];

	if (text_copy(out, UUID_TEXT + 1, text, strlen(text)) == 0)
		lower(out);
	if (!text_is_uuid(out))
		return reply_invalid(call, name,
		    "Input should be a valid UUID, such as "
		    "00000000-0000-4000-8000-000000000000");
	return 0;
}

int
environment_read(struct call *call, const char *in_path, const char *in_body,
    const char **out)
{
	const char *const given[] = {
	    in_path, path_query(&call->path, "environment"), in_body};
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		int rc =
		    given[i] == NULL ? 0 : check_environment(call, given[i]);

		if (rc != 0)
			return rc;
		if (found == NULL)
			found = given[i];
		else if (given[i] != NULL && !text_equal(found, given[i]))
			return reply_invalid(call, "environment",
			    "The request names two environments");
	}
	if (found != NULL)
		*out = found;
	return 0;
}
