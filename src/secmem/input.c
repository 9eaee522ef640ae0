/* What comes from outside straight into the arena. */
#include "config.h"

#include <agentsecrets/arena.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/buf.h>

enum { FIRST_GUESS = 4096 };

/*
 * Room for the first read: the whole of a regular file, one byte to see its
 * end with, one for the zero byte.
 */
static size_t
guess_room(int fd, size_t max)
{
	struct stat st;
	size_t guess = FIRST_GUESS;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		guess = (size_t)st.st_size;
	return (guess < max ? guess : max) + 2;
}

/* Double the room of the newest allocation; the old bytes are wiped. */
static uint8_t *
grow(uint8_t *bytes, size_t len, size_t *room, size_t max, struct err *err)
{
	size_t more = *room < max / 2 ? *room * 2 : max + 2;
	uint8_t *larger = arena_alloc(more, err);

	if (larger == NULL)
		return NULL;
	memcpy(larger, bytes, len);
	secret_wipe(bytes, len);
	*room = more;
	return larger;
}

static int
read_all(
    int fd, struct secret *out, size_t max, const char *what, struct err *err)
{
	size_t room = guess_room(fd, max);
	uint8_t *bytes = arena_alloc(room, err);
	size_t len = 0;

	while (bytes != NULL) {
		ssize_t n = read(fd, bytes + len, room - len - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(
			    err, EXIT_FAILED, "cannot read %s", what);
		if (n == 0) {
			arena_trim(bytes, len + 1);
			*out = (struct secret){bytes, len};
			return 0;
		}
		len += (size_t)n;
		if (len > max)
			return err_set(err, EXIT_FAILED,
			    "%s is larger than %zu bytes", what, max);
		if (len + 1 == room)
			bytes = grow(bytes, len, &room, max, err);
	}
	return -EXIT_FAILED;
}

int
arena_read(
    int fd, struct secret *out, size_t max, const char *what, struct err *err)
{
	struct arena_mark before = arena_mark();
	int rc = read_all(fd, out, max, what, err);

	if (rc < 0)
		arena_rewind(before);
	return rc;
}

void *
arena_message_memory(void *context, bool secret, size_t len, struct err *err)
{
	struct buf *buf = context;

	if (secret)
		return arena_alloc(len, err);
	buf_release(buf);
	if (buf_reserve(buf, len) < 0) {
		err_memory(err);
		return NULL;
	}
	buf->len = len;
	buf->data[len] = '\0';
	return buf->data;
}
