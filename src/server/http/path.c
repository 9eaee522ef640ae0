#include "config.h"

#include "src/server/http/path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

/* Decode escapes in place. @return what is wrong, or NULL */
static const char *
decode(char *text, int plus_is_blank)
{
	char *out = text;

	for (const char *in = text; *in != '\0'; in++) {
		char digits[3] = "";
		uint8_t byte;

		if (*in == '+' && plus_is_blank) {
			*out++ = ' ';
			continue;
		}
		if (*in != '%') {
			*out++ = *in;
			continue;
		}
		if (in[1] == '\0' || in[2] == '\0')
			return "an escape in the path is cut off";
		memcpy(digits, in + 1, 2);
		if (text_hex_decode(&byte, 1, digits) < 0)
			return "an escape in the path is no hexadecimal";
		if (byte == 0)
			return "the path holds a zero byte";
		*out++ = (char)byte;
		in += 2;
	}
	*out = '\0';
	return text_is_utf8(text, (size_t)(out - text))
	    ? NULL
	    : "the path is not UTF-8";
}

static const char *
take_segments(struct path *path, char *text)
{
	size_t len;

	if (*text != '/')
		return "the path does not begin with a slash";
	text++;
	len = strlen(text);
	if (len > 1 && text[len - 1] == '/')
		text[len - 1] = '\0';
	while (*text != '\0') {
		char *end = strchrnul(text, '/');
		int last = *end == '\0';
		const char *why;

		*end = '\0';
		if (path->segments_n == SEGMENTS_MAX)
			return "the path has too many segments";
		why = decode(text, 0);
		if (why != NULL)
			return why;
		if (*text == '\0' || text_equal(text, ".") ||
		    text_equal(text, ".."))
			return "the path has an empty or relative segment";
		path->segments[path->segments_n++] = text;
		if (last)
			return NULL;
		text = end + 1;
		if (*text == '\0')
			return "the path has an empty or relative segment";
	}
	return NULL;
}

static const char *
take_queries(struct path *path, char *text)
{
	while (text != NULL && *text != '\0') {
		char *next = strchr(text, '&');
		char *value;
		const char *why;

		if (next != NULL)
			*next++ = '\0';
		value = strchr(text, '=');
		if (value != NULL)
			*value++ = '\0';
		if (path->queries_n == QUERIES_MAX)
			return "the query has too many values";
		why = decode(text, 1);
		if (why == NULL && value != NULL)
			why = decode(value, 1);
		if (why != NULL)
			return why;
		if (path_query(path, text) != NULL)
			return "the query has a name twice";
		path->queries[path->queries_n].name = text;
		path->queries[path->queries_n].value =
		    value != NULL ? value : "";
		path->queries_n++;
		text = next;
	}
	return NULL;
}

int
path_parse(struct path *out, const char *target, const char **why)
{
	struct path path = PATH_INIT;
	char *query;

	*why = "the path is too long";
	if (strlen(target) > TARGET_MAX)
		return -1;
	path.storage = strdup(target);
	*why = "out of memory";
	if (path.storage == NULL)
		return -1;
	query = strchr(path.storage, '?');
	if (query != NULL)
		*query++ = '\0';
	*why = take_segments(&path, path.storage);
	if (*why == NULL)
		*why = take_queries(&path, query);
	if (*why != NULL) {
		path_release(&path);
		return -1;
	}
	*out = path;
	return 0;
}

void
path_release(struct path *path)
{
	free(path->storage);
	*path = (struct path)PATH_INIT;
}

const char *
path_query(const struct path *path, const char *name)
{
	for (size_t i = 0; i < path->queries_n; i++) {
		if (text_equal(path->queries[i].name, name))
			return path->queries[i].value;
	}
	return NULL;
}
