/*
 * replace: exchange a file as a whole: the old bytes or the new ones, never
 * something between, whatever dies in the middle.
 */
#ifndef REPLACE_H
#define REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <agentsecrets/err.h>

struct replace_rules {
	mode_t mode;   /* of a new file, and never wider than this */
	bool exact;    /* whatever umask(2) and the old file's mode say */
	bool only_new; /* an existing file is an error */
};

/**
 * Write `.NAME.<16 hex digits>.tmp` beside the file, fsync, rename, fsync of
 * the directory. Temporary files of that pattern whose writer died are
 * removed: a writer holds flock(2) on its own, and begins once more if it was
 * removed before that. With `only_new` the rename is RENAME_NOREPLACE, or
 * link(2) where the file system has none.
 *
 * @param dir    open for reading
 * @param name   one component
 * @param shown  names the file in the error
 * @return 0; -EXIT_FAILED, the old file is as it was, also when the name is
 *         that of something other than a regular file
 */
int replace_file(int dir, const char *name, const void *bytes, size_t len,
    struct replace_rules rules, const char *shown, struct err *err);

/**
 * Whether an entry of `dir` is a temporary file, of any file, whose writer
 * died.
 *
 * @param remove  remove it, too
 */
bool replace_leftover(int dir, const char *entry, bool remove);

#endif
