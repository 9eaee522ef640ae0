#include "config.h"

#include <agentsecrets/buf.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
buf_reserve(struct buf *buf, size_t more)
{
	size_t cap = buf->cap > 0 ? buf->cap : 256;
	uint8_t *data;

	if (more > SIZE_MAX / 4 - buf->len)
		return -1;
	if (buf->data != NULL && buf->len + more < buf->cap)
		return 0;
	if (buf->fixed)
		return -1;
	while (cap <= buf->len + more)
		cap *= 2;
	data = realloc(buf->data, cap);
	if (data == NULL)
		return -1;
	buf->data = data;
	buf->cap = cap;
	buf->data[buf->len] = '\0';
	return 0;
}

int
buf_append(struct buf *buf, const void *data, size_t len)
{
	if (buf_reserve(buf, len) < 0)
		return -1;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int
buf_append_text(struct buf *buf, const char *text)
{
	return buf_append(buf, text, strlen(text));
}

int
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || buf_reserve(buf, (size_t)n) < 0)
		return -1;
	va_start(args, format);
	vsnprintf((char *)buf->data + buf->len, (size_t)n + 1, format, args);
	va_end(args);
	buf->len += (size_t)n;
	return 0;
}

const char *
buf_text_view(const struct buf *buf)
{
	return buf->data != NULL ? (const char *)buf->data : "";
}

void
buf_release(struct buf *buf)
{
	if (!buf->fixed)
		free(buf->data);
	*buf = (struct buf)BUF_INIT;
}
