#include "config.h"

#include "src/server/api/access.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/text.h>

static const char *const role_names[ROLE_END] = {
    [ROLE_OWNER] = "owner",
    [ROLE_ADMIN] = "admin",
    [ROLE_MEMBER] = "member",
    [ROLE_READ_ONLY] = "read_only",
};

/* What is not listed is denied. */
static const bool allowed[ACTION_END][ROLE_END] = {
    [ACTION_WORKSPACE_READ] = {true, true, true, true},
    [ACTION_WORKSPACE_RENAME] = {true, true, false, false},
    [ACTION_WORKSPACE_DELETE] = {true, false, false, false},
    [ACTION_OWN_KEY_WRITE] = {true, true, true, true},
    [ACTION_PROJECT_READ] = {true, true, true, true},
    [ACTION_PROJECT_CREATE] = {true, true, false, false},
    [ACTION_PROJECT_UPDATE] = {true, true, false, false},
    [ACTION_PROJECT_DELETE] = {true, true, false, false},
    [ACTION_SECRET_READ] = {true, true, true, true},
    [ACTION_SECRET_WRITE] = {true, true, true, false},
};

static const char *const denials[ACTION_END] = {
    [ACTION_WORKSPACE_RENAME] =
	"You don't have permission to update this workspace",
    [ACTION_WORKSPACE_DELETE] = "Only the workspace owner can delete it",
    [ACTION_PROJECT_CREATE] =
	"Only workspace owners and admins can create projects",
    [ACTION_PROJECT_UPDATE] =
	"Only workspace owners and admins can perform this action",
    [ACTION_PROJECT_DELETE] =
	"Only workspace owners and admins can perform this action",
    [ACTION_SECRET_WRITE] = "You don't have permission to modify secrets",
};

bool
role_may(const char *role, enum action action)
{
	for (size_t i = 0; i < ROLE_END; i++) {
		if (text_equal(role_names[i], role))
			return action < ACTION_END && allowed[action][i];
	}
	return false;
}

int
require(struct call *call, const char *role, enum action action)
{
	if (role_may(role, action))
		return 0;
	return reply_fail(call, 403, "forbidden", "%s",
	    denials[action] != NULL ? denials[action]
				    : "You don't have permission to do this");
}

/* A column into a text of fixed size; what does not fit was never ours. */
static void
column_text(struct db *db, enum statement statement, int column, char *out,
    size_t out_len)
{
	size_t len;
	const char *text = db_text(db, statement, column, &len);

	text_copy(out, out_len, text, len);
}

static struct field_number
column_number(struct db *db, enum statement statement, int column)
{
	return (struct field_number){!db_is_null(db, statement, column),
	    db_integer(db, statement, column)};
}

void
workspace_read(struct db *db, enum statement statement, struct workspace *out)
{
	const char *box;
	size_t len;

	*out = (struct workspace){0};
	column_text(db, statement, 0, out->id, sizeof(out->id));
	column_text(db, statement, 1, out->name, sizeof(out->name));
	column_text(db, statement, 2, out->type, sizeof(out->type));
	out->key_epoch = column_number(db, statement, 3);
	out->rotated = db_integer(db, statement, 4) != 0;
	out->created_at = db_integer(db, statement, 5);
	out->updated_at = db_integer(db, statement, 6);
	column_text(db, statement, 7, out->role, sizeof(out->role));
	box = db_text(db, statement, 8, &len);
	if (box != NULL && len <= sizeof(out->box.bytes)) {
		memcpy(out->box.bytes, box, len);
		out->box.len = len;
	}
	out->box_epoch = column_number(db, statement, 9);
	out->has_box_name = !db_is_null(db, statement, 10);
	column_text(db, statement, 10, out->box_name, sizeof(out->box_name));
}

int
workspace_find(struct call *call, const char *id, enum action action,
    struct workspace *out, struct err *err)
{
	int rc = db_first(call->db, ST_WORKSPACE_GET,
	    DB_PARAMS(DB_TEXT(call->principal.id), DB_TEXT(id)), err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return reply_fail(call, 404, "non_existent",
		    "Workspace not found or you don't have access");
	workspace_read(call->db, ST_WORKSPACE_GET, out);
	db_finish(call->db, ST_WORKSPACE_GET);
	return require(call, out->role, action);
}

void
project_read(struct db *db, enum statement statement, struct project *out)
{
	*out = (struct project){0};
	column_text(db, statement, 0, out->id, sizeof(out->id));
	column_text(
	    db, statement, 1, out->workspace_id, sizeof(out->workspace_id));
	column_text(
	    db, statement, 2, out->workspace_name, sizeof(out->workspace_name));
	column_text(db, statement, 3, out->name, sizeof(out->name));
	column_text(
	    db, statement, 4, out->description, sizeof(out->description));
	column_text(db, statement, 5, out->role, sizeof(out->role));
	out->key_epoch = column_number(db, statement, 6);
	out->rotated = db_integer(db, statement, 7) != 0;
}

static int
find_project(struct call *call, enum statement statement,
    const struct db_value *params, size_t n, enum action action,
    struct project *out, struct err *err)
{
	int rc = db_first(call->db, statement, params, n, err);

	if (rc < 0)
		return rc;
	/* Not somebody else's either: a 403 would tell that it exists. */
	if (rc == 0)
		return reply_fail(
		    call, 404, "non_existent", "Project not found");
	project_read(call->db, statement, out);
	db_finish(call->db, statement);
	return require(call, out->role, action);
}

int
project_find(struct call *call, const char *id, enum action action,
    struct project *out, struct err *err)
{
	return find_project(call, ST_PROJECT_BY_ID,
	    DB_PARAMS(DB_TEXT(call->principal.id), DB_TEXT(id)), action, out,
	    err);
}

int
project_find_name(struct call *call, const char *workspace_id, const char *name,
    enum action action, struct project *out, struct err *err)
{
	if (workspace_id == NULL)
		return find_project(call, ST_PROJECT_BY_NAME,
		    DB_PARAMS(DB_TEXT(call->principal.id), DB_TEXT(name)),
		    action, out, err);
	return find_project(call, ST_PROJECT_BY_PATH,
	    DB_PARAMS(DB_TEXT(call->principal.id), DB_TEXT(name),
		DB_TEXT(workspace_id)),
	    action, out, err);
}

int
project_of_path(
    struct call *call, enum action action, struct project *out, struct err *err)
{
	char id[UUID_TEXT + 1];
	int rc = argument_id(call, 0, "project_id", id);

	return rc != 0 ? rc : project_find(call, id, action, out, err);
}

int
check_count(struct call *call, enum statement statement, const char *id,
    int64_t most, const char *what, struct err *err)
{
	int64_t n;
	int rc = db_first(call->db, statement, DB_PARAMS(DB_TEXT(id)), err);

	if (rc < 0)
		return rc;
	n = db_integer(call->db, statement, 0);
	db_finish(call->db, statement);
	if (n < most)
		return 0;
	return reply_invalid(
	    call, "id", "There can be at most %lld %s", (long long)most, what);
}
