#include "config.h"

#include <agentsecrets/json.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <agentsecrets/text.h>

struct cursor {
	const char *p;
	const char *end;
	const char *why; /* the first thing found wrong */
	size_t values;
};

static bool
wrong(struct cursor *c, const char *why)
{
	if (c->why == NULL)
		c->why = why;
	return false;
}

static void
skip_blank(struct cursor *c)
{
	while (c->p < c->end && *c->p != '\0' && strchr(" \t\r\n", *c->p))
		c->p++;
}

static bool
take(struct cursor *c, char want)
{
	if (c->p == c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

/* The four digits after \u, as a number, or -1. */
static int
four_digits(struct cursor *c)
{
	uint8_t two[2];
	char digits[5];

	if (c->end - c->p < 4)
		return -1;
	memcpy(digits, c->p, 4);
	digits[4] = '\0';
	if (text_hex_decode(two, 2, digits) < 0)
		return -1;
	c->p += 4;
	return two[0] << 8 | two[1];
}

static bool
escape(struct cursor *c)
{
	int unit;

	if (c->p == c->end)
		return wrong(c, "a string does not end");
	if (*c->p != 'u') {
		if (*c->p == '\0' || strchr("\"\\/bfnrt", *c->p) == NULL)
			return wrong(c, "an unknown escape in a string");
		c->p++;
		return true;
	}
	c->p++;
	unit = four_digits(c);
	if (unit < 0)
		return wrong(c, "a broken \\u escape");
	if (unit == 0)
		return wrong(c, "a \\u0000 in a string");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return wrong(c, "a lone surrogate in a string");
	if (unit < 0xd800 || unit > 0xdbff)
		return true;
	if (!take(c, '\\') || !take(c, 'u'))
		return wrong(c, "a lone surrogate in a string");
	unit = four_digits(c);
	if (unit < 0xdc00 || unit > 0xdfff)
		return wrong(c, "a lone surrogate in a string");
	return true;
}

static bool
string(struct cursor *c)
{
	const char *start = c->p;

	if (!take(c, '"'))
		return wrong(c, "a string is missing");
	while (c->p < c->end && *c->p != '"') {
		if ((unsigned char)*c->p < 0x20)
			return wrong(c, "a control character in a string");
		if (*c->p++ == '\\' && !escape(c))
			return false;
	}
	if (take(c, '"'))
		return true;
	c->p = start;
	return wrong(c, "a string does not end");
}

static bool
digits(struct cursor *c)
{
	const char *start = c->p;

	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	return c->p > start || wrong(c, "a broken number");
}

static bool
number(struct cursor *c)
{
	const char *start = c->p;
	const char *first;

	(void)take(c, '-');
	first = c->p;
	if (!digits(c))
		return false;
	if (*first == '0' && c->p - first > 1)
		return wrong(c, "a number with a leading zero");
	if (take(c, '.') && !digits(c))
		return false;
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			(void)take(c, '-');
		if (!digits(c))
			return false;
	}
	/* cJSON copies a number into 64 bytes and drops the rest. */
	return c->p - start <= 40 || wrong(c, "a number of over 40 digits");
}

static bool
word(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(c->end - c->p) < len || memcmp(c->p, text, len) != 0)
		return wrong(c, "an unknown word");
	c->p += len;
	return true;
}

static bool value(struct cursor *c, int depth);

/* An object when `keys`, else an array; the opening bracket is taken. */
static bool
members(struct cursor *c, int depth, bool keys, char close)
{
	skip_blank(c);
	if (take(c, close))
		return true;
	for (;;) {
		skip_blank(c);
		if (keys) {
			if (!string(c))
				return false;
			skip_blank(c);
			if (!take(c, ':'))
				return wrong(c, "a ':' is missing");
		}
		if (!value(c, depth + 1))
			return false;
		skip_blank(c);
		if (take(c, close))
			return true;
		if (!take(c, ','))
			return wrong(c, "a ',' is missing");
	}
}

static bool
value(struct cursor *c, int depth)
{
	skip_blank(c);
	if (depth > JSON_DEPTH_MAX)
		return wrong(c, "it is nested too deep");
	if (++c->values > JSON_VALUES_MAX)
		return wrong(c, "it has too many values");
	if (c->p == c->end)
		return wrong(c, "it ends too early");
	switch (*c->p) {
	case '{':
		c->p++;
		return members(c, depth, true, '}');
	case '[':
		c->p++;
		return members(c, depth, false, ']');
	case '"':
		return string(c);
	case 't':
		return word(c, "true");
	case 'f':
		return word(c, "false");
	case 'n':
		return word(c, "null");
	default:
		return number(c);
	}
}

/* How many bytes are well-formed UTF-8. */
static size_t
utf8_len(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		uint32_t character;
		size_t n = text_decode(text + at, len - at, &character);

		if (n == 0)
			break;
		at += n;
	}
	return at;
}

const char *
json_check(const char *text, size_t len, size_t *where)
{
	struct cursor c = {text, text + len, NULL, 0};
	size_t sound = utf8_len(text, len);

	if (sound < len) {
		c.p += sound;
		c.why = "it is not UTF-8";
	} else if (value(&c, 1)) {
		skip_blank(&c);
		if (c.p < c.end)
			c.why = "there is something after its end";
	}
	if (where != NULL)
		*where = (size_t)(c.p - text);
	return c.why;
}
