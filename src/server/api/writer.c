#include "config.h"

#include "src/server/api/writer.h"

#include <string.h>
#include <time.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/json.h>

enum { BASE64_INPUT_MAX = 1024 };

static void
put(struct writer *w, const char *bytes, size_t len)
{
	if (buf_append(w->out, bytes, len) < 0)
		w->failed = true;
}

static void
begin_value(struct writer *w)
{
	if (w->comma)
		put(w, ",", 1);
	w->comma = true;
}

void
writer_open(struct writer *w, char bracket)
{
	begin_value(w);
	put(w, &bracket, 1);
	w->comma = false;
}

void
writer_close(struct writer *w, char bracket)
{
	put(w, &bracket, 1);
	w->comma = true;
}

void
writer_key(struct writer *w, const char *key)
{
	begin_value(w);
	put(w, "\"", 1);
	put(w, key, strlen(key));
	put(w, "\":", 2);
	w->comma = false;
}

void
writer_foreign_key(struct writer *w, const char *key)
{
	begin_value(w);
	if (json_print_text(w->out, key, strlen(key)) < 0)
		w->failed = true;
	put(w, ":", 1);
	w->comma = false;
}

void
writer_text(struct writer *w, const char *text)
{
	if (text == NULL) {
		writer_null(w);
		return;
	}
	begin_value(w);
	if (json_print_text(w->out, text, strlen(text)) < 0)
		w->failed = true;
}

void
writer_plain(struct writer *w, const char *text, size_t len)
{
	if (text == NULL) {
		writer_null(w);
		return;
	}
	begin_value(w);
	put(w, "\"", 1);
	put(w, text, len);
	put(w, "\"", 1);
}

void
writer_number(struct writer *w, int64_t number)
{
	begin_value(w);
	if (buf_printf(w->out, "%lld", (long long)number) < 0)
		w->failed = true;
}

void
writer_truth(struct writer *w, bool truth)
{
	begin_value(w);
	put(w, truth ? "true" : "false", truth ? 4 : 5);
}

void
writer_null(struct writer *w)
{
	begin_value(w);
	put(w, "null", 4);
}

void
writer_time(struct writer *w, int64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[40];
	struct tm parts;
	size_t len = 0;

	if (gmtime_r(&when, &parts) != NULL)
		len = strftime(
		    text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &parts);
	writer_plain(w, len > 0 ? text : NULL, len);
}

void
writer_base64(struct writer *w, const void *bytes, size_t len)
{
	char text[(BASE64_INPUT_MAX + 2) / 3 * 4 + 1];

	if (bytes == NULL || len > BASE64_INPUT_MAX) {
		writer_null(w);
		return;
	}
	len = base64_encode(text, sizeof(text), bytes, len, BASE64_STANDARD);
	writer_plain(w, text, len);
}

void
writer_member(struct writer *w, const char *key, const char *text)
{
	writer_key(w, key);
	writer_text(w, text);
}

void
writer_member_number(struct writer *w, const char *key, int64_t number)
{
	writer_key(w, key);
	writer_number(w, number);
}

void
writer_member_time(struct writer *w, const char *key, int64_t seconds)
{
	writer_key(w, key);
	writer_time(w, seconds);
}
