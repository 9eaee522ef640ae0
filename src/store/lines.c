#include "config.h"

#include "lines.h"

#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

enum {
	TRAILER_KEYWORD = 4, /* "end " */
	TRAILER = TRAILER_KEYWORD + 2 * HASH_BYTES + 1,
	KEY_TEXT = 43,
};

static const char upper_digits[] = "0123456789ABCDEF";

static bool
trailer_is_right(const char *text, size_t len)
{
	const char *trailer = text + len - TRAILER;
	char want[2 * HASH_BYTES + 1];
	uint8_t hash[HASH_BYTES];

	crypto_sha256(hash, text, len - TRAILER);
	text_hex_encode(want, hash, sizeof(hash));
	return memcmp(trailer, "end ", TRAILER_KEYWORD) == 0 &&
	    memcmp(trailer + TRAILER_KEYWORD, want, 2 * HASH_BYTES) == 0 &&
	    text[len - 1] == '\n';
}

int
lines_open(struct lines *out, const char *text, size_t len, const char *title,
    struct err *err)
{
	size_t title_len = strlen(title);

	if (len < title_len + 1 + TRAILER ||
	    memcmp(text, title, title_len) != 0 || text[title_len] != '\n')
		return err_set(err, EXIT_UNSAFE,
		    "damaged: the first line is not '%s'", title);
	if (!trailer_is_right(text, len))
		return err_set(
		    err, EXIT_UNSAFE, "damaged: the checksum does not match");
	out->next = text + title_len + 1;
	out->end = text + len - TRAILER;
	out->number = 1;
	return 0;
}

int
lines_wrong(const struct lines *lines, const char *why, struct err *err)
{
	return err_set(
	    err, EXIT_UNSAFE, "damaged: line %zu: %s", lines->number, why);
}

/* A field begins at `p`; where it ends, or NULL for a byte it may not hold. */
static const char *
field_end(const char *p, const char *end)
{
	while (p < end && *p != ' ') {
		if (*p < 0x21 || *p > 0x7e)
			return NULL;
		p++;
	}
	return p;
}

int
lines_next(struct lines *lines, struct line *out, struct err *err)
{
	const char *p = lines->next;
	const char *end;

	if (p == lines->end)
		return 0;
	lines->number++;
	end = memchr(p, '\n', (size_t)(lines->end - p));
	if (end == NULL)
		return lines_wrong(lines, "it does not end", err);
	out->n = 0;
	for (;;) {
		const char *stop = field_end(p, end);

		if (stop == NULL)
			return lines_wrong(lines,
			    "it has a byte that does not belong there", err);
		if (out->n == LINE_FIELDS_MAX)
			return lines_wrong(
			    lines, "it has too many fields", err);
		out->fields[out->n].text = p;
		out->fields[out->n++].len = (size_t)(stop - p);
		if (stop == end)
			break;
		p = stop + 1;
	}
	lines->next = end + 1;
	return 1;
}

int
lines_close(struct buf *text)
{
	char digits[2 * HASH_BYTES + 1];
	uint8_t hash[HASH_BYTES];

	crypto_sha256(hash, text->data, text->len);
	text_hex_encode(digits, hash, sizeof(hash));
	return buf_printf(text, "end %s\n", digits);
}

bool
field_is(const struct field *field, const char *text)
{
	return strlen(text) == field->len &&
	    memcmp(field->text, text, field->len) == 0;
}

int
field_copy(char *out, size_t out_len, const struct field *field)
{
	return text_copy(out, out_len, field->text, field->len);
}

int
field_uuid(char out[UUID_TEXT + 1], const struct field *field)
{
	if (field_copy(out, UUID_TEXT + 1, field) < 0)
		return -1;
	return text_is_uuid(out) ? 0 : -1;
}

int
field_u64(uint64_t *out, uint64_t max, const struct field *field)
{
	char text[24];

	if (field_copy(text, sizeof(text), field) < 0)
		return -1;
	return text_parse_u64(text, max, out);
}

int
field_u32(uint32_t *out, const struct field *field)
{
	uint64_t value;

	if (field_u64(&value, UINT32_MAX, field) < 0)
		return -1;
	*out = (uint32_t)value;
	return 0;
}

int
field_origin(char *out, size_t out_len, const struct field *field)
{
	if (field_copy(out, out_len, field) < 0)
		return -1;
	if (text_equal(out, "embedded") || text_has_prefix(out, "https://") ||
	    text_has_prefix(out, "http://"))
		return 0;
	return -1;
}

int
field_key(uint8_t out[KEY_BYTES], const struct field *field)
{
	uint8_t bytes[KEY_BYTES + 3];

	if (field->len != KEY_TEXT ||
	    base64_decode(bytes, sizeof(bytes), field->text, field->len,
		BASE64_URL) != KEY_BYTES)
		return -1;
	memcpy(out, bytes, KEY_BYTES);
	return 0;
}

int
field_hash(uint8_t out[KEY_BYTES], const struct field *field)
{
	char text[2 * KEY_BYTES + 1];
	char again[2 * KEY_BYTES + 1];

	if (field_copy(text, sizeof(text), field) < 0 ||
	    text_hex_decode(out, KEY_BYTES, text) < 0)
		return -1;
	text_hex_encode(again, out, KEY_BYTES);
	return text_equal(text, again) ? 0 : -1;
}

static bool
is_plain(uint8_t byte)
{
	return byte >= 0x21 && byte <= 0x7e && byte != '%';
}

/* The byte of an escape at `p`, or -1. */
static int
escaped_byte(const char *p, size_t left)
{
	const char *high;
	const char *low;

	if (left < 3 || p[1] == '\0' || p[2] == '\0')
		return -1;
	high = strchr(upper_digits, p[1]);
	low = strchr(upper_digits, p[2]);
	if (high == NULL || low == NULL)
		return -1;
	return (int)((high - upper_digits) << 4 | (low - upper_digits));
}

long
field_name(char *out, size_t out_len, const struct field *field)
{
	size_t used = 0;
	size_t i = 0;

	while (i < field->len) {
		int byte = (uint8_t)field->text[i];

		if (byte == '%') {
			byte = escaped_byte(field->text + i, field->len - i);
			if (byte <= 0 || is_plain((uint8_t)byte))
				return -1;
			i += 2;
		}
		i++;
		if (used + 1 >= out_len)
			return -1;
		out[used++] = (char)byte;
	}
	out[used] = '\0';
	return (long)used;
}

int
name_append(struct buf *out, const char *name)
{
	for (; *name != '\0'; name++) {
		uint8_t byte = (uint8_t)*name;
		int rc = is_plain(byte) ? buf_append(out, name, 1)
					: buf_printf(out, "%%%02X", byte);

		if (rc < 0)
			return -1;
	}
	return 0;
}

int
key_append(struct buf *out, const uint8_t key[KEY_BYTES])
{
	char text[KEY_TEXT + 1];

	base64_encode(text, sizeof(text), key, KEY_BYTES, BASE64_URL);
	return buf_append(out, text, KEY_TEXT);
}
