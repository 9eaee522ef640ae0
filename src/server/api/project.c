#include "config.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "src/server/api/access.h"
#include "src/server/api/handlers.h"

enum { DESCRIPTION_MAX = 1024 };

static void
write_project(struct writer *w, const struct project *project)
{
	writer_open(w, '{');
	writer_member(w, "id", project->id);
	writer_member(w, "workspace_id", project->workspace_id);
	writer_member(w, "workspace_name", project->workspace_name);
	writer_member(w, "name", project->name);
	writer_member(w, "description", project->description);
	writer_close(w, '}');
}

static int
reply_project(struct call *call, int status, const char *message,
    const char *id, struct err *err)
{
	struct project project;
	int rc = project_find(call, id, ACTION_PROJECT_READ, &project, err);

	if (rc != 0)
		return rc;
	write_project(reply_begin(call, status, message), &project);
	return reply_end(call, err);
}

/* Trimmed and lower-cased, as the reference does. */
static int
normalise(const char *given, char out[LABEL_MAX + 1])
{
	size_t start = strspn(given, " \t\r\n");
	size_t len = strlen(given + start);

	while (len > 0 && strchr(" \t\r\n", given[start + len - 1]) != NULL)
		len--;
	if (text_copy(out, LABEL_MAX + 1, given + start, len) < 0)
		return -1;
	for (char *p = out; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	return project_name_is_valid(out) ? 0 : -1;
}

static int
read_name(struct call *call, const char *given, char out[LABEL_MAX + 1])
{
	if (normalise(given, out) == 0)
		return 0;
	return reply_invalid(
	    call, "name", "Input should be 2 to 255 of a-z, 0-9, _ and -");
}

int
project_list(struct call *call, struct err *err)
{
	struct project project;
	struct writer *w;
	int rc = db_start(call->db, ST_PROJECT_LIST,
	    DB_PARAMS(DB_TEXT(call->principal.id)), err);

	if (rc < 0)
		return rc;
	w = reply_begin(call, 200, "Projects retrieved successfully!");
	writer_open(w, '[');
	while ((rc = db_step(call->db, ST_PROJECT_LIST, err)) > 0) {
		project_read(call->db, ST_PROJECT_LIST, &project);
		write_project(w, &project);
	}
	writer_close(w, ']');
	return rc < 0 ? rc : reply_end(call, err);
}

/* Whether another project of the workspace has the name; id: its own. */
static int
check_name(struct call *call, const char *workspace_id, const char *name,
    const char *id, struct err *err)
{
	int rc = db_first(call->db, ST_PROJECT_NAME_TAKEN,
	    DB_PARAMS(DB_TEXT(workspace_id), DB_TEXT(name), DB_TEXT(id)), err);

	db_finish(call->db, ST_PROJECT_NAME_TAKEN);
	if (rc <= 0)
		return rc;
	return reply_invalid(call, "name",
	    "Project '%s' already exists in this workspace", name);
}

struct creation {
	const char *id;
	const char *given_name;
	const char *workspace_id;
	const char *description;
	char name[LABEL_MAX + 1];
};

static int
read_creation(struct call *call, struct creation *c)
{
	const struct field fields[] = {
	    {"id", FIELD_KIND_ID_NEW, false, 0, 0, &c->id},
	    {"name", FIELD_KIND_TEXT, true, 0, LABEL_MAX, &c->given_name},
	    {"workspace_id", FIELD_KIND_ID, true, 0, 0, &c->workspace_id},
	    {"description", FIELD_KIND_TEXT, false, 0, DESCRIPTION_MAX,
		&c->description},
	};
	int rc = fields_read(call, call->body, fields, 4);

	return rc != 0 ? rc : read_name(call, c->given_name, c->name);
}

/* The reference answers 403 here, for an unknown workspace as well. */
static int
check_workspace(struct call *call, const char *id, struct err *err)
{
	struct workspace workspace;
	int rc =
	    workspace_find(call, id, ACTION_PROJECT_CREATE, &workspace, err);

	if (rc == ANSWERED && call->response->status == 404)
		return reply_fail(call, 403, "forbidden",
		    "You don't have access to this workspace");
	return rc;
}

static int
create(struct call *call, const struct creation *c, struct err *err)
{
	int rc = db_first(
	    call->db, ST_PROJECT_EXISTS, DB_PARAMS(DB_TEXT(c->id)), err);

	db_finish(call->db, ST_PROJECT_EXISTS);
	if (rc < 0)
		return rc;
	if (rc == 1)
		return reply_field(
		    call, 409, "already_exists", "id", "Project id is taken");
	rc = check_name(call, c->workspace_id, c->name, c->id, err);
	if (rc == 0)
		rc = check_count(call, ST_PROJECT_COUNT, c->workspace_id,
		    PROJECTS_MAX, "projects in a workspace", err);
	if (rc != 0)
		return rc;
	rc = db_run(call->db, ST_PROJECT_ADD,
	    DB_PARAMS(DB_TEXT(c->id), DB_TEXT(c->workspace_id),
		DB_TEXT(c->name),
		DB_TEXT(c->description != NULL ? c->description : ""),
		DB_INTEGER(call->now)),
	    err);
	if (rc >= 0)
		rc = event_add(
		    call, call->principal.id, "project.create", c->id, err);
	return rc < 0 ? rc : 0;
}

int
project_create(struct call *call, struct err *err)
{
	struct creation c = {.id = NULL};
	char id[UUID_TEXT + 1];
	int rc;

	if ((rc = read_creation(call, &c)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0 ||
	    (rc = check_workspace(call, c.workspace_id, err)) != 0)
		return rc;
	if (c.id == NULL) {
		crypto_random_uuid(id);
		c.id = id;
	}
	if ((rc = create(call, &c, err)) != 0)
		return rc;
	rc = reply_project(
	    call, 201, "Project Created Successfully!", c.id, err);
	return reply_commit(call, rc, err);
}

/* By {ws}/{name} or {name} alone. */
static int
find(
    struct call *call, enum action action, struct project *out, struct err *err)
{
	bool both = call->arguments[1] != NULL;
	char workspace_id[UUID_TEXT + 1];
	char name[LABEL_MAX + 1];
	int rc;

	if (both &&
	    (rc = argument_id(call, 0, "workspace_id", workspace_id)) != 0)
		return rc;
	/* A name that could not be given to any project is not found. */
	if (normalise(call->arguments[both ? 1 : 0], name) < 0)
		return reply_fail(
		    call, 404, "non_existent", "Project not found");
	return project_find_name(
	    call, both ? workspace_id : NULL, name, action, out, err);
}

int
project_get(struct call *call, struct err *err)
{
	struct project project;
	int rc = find(call, ACTION_PROJECT_READ, &project, err);

	if (rc != 0)
		return rc;
	write_project(
	    reply_begin(call, 200, "Project retrieved successfully"), &project);
	return reply_end(call, err);
}

static int
update(struct call *call, const struct project *project, const char *name,
    const char *description, struct err *err)
{
	int rc =
	    check_name(call, project->workspace_id, name, project->id, err);

	if (rc != 0)
		return rc;
	rc = db_run(call->db, ST_PROJECT_SET,
	    DB_PARAMS(DB_TEXT(project->id), DB_TEXT(name), DB_TEXT(description),
		DB_INTEGER(call->now)),
	    err);
	if (rc >= 0)
		rc = event_add(call, call->principal.id, "project.update",
		    project->id, err);
	return rc < 0 ? rc : 0;
}

int
project_update(struct call *call, struct err *err)
{
	struct project project;
	const char *given = NULL;
	const char *description = NULL;
	char name[LABEL_MAX + 1];
	const struct field fields[] = {
	    {"name", FIELD_KIND_TEXT, false, 0, LABEL_MAX, &given},
	    {"description", FIELD_KIND_TEXT, false, 0, DESCRIPTION_MAX,
		&description},
	};
	int rc;

	if ((rc = fields_read(call, call->body, fields, 2)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0 ||
	    (rc = find(call, ACTION_PROJECT_UPDATE, &project, err)) != 0)
		return rc;
	snprintf(name, sizeof(name), "%s", project.name);
	if (given != NULL && (rc = read_name(call, given, name)) != 0)
		return rc;
	if (description == NULL)
		description = project.description;
	if ((rc = update(call, &project, name, description, err)) != 0)
		return rc;
	rc = reply_project(
	    call, 200, "Project updated successfully", project.id, err);
	return reply_commit(call, rc, err);
}

/* All live secrets of a project. */
static int
count_secrets(struct call *call, const char *id, int64_t *out, struct err *err)
{
	int rc =
	    db_start(call->db, ST_SECRET_COUNT, DB_PARAMS(DB_TEXT(id)), err);

	*out = 0;
	if (rc < 0)
		return rc;
	while ((rc = db_step(call->db, ST_SECRET_COUNT, err)) > 0)
		*out += db_integer(call->db, ST_SECRET_COUNT, 1);
	return rc;
}

int
project_delete(struct call *call, struct err *err)
{
	struct project project;
	int64_t secrets;
	int rc;

	if ((rc = db_begin(call->db, err)) != 0 ||
	    (rc = find(call, ACTION_PROJECT_DELETE, &project, err)) != 0 ||
	    (rc = count_secrets(call, project.id, &secrets, err)) != 0)
		return rc;
	rc = db_run(
	    call->db, ST_PROJECT_DROP, DB_PARAMS(DB_TEXT(project.id)), err);
	if (rc >= 0)
		rc = event_add(call, call->principal.id, "project.delete",
		    project.id, err);
	if (rc < 0 || (rc = db_commit(call->db, err)) != 0)
		return rc;
	return reply_done(call, 200, err,
	    "Project '%s' and %lld secrets deleted successfully", project.name,
	    (long long)secrets);
}
