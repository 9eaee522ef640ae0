/*
 * Every statement of the server: one SQL text for SQLite and PostgreSQL.
 * $1, $2, … are parameters; times are UTC seconds; truth values are 0 and 1.
 * Columns of a row are counted in the order they are selected.
 */
#ifndef AGENTSECRETS_SERVER_STATEMENTS_H
#define AGENTSECRETS_SERVER_STATEMENTS_H

/* What a workspace record is made of; see workspace_read(). */
#define WORKSPACE_SELECT                                                       \
	"SELECT w.id, w.name, w.type, w.key_epoch, w.rotated,"                 \
	" w.created_at, w.updated_at, m.role, m.sealed_key, m.key_epoch,"      \
	" m.sealed_name FROM membership m"                                     \
	" JOIN workspace w ON w.id = m.workspace_id"                           \
	" WHERE m.principal_id = $1 AND m.status = 'active'"

/* What a project record is made of; see project_read(). */
#define PROJECT_SELECT                                                         \
	"SELECT p.id, p.workspace_id, w.name, p.name, p.description, m.role,"  \
	" w.key_epoch, w.rotated FROM membership m"                            \
	" JOIN workspace w ON w.id = m.workspace_id"                           \
	" JOIN project p ON p.workspace_id = w.id"                             \
	" WHERE m.principal_id = $1 AND m.status = 'active'"

#define SECRET_COLUMNS "name, id, version, value, deleted, updated_at"

#define STATEMENT_TABLE(STATEMENT)                                             \
	STATEMENT(PING, "SELECT version FROM schema")                          \
	STATEMENT(KEY_CHECK_GET, "SELECT key_check FROM schema")               \
	STATEMENT(KEY_CHECK_SET,                                               \
	    "UPDATE schema SET key_check = $1 WHERE key_check IS NULL")        \
	STATEMENT(PRINCIPAL_ADD,                                               \
	    "INSERT INTO principal (id, kind, created_at)"                     \
	    " VALUES ($1, $2, $3)")                                            \
	STATEMENT(ACCOUNT_ADD,                                                 \
	    "INSERT INTO account (principal_id, email, first_name,"            \
	    " last_name, password_hash, key_salt, public_key,"                 \
	    " encrypted_private_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"  \
	    " ON CONFLICT (email) DO NOTHING")                                 \
	STATEMENT(                                                             \
	    ACCOUNT_ONLY, "SELECT principal_id, email FROM account LIMIT 2")   \
	STATEMENT(ACCOUNT_BY_EMAIL,                                            \
	    "SELECT principal_id, email, first_name, last_name,"               \
	    " password_hash, key_salt, public_key, encrypted_private_key"      \
	    " FROM account WHERE email = $1")                                  \
	STATEMENT(ACCOUNT_PASSWORD_SET,                                        \
	    "UPDATE account SET password_hash = $2,"                           \
	    " key_salt = COALESCE($3, key_salt),"                              \
	    " encrypted_private_key = COALESCE($4, encrypted_private_key)"     \
	    " WHERE principal_id = $1")                                        \
	STATEMENT(TOKEN_ADD,                                                   \
	    "INSERT INTO token (hash, family, kind, principal_id,"             \
	    " created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")        \
	STATEMENT(TOKEN_FIND,                                                  \
	    "SELECT t.principal_id, t.family, t.expires_at, t.used_at,"        \
	    " a.email FROM token t JOIN account a"                             \
	    " ON a.principal_id = t.principal_id"                              \
	    " WHERE t.hash = $1 AND t.kind = $2")                              \
	STATEMENT(TOKEN_USE,                                                   \
	    "UPDATE token SET used_at = $2 WHERE hash = $1"                    \
	    " AND used_at IS NULL")                                            \
	STATEMENT(TOKEN_DROP_FAMILY, "DELETE FROM token WHERE family = $1")    \
	STATEMENT(TOKEN_DROP_OTHERS,                                           \
	    "DELETE FROM token WHERE principal_id = $1 AND family <> $2")      \
	/* The newest $2 log-ins of an account stay; a family's age is that of \
	   its newest token, so that a session in use is not an old one. */    \
	STATEMENT(TOKEN_DROP_OLDEST,                                           \
	    "DELETE FROM token WHERE family IN (SELECT family FROM token"      \
	    " WHERE principal_id = $1 GROUP BY family"                         \
	    " ORDER BY MAX(created_at) DESC, MAX(expires_at) DESC, family"     \
	    " LIMIT 1000000 OFFSET $2)")                                       \
	STATEMENT(                                                             \
	    TOKEN_DROP_EXPIRED, "DELETE FROM token WHERE expires_at <= $1")    \
	STATEMENT(ATTEMPT_GET,                                                 \
	    "SELECT count, window_at, until FROM attempt WHERE name = $1")     \
	STATEMENT(ATTEMPT_PUT,                                                 \
	    "INSERT INTO attempt (name, count, window_at, until)"              \
	    " VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE"            \
	    " SET count = excluded.count, window_at = excluded.window_at,"     \
	    " until = excluded.until")                                         \
	STATEMENT(ATTEMPT_DROP, "DELETE FROM attempt WHERE name = $1")         \
	STATEMENT(ATTEMPT_DROP_OLD,                                            \
	    "DELETE FROM attempt WHERE window_at < $1 AND until < $2")         \
	STATEMENT(WORKSPACE_ADD,                                               \
	    "INSERT INTO workspace (id, name, type, key_epoch, rotated,"       \
	    " created_at, updated_at) VALUES ($1, $2, $3, $4, 0, $5, $5)"      \
	    " ON CONFLICT (id) DO NOTHING")                                    \
	STATEMENT(MEMBERSHIP_ADD,                                              \
	    "INSERT INTO membership (id, workspace_id, principal_id, role,"    \
	    " status, sealed_key, key_epoch, sealed_name, created_at,"         \
	    " updated_at) VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8,"   \
	    " $8)")                                                            \
	STATEMENT(MEMBERSHIP_KEY_SET,                                          \
	    "UPDATE membership SET sealed_key = $3, key_epoch = $4,"           \
	    " sealed_name = $5, updated_at = $6"                               \
	    " WHERE workspace_id = $1 AND principal_id = $2")                  \
	STATEMENT(WORKSPACE_LIST,                                              \
	    WORKSPACE_SELECT " ORDER BY m.created_at DESC, m.id")              \
	STATEMENT(WORKSPACE_GET, WORKSPACE_SELECT " AND w.id = $2")            \
	STATEMENT(WORKSPACE_RENAME,                                            \
	    "UPDATE workspace SET name = $2, updated_at = $3 WHERE id = $1")   \
	STATEMENT(WORKSPACE_EPOCH_SET,                                         \
	    "UPDATE workspace SET key_epoch = $2 WHERE id = $1"                \
	    " AND key_epoch IS NULL")                                          \
	STATEMENT(WORKSPACE_DROP, "DELETE FROM workspace WHERE id = $1")       \
	STATEMENT(PROJECT_ADD,                                                 \
	    "INSERT INTO project (id, workspace_id, name, description,"        \
	    " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)")        \
	STATEMENT(WORKSPACE_COUNT,                                             \
	    "SELECT COUNT(*) FROM membership WHERE principal_id = $1")         \
	STATEMENT(PROJECT_COUNT,                                               \
	    "SELECT COUNT(*) FROM project WHERE workspace_id = $1")            \
	STATEMENT(PROJECT_EXISTS, "SELECT 1 FROM project WHERE id = $1")       \
	STATEMENT(PROJECT_NAME_TAKEN,                                          \
	    "SELECT 1 FROM project WHERE workspace_id = $1 AND name = $2"      \
	    " AND id <> $3")                                                   \
	STATEMENT(                                                             \
	    PROJECT_LIST, PROJECT_SELECT " ORDER BY p.created_at DESC, p.id")  \
	STATEMENT(PROJECT_BY_ID, PROJECT_SELECT " AND p.id = $2")              \
	STATEMENT(PROJECT_BY_NAME,                                             \
	    PROJECT_SELECT " AND p.name = $2"                                  \
			   " ORDER BY p.created_at DESC, p.id LIMIT 1")        \
	STATEMENT(PROJECT_BY_PATH,                                             \
	    PROJECT_SELECT " AND p.name = $2 AND p.workspace_id = $3")         \
	STATEMENT(PROJECT_SET,                                                 \
	    "UPDATE project SET name = $2, description = $3, updated_at = $4"  \
	    " WHERE id = $1")                                                  \
	STATEMENT(PROJECT_DROP, "DELETE FROM project WHERE id = $1")           \
	STATEMENT(SECRET_COUNT,                                                \
	    "SELECT environment, COUNT(*) FROM secret"                         \
	    " WHERE project_id = $1 AND deleted = 0 GROUP BY environment")     \
	STATEMENT(SECRET_NAMES,                                                \
	    "SELECT name, environment FROM secret"                             \
	    " WHERE project_id = $1 AND deleted = 0 ORDER BY name")            \
	STATEMENT(REVISION_GET,                                                \
	    "SELECT revision FROM environment"                                 \
	    " WHERE project_id = $1 AND name = $2")                            \
	STATEMENT(REVISION_LOCK,                                               \
	    "INSERT INTO environment (project_id, name, revision)"             \
	    " VALUES ($1, $2, 0) ON CONFLICT (project_id, name)"               \
	    " DO UPDATE SET revision = environment.revision"                   \
	    " RETURNING revision")                                             \
	STATEMENT(REVISION_SET,                                                \
	    "UPDATE environment SET revision = $3"                             \
	    " WHERE project_id = $1 AND name = $2")                            \
	/* LENGTH of the Fernet token: four thirds of the client's text. */    \
	STATEMENT(ENVIRONMENT_SIZE,                                            \
	    "SELECT COUNT(*), COALESCE(SUM(LENGTH(value)), 0) FROM secret"     \
	    " WHERE project_id = $1 AND environment = $2")                     \
	STATEMENT(SECRET_LIST,                                                 \
	    "SELECT " SECRET_COLUMNS " FROM secret"                            \
	    " WHERE project_id = $1 AND environment = $2 ORDER BY name")       \
	STATEMENT(SECRET_GET,                                                  \
	    "SELECT " SECRET_COLUMNS " FROM secret"                            \
	    " WHERE project_id = $1 AND environment = $2 AND name = $3")       \
	STATEMENT(SECRET_ADD,                                                  \
	    "INSERT INTO secret (project_id, environment, name, id, version,"  \
	    " value, deleted, created_at, updated_at)"                         \
	    " VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $7)")                     \
	STATEMENT(SECRET_SET,                                                  \
	    "UPDATE secret SET version = $4, value = $5, deleted = $6,"        \
	    " updated_at = $7"                                                 \
	    " WHERE project_id = $1 AND environment = $2 AND name = $3")       \
	STATEMENT(SECRET_KEEP,                                                 \
	    "INSERT INTO secret_version (project_id, environment, name,"       \
	    " version, value, deleted, created_at)"                            \
	    " SELECT project_id, environment, name, version, value, deleted,"  \
	    " updated_at FROM secret"                                          \
	    " WHERE project_id = $1 AND environment = $2 AND name = $3")       \
	STATEMENT(SECRET_FORGET,                                               \
	    "DELETE FROM secret_version WHERE project_id = $1"                 \
	    " AND environment = $2 AND name = $3 AND version <= $4")           \
	/* Columns as SECRET_COLUMNS; what is there now comes first. */        \
	STATEMENT(SECRET_VERSIONS,                                             \
	    "SELECT " SECRET_COLUMNS " FROM secret"                            \
	    " WHERE project_id = $1 AND environment = $2 AND name = $3"        \
	    " UNION ALL SELECT name, '', version, value, deleted, created_at"  \
	    " FROM secret_version"                                             \
	    " WHERE project_id = $1 AND environment = $2 AND name = $3"        \
	    " ORDER BY version DESC")                                          \
	STATEMENT(EVENT_DROP_OLD, "DELETE FROM event WHERE at < $1")           \
	STATEMENT(EVENT_ADD,                                                   \
	    "INSERT INTO event (id, at, principal_id, action, object,"         \
	    " address) VALUES ($1, $2, $3, $4, $5, $6)")

#define STATEMENT_ENUM(name, sql) ST_##name,
enum statement { STATEMENT_TABLE(STATEMENT_ENUM) ST_END };

#endif
