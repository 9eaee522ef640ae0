#include "config.h"

#include "dotenv_value.h"

#include <stdbool.h>
#include <string.h>

#include <agentsecrets/dotenv.h>
#include <agentsecrets/text.h>

/*
 * The forms of a value, in order of preference. All are read identically by
 * this reader, dotenv of npm and python-dotenv.
 */
enum form {
	FORM_EMPTY,
	FORM_BARE,
	FORM_SINGLE,   /* '…' */
	FORM_DOUBLE,   /* "…" with \n and \r, and nothing that needs more */
	FORM_LINES,    /* '…' with line feeds in it */
	FORM_UNQUOTED, /* what no quote can hold for all */
	FORM_NONE,
};

/* What was seen in a value. */
struct traits {
	bool only_safe;	 /* A-Z a-z 0-9 _ . / : @ % + , = - */
	bool has_single; /* ' */
	bool has_double; /* " */
	bool has_lf, has_cr;
	bool has_other_control;
	bool has_separator; /* U+2028 or U+2029, a line end for npm's */
	bool has_hash;
	bool backslash_in_single; /* python-dotenv would take one away */
	bool backslash_in_double; /* somebody would read an escape */
};

void
dotenv_put(struct dotenv_sink *sink, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	if (sink->data != NULL)
		memcpy(sink->data + sink->len, bytes, len);
	sink->len += len;
	sink->last = ((const uint8_t *)bytes)[len - 1];
}

void
dotenv_put_text(struct dotenv_sink *sink, const char *text)
{
	dotenv_put(sink, text, strlen(text));
}

static bool
is_safe(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("_./:@%+,=-", c) != NULL);
}

static struct traits
look_at(const struct secret *value)
{
	struct traits traits = {.only_safe = true};

	for (size_t i = 0; i < value->len; i++) {
		uint8_t c = value->data[i];
		uint8_t next = i + 1 < value->len ? value->data[i + 1] : '\0';

		traits.only_safe &= is_safe(c);
		traits.has_single |= c == '\'';
		traits.has_double |= c == '"';
		traits.has_lf |= c == '\n';
		traits.has_cr |= c == '\r';
		traits.has_other_control |=
		    (c < 0x20 && c != '\n' && c != '\r') || c == 0x7f;
		traits.has_hash |= c == '#';
		if (c != '\\')
			continue;
		/* The last one would hide the closing quote. */
		traits.backslash_in_single |=
		    next == '\0' || next == '\\' || next == '\'';
		traits.backslash_in_double |=
		    next == '\0' || strchr("\\'\"abfnrtv$\r\n", next) != NULL;
	}
	traits.has_separator =
	    memmem(value->data, value->len, "\u2028", 3) != NULL ||
	    memmem(value->data, value->len, "\u2029", 3) != NULL;
	return traits;
}

/* Whether it begins and ends with what nobody trims or takes for a quote. */
static bool
has_firm_ends(const struct secret *value)
{
	uint8_t first = value->data[0];
	uint8_t last = value->data[value->len - 1];

	return first > ' ' && first < 0x7f && last > ' ' && last < 0x7f &&
	    strchr("'\"`", first) == NULL;
}

static enum form
form_of(const struct secret *value)
{
	struct traits traits;

	if (value->len == 0)
		return FORM_EMPTY;
	traits = look_at(value);
	if (traits.only_safe)
		return FORM_BARE;
	if (!traits.has_single && !traits.has_cr &&
	    !traits.backslash_in_single && !traits.has_lf)
		return FORM_SINGLE;
	if (!traits.has_double && !traits.backslash_in_double)
		return FORM_DOUBLE;
	if (!traits.has_single && !traits.has_cr && !traits.backslash_in_single)
		return FORM_LINES;
	if (!traits.has_lf && !traits.has_cr && !traits.has_other_control &&
	    !traits.has_separator && !traits.has_hash && has_firm_ends(value))
		return FORM_UNQUOTED;
	return FORM_NONE;
}

/*
 * Whether python-dotenv finds a variable in it, whatever the quotes:
 * ${NAME} or ${NAME:-TEXT}, in which NAME may be anything without } and :.
 */
static bool
holds_variable(const struct secret *value)
{
	const uint8_t *p = value->data;
	const uint8_t *end = p + value->len;

	while ((p = memmem(p, (size_t)(end - p), "${", 2)) != NULL) {
		p += 2;
		while (p < end && *p != '}' && *p != ':')
			p++;
		/* A ':' ends every name that began before it. */
		if (end - p >= 2 && p[0] == ':' && p[1] == '-')
			return memchr(p, '}', (size_t)(end - p)) != NULL;
		if (p < end && *p == '}')
			return true;
	}
	return false;
}

bool
dotenv_is_text(const struct secret *value)
{
	return value->len == 0 ||
	    (memchr(value->data, '\0', value->len) == NULL &&
		text_is_utf8(value->data, value->len));
}

const char *
dotenv_unwritable(const struct secret *value)
{
	if (value->len == 0)
		return NULL;
	if (memchr(value->data, '\0', value->len) != NULL)
		return "it holds a NUL byte";
	if (!text_is_utf8(value->data, value->len))
		return "it is not UTF-8";
	if (holds_variable(value))
		return "it holds ${...}, which python-dotenv expands";
	if (form_of(value) == FORM_NONE)
		return "no quotes hold its quotes, backslashes or line ends";
	return NULL;
}

static void
put_double_quoted(struct dotenv_sink *sink, const struct secret *value)
{
	dotenv_put_text(sink, "\"");
	for (size_t i = 0; i < value->len; i++) {
		uint8_t c = value->data[i];

		if (c == '\n')
			dotenv_put_text(sink, "\\n");
		else if (c == '\r')
			dotenv_put_text(sink, "\\r");
		else
			dotenv_put(sink, &c, 1);
	}
	dotenv_put_text(sink, "\"");
}

void
dotenv_put_value(struct dotenv_sink *sink, const struct secret *value)
{
	switch (form_of(value)) {
	case FORM_EMPTY:
	case FORM_NONE:
		break;
	case FORM_BARE:
	case FORM_UNQUOTED:
		dotenv_put(sink, value->data, value->len);
		break;
	case FORM_SINGLE:
	case FORM_LINES:
		dotenv_put_text(sink, "'");
		dotenv_put(sink, value->data, value->len);
		dotenv_put_text(sink, "'");
		break;
	case FORM_DOUBLE:
		put_double_quoted(sink, value);
		break;
	}
}
