/*
 * dotenv: reading and writing .env text. Text and values are secrets: they
 * stay in the arena.
 *
 * Reading. A byte order mark at the start is skipped; lines end in LF or CRLF.
 * A line is blank, a comment (`#` first), or an assignment:
 * `[export ]NAME = value`, NAME being [A-Za-z_][A-Za-z0-9_]*. Nothing is
 * expanded or executed.
 *
 *   unquoted   spaces and tabs around it are dropped; `#` begins a comment
 *              only after a space or tab; a backslash is a backslash
 *   '…' `…`    literal, over lines
 *   "…"        over lines; \n \r \t \" \\ \$ are escapes, any other
 *              backslash stays, and so does what follows it
 *
 * CRLF inside quotes is read as LF, as other readers do; a CR that ends no line
 * is an error everywhere, because they take it for a line end. Behind a closing
 * quote only a comment may stand. Anything else is an error, and not ignored.
 *
 * Writing. A value gets the first form of these that our reader, dotenv of npm
 * and python-dotenv (as they are when told nothing) read back as the same
 * bytes:
 *
 *   bare       it holds only A-Z a-z 0-9 _ . / : @ % + , = and -
 *   '…'        it has no ', CR or LF
 *   "…"        it has no "; LF and CR are written \n and \r
 *   '…'        over lines: it has LF, but no ' or CR
 *   unquoted   it has no CR, LF, other control character or #, and begins and
 *              ends with a printable ASCII character, first no quote
 *
 * Between quotes no backslash may stand where one of the readers would find an
 * escape: in '…' before a backslash, a ' or the end, in "…" also before a
 * letter of abfnrtv, a $ or a line end. A value that no form holds is refused
 * by its name, and so is one that is not UTF-8, as python-dotenv then reads
 * nothing of the file, and one with ${NAME} or ${NAME:-TEXT}, which it expands
 * in every form. The text is for such readers and not for a shell to source.
 */
#ifndef AGENTSECRETS_DOTENV_H
#define AGENTSECRETS_DOTENV_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

struct dotenv_entry {
	char name[NAME_MAX_BYTES + 1]; /* as written: [A-Za-z_][A-Za-z0-9_]* */
	struct secret value;	       /* in the arena; any bytes but NUL */
	size_t line;		       /* of the name, from 1; 0: of no text */
	size_t column;		       /* of the name, in bytes, from 1 */
	bool removed; /* dotenv_update() takes its assignments out */
};

struct dotenv {
	struct dotenv_entry *items; /* in order of the text, one a name */
	size_t n;
};

#define DOTENV_INIT                                                            \
	{                                                                      \
		NULL, 0                                                        \
	}
#define AUTO_DOTENV __attribute__((cleanup(dotenv_release)))

/**
 * Parse a whole text.
 *
 * Of a name that occurs more than once the last counts. Nothing is expanded.
 *
 * @param text  at most DOTENV_MAX bytes with SECRETS_MAX assignments
 * @param what  the file's name, for errors
 * @return 0; -EXIT_FAILED with "FILE:LINE:COLUMN: why" (column in bytes, from
 *         1) for a line that is no assignment, a quote that does not end,
 *         text behind one, a CR that ends no line, a NUL, a name that is too
 *         long, too many assignments; never with a value; the arena is then
 *         as it was
 */
int dotenv_parse(struct dotenv *out, const struct secret *text,
    const char *what, struct err *err);

/**
 * Why a value cannot be written so that every reader reads the same bytes.
 *
 * @return words to stand behind a colon, never the value; NULL: it can be
 */
const char *dotenv_unwritable(const struct secret *value);

/**
 * Write entries into an existing text: assignments of these names are
 * replaced where they stand (or taken out, when the entry is `removed`) (all
 * but the last of doubled ones are removed), new ones are appended sorted by
 * name, every other line stays byte for byte, and so does one that has the
 * value already. Line ends are those of the text; a missing last one is added
 * before something is appended. A trailing comment of a replaced line stays
 * only after a quoted value: in unquoted text it may be part of the old secret.
 * A byte order mark is dropped when what follows it is written, because
 * python-dotenv would take it for a part of the name.
 *
 * What is written is read back identically by dotenv_parse().
 *
 * @param out      in the arena
 * @param old      the text so far; len 0 for none
 * @param entries  `line` is not looked at; of doubled names the last counts
 * @param what     the file's name, for errors
 * @return 0; -EXIT_FAILED when a value that is not there already has something
 *         against it (dotenv_unwritable(): "'NAME' cannot be written to …"), a
 *         name is no variable's, `old` does not parse or the result would be
 *         too large
 */
int dotenv_update(struct secret *out, const struct secret *old,
    const struct dotenv_entry *entries, size_t n, const char *what,
    struct err *err);

/** Free the array; the values stay in the arena. */
void dotenv_release(struct dotenv *dotenv);

#endif
