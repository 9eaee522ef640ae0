/*
 * Writing secrets: the one place that changes a row, its version, its
 * history and the environment's revision.
 */
#include "config.h"

#include "src/server/api/secret.h"

#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/fernet.h>
#include <agentsecrets/text.h>

enum { VERSIONS_KEPT = 10 }; /* besides the current one */

/* What stands in the database under a change's name. */
struct present {
	int64_t version; /* 0: nothing */
	bool deleted;
	bool has_value;
	struct buf *value; /* when has_value */
};

/* Conflicts are gathered into the answer while nothing else is in it. */
struct run {
	struct batch *batch;
	struct buf scratch;
	struct buf token;
	bool conflicts;
	bool changed;
	int64_t rows_grown;
	int64_t bytes_grown;
	int64_t epoch; /* of the workspace; 1 when it never said */
};

static int
look_up(struct call *call, struct run *run, const struct change *change,
    struct present *out, struct err *err)
{
	struct err damage;
	int rc = db_first(call->db, ST_SECRET_GET,
	    DB_PARAMS(DB_TEXT(run->batch->project->id),
		DB_TEXT(run->batch->environment), DB_TEXT(change->name)),
	    err);

	*out = (struct present){.value = &run->scratch};
	if (rc <= 0)
		return rc;
	out->version = db_integer(call->db, ST_SECRET_GET, COLUMN_VERSION);
	out->deleted = db_integer(call->db, ST_SECRET_GET, COLUMN_DELETED) != 0;
	/* A damaged value is as good as none: writing is how to repair it. */
	out->has_value =
	    secret_value_open(call, ST_SECRET_GET, &run->scratch, &damage) > 0;
	db_finish(call->db, ST_SECRET_GET);
	return 0;
}

/* Then there is nothing to do, whatever the client believed before. */
static bool
is_done_already(const struct change *change, const struct present *present)
{
	if (present->version == 0)
		return change->deleted && change->value == NULL;
	if (change->deleted != present->deleted)
		return false;
	if (change->value == NULL)
		return true;
	return present->has_value &&
	    text_equal(change->value, buf_text_view(present->value));
}

/*
 * Without a condition everything goes but one thing: bringing back a name
 * that somebody deleted with a tombstone takes having seen it.
 */
static bool
is_conflict(const struct change *change, const struct present *present)
{
	if (change->if_version.given)
		return change->if_version.number != present->version;
	return present->deleted && present->has_value;
}

static void
write_conflict(struct call *call, struct run *run, const struct change *change,
    const struct present *present)
{
	struct writer *w = &call->writer;

	if (!run->conflicts) {
		run->conflicts = true;
		w = reply_fail_begin(call, 409, "conflict",
		    "secrets were changed by somebody else: pull first");
		writer_open(w, '{');
		writer_key(w, "conflicts");
		writer_open(w, '[');
	}
	writer_open(w, '{');
	writer_member(w, "key", change->name);
	writer_member_number(w, "version", present->version);
	writer_key(w, "value");
	writer_plain(w,
	    present->has_value ? buf_text_view(present->value) : NULL,
	    present->has_value ? present->value->len : 0);
	writer_key(w, "deleted");
	writer_truth(w, present->deleted);
	writer_close(w, '}');
}

static int
seal(struct call *call, struct run *run, const struct change *change,
    struct db_value *out, struct err *err)
{
	*out = DB_NULL;
	if (change->value == NULL)
		return 0;
	run->token.len = 0;
	if (fernet_seal(&run->token, &call->server->keys[0],
		(uint64_t)call->now, NULL, change->value,
		strlen(change->value)) < 0)
		return err_memory(err);
	out->type = DB_TYPE_TEXT;
	out->bytes = run->token.data;
	out->len = run->token.len;
	return 0;
}

static int
insert(struct call *call, struct run *run, const struct change *change,
    struct db_value value, struct err *err)
{
	char id[UUID_TEXT + 1];

	crypto_random_uuid(id);
	return db_run(call->db, ST_SECRET_ADD,
	    DB_PARAMS(DB_TEXT(run->batch->project->id),
		DB_TEXT(run->batch->environment), DB_TEXT(change->name),
		DB_TEXT(id), value, DB_INTEGER(change->deleted),
		DB_INTEGER(call->now)),
	    err);
}

/* The row as it was goes into the history, the oldest there goes. */
static int
replace(struct call *call, struct run *run, const struct change *change,
    struct db_value value, struct err *err)
{
	struct db_value project = DB_TEXT(run->batch->project->id);
	struct db_value environment = DB_TEXT(run->batch->environment);
	struct db_value name = DB_TEXT(change->name);
	int rc = db_run(call->db, ST_SECRET_KEEP,
	    DB_PARAMS(project, environment, name), err);

	if (rc >= 0 && change->version > VERSIONS_KEPT + 1)
		rc = db_run(call->db, ST_SECRET_FORGET,
		    DB_PARAMS(project, environment, name,
			DB_INTEGER(change->version - VERSIONS_KEPT - 1)),
		    err);
	if (rc >= 0)
		rc = db_run(call->db, ST_SECRET_SET,
		    DB_PARAMS(project, environment, name,
			DB_INTEGER(change->version), value,
			DB_INTEGER(change->deleted), DB_INTEGER(call->now)),
		    err);
	return rc;
}

static void
count(struct batch *batch, const struct change *change,
    const struct present *present)
{
	if (change->deleted)
		batch->deleted++;
	else if (present->version == 0 || present->deleted)
		batch->created++;
	else
		batch->updated++;
}

static void
count_growth(
    struct run *run, const struct change *change, const struct present *present)
{
	if (present->version == 0)
		run->rows_grown++;
	if (change->value != NULL)
		run->bytes_grown += (int64_t)strlen(change->value);
	if (present->has_value)
		run->bytes_grown -= (int64_t)present->value->len;
}

static int
apply(
    struct call *call, struct run *run, struct change *change, struct err *err)
{
	struct present present;
	struct db_value value;
	int rc = look_up(call, run, change, &present, err);

	if (rc < 0)
		return rc;
	change->version = present.version;
	if (is_done_already(change, &present))
		return 0;
	if (is_conflict(change, &present)) {
		write_conflict(call, run, change, &present);
		return 0;
	}
	if (run->conflicts)
		return 0;
	rc = seal(call, run, change, &value, err);
	if (rc < 0)
		return rc;
	change->version = present.version + 1;
	rc = present.version == 0 ? insert(call, run, change, value, err)
				  : replace(call, run, change, value, err);
	count(run->batch, change, &present);
	count_growth(run, change, &present);
	run->changed = true;
	return rc < 0 ? rc : 0;
}

/*
 * Ciphertext under another key than the workspace's newest is of no use to
 * anybody. One that was ever rotated wants to be told the key's epoch.
 */
static int
check_epoch(struct call *call, const struct run *run, bool rotated)
{
	const struct batch *batch = run->batch;
	struct writer *w;

	if (batch->key_epoch.given ? batch->key_epoch.number == run->epoch
				   : !rotated)
		return 0;
	w = reply_fail_begin(call, 409, "stale_key",
	    batch->key_epoch.given
		? "key_epoch is not that of the workspace's key"
		: "the workspace's key was changed: key_epoch is required");
	writer_open(w, '{');
	writer_member_number(w, "key_epoch", run->epoch);
	writer_close(w, '}');
	return reply_end(call, NULL);
}

static int
reply_conflicts(struct call *call, const struct run *run, struct err *err)
{
	struct writer *w = &call->writer;

	writer_close(w, ']');
	writer_member_number(w, "key_epoch", run->epoch);
	writer_member_number(w, "revision", run->batch->revision);
	writer_close(w, '}');
	return reply_end(call, err);
}

/* Whoever only shrinks it may go on; summing up reads all of it. */
static int
check_size(struct call *call, const struct run *run, struct err *err)
{
	const struct batch *batch = run->batch;
	int64_t rows;
	int64_t bytes;
	int rc;

	if (run->rows_grown <= 0 && run->bytes_grown <= 0)
		return 0;
	rc = db_first(call->db, ST_ENVIRONMENT_SIZE,
	    DB_PARAMS(DB_TEXT(batch->project->id), DB_TEXT(batch->environment)),
	    err);
	if (rc < 0)
		return rc;
	rows = db_integer(call->db, ST_ENVIRONMENT_SIZE, 0);
	bytes = db_integer(call->db, ST_ENVIRONMENT_SIZE, 1) / 4 * 3;
	db_finish(call->db, ST_ENVIRONMENT_SIZE);
	if (rows > ENVIRONMENT_ROWS_MAX)
		return reply_invalid(call, "secrets",
		    "The environment would hold %lld names, deleted ones "
		    "included; the limit is %d",
		    (long long)rows, ENVIRONMENT_ROWS_MAX);
	if (bytes > ENVIRONMENT_BYTES_MAX)
		return reply_invalid(call, "secrets",
		    "The environment would hold %lld bytes; the limit is %d",
		    (long long)bytes, ENVIRONMENT_BYTES_MAX);
	return 0;
}

static int
run_batch(struct call *call, struct run *run, struct err *err)
{
	struct batch *batch = run->batch;
	struct db_value project = DB_TEXT(batch->project->id);
	struct db_value environment = DB_TEXT(batch->environment);
	int rc = db_first(
	    call->db, ST_REVISION_LOCK, DB_PARAMS(project, environment), err);

	if (rc < 0)
		return rc;
	batch->revision = db_integer(call->db, ST_REVISION_LOCK, 0);
	db_finish(call->db, ST_REVISION_LOCK);
	for (size_t i = 0; i < batch->n; i++) {
		rc = apply(call, run, &batch->changes[i], err);
		if (rc < 0)
			return rc;
	}
	if (run->conflicts)
		return reply_conflicts(call, run, err);
	if (!run->changed)
		return 0;
	rc = check_size(call, run, err);
	if (rc != 0)
		return rc;
	batch->revision++;
	rc = db_run(call->db, ST_REVISION_SET,
	    DB_PARAMS(project, environment, DB_INTEGER(batch->revision)), err);
	if (rc >= 0)
		rc = event_add(call, call->principal.id, "secrets.write",
		    batch->project->id, err);
	return rc < 0 ? rc : 0;
}

int
batch_apply(struct call *call, struct batch *batch, struct err *err)
{
	struct project project;
	struct run run = {.batch = batch, .epoch = 1};
	/* Role and epoch again, now that nobody else can change them. */
	int rc = project_find(
	    call, batch->project->id, ACTION_SECRET_WRITE, &project, err);

	if (rc != 0)
		return rc;
	if (project.key_epoch.given)
		run.epoch = project.key_epoch.number;
	rc = check_epoch(call, &run, project.rotated);
	if (rc == 0)
		rc = run_batch(call, &run, err);
	buf_release(&run.scratch);
	buf_release(&run.token);
	return rc;
}
