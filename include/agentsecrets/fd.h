/*
 * fd: descriptors. Everything is opened close-on-exec; what the caller of
 * our program had open stays untouched.
 */
#ifndef AGENTSECRETS_FD_H
#define AGENTSECRETS_FD_H

#include <stddef.h>
#include <sys/types.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>

#define AUTO_FD __attribute__((cleanup(fd_close)))

/** Close `*fd` when it is not negative and make it -1. errno is kept. */
void fd_close(int *fd);

/**
 * Make sure 0, 1 and 2 are open, so that nothing we open lands there and is
 * taken for standard output: closed ones become /dev/null.
 *
 * @return a bit mask of those that were opened (1 << fd), to be closed again
 *         before the command starts; -1 with errno
 */
int fd_open_standard(void);

/**
 * Read to the end of file, at most `max` bytes.
 *
 * @param what  names the source in the error ("'/p/q'", "standard input")
 * @return 0; -EXIT_FAILED when reading fails or there is more than `max`
 */
int fd_read_all(
    int fd, struct buf *out, size_t max, const char *what, struct err *err);

/**
 * Write all bytes, through interrupts and short writes.
 *
 * @return 0, or -1 with errno; never raises SIGPIPE on a socket
 */
int fd_write_all(int fd, const void *data, size_t len);

/**
 * Read exactly `len` bytes. @return 1; 0 at end of file before the first
 * byte; -1 with errno (EPIPE when the end came in the middle)
 */
int fd_read_exact(int fd, void *out, size_t len);

#endif
