/*
 * access: who may do what. One table, default deny.
 */
#ifndef AGENTSECRETS_SERVER_ACCESS_H
#define AGENTSECRETS_SERVER_ACCESS_H

#include "src/server/api/call.h"
#include "src/server/api/fields.h"

enum action {
	ACTION_WORKSPACE_READ,
	ACTION_WORKSPACE_RENAME,
	ACTION_WORKSPACE_DELETE,
	ACTION_OWN_KEY_WRITE, /* one's own copy of the workspace key */
	ACTION_PROJECT_READ,
	ACTION_PROJECT_CREATE,
	ACTION_PROJECT_UPDATE,
	ACTION_PROJECT_DELETE,
	ACTION_SECRET_READ,
	ACTION_SECRET_WRITE,
	ACTION_END
};

enum role { ROLE_OWNER, ROLE_ADMIN, ROLE_MEMBER, ROLE_READ_ONLY, ROLE_END };

/* A workspace as one of its active members sees it. */
struct workspace {
	char id[UUID_TEXT + 1];
	char name[LABEL_MAX + 1];
	char type[16];
	char role[16];
	struct field_number key_epoch; /* the newest key's */
	bool rotated;
	int64_t created_at;
	int64_t updated_at;
	struct field_bytes box; /* the member's sealed key */
	struct field_number box_epoch;
	bool has_box_name;
	char box_name[LABEL_MAX + 1];
};

struct project {
	char id[UUID_TEXT + 1];
	char workspace_id[UUID_TEXT + 1];
	char workspace_name[LABEL_MAX + 1];
	char name[LABEL_MAX + 1];
	char description[1024 + 1];
	char role[16];
	struct field_number key_epoch; /* the workspace's newest */
	bool rotated;
};

/** Whether the role, by its name, may do it; an unknown one may nothing. */
bool role_may(const char *role, enum action action);

/** 403 unless the role may do it. @return 0 or ANSWERED */
int require(struct call *call, const char *role, enum action action);

/** Read the current row of a WORKSPACE_SELECT. */
void workspace_read(
    struct db *db, enum statement statement, struct workspace *out);

/**
 * The workspace by id, if the caller is an active member and may do it.
 *
 * @return 0; ANSWERED (404 when it does not exist or is not his; 403)
 */
int workspace_find(struct call *call, const char *id, enum action action,
    struct workspace *out, struct err *err);

/** Read the current row of a PROJECT_SELECT. */
void project_read(struct db *db, enum statement statement, struct project *out);

/** As workspace_find(), by the project's id. */
int project_find(struct call *call, const char *id, enum action action,
    struct project *out, struct err *err);

/** As workspace_find(), by name; in one workspace unless that is NULL. */
int project_find_name(struct call *call, const char *workspace_id,
    const char *name, enum action action, struct project *out, struct err *err);

/** As project_find(), by the {project_id} that is the first argument. */
int project_of_path(struct call *call, enum action action, struct project *out,
    struct err *err);

/** What nobody needs more of: memberships of an account, projects of one. */
enum { WORKSPACES_MAX = 100, PROJECTS_MAX = 1000 };

/**
 * Refuse to add to what is full; inside the transaction that adds.
 *
 * @param statement  gives the count
 * @param id         its parameter
 * @param what       "workspaces", for the message
 * @return 0; ANSWERED (422)
 */
int check_count(struct call *call, enum statement statement, const char *id,
    int64_t most, const char *what, struct err *err);

#endif
