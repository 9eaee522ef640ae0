/* SQLite: the only file that knows it. */
#include "config.h"

#include "src/server/db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include <agentsecrets/limits.h>
#include <agentsecrets/text.h>

#include "src/server/db/schema.h"
#include "src/server/db/turn.h"

enum {
	BUSY_MS = 2000,
	PARAMS_MAX = 12,
	/* The longest value: base64 twice around BLOB_MAX, Fernet between. */
	LENGTH_MAX = 1 << 20,
	SQL_MAX = 4096,
};

struct prepared {
	sqlite3_stmt *handle;
	/* SQLite numbers "$2" by where it first stands, not by its digits. */
	int index[PARAMS_MAX + 1];
};

struct db {
	sqlite3 *handle;
	struct turn *turn;
	bool writing; /* has it */
	bool busy;
	struct prepared prepared[ST_END];
};

#define STATEMENT_TEXT(name, sql) sql,
static const char *const statement_text[] = {STATEMENT_TABLE(STATEMENT_TEXT)};

struct db_value
db_text_value(const char *text)
{
	return text == NULL
	    ? DB_NULL
	    : (struct db_value){DB_TYPE_TEXT, 0, text, strlen(text)};
}

struct db_value
db_blob_value(const void *bytes, size_t len)
{
	return bytes == NULL ? DB_NULL
			     : (struct db_value){DB_TYPE_BLOB, 0, bytes, len};
}

static int
failed(struct db *db, const char *what, struct err *err)
{
	db->busy = (sqlite3_errcode(db->handle) & 0xff) == SQLITE_BUSY;
	return err_set(
	    err, EXIT_FAILED, "%s: %s", what, sqlite3_errmsg(db->handle));
}

/* Run one statement of ours that has no parameters. */
static int
run_text(struct db *db, const char *sql)
{
	sqlite3_stmt *handle = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &handle, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW)
		rc = sqlite3_step(handle);
	sqlite3_finalize(handle);
	return rc == SQLITE_DONE ? 0 : -1;
}

static int
set_up(struct db *db, const char *sql, struct err *err)
{
	return run_text(db, sql) == 0
	    ? 0
	    : failed(db, "cannot set up the database", err);
}

/* The schema's version, 0 for an empty database. */
static int
schema_version(struct db *db, int *out, struct err *err)
{
	sqlite3_stmt *handle = NULL;
	int rc;

	if (sqlite3_prepare_v2(db->handle,
		"SELECT COUNT(*) FROM sqlite_master WHERE name = 'schema'", -1,
		&handle, NULL) != SQLITE_OK)
		return failed(db, "cannot read the database", err);
	rc = sqlite3_step(handle);
	*out = rc == SQLITE_ROW ? sqlite3_column_int(handle, 0) : 0;
	sqlite3_finalize(handle);
	if (rc != SQLITE_ROW)
		return failed(db, "cannot read the database", err);
	if (*out == 0)
		return 0;
	if (sqlite3_prepare_v2(db->handle, "SELECT version FROM schema", -1,
		&handle, NULL) != SQLITE_OK)
		return failed(db, "cannot read the database", err);
	rc = sqlite3_step(handle);
	*out = rc == SQLITE_ROW ? sqlite3_column_int(handle, 0) : -1;
	sqlite3_finalize(handle);
	return 0;
}

static int
schema_make(struct db *db, struct err *err)
{
	int version = 0;
	int rc = db_begin(db, err);

	if (rc == 0)
		rc = schema_version(db, &version, err);
	/* Another process may have made it while this one waited. */
	for (size_t i = 0; rc == 0 && version == 0 && i < schema_statements_n;
	     i++)
		rc = set_up(db, schema_statements[i], err);
	if (rc == 0)
		return db_commit(db, err);
	db_rollback(db);
	return rc;
}

static int
schema_check(struct db *db, struct err *err)
{
	int version = 0;
	int rc = schema_version(db, &version, err);

	if (rc == 0 && version == 0) {
		rc = schema_make(db, err);
		if (rc == 0)
			rc = schema_version(db, &version, err);
	}
	if (rc == 0 && version != SCHEMA_VERSION)
		return err_set(err, EXIT_FAILED,
		    "the database has schema %d, this program knows %d",
		    version, SCHEMA_VERSION);
	return rc;
}

static void
harden(struct db *db)
{
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(
	    db->handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	sqlite3_limit(db->handle, SQLITE_LIMIT_SQL_LENGTH, SQL_MAX);
	sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
}

static int
tune(struct db *db, struct err *err)
{
	static const char *const pragmas[] = {"PRAGMA journal_mode=WAL",
	    "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON",
	    "PRAGMA temp_store=MEMORY"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(pragmas) / sizeof(pragmas[0]);
	     i++)
		rc = set_up(db, pragmas[i], err);
	return rc;
}

const char *
db_uri_path(const char *uri)
{
	const char *path = uri + strlen("sqlite:");

	if (!text_has_prefix(uri, "sqlite:") || *path == '\0' ||
	    text_equal(path, ":memory:"))
		return NULL;
	return path;
}

int
db_uri_check(const char *uri, struct err *err)
{
	if (text_has_prefix(uri, "postgresql:") ||
	    text_has_prefix(uri, "postgres:"))
		return err_set(err, EXIT_USAGE,
		    "PostgreSQL is not supported by this build");
	if (!text_has_prefix(uri, "sqlite:") || uri[7] == '\0')
		return err_set(err, EXIT_USAGE,
		    "'%s' is no database: give sqlite:PATH", uri);
	return 0;
}

int
db_open(struct db **out, const char *uri, struct turn *turn, struct err *err)
{
	struct db *db;
	int rc = db_uri_check(uri, err);

	if (rc < 0)
		return rc;
	db = calloc(1, sizeof(*db));
	if (db == NULL)
		return err_memory(err);
	db->turn = turn;
	rc = 0;
	/*
	 * No SQLITE_OPEN_NOFOLLOW: it looks at every component of the path,
	 * and the directory of a service is often behind a link.
	 */
	if (sqlite3_open_v2(uri + strlen("sqlite:"), &db->handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
		    SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK) {
		rc = err_set(err, EXIT_FAILED,
		    "cannot open the database '%s': %s",
		    uri + strlen("sqlite:"), sqlite3_errmsg(db->handle));
	} else {
		harden(db);
		rc = tune(db, err);
	}
	if (rc == 0)
		rc = schema_check(db, err);
	if (rc < 0) {
		db_close(db);
		return rc;
	}
	*out = db;
	return 0;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < ST_END; i++)
		sqlite3_finalize(db->prepared[i].handle);
	sqlite3_close(db->handle);
	free(db);
}

static void
give_turn(struct db *db)
{
	if (db->writing)
		turn_give(db->turn);
	db->writing = false;
}

static int
begin(struct db *db, const char *sql, struct err *err)
{
	return run_text(db, sql) == 0
	    ? 0
	    : failed(db, "cannot begin a transaction", err);
}

int
db_begin(struct db *db, struct err *err)
{
	int patience = db->turn != NULL ? turn_take(db->turn) : BUSY_MS;
	int rc;

	db->busy = patience < 0;
	if (db->busy)
		return err_set(err, EXIT_FAILED,
		    "cannot begin a transaction: others take too long");
	db->writing = db->turn != NULL;
	sqlite3_busy_timeout(db->handle, patience);
	rc = begin(db, "BEGIN IMMEDIATE", err);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	if (rc < 0 && db->busy && db->writing)
		turn_in_vain(db->turn);
	if (rc < 0)
		give_turn(db);
	return rc;
}

bool
db_was_busy(struct db *db)
{
	bool busy = db->busy;

	db->busy = false;
	return busy;
}

int
db_ping(struct db *db, struct err *err)
{
	int moved = 0;
	int rc;

	sqlite3_file_control(
	    db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved)
		return err_set(err, EXIT_FAILED,
		    "the database file is not there any more");
	/* What is in memory proves nothing. */
	sqlite3_db_release_memory(db->handle);
	rc = db_first(db, ST_PING, DB_NO_PARAMS, err);
	db_finish(db, ST_PING);
	if (rc == 0)
		return err_set(err, EXIT_FAILED, "the database is empty");
	return rc < 0 ? rc : 0;
}

int
db_begin_read(struct db *db, struct err *err)
{
	return begin(db, "BEGIN", err);
}

int
db_commit(struct db *db, struct err *err)
{
	if (run_text(db, "COMMIT") == 0) {
		give_turn(db);
		return 0;
	}
	failed(db, "cannot commit", err);
	db_rollback(db);
	return -EXIT_FAILED;
}

void
db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		run_text(db, "ROLLBACK");
	give_turn(db);
}

static int
prepare(struct db *db, enum statement statement, struct err *err)
{
	struct prepared *p = &db->prepared[statement];

	if (sqlite3_prepare_v3(db->handle, statement_text[statement], -1,
		SQLITE_PREPARE_PERSISTENT, &p->handle, NULL) != SQLITE_OK)
		return failed(db, "cannot prepare a statement", err);
	for (int i = 1; i <= PARAMS_MAX; i++) {
		char name[8];

		snprintf(name, sizeof(name), "$%d", i);
		p->index[i] = sqlite3_bind_parameter_index(p->handle, name);
	}
	return 0;
}

static int
bind(sqlite3_stmt *handle, int index, const struct db_value *value)
{
	const void *bytes = value->bytes != NULL ? value->bytes : "";

	switch (value->type) {
	case DB_TYPE_NULL:
		return sqlite3_bind_null(handle, index);
	case DB_TYPE_INTEGER:
		return sqlite3_bind_int64(handle, index, value->integer);
	case DB_TYPE_TEXT:
		return sqlite3_bind_text64(handle, index, bytes, value->len,
		    SQLITE_STATIC, SQLITE_UTF8);
	case DB_TYPE_BLOB:
		return sqlite3_bind_blob64(
		    handle, index, bytes, value->len, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

int
db_start(struct db *db, enum statement statement, const struct db_value *params,
    size_t n, struct err *err)
{
	struct prepared *p = &db->prepared[statement];

	if (p->handle == NULL) {
		int rc = prepare(db, statement, err);

		if (rc < 0)
			return rc;
	}
	sqlite3_reset(p->handle);
	for (size_t i = 0; i < n; i++) {
		if (i >= PARAMS_MAX || p->index[i + 1] == 0 ||
		    bind(p->handle, p->index[i + 1], &params[i]) != SQLITE_OK)
			return err_set(err, EXIT_FAILED,
			    "cannot bind parameter %zu of statement %d", i + 1,
			    (int)statement);
	}
	return 0;
}

int
db_step(struct db *db, enum statement statement, struct err *err)
{
	int rc = sqlite3_step(db->prepared[statement].handle);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		failed(db, "the database refused", err);
	db_finish(db, statement);
	return rc == SQLITE_DONE ? 0 : -EXIT_FAILED;
}

void
db_finish(struct db *db, enum statement statement)
{
	sqlite3_stmt *handle = db->prepared[statement].handle;

	if (handle == NULL)
		return;
	sqlite3_reset(handle);
	sqlite3_clear_bindings(handle);
}

int
db_first(struct db *db, enum statement statement, const struct db_value *params,
    size_t n, struct err *err)
{
	int rc = db_start(db, statement, params, n, err);

	return rc < 0 ? rc : db_step(db, statement, err);
}

int
db_run(struct db *db, enum statement statement, const struct db_value *params,
    size_t n, struct err *err)
{
	int rc = db_start(db, statement, params, n, err);

	if (rc < 0)
		return rc;
	do
		rc = db_step(db, statement, err);
	while (rc > 0);
	return rc < 0 ? rc : sqlite3_changes(db->handle);
}

int64_t
db_integer(struct db *db, enum statement statement, int column)
{
	return sqlite3_column_int64(db->prepared[statement].handle, column);
}

const char *
db_text(struct db *db, enum statement statement, int column, size_t *len)
{
	sqlite3_stmt *handle = db->prepared[statement].handle;
	const void *bytes;

	if (db_is_null(db, statement, column)) {
		if (len != NULL)
			*len = 0;
		return NULL;
	}
	bytes = sqlite3_column_type(handle, column) == SQLITE_BLOB
	    ? sqlite3_column_blob(handle, column)
	    : (const void *)sqlite3_column_text(handle, column);
	if (len != NULL)
		*len = (size_t)sqlite3_column_bytes(handle, column);
	return bytes != NULL ? bytes : "";
}

bool
db_is_null(struct db *db, enum statement statement, int column)
{
	return sqlite3_column_type(db->prepared[statement].handle, column) ==
	    SQLITE_NULL;
}
