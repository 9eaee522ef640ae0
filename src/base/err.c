#include "config.h"

#include <agentsecrets/err.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <agentsecrets/text.h>

/* Format into `out` and make foreign bytes harmless. */
__attribute__((format(printf, 3, 0))) static void
fill(char *out, size_t out_len, const char *format, va_list args)
{
	char raw[ERR_TEXT_MAX];
	int n = vsnprintf(raw, sizeof(raw), format, args);

	if (n < 0)
		raw[0] = '\0';
	text_printable(out, out_len, raw, strlen(raw), out_len);
}

int
err_set(struct err *err, enum exit_status status, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return -(int)status;
	err->status = status;
	err->sys = 0;
	err->hint[0] = '\0';
	va_start(args, format);
	fill(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -(int)status;
}

int
err_sys(struct err *err, enum exit_status status, const char *format, ...)
{
	int sys = errno;
	size_t len;
	va_list args;

	if (err == NULL)
		return -(int)status;
	err->status = status;
	err->sys = sys;
	err->hint[0] = '\0';
	va_start(args, format);
	fill(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(
	    err->text + len, sizeof(err->text) - len, ": %s", strerror(sys));
	return -(int)status;
}

int
err_hint(struct err *err, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return -EXIT_FAILED;
	va_start(args, format);
	fill(err->hint, sizeof(err->hint), format, args);
	va_end(args);
	return -(int)err->status;
}

int
err_prefix(struct err *err, const char *format, ...)
{
	char rest[ERR_TEXT_MAX];
	size_t len;
	va_list args;

	if (err == NULL)
		return -EXIT_FAILED;
	memcpy(rest, err->text, sizeof(rest));
	va_start(args, format);
	fill(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", rest);
	return -(int)err->status;
}

int
err_memory(struct err *err)
{
	return err_set(err, EXIT_FAILED, "out of memory");
}
