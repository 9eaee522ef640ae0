/*
 * Attempts are counted in the database: a restart or a second instance does
 * not start anew.
 */
#include "config.h"

#include "src/server/api/token.h"

#include <stdio.h>
#include <string.h>

enum {
	KEEP_SECONDS = 3600,
	WAIT_MAX_SECONDS = 900,
};

int
attempt_check(struct call *call, const char *name, struct err *err)
{
	int64_t until;
	int rc =
	    db_first(call->db, ST_ATTEMPT_GET, DB_PARAMS(DB_TEXT(name)), err);

	if (rc <= 0)
		return rc;
	until = db_integer(call->db, ST_ATTEMPT_GET, 2);
	db_finish(call->db, ST_ATTEMPT_GET);
	if (until <= call->now)
		return 0;
	call->response->retry_after = (int)(until - call->now);
	return reply_fail(call, 429, "rate_limited",
	    "too many attempts: try again in %d seconds",
	    call->response->retry_after);
}

/* 1, 2, 4, … seconds. */
static int64_t
doubled(int64_t times)
{
	return times > 9 ? WAIT_MAX_SECONDS : (int64_t)1 << times;
}

static int
count(struct call *call, const char *name, int64_t most, int64_t window,
    bool doubling, struct err *err)
{
	int64_t n = 0;
	int64_t window_at = call->now;
	int64_t until = 0;
	int rc =
	    db_first(call->db, ST_ATTEMPT_GET, DB_PARAMS(DB_TEXT(name)), err);

	if (rc < 0)
		return rc;
	if (rc == 1) {
		if (db_integer(call->db, ST_ATTEMPT_GET, 1) + window >
		    call->now) {
			n = db_integer(call->db, ST_ATTEMPT_GET, 0);
			window_at = db_integer(call->db, ST_ATTEMPT_GET, 1);
		}
		db_finish(call->db, ST_ATTEMPT_GET);
	}
	n++;
	if (n >= most)
		until = doubling ? call->now + doubled(n - most)
				 : window_at + window;
	if (doubling)
		window_at = call->now;
	rc = db_run(call->db, ST_ATTEMPT_PUT,
	    DB_PARAMS(DB_TEXT(name), DB_INTEGER(n), DB_INTEGER(window_at),
		DB_INTEGER(until)),
	    err);
	if (rc >= 0)
		rc = db_run(call->db, ST_ATTEMPT_DROP_OLD,
		    DB_PARAMS(DB_INTEGER(call->now - KEEP_SECONDS),
			DB_INTEGER(call->now)),
		    err);
	return rc < 0 ? rc : 0;
}

int
attempt_count(struct call *call, const char *name, int64_t most, int64_t window,
    bool doubling, struct err *err)
{
	int rc = db_begin(call->db, err);

	if (rc == 0)
		rc = count(call, name, most, window, doubling, err);
	if (rc == 0)
		return db_commit(call->db, err);
	db_rollback(call->db);
	return rc;
}

int
attempt_forget(struct call *call, const char *name, struct err *err)
{
	int rc =
	    db_run(call->db, ST_ATTEMPT_DROP, DB_PARAMS(DB_TEXT(name)), err);

	return rc < 0 ? rc : 0;
}

/* A row that only says until when a network is known. @return as buf_printf */
static int
print_known(const struct call *call, const char *email, struct buf *out)
{
	return buf_printf(out, "known:%s %s", email, call->request->address);
}

int
attempt_name_login(struct call *call, const char *email, char *out,
    size_t out_len, struct err *err)
{
	AUTO_BUF struct buf name = BUF_INIT;
	bool known = false;
	int rc;

	if (call->request->address != NULL) {
		if (print_known(call, email, &name) < 0)
			return err_memory(err);
		rc = db_first(call->db, ST_ATTEMPT_GET,
		    DB_PARAMS(DB_TEXT(buf_text_view(&name))), err);
		if (rc < 0)
			return rc;
		known = rc == 1 &&
		    db_integer(call->db, ST_ATTEMPT_GET, 2) > call->now;
		db_finish(call->db, ST_ATTEMPT_GET);
	}
	snprintf(out, out_len, "account:%s%s%s", email, known ? " " : "",
	    known ? call->request->address : "");
	return 0;
}

int
attempt_remember(struct call *call, const char *email, struct err *err)
{
	AUTO_BUF struct buf name = BUF_INIT;
	int rc;

	if (call->request->address == NULL)
		return 0;
	if (print_known(call, email, &name) < 0)
		return err_memory(err);
	rc = db_run(call->db, ST_ATTEMPT_PUT,
	    DB_PARAMS(DB_TEXT(buf_text_view(&name)), DB_INTEGER(0),
		DB_INTEGER(call->now), DB_INTEGER(call->now + REFRESH_SECONDS)),
	    err);
	return rc < 0 ? rc : 0;
}
