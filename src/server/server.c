#include "config.h"

#include "src/server/server.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "src/server/db/db.h"

enum { EVENTS_KEPT_DAYS = 90 };

static const char key_check[] = "agentsecrets-server";

/* A database remembers by which keys it was written. */
static int
check_keys(struct server *server, struct db *db, struct err *err)
{
	AUTO_BUF struct buf token = BUF_INIT;
	AUTO_BUF struct buf plain = BUF_INIT;
	int rc;

	if (fernet_seal(&token, &server->keys[0], (uint64_t)time(NULL), NULL,
		key_check, strlen(key_check)) < 0)
		return err_memory(err);
	rc = db_first(db, ST_KEY_CHECK_GET, DB_NO_PARAMS, err);
	if (rc < 0)
		return rc;
	if (rc == 1 && db_is_null(db, ST_KEY_CHECK_GET, 0)) {
		db_finish(db, ST_KEY_CHECK_GET);
		rc = db_run(db, ST_KEY_CHECK_SET,
		    DB_PARAMS(DB_TEXT(buf_text_view(&token))), err);
		if (rc != 0)
			return rc;
		/* Another process was first, maybe with other keys. */
		rc = db_first(db, ST_KEY_CHECK_GET, DB_NO_PARAMS, err);
		if (rc < 0)
			return rc;
	}
	if (rc == 1) {
		size_t len;
		const char *text = db_text(db, ST_KEY_CHECK_GET, 0, &len);

		rc = fernet_open(
		    &plain, server->keys, server->keys_n, text, len);
		db_finish(db, ST_KEY_CHECK_GET);
		if (rc == 0 && text_equal(buf_text_view(&plain), key_check))
			return 0;
	}
	return err_set(
	    err, EXIT_FAILED, "the key file does not belong to this database");
}

/* What was done stays on record for so long. */
static int
drop_old_events(const struct server *server, struct db *db, struct err *err)
{
	int64_t before =
	    server->started_at - (int64_t)EVENTS_KEPT_DAYS * 24 * 3600;
	int rc =
	    db_run(db, ST_EVENT_DROP_OLD, DB_PARAMS(DB_INTEGER(before)), err);

	return rc < 0 ? rc : 0;
}

int
server_init(
    struct server *server, const struct server_config *config, struct err *err)
{
	const char *path = db_uri_path(config->db);
	struct db *db;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int rc;

	server->origin = config->origin;
	server->attempts = config->attempts;
	server->limits = config->limits;
	server->embedded = config->embedded;
	server->open_registration = config->open_registration;
	server->report = config->report;
	server->started_at = time(NULL);
	/* Best effort: the limit of locked memory may be nothing. */
	(void)mlock(server->keys, sizeof(server->keys));
	rc = db_uri_check(config->db, err);
	if (rc < 0)
		return rc;
	rc = keys_load(server->keys, config->keys,
	    path == NULL || access(path, F_OK) < 0, err);
	if (rc < 0)
		return rc;
	server->keys_n = (size_t)rc;
	rc = db_pool_new(
	    &server->pool, config->db, (size_t)config->threads, err);
	if (rc < 0)
		return rc;
	sem_init(&server->stretching, 0, cpus > 0 ? (unsigned)cpus : 1);
	rc = db_pool_take(server->pool, &db, err);
	if (rc < 0)
		return rc;
	rc = check_keys(server, db, err);
	if (rc >= 0)
		rc = drop_old_events(server, db, err);
	db_pool_give(server->pool, db);
	return rc < 0 ? rc : 0;
}

void
server_release(struct server *server)
{
	if (server->pool != NULL)
		sem_destroy(&server->stretching);
	db_pool_free(server->pool);
	explicit_bzero(server, sizeof(*server));
}
