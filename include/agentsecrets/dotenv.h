/*
 * dotenv: reading and writing .env text. The grammar stands in
 * agentsecrets-formats(5). Text and values are secrets: they stay in the
 * arena.
 */
#ifndef AGENTSECRETS_DOTENV_H
#define AGENTSECRETS_DOTENV_H

#include <stddef.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

struct dotenv_entry {
	char name[NAME_MAX_BYTES + 1]; /* as written: [A-Za-z_][A-Za-z0-9_]* */
	struct secret value;	       /* in the arena; any bytes but NUL */
	size_t line;		       /* where it was read, from 1 */
};

struct dotenv {
	struct dotenv_entry *items; /* in order of the text, one a name */
	size_t n;
};

#define DOTENV_INIT {NULL, 0}
#define AUTO_DOTENV __attribute__((cleanup(dotenv_release)))

/**
 * Parse a whole text.
 *
 * Of a name that occurs more than once the last counts. Nothing is expanded.
 *
 * @param what  the file's name, for errors
 * @return 0; -EXIT_FAILED with "FILE:LINE:COLUMN: why" for a line that is no
 *         assignment, a quote that does not end, a NUL, a name that is too
 *         long; never with a value
 */
int dotenv_parse(struct dotenv *out, const struct secret *text,
    const char *what, struct err *err);

/**
 * Write entries into an existing text: assignments of these names are
 * replaced where they stand (all but the last of doubled ones are removed),
 * new ones are appended sorted by name, every other line stays byte for byte.
 * A trailing comment of a replaced line stays only after a quoted value: in
 * unquoted text it may be part of the old secret.
 *
 * What is written is read back identically by dotenv_parse().
 *
 * @param old  the text so far; len 0 for none
 * @param out  in the arena
 * @return 0; -EXIT_FAILED when a value holds NUL (named) or `old` does not
 *         parse
 */
int dotenv_update(struct secret *out, const struct secret *old,
    const struct dotenv_entry *entries, size_t n, const char *what,
    struct err *err);

/** Free the array; the values stay in the arena. */
void dotenv_release(struct dotenv *dotenv);

#endif
