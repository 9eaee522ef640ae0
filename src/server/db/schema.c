#include "config.h"

#include "src/server/db/schema.h"

/*
 * A secret's `value` is the Fernet token around the client's base64 text, of
 * a tombstone when `deleted`; NULL is a deletion by a client that has none.
 * secret_version holds former versions only: the current one is in secret.
 */
const char *const schema_statements[] = {
    "CREATE TABLE schema ("
    " version BIGINT NOT NULL,"
    " key_check TEXT)",

    "CREATE TABLE principal ("
    " id TEXT PRIMARY KEY,"
    " kind TEXT NOT NULL CHECK (kind IN ('user', 'machine')),"
    " created_at BIGINT NOT NULL)",

    "CREATE TABLE account ("
    " principal_id TEXT PRIMARY KEY"
    "  REFERENCES principal (id) ON DELETE CASCADE,"
    " email TEXT NOT NULL UNIQUE,"
    " first_name TEXT NOT NULL,"
    " last_name TEXT NOT NULL,"
    " password_hash TEXT,"
    " key_salt TEXT,"
    " public_key BYTEA,"
    " encrypted_private_key BYTEA)",

    "CREATE TABLE token ("
    " hash BYTEA PRIMARY KEY,"
    " family TEXT NOT NULL,"
    " kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),"
    " principal_id TEXT NOT NULL"
    "  REFERENCES principal (id) ON DELETE CASCADE,"
    " created_at BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL,"
    " used_at BIGINT)",
    "CREATE INDEX token_family ON token (family)",
    "CREATE INDEX token_principal ON token (principal_id)",
    "CREATE INDEX token_expires ON token (expires_at)",

    "CREATE TABLE workspace ("
    " id TEXT PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " type TEXT NOT NULL CHECK (type IN ('personal', 'shared')),"
    " key_epoch BIGINT,"
    " rotated BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL)",

    "CREATE TABLE membership ("
    " id TEXT PRIMARY KEY,"
    " workspace_id TEXT NOT NULL"
    "  REFERENCES workspace (id) ON DELETE CASCADE,"
    " principal_id TEXT NOT NULL"
    "  REFERENCES principal (id) ON DELETE CASCADE,"
    " role TEXT NOT NULL"
    "  CHECK (role IN ('owner', 'admin', 'member', 'read_only')),"
    " status TEXT NOT NULL CHECK (status IN ('active', 'invited')),"
    " sealed_key BYTEA,"
    " key_epoch BIGINT,"
    " sealed_name TEXT,"
    " created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL,"
    " UNIQUE (workspace_id, principal_id))",
    "CREATE INDEX membership_principal ON membership (principal_id)",

    "CREATE TABLE project ("
    " id TEXT PRIMARY KEY,"
    " workspace_id TEXT NOT NULL"
    "  REFERENCES workspace (id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " description TEXT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL,"
    " UNIQUE (workspace_id, name))",

    "CREATE TABLE environment ("
    " project_id TEXT NOT NULL"
    "  REFERENCES project (id) ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " revision BIGINT NOT NULL,"
    " PRIMARY KEY (project_id, name))",

    "CREATE TABLE secret ("
    " project_id TEXT NOT NULL,"
    " environment TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " id TEXT NOT NULL,"
    " version BIGINT NOT NULL,"
    " value TEXT,"
    " deleted BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL,"
    " PRIMARY KEY (project_id, environment, name),"
    " FOREIGN KEY (project_id, environment)"
    "  REFERENCES environment (project_id, name) ON DELETE CASCADE)",

    "CREATE TABLE secret_version ("
    " project_id TEXT NOT NULL,"
    " environment TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " version BIGINT NOT NULL,"
    " value TEXT,"
    " deleted BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL,"
    " PRIMARY KEY (project_id, environment, name, version),"
    " FOREIGN KEY (project_id, environment, name)"
    "  REFERENCES secret (project_id, environment, name)"
    "  ON DELETE CASCADE)",

    "CREATE TABLE event ("
    " id TEXT PRIMARY KEY,"
    " at BIGINT NOT NULL,"
    " principal_id TEXT,"
    " action TEXT NOT NULL,"
    " object TEXT,"
    " address TEXT)",
    "CREATE INDEX event_at ON event (at)",

    "CREATE TABLE attempt ("
    " name TEXT PRIMARY KEY,"
    " count BIGINT NOT NULL,"
    " window_at BIGINT NOT NULL,"
    " until BIGINT NOT NULL)",

    "INSERT INTO schema (version) VALUES (1)",
};

const size_t schema_statements_n =
    sizeof(schema_statements) / sizeof(schema_statements[0]);
