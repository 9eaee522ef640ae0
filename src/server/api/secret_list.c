/* Reading all secrets of an environment. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "src/server/api/handlers.h"
#include "src/server/api/secret.h"

static int
read_revision(struct call *call, const char *project, const char *environment,
    int64_t *out, struct err *err)
{
	int rc = db_first(call->db, ST_REVISION_GET,
	    DB_PARAMS(DB_TEXT(project), DB_TEXT(environment)), err);

	*out = rc == 1 ? db_integer(call->db, ST_REVISION_GET, 0) : 0;
	db_finish(call->db, ST_REVISION_GET);
	return rc < 0 ? rc : 0;
}

/* Two lists in one pass: rows of the second wait in a buffer of their own. */
static int
write_rows(struct call *call, struct writer *w, struct err *err)
{
	AUTO_BUF struct buf scratch = BUF_INIT;
	AUTO_BUF struct buf tombstones = BUF_INIT;
	struct writer dead = {&tombstones, false, false};
	int rc;

	writer_key(w, "secrets");
	writer_open(w, '[');
	writer_open(&dead, '[');
	while ((rc = db_step(call->db, ST_SECRET_LIST, err)) > 0) {
		rc = secret_write(call,
		    db_integer(call->db, ST_SECRET_LIST, COLUMN_DELETED) != 0
			? &dead
			: w,
		    ST_SECRET_LIST, &scratch, err);
		if (rc < 0)
			return rc;
	}
	writer_close(w, ']');
	writer_close(&dead, ']');
	writer_key(w, "deleted");
	if (dead.failed ||
	    buf_append(w->out, tombstones.data, tombstones.len) < 0)
		w->failed = true;
	w->comma = true;
	return rc;
}

static int
write_list(struct call *call, const struct project *project,
    const char *environment, int64_t revision, struct err *err)
{
	struct writer *w;
	int rc = db_start(call->db, ST_SECRET_LIST,
	    DB_PARAMS(DB_TEXT(project->id), DB_TEXT(environment)), err);

	if (rc < 0)
		return rc;
	w = reply_begin(call, 200, "Secrets retrieved successfully");
	writer_open(w, '{');
	writer_member(w, "project_id", project->id);
	writer_member(w, "environment", environment);
	writer_member(w, "workspace_id", project->workspace_id);
	writer_member(w, "workspace_name", project->workspace_name);
	writer_key(w, "key_epoch");
	if (project->key_epoch.given)
		writer_number(w, project->key_epoch.number);
	else
		writer_null(w);
	writer_member_number(w, "revision", revision);
	rc = write_rows(call, w, err);
	writer_close(w, '}');
	return rc < 0 ? rc : reply_end(call, err);
}

/* RFC 9110, 13.1.2: a list, and a proxy that compresses makes tags weak. */
static bool
is_known(const struct call *call)
{
	const char *given = call->request->if_none_match;

	return given != NULL && strstr(given, call->response->etag) != NULL;
}

int
secret_list(struct call *call, struct err *err)
{
	struct project project;
	const char *environment = "development";
	int64_t revision;
	int rc;

	if ((rc = environment_read(call, NULL, NULL, &environment)) != 0)
		return rc;
	/* One snapshot: the revision is that of the rows. */
	if ((rc = db_begin_read(call->db, err)) != 0 ||
	    (rc = project_of_path(call, ACTION_SECRET_READ, &project, err)) !=
		0 ||
	    (rc = read_revision(
		 call, project.id, environment, &revision, err)) != 0)
		return rc;
	snprintf(call->response->etag, sizeof(call->response->etag), "\"%lld\"",
	    (long long)revision);
	if (is_known(call)) {
		call->response->status = 304;
		return ANSWERED;
	}
	return write_list(call, &project, environment, revision, err);
}
