/*
 * err: how every function of this project fails.
 *
 * A function that can fail returns int: 0 or more is success, the negative
 * of an exit status is failure, and its last argument is a struct err that is
 * filled only then. The text is one sentence, "what: why", in lower case
 * without a full stop; a hint says what to do. Only a main prints it. Filling
 * never allocates. A secret is never formatted into an error.
 *
 *	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
 *		return err_sys(err, EXIT_FAILED, "cannot read '%s'", path);
 */
#ifndef AGENTSECRETS_ERR_H
#define AGENTSECRETS_ERR_H

#include <agentsecrets/exits.h>

enum { ERR_TEXT_MAX = 2048, ERR_HINT_MAX = 512 };

struct err {
	enum exit_status status; /* EXIT_DONE: nothing failed */
	int sys;		 /* errno at the time, or 0 */
	char text[ERR_TEXT_MAX]; /* printable, one line */
	char hint[ERR_HINT_MAX]; /* printable, one line, may be empty */
};

/**
 * Fill `err` with a sentence; any earlier content is replaced, hint included.
 *
 * Bytes that could move a cursor are made visible, so foreign names may be
 * given to "%s".
 *
 * @param err     where to; may be NULL (the caller does not care why)
 * @param status  what the program will exit with; never EXIT_DONE
 * @return -status
 */
int err_set(struct err *err, enum exit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * As err_set(), then ": " and the text of the current errno.
 */
int err_sys(struct err *err, enum exit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Replace the hint of a filled `err`: one imperative line.
 *
 * @return -(status that `err` holds), so that it can end a failing path:
 *         `err_set(...); return err_hint(err, "run 'agentsecrets init'");`
 *         With `err` NULL: -EXIT_FAILED.
 */
int err_hint(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * Put "prefix: " in front of the sentence, when only the caller knows what
 * was being attempted.
 *
 * @return -(status that `err` holds)
 */
int err_prefix(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * The one way to report an allocation that failed.
 *
 * @return -EXIT_FAILED
 */
int err_memory(struct err *err);

#endif
