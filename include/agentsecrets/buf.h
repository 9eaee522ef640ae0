/*
 * buf: a growing byte buffer on the ordinary heap. Ciphertext, file text,
 * JSON and HTTP go through it. A secret never does, unless the buffer lies over
 * memory of the arena (BUF_OVER): see arena.h.
 *
 *	AUTO_BUF struct buf text = BUF_INIT;
 *	if (buf_printf(&text, "me %s\n", key) < 0) ...
 */
#ifndef AGENTSECRETS_BUF_H
#define AGENTSECRETS_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data; /* always followed by one zero byte once allocated */
	size_t len;
	size_t cap;
	bool fixed; /* the memory is somebody else's, and all there is */
};

#define BUF_INIT                                                               \
	{                                                                      \
		NULL, 0, 0, false                                              \
	}
/* An empty buffer over `size` bytes at `memory`: it does not grow. */
#define BUF_OVER(memory, size)                                                 \
	{                                                                      \
		(memory), 0, (size), true                                      \
	}
#define AUTO_BUF __attribute__((cleanup(buf_release)))

/**
 * Make room for `more` bytes after the current content.
 *
 * @return 0; -1 when memory is out or a fixed buffer full, the buffer is as it
 *         was
 */
int buf_reserve(struct buf *buf, size_t more);

/**
 * Append bytes. @return 0; -1 when memory is out, nothing appended
 */
int buf_append(struct buf *buf, const void *data, size_t len);

/**
 * Append a C string without its zero byte. @return as buf_append()
 */
int buf_append_text(struct buf *buf, const char *text);

/**
 * Append formatted text. @return as buf_append()
 */
int buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * The content as a C string, "" while nothing was appended. The view lasts
 * until the next call that changes the buffer.
 */
const char *buf_text_view(const struct buf *buf);

/**
 * Free the content, unless the memory is somebody else's, and leave an empty
 * buffer that can be used again.
 */
void buf_release(struct buf *buf);

#endif
