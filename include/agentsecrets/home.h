/*
 * home: ~/.agentsecrets, or AGENTSECRETS_HOME. The directory is opened once
 * and everything is reached relative to it, so that nobody can exchange a
 * path component in between.
 *
 * Directory 0700 (one that others may read or enter is made so by the first
 * write into it), files 0600, owned by the effective user, regular, never
 * through a symbolic link. A write goes to a temporary file, fsync, rename,
 * fsync of the directory: the old state or the new one. Three locks: `lock`
 * around read-merge-write of any file, never across a request; `token.lock`
 * across a token refresh; `items.lock` while values go into the keychain.
 */
#ifndef AGENTSECRETS_HOME_H
#define AGENTSECRETS_HOME_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>

struct home {
	int fd;	    /* -1: there is none yet */
	char *path; /* as configured, for messages */
	char *real; /* resolved; NULL while there is none */
};

#define HOME_INIT                                                              \
	{                                                                      \
		-1, NULL, NULL                                                 \
	}
#define AUTO_HOME __attribute__((cleanup(home_release)))

/**
 * Find and open the home.
 *
 * AGENTSECRETS_HOME when it is set and not empty, else $HOME/.agentsecrets.
 *
 * @param home  HOME_INIT before
 * @param make  create it (0700) when it is missing
 * @return 1 when it is open, 0 when it does not exist (and `make` is
 *         false): path is set then; -EXIT_FAILED when it belongs to somebody
 *         else, others can write it, it is no directory or a symbolic link,
 *         or HOME is not set; -EXIT_UNSAFE when running under sudo (SUDO_UID
 *         is set) with another user's home or $HOME
 */
int home_open(struct home *home, bool make, struct err *err);

/**
 * Where the home is or would be: AGENTSECRETS_HOME, else $HOME/.agentsecrets.
 *
 * @param out  free() it
 * @return 0; -EXIT_FAILED when HOME is not set; -EXIT_UNSAFE as home_open()
 */
int home_path(char **out, struct err *err);

/**
 * As home_open(), but whoever owns it and may write it: for looking at what is
 * wrong with it.
 *
 * @return 1; 0 when it does not exist; -EXIT_FAILED
 */
int home_look(struct home *home, struct err *err);

/** Free what it holds; a zeroed or half-filled one is fine. */
void home_release(struct home *home);

/**
 * Read a file of the home.
 *
 * @param name  relative, "vault/…" included
 * @param out   replaced; as it was unless the result is 1
 * @return 1; 0 when it is missing (or the home is); -EXIT_FAILED when it
 *         cannot be read, is larger than `max`, is no regular file, is
 *         reached by a symbolic link, belongs to somebody else, or others
 *         can write it
 */
int home_read(const struct home *home, const char *name, struct buf *out,
    size_t max, struct err *err);

/**
 * As home_read(), straight into the arena: for tokens. A zero byte, not
 * counted, follows.
 */
int home_read_secret(const struct home *home, const char *name,
    struct secret *out, size_t max, struct err *err);

/**
 * Replace a file (0600) as a whole, durably. A directory in `name` is made.
 * Temporary files that a killed writer of the same file left are removed. The
 * home is closed to group and others.
 *
 * @return 0; -EXIT_FAILED, the old file is as it was
 */
int home_write(const struct home *home, const char *name, const void *bytes,
    size_t len, struct err *err);

/** Remove a file. @return 0 also when there was none; -EXIT_FAILED */
int home_remove(const struct home *home, const char *name, struct err *err);

/**
 * Wait for a lock ("lock", "token.lock", "items.lock"), a flock(2) on a file of
 * that name. Not to be taken twice by one process: it would wait for itself.
 *
 * @return a descriptor; closing it unlocks; -EXIT_FAILED
 */
int home_lock(const struct home *home, const char *name, struct err *err);

enum { HOME_DIGITS = 16 };

/**
 * What a home is called where those of one user lie side by side: the first
 * hexadecimal digits of SHA-256 of its real path.
 *
 * @return whether there is a home; `out` is as it was if not
 */
bool home_digits(char out[HOME_DIGITS + 1], const struct home *home);

/** Whether it is $HOME/.agentsecrets, however it was reached. */
bool home_is_usual(const struct home *home);

/**
 * Whether an entry of a directory is a temporary file that a killed writer of
 * ours left.
 *
 * @param dir     of the home, or of a directory in it
 * @param remove  remove it, too
 */
bool home_leftover(int dir, const char *entry, bool remove);

/**
 * Whether a file of that name would be new: before anybody is asked for
 * anything on its account.
 *
 * @return 0; -EXIT_FAILED, with a hint at --force where that replaces it
 */
int file_check_new(const char *path, struct err *err);

/**
 * Write a file anywhere else with the same care: temporary file beside it,
 * fsync, rename, fsync of the directory. Refuses to replace anything but a
 * regular file.
 *
 * @param mode  of a new file, less umask(2); an existing one keeps its mode,
 *              never wider than `mode`
 * @param replace  false: an existing file is an error
 * @return 0; -EXIT_FAILED, the old file is as it was
 */
int file_write(const char *path, const void *bytes, size_t len, unsigned mode,
    bool replace, struct err *err);

#endif
