/*
 * vault: ~/.agentsecrets/vault/PROJECT.ENVIRONMENT, what the server last gave
 * or took: ciphertext, versions, tombstones (A6). One thing with four uses:
 * `env` reads it, it is the base of a merge, its versions are the rollback
 * marks, and it is the offline copy.
 */
#ifndef AGENTSECRETS_VAULT_H
#define AGENTSECRETS_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/home.h>
#include <agentsecrets/limits.h>

enum { VAULT_FILE_MAX = 128 << 20 }; /* bytes */

struct vault_row {
	char name[NAME_MAX_BYTES + 1];
	bool deleted;
	uint32_t epoch;	  /* (epoch, version) is the mark, never lowered; */
	uint32_t version; /* (0, 0): the blob is not bound to its place */
	uint64_t row;	  /* the server's row version, for if_version only */
	uint8_t *blob;	  /* the one accepted last; owned by the vault */
	size_t blob_len;
};

struct vault {
	char project[UUID_TEXT + 1];
	char workspace[UUID_TEXT + 1];
	char environment[ENVIRONMENT_MAX + 1];
	char origin[URL_MAX_BYTES + 1]; /* or "embedded" */
	uint64_t pulled_at;		/* unix seconds; 0: never */
	uint64_t revision;		/* the server's, at that time */
	/*
	 * Sorted by name, one a name, after vault_load(), vault_find(),
	 * vault_live(), vault_print() or vault_sort(); vault_put() may leave
	 * rows at the end to be sorted in.
	 */
	struct vault_row *rows;
	size_t rows_n;
	size_t rows_room;
	size_t unsorted;
	struct vault_row **order; /* room for sorting */
};

#define VAULT_INIT                                                             \
	{                                                                      \
		.rows = NULL                                                   \
	}
#define AUTO_VAULT __attribute__((cleanup(vault_release)))

/**
 * Parse the text of a vault file to its last byte.
 *
 * Exactly one text stands for a vault: lines end in LF, fields are separated
 * by one space, numbers have no leading zero, base64 is canonical, rows are
 * sorted by name (bytewise) and no name occurs twice.
 *
 * @param out  replaced
 * @return 0; -EXIT_UNSAFE when the trailer does not match or a line is not
 *         canonical: "damaged: …", for the caller to prefix; -EXIT_FAILED
 *         when memory is out
 */
int vault_parse(
    struct vault *out, const char *text, size_t len, struct err *err);

/**
 * Append the canonical text, trailer included.
 *
 * @return 0; -EXIT_FAILED when memory is out or an id, the environment or
 *         the origin is not set
 */
int vault_print(struct buf *out, struct vault *vault, struct err *err);

/**
 * Read the file of a project's environment.
 *
 * @param out  replaced
 * @return 1; 0 when there is none (ids and environment are set then, the
 *         origin is the caller's to set); -EXIT_UNSAFE when it is damaged, or
 *         of another project, environment or workspace than its name and
 *         `workspace` say; -EXIT_FAILED when it cannot be read
 */
int vault_load(struct vault *out, const struct home *home, const char *project,
    const char *workspace, const char *environment, struct err *err);

/**
 * Write it. The caller holds `lock` and has read it under that lock.
 *
 * @return 0; -EXIT_FAILED, the old file is as it was
 */
int vault_save(struct vault *vault, const struct home *home, struct err *err);

/**
 * Read what a local copy of a vault's values was last brought to agree with:
 * vault/PROJECT.ENVIRONMENT.local for the items of the keychain, and for the
 * .env file in a directory PROJECT.ENVIRONMENT.DIGITS.local, with the first
 * hexadecimal digits of SHA-256 of the directory's real path. It has rows for
 * those names only where that is not the vault's own row; a deleted row says
 * that the copy did not have the name.
 *
 * @param out        replaced; empty, with the ids of `vault`, when there is
 *                   none or it is of another workspace
 * @param vault      gives the ids and the origin
 * @param directory  NULL: the items
 * @return 1 when there is one; 0: the copy was never compared; -EXIT_UNSAFE
 *         when it is damaged; -EXIT_FAILED when it cannot be read
 */
int vault_local_load(struct vault *out, const struct home *home,
    const struct vault *vault, const char *directory, struct err *err);

/**
 * Write it, also without a row. The caller holds `lock` and has read it under
 * that lock; a vault that moves is saved after it.
 *
 * @return 0; -EXIT_FAILED, the old file is as it was
 */
int vault_local_save(struct vault *local, const struct home *home,
    const char *directory, struct err *err);

/** Remove it. @return 0 also when there was none; -EXIT_FAILED */
int vault_local_remove(const struct home *home, const char *project,
    const char *environment, const char *directory, struct err *err);

/** Free what it holds; a zeroed or half-filled one is fine. */
void vault_release(struct vault *vault);

/**
 * The row of that name, live or deleted, or NULL. The view lasts until the
 * next vault_put().
 */
const struct vault_row *vault_find(struct vault *vault, const char *name);

/**
 * Put a row in, replacing the one of its name unless that one's (epoch,
 * version) is greater: then nothing changes. The blob is copied. Adding many
 * rows in any order is cheap: they are sorted when next looked at.
 *
 * @return 0; -EXIT_FAILED when memory is out, or the name, the mark or the
 *         blob's length (a tombstone has BLOB_OVERHEAD bytes) is impossible
 */
int vault_put(
    struct vault *vault, const struct vault_row *row, struct err *err);

/** Take the rows of these names out, where there are any. @param names sorted
 */
void vault_drop(struct vault *vault, const char *const *names, size_t n);

/** Sort, before walking `rows` after vault_put(). */
void vault_sort(struct vault *vault);

/** How many rows are live. */
size_t vault_live(struct vault *vault);

#endif
