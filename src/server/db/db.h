/*
 * db: the server's database, in terms that SQLite and PostgreSQL share.
 *
 * Statements are named in statements.h and prepared when first used; their
 * parameters are always bound, never formatted. A connection is used by one
 * thread at a time: see db_pool_take().
 *
 *	db_start(db, ST_TOKEN_FIND, DB_PARAMS(DB_BLOB(hash, 32)), err);
 *	while ((rc = db_step(db, ST_TOKEN_FIND, err)) > 0)
 *		use(db_text(db, ST_TOKEN_FIND, 0, NULL));
 */
#ifndef AGENTSECRETS_SERVER_DB_H
#define AGENTSECRETS_SERVER_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/err.h>

#include "src/server/db/statements.h"

enum db_type { DB_TYPE_NULL, DB_TYPE_INTEGER, DB_TYPE_TEXT, DB_TYPE_BLOB };

struct db_value {
	enum db_type type;
	int64_t integer;
	const void *bytes; /* borrowed until the statement is finished */
	size_t len;
};

#define DB_NULL ((struct db_value){DB_TYPE_NULL, 0, NULL, 0})
#define DB_INTEGER(n) ((struct db_value){DB_TYPE_INTEGER, (n), NULL, 0})

/** A text parameter; NULL for a NULL pointer. */
struct db_value db_text_value(const char *text);

/** A parameter of bytes; NULL for a NULL pointer. */
struct db_value db_blob_value(const void *bytes, size_t len);

#define DB_TEXT(text) db_text_value(text)
#define DB_BLOB(bytes, len) db_blob_value((bytes), (len))
#define DB_PARAMS(...)                                                         \
	(const struct db_value[]){__VA_ARGS__},                                \
	    sizeof((const struct db_value[]){__VA_ARGS__}) /                   \
	    sizeof(struct db_value)
#define DB_NO_PARAMS NULL, 0

struct db;
struct turn;

/**
 * Open a connection; on the first one of a new database the schema is made,
 * under the database's own lock.
 *
 * @param uri   "sqlite:PATH"; "sqlite::memory:" for tests
 * @param turn  taken by a transaction that may write; NULL for a connection
 *              that is the only one
 * @param out   the caller closes it with db_close()
 * @return 0; -EXIT_USAGE for a database this build does not support;
 *         -EXIT_FAILED
 */
int db_open(
    struct db **out, const char *uri, struct turn *turn, struct err *err);

/** Close. Accepts NULL. */
void db_close(struct db *db);

/**
 * Whether the database is there and can be read, now and not from memory.
 *
 * @return 0; -EXIT_FAILED
 */
int db_ping(struct db *db, struct err *err);

/**
 * Whether the last failure was that of waiting for another writer, so that
 * the same may succeed later; asking forgets it.
 */
bool db_was_busy(struct db *db);

/** @return 0; -EXIT_USAGE for a database this build does not support */
int db_uri_check(const char *uri, struct err *err);

/** The path of an SQLite URI, or NULL when it is none or in memory. */
const char *db_uri_path(const char *uri);

/**
 * Begin a transaction that may write: it has the write lock when this
 * returns. Transactions do not nest. One thread begins and ends it.
 *
 * @return 0; -EXIT_FAILED, also when others hold the lock for seconds: see
 *         db_was_busy()
 */
int db_begin(struct db *db, struct err *err);

/**
 * Begin a transaction that only reads: all it reads is of one moment.
 *
 * @return 0; -EXIT_FAILED
 */
int db_begin_read(struct db *db, struct err *err);

/** Make the transaction durable. @return 0; -EXIT_FAILED, rolled back */
int db_commit(struct db *db, struct err *err);

/** Undo the transaction; does nothing when there is none. */
void db_rollback(struct db *db);

/**
 * Bind parameters; any earlier run of the same statement is finished.
 *
 * @param params  $1, $2, … in order; their bytes stay until the end of it
 * @return 0; -EXIT_FAILED
 */
int db_start(struct db *db, enum statement statement,
    const struct db_value *params, size_t n, struct err *err);

/**
 * Fetch the next row.
 *
 * @return 1 with a row; 0 after the last, the statement is then finished;
 *         -EXIT_FAILED, the statement is then finished
 */
int db_step(struct db *db, enum statement statement, struct err *err);

/** End a statement that has rows left. */
void db_finish(struct db *db, enum statement statement);

/**
 * Start and fetch the first row, for statements that give one or none.
 * With 1 the caller reads the row, then calls db_finish().
 *
 * @return as db_step()
 */
int db_first(struct db *db, enum statement statement,
    const struct db_value *params, size_t n, struct err *err);

/**
 * Run to the end, for statements whose rows do not matter.
 *
 * @return the number of rows changed; -EXIT_FAILED
 */
int db_run(struct db *db, enum statement statement,
    const struct db_value *params, size_t n, struct err *err);

/** A column of the current row; 0 for NULL. Columns count from 0. */
int64_t db_integer(struct db *db, enum statement statement, int column);

/**
 * A column of the current row as text or bytes; a view until the next step.
 *
 * @param len  may be NULL
 * @return "" for an empty one, NULL for NULL
 */
const char *db_text(
    struct db *db, enum statement statement, int column, size_t *len);

/** Whether the column is NULL. */
bool db_is_null(struct db *db, enum statement statement, int column);

struct db_pool;

/**
 * A set of at most `size` connections to one database, opened when first
 * needed; the first one at once.
 *
 * @return 0; as db_open()
 */
int db_pool_new(
    struct db_pool **out, const char *uri, size_t size, struct err *err);

/** Close all connections; none may be taken. Accepts NULL. */
void db_pool_free(struct db_pool *pool);

/**
 * Borrow a connection, waiting for one; give it back with db_pool_give().
 *
 * @return 0; -EXIT_FAILED
 */
int db_pool_take(struct db_pool *pool, struct db **out, struct err *err);

/** Give it back; an open transaction or statement is ended. */
void db_pool_give(struct db_pool *pool, struct db *db);

#endif
