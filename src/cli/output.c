#include "config.h"

#include "output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

#include "progress.h"

static bool quiet;

void
output_be_quiet(bool yes)
{
	quiet = yes;
}

void
print_error(const struct err *err)
{
	progress_hide();
	fflush(stdout);
	fprintf(stderr, "agentsecrets: %s\n", err->text);
	if (err->hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", err->hint);
}

void
print_notice(const char *text)
{
	char safe[ERR_TEXT_MAX];

	if (quiet)
		return;
	progress_hide();
	text_printable(safe, sizeof(safe), text, strlen(text), sizeof(safe));
	fflush(stdout);
	fprintf(stderr, "%s%s\n",
	    text_has_prefix(safe, "hint: ") ? "" : "agentsecrets: ", safe);
}

void
print_line(const char *format, ...)
{
	char safe[8192];
	va_list args;
	char raw[8192];

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	text_printable(safe, sizeof(safe), raw, strlen(raw), sizeof(safe));
	puts(safe);
}

int
print_text(const struct buf *text, struct err *err)
{
	if (text->len > 0 &&
	    fwrite(text->data, 1, text->len, stdout) < text->len)
		return err_sys(
		    err, EXIT_FAILED, "cannot write to standard output");
	return 0;
}

void
print_names(const struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		print_line("%s", names->items[i]);
}

void
print_prefixed(const char *prefix, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		print_line("%s %s", prefix, names->items[i]);
}

int
print_secret(const struct secret *secret, struct err *err)
{
	fflush(stdout);
	if (fd_write_all(STDOUT_FILENO, secret->data, secret->len) < 0 ||
	    (isatty(STDOUT_FILENO) && fd_write_all(STDOUT_FILENO, "\n", 1) < 0))
		return err_sys(
		    err, EXIT_FAILED, "cannot write to standard output");
	return 0;
}

int
output_finish(struct err *err)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(
		    err, EXIT_FAILED, "cannot write to standard output");
	return 0;
}

static void
begin_member(struct json_out *out, const char *key)
{
	if (buf_append_text(&out->text, out->begun ? "," : "{") < 0 ||
	    json_print_text(&out->text, key, strlen(key)) < 0 ||
	    buf_append_text(&out->text, ":") < 0)
		out->failed = true;
	out->begun = true;
}

static void
append(struct json_out *out, const char *json)
{
	if (buf_append_text(&out->text, json) < 0)
		out->failed = true;
}

void
json_out_text(struct json_out *out, const char *key, const char *value)
{
	begin_member(out, key);
	if (json_print_text(&out->text, value, strlen(value)) < 0)
		out->failed = true;
}

void
json_out_bool(struct json_out *out, const char *key, bool value)
{
	begin_member(out, key);
	append(out, value ? "true" : "false");
}

void
json_out_number(struct json_out *out, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	begin_member(out, key);
	append(out, text);
}

void
json_out_names(struct json_out *out, const char *key, const struct names *names)
{
	begin_member(out, key);
	append(out, "[");
	for (size_t i = 0; i < names->n; i++) {
		if ((i > 0 && buf_append_text(&out->text, ",") < 0) ||
		    json_print_text(&out->text, names->items[i],
			strlen(names->items[i])) < 0)
			out->failed = true;
	}
	append(out, "]");
}

void
json_out_list(struct json_out *out, const char *key)
{
	begin_member(out, key);
	append(out, "[");
}

void
json_out_list_item(struct json_out *out, const struct json_out *item)
{
	const struct buf *so_far = &out->text;

	out->failed |= item->failed;
	if (so_far->len > 0 && so_far->data[so_far->len - 1] != '[')
		append(out, ",");
	append(out, item->begun ? buf_text_view(&item->text) : "{");
	append(out, "}");
}

void
json_out_list_end(struct json_out *out)
{
	append(out, "]");
}

int
json_out_print(struct json_out *out, struct err *err)
{
	if (out->failed)
		return err_memory(err);
	printf("%s}\n", out->begun ? buf_text_view(&out->text) : "{");
	return 0;
}

void
json_out_release(struct json_out *out)
{
	buf_release(&out->text);
}

void
format_time(char out[32], uint64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	out[0] = '\0';
	if (seconds > 0 && gmtime_r(&when, &tm) != NULL)
		strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

uint64_t
age_in_seconds(uint64_t seconds)
{
	uint64_t now = (uint64_t)time(NULL);

	return now > seconds ? now - seconds : 0;
}

void
format_age(char out[48], uint64_t seconds)
{
	static const struct {
		uint64_t length;
		const char *unit;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}};
	uint64_t age = age_in_seconds(seconds);

	if (seconds == 0) {
		snprintf(out, 48, "never");
		return;
	}
	for (size_t i = 0; i < 3; i++) {
		uint64_t n = age / units[i].length;

		if (n > 0) {
			snprintf(out, 48, "%llu %s%s ago",
			    (unsigned long long)n, units[i].unit,
			    n == 1 ? "" : "s");
			return;
		}
	}
	snprintf(out, 48, "just now");
}
