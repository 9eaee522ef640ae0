/*
 * plain_file: files of ours and files that others may have written, opened
 * so that neither a symbolic link nor a FIFO in their place gets us anywhere.
 */
#ifndef PLAIN_FILE_H
#define PLAIN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>

enum plain_owner {
	OWNER_ME,	  /* the effective user; nobody else writes */
	OWNER_ME_OR_ROOT, /* root too; and one's own group may write */
};

/**
 * open(2) without following a symbolic link in any component.
 *
 * @param dir   where a relative `path` begins; `path` holds no ".."
 * @return a descriptor, or -1 with errno; a link is ELOOP or ENOTDIR
 */
int plain_open(int dir, const char *path, int flags, mode_t mode);

/**
 * Look at an open descriptor: regular, of that owner, not writable by others.
 *
 * @param shown  names the file in the error
 * @return 0; -EXIT_FAILED
 */
int plain_check(int fd, enum plain_owner owner, const char *shown,
    struct stat *st, struct err *err);

/**
 * Open a file for reading and check it.
 *
 * @param max  most bytes
 * @return 1 with `fd` and its size; 0 when it is missing; -EXIT_FAILED
 */
int plain_open_read(int *fd, size_t *len, int dir, const char *path,
    enum plain_owner owner, size_t max, const char *shown, struct err *err);

/**
 * Read exactly the `len` bytes of a regular file.
 *
 * @return 0; -EXIT_FAILED, also when it became shorter meanwhile
 */
int plain_read(
    int fd, void *out, size_t len, const char *shown, struct err *err);

/**
 * Open, check and read a file.
 *
 * @param out  replaced
 * @return 1; 0 when it is missing; -EXIT_FAILED
 */
int plain_read_file(struct buf *out, int dir, const char *path,
    enum plain_owner owner, size_t max, const char *shown, struct err *err);

#endif
