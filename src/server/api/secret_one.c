/* One secret by its name. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "src/server/api/handlers.h"
#include "src/server/api/secret.h"

/* Where a request's path and query point. */
struct place {
	struct project project;
	const char *environment;
	char name[NAME_MAX_BYTES + 1];
};

/* {project_id}/{key}?environment= or {project_id}/{environment}/{key}. */
static int
find_place(struct call *call, enum action action, const char *in_body,
    struct place *out, struct err *err)
{
	bool in_path = call->arguments[2] != NULL;
	const char *name = call->arguments[in_path ? 2 : 1];
	int rc;

	out->environment = "development";
	if ((rc = environment_read(call, in_path ? call->arguments[1] : NULL,
		 in_body, &out->environment)) != 0 ||
	    (rc = project_of_path(call, action, &out->project, err)) != 0)
		return rc;
	if (strlen(name) > NAME_MAX_BYTES)
		return reply_invalid(
		    call, "key", "A name has at most %d bytes", NAME_MAX_BYTES);
	memcpy(out->name, name, strlen(name) + 1);
	return secret_name_read(call, out->name);
}

static int
refuse_missing(struct call *call, const struct place *place)
{
	return reply_fail(call, 404, "non_existent",
	    "Secret '%s' does not exist in this project", place->name);
}

/* Leaves the row current with 1. */
static int
find_row(struct call *call, const struct place *place, struct err *err)
{
	return db_first(call->db, ST_SECRET_GET,
	    DB_PARAMS(DB_TEXT(place->project.id), DB_TEXT(place->environment),
		DB_TEXT(place->name)),
	    err);
}

static int
reply_row(struct call *call, const struct place *place, const char *message,
    struct err *err)
{
	AUTO_BUF struct buf scratch = BUF_INIT;
	int rc = find_row(call, place, err);

	if (rc < 0)
		return rc;
	if (rc == 0 || db_integer(call->db, ST_SECRET_GET, COLUMN_DELETED) != 0)
		return refuse_missing(call, place);
	rc = secret_write(call, reply_begin(call, 200, message), ST_SECRET_GET,
	    &scratch, err);
	return rc < 0 ? rc : reply_end(call, err);
}

int
secret_get(struct call *call, struct err *err)
{
	struct place place;
	int rc = find_place(call, ACTION_SECRET_READ, NULL, &place, err);

	return rc != 0
	    ? rc
	    : reply_row(call, &place, "Secret retrieved successfully", err);
}

/* The current row of ST_SECRET_VERSIONS. */
static int
write_version(struct call *call, struct writer *w, const char *name,
    struct buf *scratch, struct err *err)
{
	const enum statement rows = ST_SECRET_VERSIONS;
	int has_value = secret_value_open(call, rows, scratch, err);

	if (has_value < 0)
		return has_value;
	writer_open(w, '{');
	writer_member(w, "key", name);
	writer_member_number(
	    w, "version", db_integer(call->db, rows, COLUMN_VERSION));
	writer_key(w, "value");
	writer_plain(
	    w, has_value ? buf_text_view(scratch) : NULL, scratch->len);
	writer_key(w, "deleted");
	writer_truth(w, db_integer(call->db, rows, COLUMN_DELETED) != 0);
	writer_member_time(
	    w, "updated_at", db_integer(call->db, rows, COLUMN_UPDATED));
	writer_close(w, '}');
	return 0;
}

/* Begins where db_first() left the first row. */
static int
write_versions(
    struct call *call, struct writer *w, const char *name, struct err *err)
{
	AUTO_BUF struct buf scratch = BUF_INIT;
	int rc = 1;

	writer_key(w, "versions");
	writer_open(w, '[');
	while (rc > 0) {
		rc = write_version(call, w, name, &scratch, err);
		if (rc == 0)
			rc = db_step(call->db, ST_SECRET_VERSIONS, err);
	}
	writer_close(w, ']');
	return rc;
}

int
secret_versions(struct call *call, struct err *err)
{
	struct place place;
	struct writer *w;
	int rc;

	/* One snapshot: none of the rows moves meanwhile. */
	if ((rc = db_begin_read(call->db, err)) != 0 ||
	    (rc = find_place(call, ACTION_SECRET_READ, NULL, &place, err)) != 0)
		return rc;
	rc = db_first(call->db, ST_SECRET_VERSIONS,
	    DB_PARAMS(DB_TEXT(place.project.id), DB_TEXT(place.environment),
		DB_TEXT(place.name)),
	    err);
	if (rc <= 0)
		return rc < 0 ? rc : refuse_missing(call, &place);
	w = reply_begin(call, 200, "Versions retrieved successfully");
	writer_open(w, '{');
	writer_member(w, "project_id", place.project.id);
	writer_member(w, "environment", place.environment);
	writer_member(w, "workspace_id", place.project.workspace_id);
	writer_key(w, "key_epoch");
	if (place.project.key_epoch.given)
		writer_number(w, place.project.key_epoch.number);
	else
		writer_null(w);
	rc = write_versions(call, w, place.name, err);
	writer_close(w, '}');
	return rc < 0 ? rc : reply_end(call, err);
}

/* Only what exists is updated or deleted; a tombstone counts as `dead` says. */
static int
check_exists(
    struct call *call, const struct place *place, bool dead, struct err *err)
{
	bool deleted;
	int rc = find_row(call, place, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return refuse_missing(call, place);
	deleted = db_integer(call->db, ST_SECRET_GET, COLUMN_DELETED) != 0;
	db_finish(call->db, ST_SECRET_GET);
	return deleted && !dead ? refuse_missing(call, place) : 0;
}

static int
read_change(struct call *call, struct change *change, struct batch *batch,
    const char **environment)
{
	const struct field fields[] = {
	    {"value", FIELD_KIND_TEXT, !change->deleted, 0, REQUEST_MAX,
		&change->value},
	    {"if_version", FIELD_KIND_NUMBER, false, 0, 0, &change->if_version},
	    {"key_epoch", FIELD_KIND_NUMBER, false, 0, 0, &batch->key_epoch},
	    {"environment", FIELD_KIND_ENVIRONMENT, false, 0, 0, environment},
	};
	int rc = fields_read(call, call->body, fields, 4);

	if (rc == 0 && change->value != NULL)
		rc = secret_value_read(call, "value", change->value);
	return rc;
}

int
secret_update(struct call *call, struct err *err)
{
	struct place place;
	struct change change = {.deleted = false};
	struct batch batch = {.changes = &change, .n = 1};
	const char *environment = NULL;
	int rc;

	if ((rc = read_change(call, &change, &batch, &environment)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0 ||
	    (rc = find_place(
		 call, ACTION_SECRET_WRITE, environment, &place, err)) != 0 ||
	    (rc = check_exists(call, &place, true, err)) != 0)
		return rc;
	change.name = place.name;
	batch.project = &place.project;
	batch.environment = place.environment;
	if ((rc = batch_apply(call, &batch, err)) != 0)
		return rc;
	rc = reply_row(call, &place, "Secret updated successfully", err);
	return reply_commit(call, rc, err);
}

int
secret_delete(struct call *call, struct err *err)
{
	struct place place;
	struct change change = {.deleted = true};
	struct batch batch = {.changes = &change, .n = 1};
	const char *environment = NULL;
	char message[NAME_MAX_BYTES + 64] = "";
	struct writer *w;
	int rc;

	if ((rc = read_change(call, &change, &batch, &environment)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0 ||
	    (rc = find_place(
		 call, ACTION_SECRET_WRITE, environment, &place, err)) != 0 ||
	    (rc = check_exists(call, &place, change.value != NULL, err)) != 0)
		return rc;
	change.name = place.name;
	batch.project = &place.project;
	batch.environment = place.environment;
	if ((rc = batch_apply(call, &batch, err)) != 0)
		return rc;
	snprintf(message, sizeof(message), "Secret '%s' deleted successfully",
	    place.name);
	w = reply_begin(call, 200, message);
	writer_open(w, '{');
	writer_member(w, "key", place.name);
	writer_member_number(w, "version", change.version);
	writer_member_number(w, "revision", batch.revision);
	writer_close(w, '}');
	return reply_commit(call, reply_end(call, err), err);
}
