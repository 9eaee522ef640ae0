#include "config.h"

#include <agentsecrets/text.h>

#include <agentsecrets/limits.h>

#include <stdio.h>
#include <string.h>

size_t
text_decode(const void *bytes, size_t len, uint32_t *out)
{
	const uint8_t *p = bytes;
	uint32_t c = p[0];
	uint32_t least;
	size_t need;

	if (c < 0x80) {
		*out = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		need = 2;
		c &= 0x1f;
		least = 0x80;
	} else if ((c & 0xf0) == 0xe0) {
		need = 3;
		c &= 0x0f;
		least = 0x800;
	} else if (c >= 0xf0 && c <= 0xf4) {
		need = 4;
		c &= 0x07;
		least = 0x10000;
	} else {
		return 0;
	}
	if (len < need)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*out = c;
	return need;
}

bool
text_is_unprintable(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || c == 0xad;
}

size_t
text_printable(
    char *out, size_t out_len, const void *bytes, size_t len, size_t max)
{
	const uint8_t *p = bytes;
	size_t used = 0;
	size_t shown = 0;

	while (len > 0) {
		char piece[16];
		uint32_t c = 0;
		size_t n = text_decode(p, len, &c);
		int wrote;

		if (shown == max)
			wrote = snprintf(piece, sizeof(piece), "…");
		else if (n == 0)
			wrote = snprintf(piece, sizeof(piece), "\\x%02x", p[0]);
		else if (text_is_unprintable(c))
			wrote = snprintf(piece, sizeof(piece), "\\u{%x}", c);
		else
			wrote = snprintf(piece, sizeof(piece), "%.*s", (int)n,
			    (const char *)p);
		if (used + (size_t)wrote + 1 > out_len)
			break;
		memcpy(out + used, piece, (size_t)wrote);
		used += (size_t)wrote;
		if (shown++ == max)
			break;
		n = n == 0 ? 1 : n;
		p += n;
		len -= n;
	}
	out[used] = '\0';
	return used;
}

bool
text_is_utf8(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	while (len > 0) {
		uint32_t c;
		size_t n = text_decode(p, len, &c);

		if (n == 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

bool
text_is_uuid(const char *text)
{
	if (text == NULL || strlen(text) != UUID_TEXT)
		return false;
	for (size_t i = 0; i < UUID_TEXT; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		bool digit = (text[i] >= '0' && text[i] <= '9') ||
		    (text[i] >= 'a' && text[i] <= 'f');

		if (hyphen ? text[i] != '-' : !digit)
			return false;
	}
	return true;
}

bool
text_equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool
text_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

int
text_before_equals(const char *word)
{
	return (int)strcspn(word, "=");
}

int
text_parse_u64(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return -1;
	for (; *text != '\0'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (*text < '0' || *text > '9' || value > (max - digit) / 10 ||
		    digit > max)
			return -1;
		value = value * 10 + digit;
	}
	*out = value;
	return 0;
}

int
text_parse_duration(const char *text, uint64_t *out)
{
	static const struct {
		char letter;
		uint64_t seconds;
	} units[] = {
	    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
	const uint64_t most = 100 * UINT64_C(365) * 86400;
	size_t len = strlen(text);
	char digits[16];
	uint64_t unit = 1;
	uint64_t n;

	for (size_t i = 0; len > 0 && i < sizeof(units) / sizeof(units[0]);
	     i++) {
		if (text[len - 1] == units[i].letter) {
			unit = units[i].seconds;
			len--;
			break;
		}
	}
	if (text_copy(digits, sizeof(digits), text, len) < 0 ||
	    text_parse_u64(digits, most / unit, &n) < 0)
		return -1;
	*out = n * unit;
	return 0;
}

void
text_hex_encode(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
text_hex_decode(uint8_t *out, size_t len, const char *text)
{
	if (strlen(text) != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int
text_copy(char *out, size_t out_len, const void *bytes, size_t len)
{
	out[0] = '\0';
	if (len >= out_len || (len > 0 && memchr(bytes, '\0', len) != NULL))
		return -1;
	if (len > 0)
		memcpy(out, bytes, len);
	out[len] = '\0';
	return 0;
}

bool
text_is_plain_word(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-";

	return text[0] != '\0' && text[0] != '-' &&
	    text[strspn(text, plain)] == '\0';
}
