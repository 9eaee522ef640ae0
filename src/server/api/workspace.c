#include "config.h"

#include "src/server/api/workspace.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "src/server/api/handlers.h"

static void
write_epoch(struct writer *w, const char *key, const struct field_number *n)
{
	writer_key(w, key);
	if (n->given)
		writer_number(w, n->number);
	else
		writer_null(w);
}

void
workspace_write(struct writer *w, const struct workspace *workspace)
{
	writer_open(w, '{');
	writer_member(w, "id", workspace->id);
	writer_member(w, "name", workspace->name);
	writer_member(w, "type", workspace->type);
	writer_member(w, "role", workspace->role);
	writer_key(w, "encrypted_workspace_key");
	writer_base64(w, workspace->box.len > 0 ? workspace->box.bytes : NULL,
	    workspace->box.len);
	write_epoch(w, "key_epoch", &workspace->box_epoch);
	writer_member(w, "sealed_name",
	    workspace->has_box_name ? workspace->box_name : NULL);
	write_epoch(w, "workspace_key_epoch", &workspace->key_epoch);
	writer_member_time(w, "created_at", workspace->created_at);
	writer_member_time(w, "updated_at", workspace->updated_at);
	writer_close(w, '}');
}

int
workspaces_write(struct call *call, struct writer *w, struct err *err)
{
	struct workspace workspace;
	int rc = db_start(call->db, ST_WORKSPACE_LIST,
	    DB_PARAMS(DB_TEXT(call->principal.id)), err);

	if (rc < 0)
		return rc;
	writer_open(w, '[');
	while ((rc = db_step(call->db, ST_WORKSPACE_LIST, err)) > 0) {
		workspace_read(call->db, ST_WORKSPACE_LIST, &workspace);
		workspace_write(w, &workspace);
	}
	writer_close(w, ']');
	return rc;
}

static int
reply_workspace(struct call *call, int status, const char *message,
    const char *id, struct err *err)
{
	struct workspace workspace;
	int rc =
	    workspace_find(call, id, ACTION_WORKSPACE_READ, &workspace, err);

	if (rc != 0)
		return rc;
	workspace_write(reply_begin(call, status, message), &workspace);
	return reply_end(call, err);
}

int
workspace_list(struct call *call, struct err *err)
{
	struct writer *w =
	    reply_begin(call, 200, "Workspaces retrieved successfully");
	int rc = workspaces_write(call, w, err);

	return rc < 0 ? rc : reply_end(call, err);
}

/* Trimmed; two characters at least, as the reference wants. */
static int
read_name(struct call *call, const char *given, char out[LABEL_MAX + 1])
{
	size_t start = strspn(given, " \t\r\n");
	size_t len = strlen(given + start);

	while (len > 0 && strchr(" \t\r\n", given[start + len - 1]) != NULL)
		len--;
	if (len < 2)
		return reply_invalid(
		    call, "name", "Input should have at least 2 characters");
	text_copy(out, LABEL_MAX + 1, given + start, len);
	return 0;
}

struct creation {
	const char *given_name;
	const char *id;
	const char *sealed_name;
	struct field_bytes box;
	struct field_number key_epoch;
	char name[LABEL_MAX + 1];
};

static int
read_creation(struct call *call, struct creation *c)
{
	const struct field fields[] = {
	    {"name", FIELD_KIND_TEXT, true, 0, LABEL_MAX, &c->given_name},
	    {"workspace_id", FIELD_KIND_ID_NEW, false, 0, 0, &c->id},
	    {"encrypted_workspace_key", FIELD_KIND_BYTES, true, 0, SEALED_KEY,
		&c->box},
	    {"key_epoch", FIELD_KIND_NUMBER, false, 0, 0, &c->key_epoch},
	    {"sealed_name", FIELD_KIND_TEXT, false, 0, LABEL_MAX,
		&c->sealed_name},
	};
	int rc = fields_read(call, call->body, fields, 5);

	if (rc != 0)
		return rc;
	if (c->key_epoch.given && c->key_epoch.number == 0)
		return reply_invalid(
		    call, "key_epoch", "Input should be a number from 1");
	return read_name(call, c->given_name, c->name);
}

static int
create(struct call *call, const struct creation *c, struct err *err)
{
	char member[UUID_TEXT + 1];
	int rc = db_begin(call->db, err);

	if (rc == 0)
		rc = check_count(call, ST_WORKSPACE_COUNT, call->principal.id,
		    WORKSPACES_MAX, "workspaces of an account", err);
	if (rc != 0)
		return rc;
	rc = db_run(call->db, ST_WORKSPACE_ADD,
	    DB_PARAMS(DB_TEXT(c->id), DB_TEXT(c->name), DB_TEXT("shared"),
		field_number_value(&c->key_epoch), DB_INTEGER(call->now)),
	    err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return reply_field(call, 409, "already_exists", "workspace_id",
		    "Workspace id is taken");
	crypto_random_uuid(member);
	rc = db_run(call->db, ST_MEMBERSHIP_ADD,
	    DB_PARAMS(DB_TEXT(member), DB_TEXT(c->id),
		DB_TEXT(call->principal.id), DB_TEXT("owner"),
		field_bytes_value(&c->box), field_number_value(&c->key_epoch),
		DB_TEXT(c->sealed_name), DB_INTEGER(call->now)),
	    err);
	if (rc >= 0)
		rc = event_add(
		    call, call->principal.id, "workspace.create", c->id, err);
	return rc < 0 ? rc : db_commit(call->db, err);
}

int
workspace_create(struct call *call, struct err *err)
{
	struct creation c = {.id = NULL};
	char id[UUID_TEXT + 1];
	int rc = read_creation(call, &c);

	if (rc != 0)
		return rc;
	if (c.id == NULL) {
		crypto_random_uuid(id);
		c.id = id;
	}
	if ((rc = create(call, &c, err)) != 0)
		return rc;
	return reply_workspace(
	    call, 201, "Workspace created successfully", c.id, err);
}

int
workspace_get(struct call *call, struct err *err)
{
	char id[UUID_TEXT + 1];
	int rc = argument_id(call, 0, "workspace_id", id);

	return rc != 0 ? rc
		       : reply_workspace(call, 200,
			     "Workspace retrieved successfully", id, err);
}

int
workspace_update(struct call *call, struct err *err)
{
	struct workspace workspace;
	const char *given = NULL;
	char id[UUID_TEXT + 1];
	char name[LABEL_MAX + 1];
	const struct field fields[] = {
	    {"name", FIELD_KIND_TEXT, false, 0, LABEL_MAX, &given},
	};
	int rc;

	if ((rc = argument_id(call, 0, "workspace_id", id)) != 0 ||
	    (rc = fields_read(call, call->body, fields, 1)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0 ||
	    (rc = workspace_find(
		 call, id, ACTION_WORKSPACE_RENAME, &workspace, err)) != 0)
		return rc;
	if (given != NULL && given[0] != '\0') {
		if ((rc = read_name(call, given, name)) != 0)
			return rc;
		rc = db_run(call->db, ST_WORKSPACE_RENAME,
		    DB_PARAMS(
			DB_TEXT(id), DB_TEXT(name), DB_INTEGER(call->now)),
		    err);
		if (rc >= 0)
			rc = event_add(call, call->principal.id,
			    "workspace.update", id, err);
		if (rc < 0)
			return rc;
	}
	rc = reply_workspace(
	    call, 200, "Workspace updated successfully", id, err);
	return reply_commit(call, rc, err);
}

int
workspace_delete(struct call *call, struct err *err)
{
	struct workspace workspace;
	char id[UUID_TEXT + 1];
	int rc;

	if ((rc = argument_id(call, 0, "workspace_id", id)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0 ||
	    (rc = workspace_find(
		 call, id, ACTION_WORKSPACE_DELETE, &workspace, err)) != 0)
		return rc;
	if (text_equal(workspace.type, "personal"))
		return reply_fail(call, 403, "forbidden",
		    "Personal workspaces cannot be deleted");
	rc = db_run(call->db, ST_WORKSPACE_DROP, DB_PARAMS(DB_TEXT(id)), err);
	if (rc >= 0)
		rc = event_add(
		    call, call->principal.id, "workspace.delete", id, err);
	if (rc < 0 || (rc = db_commit(call->db, err)) != 0)
		return rc;
	return reply_done(call, 200, err, "Workspace '%s' deleted successfully",
	    workspace.name);
}

/*
 * One's own copy, sealed anew to oneself. It may not move the workspace's
 * epoch: that is what rotating does, for everybody at once.
 */
static int
check_epoch(struct call *call, const struct workspace *workspace,
    const struct field_number *epoch)
{
	struct writer *w;

	if (epoch->number == 0)
		return reply_invalid(
		    call, "key_epoch", "Input should be a number from 1");
	if (!workspace->key_epoch.given ||
	    epoch->number == workspace->key_epoch.number ||
	    (workspace->box_epoch.given &&
		epoch->number == workspace->box_epoch.number))
		return 0;
	w = reply_fail_begin(
	    call, 409, "stale_key", "key_epoch is not the workspace's");
	writer_open(w, '{');
	writer_member_number(w, "key_epoch", workspace->key_epoch.number);
	writer_close(w, '}');
	return reply_end(call, NULL);
}

static int
store_key(struct call *call, const struct workspace *workspace,
    const struct field_bytes *box, const struct field_number *epoch,
    const char *name, struct err *err)
{
	const char *id = workspace->id;
	int rc = db_run(call->db, ST_MEMBERSHIP_KEY_SET,
	    DB_PARAMS(DB_TEXT(id), DB_TEXT(call->principal.id),
		field_bytes_value(box), field_number_value(epoch),
		DB_TEXT(name), DB_INTEGER(call->now)),
	    err);
	/* A workspace of a plain client has none until its owner says one. */
	if (rc >= 0 && text_equal(workspace->role, "owner"))
		rc = db_run(call->db, ST_WORKSPACE_EPOCH_SET,
		    DB_PARAMS(DB_TEXT(id), field_number_value(epoch)), err);
	if (rc >= 0)
		rc = event_add(
		    call, call->principal.id, "workspace.key", id, err);
	return rc < 0 ? rc : 0;
}

int
workspace_key_put(struct call *call, struct err *err)
{
	struct workspace workspace;
	struct field_bytes box = {.len = 0};
	struct field_number epoch = {.given = false};
	const char *name = NULL;
	char id[UUID_TEXT + 1];
	const struct field fields[] = {
	    {"encrypted_workspace_key", FIELD_KIND_BYTES, true, 0, SEALED_KEY,
		&box},
	    {"key_epoch", FIELD_KIND_NUMBER, true, 0, 0, &epoch},
	    {"sealed_name", FIELD_KIND_TEXT, true, 0, LABEL_MAX, &name},
	};
	int rc;

	if ((rc = argument_id(call, 0, "workspace_id", id)) != 0 ||
	    (rc = fields_read(call, call->body, fields, 3)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0 ||
	    (rc = workspace_find(
		 call, id, ACTION_OWN_KEY_WRITE, &workspace, err)) != 0 ||
	    (rc = check_epoch(call, &workspace, &epoch)) != 0 ||
	    (rc = store_key(call, &workspace, &box, &epoch, name, err)) != 0)
		return rc;
	rc = reply_workspace(call, 200, "Workspace key stored", id, err);
	return reply_commit(call, rc, err);
}
