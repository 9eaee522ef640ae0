#include "config.h"

#include "dotenv_scan.h"

#include <string.h>

#include <agentsecrets/limits.h>

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool
is_name_byte(uint8_t c)
{
	return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9');
}

/* The length of the byte order mark that a text begins with, or 0. */
static size_t
mark_len(const struct dotenv_scan *scan)
{
	static const uint8_t mark[] = {0xef, 0xbb, 0xbf};

	return scan->len >= sizeof(mark) &&
		memcmp(scan->text, mark, sizeof(mark)) == 0
	    ? sizeof(mark)
	    : 0;
}

/* Say where, never what: a line that does not parse may be a secret. */
static int
fail_at(
    const struct dotenv_scan *scan, size_t at, const char *why, struct err *err)
{
	size_t line = 1;
	size_t column = 1;

	/* No editor counts the mark. */
	for (size_t i = mark_len(scan); i < at; i++) {
		column++;
		if (scan->text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return err_set(
	    err, EXIT_FAILED, "%s:%zu:%zu: %s", scan->what, line, column, why);
}

int
dotenv_scan_init(struct dotenv_scan *scan, const struct secret *text,
    const char *what, struct err *err)
{
	const uint8_t *nul;

	*scan = (struct dotenv_scan){
	    .text = text->data, .len = text->len, .line = 1, .what = what};
	if (text->len == 0)
		return 0;
	if (text->len > DOTENV_MAX)
		return err_set(err, EXIT_FAILED,
		    "%s: it is larger than %d bytes", what, (int)DOTENV_MAX);
	if ((nul = memchr(text->data, '\0', text->len)) != NULL)
		return fail_at(scan, (size_t)(nul - text->data),
		    "a NUL byte, which no environment can hold", err);
	scan->at = mark_len(scan);
	return 0;
}

size_t
dotenv_skip_blanks(const struct dotenv_scan *scan, size_t at)
{
	while (at < scan->len && is_blank(scan->text[at]))
		at++;
	return at;
}

/*
 * Other readers take a CR for a line end, and so would see more lines, or
 * another value, than we do.
 */
static int
check_returns(
    const struct dotenv_scan *scan, size_t at, size_t end, struct err *err)
{
	const uint8_t *stop = scan->text + end;
	const uint8_t *p = scan->text + at;

	while (p < stop && (p = memchr(p, '\r', (size_t)(stop - p))) != NULL) {
		if (p + 1 == scan->text + scan->len || p[1] != '\n')
			return fail_at(scan, (size_t)(p - scan->text),
			    "a carriage return that ends no line", err);
		p++;
	}
	return 0;
}

/* The end of the line that `at` is in; `next` gets the start of the other. */
static size_t
line_end(const struct dotenv_scan *scan, size_t at, size_t *next)
{
	const uint8_t *newline = at < scan->len
	    ? memchr(scan->text + at, '\n', scan->len - at)
	    : NULL;
	size_t end =
	    newline != NULL ? (size_t)(newline - scan->text) : scan->len;

	*next = newline != NULL ? end + 1 : end;
	if (end > at && scan->text[end - 1] == '\r')
		end--;
	return end;
}

/* Name and '='. @return where the value begins; 0 with `why` filled */
static size_t
read_name(const struct dotenv_scan *scan, struct dotenv_part *part,
    const char **why, size_t *where)
{
	static const char export[] = "export";
	size_t at = dotenv_skip_blanks(scan, part->start);
	size_t left = scan->len - at;

	if (left > sizeof(export) - 1 &&
	    memcmp(scan->text + at, export, sizeof(export) - 1) == 0 &&
	    is_blank(scan->text[at + sizeof(export) - 1])) {
		size_t after =
		    dotenv_skip_blanks(scan, at + sizeof(export) - 1);

		/* "export = x" sets a variable of that name. */
		if (after < scan->len && scan->text[after] != '=')
			at = after;
	}
	part->name = at;
	while (at < scan->len && is_name_byte(scan->text[at]))
		at++;
	part->name_len = at - part->name;
	*where = part->name;
	if (part->name_len == 0 ||
	    (scan->text[part->name] >= '0' && scan->text[part->name] <= '9')) {
		*why = "not an assignment: NAME=value is expected";
		return 0;
	}
	if (part->name_len > NAME_MAX_BYTES) {
		*why = "the name is longer than 255 bytes";
		return 0;
	}
	*where = at;
	at = dotenv_skip_blanks(scan, at);
	if (at >= scan->len || scan->text[at] != '=') {
		*why = "not an assignment: '=' is expected behind the name";
		return 0;
	}
	return dotenv_skip_blanks(scan, at + 1);
}

/* The value between quotes, over lines. @return 0, or -1 without an end */
static int
read_quoted(const struct dotenv_scan *scan, struct dotenv_part *part)
{
	size_t at = part->prefix_end + 1;

	part->quote = scan->text[part->prefix_end];
	part->value = at;
	while (at < scan->len && scan->text[at] != part->quote)
		at += scan->text[at] == '\\' && part->quote == '"' ? 2 : 1;
	if (at >= scan->len)
		return -1;
	part->value_len = at - part->value;
	part->tail = at + 1;
	part->tail_end = line_end(scan, part->tail, &part->end);
	return 0;
}

static void
read_bare(const struct dotenv_scan *scan, struct dotenv_part *part)
{
	size_t at = part->prefix_end;
	size_t end;

	part->value = at;
	part->tail_end = line_end(scan, at, &part->end);
	end = part->tail_end;
	for (size_t i = at; i < end; i++) {
		/* What stands before the first byte is blank or '='. */
		if (scan->text[i] == '#' && is_blank(scan->text[i - 1]))
			end = i;
	}
	while (end > at && is_blank(scan->text[end - 1]))
		end--;
	part->value_len = end - at;
	part->tail = end;
}

static int
read_assignment(
    struct dotenv_scan *scan, struct dotenv_part *part, struct err *err)
{
	const char *why = NULL;
	size_t where = 0;
	size_t at = read_name(scan, part, &why, &where);

	if (at == 0)
		return fail_at(scan, where, why, err);
	part->prefix_end = at;
	if (at < scan->len && memchr("\"'`", scan->text[at], 3) != NULL) {
		if (read_quoted(scan, part) < 0)
			return fail_at(scan, at, "the quote does not end", err);
		at = dotenv_skip_blanks(scan, part->tail);
		if (at < part->tail_end && scan->text[at] != '#')
			return fail_at(
			    scan, at, "text behind the closing quote", err);
	} else {
		read_bare(scan, part);
	}
	return check_returns(scan, part->prefix_end, part->tail_end, err);
}

int
dotenv_scan_next(
    struct dotenv_scan *scan, struct dotenv_part *out, struct err *err)
{
	struct dotenv_part part = {.start = scan->at, .line = scan->line};
	size_t first = dotenv_skip_blanks(scan, scan->at);
	size_t end;
	int status;

	if (scan->at >= scan->len)
		return 0;
	end = line_end(scan, first, &part.end);
	part.is_foreign = end == first || scan->text[first] == '#';
	status = part.is_foreign ? check_returns(scan, first, end, err)
				 : read_assignment(scan, &part, err);
	if (status < 0)
		return status;
	for (size_t i = part.start; i < part.end; i++)
		scan->line += scan->text[i] == '\n';
	scan->at = part.end;
	*out = part;
	return 1;
}

/* The byte that a backslash and `c` mean, or 0. */
static uint8_t
escaped(uint8_t c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case '"':
	case '\\':
	case '$':
		return c;
	default:
		return 0;
	}
}

size_t
dotenv_decode(uint8_t *out, const struct dotenv_scan *scan,
    const struct dotenv_part *part)
{
	const uint8_t *in = scan->text + part->value;
	size_t len = part->value_len;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t next = i + 1 < len ? in[i + 1] : 0;

		if (part->quote == '"' && in[i] == '\\' && escaped(next) != 0) {
			out[n++] = escaped(next);
			i++;
			continue;
		}
		/* A line end of the file, not of the value. */
		if (in[i] == '\r' && next == '\n')
			continue;
		out[n++] = in[i];
	}
	return n;
}

int
dotenv_compare(const void *left, const void *right)
{
	const struct dotenv_entry *a =
	    *(const struct dotenv_entry *const *)left;
	const struct dotenv_entry *b =
	    *(const struct dotenv_entry *const *)right;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (a > b) - (a < b);
}
