#include "config.h"

#include <agentsecrets/secrets_json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/json.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "dotenv_value.h"

/* A walk through text that json_check() found sound. */
struct walk {
	const char *p;
	const char *end;
	const char *start; /* of the line */
	size_t line;
	const char *what;
};

static void
skip_blank(struct walk *walk)
{
	while (walk->p < walk->end && strchr(" \t\r\n", *walk->p) != NULL) {
		if (*walk->p++ != '\n')
			continue;
		walk->line++;
		walk->start = walk->p;
	}
}

static size_t
column_of(const struct walk *walk)
{
	return (size_t)(walk->p - walk->start) + 1;
}

/* Four hex digits; the text is sound. */
static uint32_t
four_digits(const char *text)
{
	char digits[5] = "";
	uint8_t two[2] = {0};

	memcpy(digits, text, 4);
	text_hex_decode(two, 2, digits);
	return (uint32_t)two[0] << 8 | two[1];
}

static size_t
encode(uint8_t *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

/* What stands behind a backslash; p moves past it. */
static size_t
unescape(uint8_t *out, const char **p)
{
	static const char letters[] = "bfnrt\"\\/";
	static const char meant[] = "\b\f\n\r\t\"\\/";
	char c = *(*p)++;
	uint32_t unit;

	if (c != 'u') {
		out[0] = (uint8_t)meant[strchr(letters, c) - letters];
		return 1;
	}
	unit = four_digits(*p);
	*p += 4;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		unit = 0x10000 + ((unit - 0xd800) << 10) +
		    (four_digits(*p + 2) - 0xdc00);
		*p += 6;
	}
	return encode(out, unit);
}

/* The text at the opening quote, decoded into the arena. */
static int
take_text(struct walk *walk, struct secret *out, struct err *err)
{
	const char *start = ++walk->p;
	uint8_t *text;
	size_t len = 0;

	while (*walk->p != '"')
		walk->p += *walk->p == '\\' ? 2 : 1;
	/* No escape is longer than what it stands for. */
	text = arena_alloc((size_t)(walk->p - start) + 1, err);
	if (text == NULL)
		return -EXIT_FAILED;
	for (const char *p = start; p < walk->p;) {
		if (*p != '\\') {
			text[len++] = (uint8_t)*p++;
			continue;
		}
		p++;
		len += unescape(text + len, &p);
	}
	arena_trim(text, len + 1);
	text[len] = '\0';
	walk->p++;
	*out = (struct secret){text, len};
	return 0;
}

static const char *
kind_of(char c)
{
	switch (c) {
	case '{':
		return "an object";
	case '[':
		return "a list";
	case 't':
	case 'f':
		return "a truth value";
	case 'n':
		return "null";
	default:
		return "a number";
	}
}

static int
take_name(struct walk *walk, struct dotenv_entry *entry, struct err *err)
{
	struct secret key;

	entry->line = walk->line;
	entry->column = column_of(walk);
	if (take_text(walk, &key, err) < 0)
		return -EXIT_FAILED;
	if (key.len > NAME_MAX_BYTES)
		return err_set(err, EXIT_FAILED,
		    "%s:%zu:%zu: a name has more than %d characters",
		    walk->what, entry->line, entry->column, NAME_MAX_BYTES);
	memcpy(entry->name, key.data, key.len + 1);
	if (name_is_final(entry->name))
		return 0;
	return err_set(err, EXIT_FAILED,
	    "%s:%zu:%zu: '%.*s' is not the name of a variable", walk->what,
	    entry->line, entry->column, text_before_equals(entry->name),
	    entry->name);
}

/* At a key. */
static int
take_member(struct walk *walk, struct dotenv_entry *entry, struct err *err)
{
	entry->removed = false;
	if (take_name(walk, entry, err) < 0)
		return -EXIT_FAILED;
	skip_blank(walk);
	walk->p++; /* ':' */
	skip_blank(walk);
	if (*walk->p == '"')
		return take_text(walk, &entry->value, err);
	err_set(err, EXIT_FAILED,
	    "%s:%zu:%zu: the value of '%s' is %s, not a text", walk->what,
	    walk->line, column_of(walk), entry->name, kind_of(*walk->p));
	return err_hint(
	    err, "put the value in quotes, as it is to be in the environment");
}

static int
take_members(struct dotenv *out, struct walk *walk, struct err *err)
{
	size_t room = 0;

	walk->p++; /* '{' */
	for (;;) {
		skip_blank(walk);
		if (*walk->p == '}')
			return 0;
		if (*walk->p == ',') {
			walk->p++;
			continue;
		}
		if (out->n == SECRETS_MAX)
			return err_set(err, EXIT_FAILED,
			    "%s:%zu:%zu: more than %d names", walk->what,
			    walk->line, column_of(walk), SECRETS_MAX);
		if (out->n == room) {
			size_t more = 2 * room + 64;
			struct dotenv_entry *grown =
			    reallocarray(out->items, more, sizeof(*grown));

			if (grown == NULL)
				return err_memory(err);
			out->items = grown;
			room = more;
		}
		if (take_member(walk, &out->items[out->n], err) < 0)
			return -EXIT_FAILED;
		out->n++;
	}
}

/* The text is not sound from there on. */
static int
fail_at(struct walk *walk, size_t where, const char *why, struct err *err)
{
	const char *stop = walk->p + where;

	for (; walk->p < stop; walk->p++) {
		if (*walk->p != '\n')
			continue;
		walk->line++;
		walk->start = walk->p + 1;
	}
	return err_set(err, EXIT_FAILED, "%s:%zu:%zu: it is not sound JSON: %s",
	    walk->what, walk->line, column_of(walk), why);
}

int
secrets_json_parse(struct dotenv *out, const struct secret *text,
    const char *what, struct err *err)
{
	AUTO_DOTENV struct dotenv local = DOTENV_INIT;
	struct arena_mark mark = arena_mark();
	struct walk walk = {.p = (const char *)text->data, .line = 1};
	size_t where;
	const char *why = json_check(walk.p, text->len, &where);

	walk.start = walk.p;
	walk.end = walk.p + text->len;
	walk.what = what;
	if (why != NULL)
		return fail_at(&walk, where, why, err);
	skip_blank(&walk);
	if (*walk.p != '{')
		return err_set(err, EXIT_FAILED,
		    "%s:%zu:%zu: it is no JSON object of names and values",
		    what, walk.line, column_of(&walk));
	if (take_members(&local, &walk, err) < 0) {
		arena_rewind(mark);
		return -EXIT_FAILED;
	}
	*out = local;
	local = (struct dotenv)DOTENV_INIT;
	return 0;
}

static void
put_escape(struct dotenv_sink *sink, uint32_t c)
{
	static const char letters[] = "bfnrt\"\\";
	static const char meant[] = "\b\f\n\r\t\"\\";
	const char *found = c != 0 && c < 0x80 ? strchr(meant, (int)c) : NULL;
	char text[16];

	if (found != NULL)
		snprintf(text, sizeof(text), "\\%c", letters[found - meant]);
	else
		snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
	dotenv_put_text(sink, text);
}

/* @return 0, or -1 when the value is no text of JSON */
static int
put_value(struct dotenv_sink *sink, const struct secret *value)
{
	size_t i = 0;

	dotenv_put_text(sink, "\"");
	while (i < value->len) {
		uint32_t c = 0;
		size_t n = text_decode(value->data + i, value->len - i, &c);

		if (n == 0 || c == 0)
			return -1;
		if (c == '"' || c == '\\' || text_is_unprintable(c))
			put_escape(sink, c);
		else
			dotenv_put(sink, (const char *)value->data + i, n);
		i += n;
	}
	dotenv_put_text(sink, "\"");
	return 0;
}

/* The whole text; called once to count and once to write. */
static int
put_all(struct dotenv_sink *sink, const struct dotenv_entry *entries, size_t n,
    struct err *err)
{
	dotenv_put_text(sink, "{");
	for (size_t i = 0; i < n; i++) {
		dotenv_put_text(sink, i > 0 ? ",\n  \"" : "\n  \"");
		dotenv_put_text(sink, entries[i].name);
		dotenv_put_text(sink, "\": ");
		if (put_value(sink, &entries[i].value) < 0) {
			err_set(err, EXIT_FAILED,
			    "the value of '%s' is not UTF-8 text, which JSON "
			    "needs",
			    entries[i].name);
			return err_hint(err,
			    "'agentsecrets get %s' gives its bytes",
			    entries[i].name);
		}
	}
	dotenv_put_text(sink, n > 0 ? "\n}\n" : "}\n");
	return sink->len <= DOTENV_MAX
	    ? 0
	    : err_set(err, EXIT_FAILED,
		  "the text would be larger than %d bytes", (int)DOTENV_MAX);
}

int
secrets_json_print(struct secret *out, const struct dotenv_entry *entries,
    size_t n, struct err *err)
{
	struct dotenv_sink sink = {.data = NULL};
	uint8_t *data;

	if (put_all(&sink, entries, n, err) < 0)
		return -EXIT_FAILED;
	data = arena_alloc(sink.len + 1, err);
	if (data == NULL)
		return -EXIT_FAILED;
	sink = (struct dotenv_sink){.data = data};
	put_all(&sink, entries, n, NULL);
	*out = (struct secret){data, sink.len};
	return 0;
}
