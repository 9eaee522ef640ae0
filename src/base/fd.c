#include "config.h"

#include <agentsecrets/fd.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void
fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int
fd_open_standard(void)
{
	int opened = 0;

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* The lowest free descriptor is the one that is missing. */
		if (open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return -1;
		opened |= 1 << fd;
	}
	return opened;
}

int
fd_read_all(
    int fd, struct buf *out, size_t max, const char *what, struct err *err)
{
	for (;;) {
		ssize_t n;

		if (buf_reserve(out, 16384) < 0)
			return err_memory(err);
		n = read(fd, out->data + out->len, out->cap - out->len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(
			    err, EXIT_FAILED, "cannot read %s", what);
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->len > max)
			return err_set(err, EXIT_FAILED,
			    "%s is larger than %zu bytes", what, max);
	}
}

int
fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == ENOTSOCK)
			n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fd_read_exact(int fd, void *out, size_t len)
{
	char *p = out;
	size_t got = 0;

	while (got < len) {
		ssize_t n = read(fd, p + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			errno = EPIPE;
			return got == 0 ? 0 : -1;
		}
		got += (size_t)n;
	}
	return 1;
}
