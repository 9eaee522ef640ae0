#include "config.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "src/server/api/access.h"
#include "src/server/api/account.h"
#include "src/server/api/fields.h"
#include "src/server/api/handlers.h"
#include "src/server/api/token.h"
#include "src/server/api/workspace.h"

enum { SESSIONS_MAX = 50 }; /* of an account; a log-in ends the oldest */

/* A row of ACCOUNT_BY_EMAIL, copied: other statements run before it is used. */
struct account {
	bool known;
	char id[UUID_TEXT + 1];
	char email[EMAIL_MAX + 1];
	char first_name[LABEL_MAX + 1];
	char last_name[LABEL_MAX + 1];
	char phc[PHC_MAX];
	char key_salt[64 + 1];
	struct field_bytes public_key;
	struct field_bytes private_key;
};

static void
copy_text(struct call *call, int column, char *out, size_t out_len)
{
	const char *text = db_text(call->db, ST_ACCOUNT_BY_EMAIL, column, NULL);

	snprintf(out, out_len, "%s", text != NULL ? text : "");
}

static void
copy_bytes(struct call *call, int column, struct field_bytes *out)
{
	size_t len;
	const char *bytes =
	    db_text(call->db, ST_ACCOUNT_BY_EMAIL, column, &len);

	if (bytes == NULL || len > sizeof(out->bytes))
		return;
	memcpy(out->bytes, bytes, len);
	out->len = len;
}

static int
find_account(
    struct call *call, const char *email, struct account *out, struct err *err)
{
	int rc = db_first(
	    call->db, ST_ACCOUNT_BY_EMAIL, DB_PARAMS(DB_TEXT(email)), err);

	if (rc <= 0)
		return rc;
	out->known = true;
	copy_text(call, 0, out->id, sizeof(out->id));
	copy_text(call, 1, out->email, sizeof(out->email));
	copy_text(call, 2, out->first_name, sizeof(out->first_name));
	copy_text(call, 3, out->last_name, sizeof(out->last_name));
	copy_text(call, 4, out->phc, sizeof(out->phc));
	copy_text(call, 5, out->key_salt, sizeof(out->key_salt));
	copy_bytes(call, 6, &out->public_key);
	copy_bytes(call, 7, &out->private_key);
	db_finish(call->db, ST_ACCOUNT_BY_EMAIL);
	return 0;
}

/*
 * Compare a password, and make guessing slow under the name by which attempts
 * are counted. An attempt is counted before it is judged, so that many at
 * once count as many.
 */
static int
try_password(struct call *call, const char *name, const char *phc,
    const char *password, bool *matches, struct err *err)
{
	int rc;

	if ((rc = attempt_check(call, name, err)) != 0 ||
	    (rc = attempt_count(call, name, ACCOUNT_FAILURES_MAX,
		 ACCOUNT_WINDOW_SECONDS, true, err)) != 0 ||
	    (rc = password_verify(call, phc, password, matches, err)) != 0)
		return rc;
	return *matches ? attempt_forget(call, name, err) : 0;
}

/*
 * Whether the password that was compared, outside of any transaction because
 * that takes long, is still the account's; else a log-in that is under way
 * would outlive the change of a stolen password.
 */
static int
check_current(struct call *call, const struct account *account, bool *current,
    struct err *err)
{
	struct account now = {.known = false};
	int rc = find_account(call, account->email, &now, err);

	*current = now.known && text_equal(now.phc, account->phc);
	return rc;
}

static void
write_user(struct writer *w, const struct account *account)
{
	writer_open(w, '{');
	writer_member(w, "id", account->id);
	writer_member(w, "email", account->email);
	writer_member(w, "first_name", account->first_name);
	writer_member(w, "last_name", account->last_name);
	writer_key(w, "public_key");
	writer_base64(w,
	    account->public_key.len > 0 ? account->public_key.bytes : NULL,
	    account->public_key.len);
	writer_close(w, '}');
}

static int
reply_logged_in(struct call *call, const struct account *account,
    const struct session *session, struct err *err)
{
	struct writer *w = reply_begin(call, 200, "Login successful!");
	int rc;

	writer_open(w, '{');
	writer_member(w, "access", session->access);
	writer_member(w, "refresh", session->refresh);
	writer_member_time(w, "expires_at", session->expires_at);
	writer_member(w, "key_salt",
	    account->key_salt[0] != '\0' ? account->key_salt : NULL);
	writer_key(w, "encrypted_private_key");
	writer_base64(w,
	    account->private_key.len > 0 ? account->private_key.bytes : NULL,
	    account->private_key.len);
	writer_key(w, "user");
	write_user(w, account);
	writer_key(w, "workspaces");
	rc = workspaces_write(call, w, err);
	if (rc < 0)
		return rc;
	writer_close(w, '}');
	return reply_end(call, err);
}

static int
refuse_login(struct call *call)
{
	return reply_fail(
	    call, 401, "invalid_credentials", "Invalid Credentials");
}

static int
start_session(struct call *call, const struct account *account,
    struct session *session, struct err *err)
{
	const char *principal = account->id;
	char family[UUID_TEXT + 1];
	bool current = false;
	int rc = db_begin(call->db, err);

	crypto_random_uuid(family);
	if (rc == 0)
		rc = check_current(call, account, &current, err);
	if (rc == 0 && !current)
		return refuse_login(call);
	if (rc == 0)
		rc = db_run(call->db, ST_TOKEN_DROP_EXPIRED,
		    DB_PARAMS(DB_INTEGER(call->now)), err);
	if (rc >= 0)
		rc = db_run(call->db, ST_TOKEN_DROP_OLDEST,
		    DB_PARAMS(DB_TEXT(principal), DB_INTEGER(SESSIONS_MAX - 1)),
		    err);
	if (rc >= 0)
		rc = attempt_remember(call, account->email, err);
	if (rc == 0)
		rc = session_make(call, principal, family, session, err);
	if (rc == 0)
		rc = event_add(call, principal, "session.login", NULL, err);
	return rc == 0 ? db_commit(call->db, err) : rc;
}

int
session_login(struct call *call, struct err *err)
{
	struct account account = {.known = false};
	struct session session;
	const char *given = NULL;
	const char *password = NULL;
	char email[EMAIL_MAX + 1];
	char name[ATTEMPT_NAME_MAX];
	bool matches = false;
	const struct field fields[] = {
	    {"email", FIELD_KIND_TEXT, true, 1, EMAIL_MAX, &given},
	    {"password", FIELD_KIND_TEXT, true, 1, PASSWORD_MAX, &password},
	};
	int rc;

	if (call->server->embedded)
		return reply_fail(call, 404, "non_existent",
		    "the embedded server has no sessions");
	if ((rc = fields_read(call, call->body, fields, 2)) != 0)
		return rc;
	if (email_normalise(email, given) < 0)
		return reply_invalid(
		    call, "email", "Input should be a valid e-mail address");
	/* Counted whether there is such an account or not. */
	if ((rc = attempt_name_login(call, email, name, sizeof(name), err)) !=
		0 ||
	    (rc = find_account(call, email, &account, err)) != 0 ||
	    (rc = network_check(call, err)) != 0 ||
	    (rc = try_password(call, name, account.known ? account.phc : NULL,
		 password, &matches, err)) != 0)
		return rc;
	if (!matches) {
		rc = network_count(call, err);
		return rc != 0 ? rc : refuse_login(call);
	}
	rc = start_session(call, &account, &session, err);
	if (rc == 0) {
		snprintf(call->principal.id, sizeof(call->principal.id), "%s",
		    account.id);
		rc = reply_logged_in(call, &account, &session, err);
	}
	explicit_bzero(&session, sizeof(session));
	return rc;
}

static int
refuse_refresh(struct call *call)
{
	return reply_fail(call, 401, "invalid_credentials",
	    "Invalid or expired refresh token");
}

/*
 * Trade a refresh token for new ones; inside a transaction that the caller
 * commits also when it is refused. A token that was used before is in two
 * hands, and nobody knows which is the thief's: the whole family ends.
 */
static int
rotate(struct call *call, const char *token, struct session *session,
    struct err *err)
{
	char principal[UUID_TEXT + 1];
	char family[UUID_TEXT + 1];
	uint8_t hash[HASH_BYTES];
	bool used;
	bool expired;
	int rc;

	token_hash(hash, token);
	rc = db_first(call->db, ST_TOKEN_FIND,
	    DB_PARAMS(DB_BLOB(hash, sizeof(hash)), DB_TEXT("refresh")), err);
	if (rc <= 0)
		return rc < 0 ? rc : refuse_refresh(call);
	snprintf(principal, sizeof(principal), "%s",
	    db_text(call->db, ST_TOKEN_FIND, 0, NULL));
	snprintf(family, sizeof(family), "%s",
	    db_text(call->db, ST_TOKEN_FIND, 1, NULL));
	expired = db_integer(call->db, ST_TOKEN_FIND, 2) <= call->now;
	used = !db_is_null(call->db, ST_TOKEN_FIND, 3);
	db_finish(call->db, ST_TOKEN_FIND);
	if (expired)
		return refuse_refresh(call);
	if (used) {
		rc = db_run(call->db, ST_TOKEN_DROP_FAMILY,
		    DB_PARAMS(DB_TEXT(family)), err);
		if (rc >= 0)
			rc = event_add(
			    call, principal, "session.reused", NULL, err);
		return rc < 0 ? rc : refuse_refresh(call);
	}
	rc = db_run(call->db, ST_TOKEN_USE,
	    DB_PARAMS(DB_BLOB(hash, sizeof(hash)), DB_INTEGER(call->now)), err);
	return rc < 0 ? rc
		      : session_make(call, principal, family, session, err);
}

int
session_refresh(struct call *call, struct err *err)
{
	struct session session;
	const char *token = NULL;
	const struct field fields[] = {
	    {"refresh", FIELD_KIND_TEXT, true, 1, 512, &token},
	};
	struct writer *w;
	int rc;
	int committed;

	if (call->server->embedded)
		return reply_fail(call, 404, "non_existent",
		    "the embedded server has no sessions");
	if ((rc = fields_read(call, call->body, fields, 1)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0 ||
	    (rc = rotate(call, token, &session, err)) < 0)
		return rc;
	committed = db_commit(call->db, err);
	if (committed < 0 || rc == ANSWERED)
		return committed < 0 ? committed : rc;
	w = reply_begin(call, 200, "Token refreshed successfully");
	writer_open(w, '{');
	writer_member(w, "access", session.access);
	writer_member(w, "refresh", session.refresh);
	writer_member_time(w, "expires_at", session.expires_at);
	writer_close(w, '}');
	explicit_bzero(&session, sizeof(session));
	return reply_end(call, err);
}

/* End the family of a refresh token, if it is the caller's own. */
static int
drop_refresh(struct call *call, const char *token, struct err *err)
{
	char family[UUID_TEXT + 1] = "";
	uint8_t hash[HASH_BYTES];
	int rc;

	token_hash(hash, token);
	rc = db_first(call->db, ST_TOKEN_FIND,
	    DB_PARAMS(DB_BLOB(hash, sizeof(hash)), DB_TEXT("refresh")), err);
	if (rc <= 0)
		return rc;
	if (text_equal(
		db_text(call->db, ST_TOKEN_FIND, 0, NULL), call->principal.id))
		snprintf(family, sizeof(family), "%s",
		    db_text(call->db, ST_TOKEN_FIND, 1, NULL));
	db_finish(call->db, ST_TOKEN_FIND);
	rc = db_run(
	    call->db, ST_TOKEN_DROP_FAMILY, DB_PARAMS(DB_TEXT(family)), err);
	return rc < 0 ? rc : 0;
}

int
session_logout(struct call *call, struct err *err)
{
	const char *refresh = NULL;
	const char *refresh_token = NULL;
	const struct field fields[] = {
	    {"refresh", FIELD_KIND_TEXT, false, 0, 512, &refresh},
	    {"refresh_token", FIELD_KIND_TEXT, false, 0, 512, &refresh_token},
	};
	int rc;

	if ((rc = fields_read(call, call->body, fields, 2)) != 0 ||
	    (rc = db_begin(call->db, err)) != 0)
		return rc;
	if (refresh != NULL && (rc = drop_refresh(call, refresh, err)) != 0)
		return rc;
	if (refresh_token != NULL &&
	    (rc = drop_refresh(call, refresh_token, err)) != 0)
		return rc;
	rc = db_run(call->db, ST_TOKEN_DROP_FAMILY,
	    DB_PARAMS(DB_TEXT(call->principal.family)), err);
	if (rc < 0 ||
	    (rc = event_add(
		 call, call->principal.id, "session.logout", NULL, err)) != 0 ||
	    (rc = db_commit(call->db, err)) != 0)
		return rc;
	return reply_done(call, 200, err, "Logged out successfully");
}

static int
refuse_current(struct call *call)
{
	return reply_invalid(
	    call, "current_password", "Current password is incorrect");
}

static int
store_password(struct call *call, const struct account *account,
    const char *phc, const char *key_salt,
    const struct field_bytes *private_key, struct err *err)
{
	bool current = false;
	int rc = db_begin(call->db, err);

	if (rc == 0)
		rc = check_current(call, account, &current, err);
	if (rc != 0)
		return rc;
	if (!current)
		return refuse_current(call);
	rc = db_run(call->db, ST_ACCOUNT_PASSWORD_SET,
	    DB_PARAMS(DB_TEXT(call->principal.id), DB_TEXT(phc),
		DB_TEXT(key_salt), field_bytes_value(private_key)),
	    err);
	if (rc >= 0)
		rc = db_run(call->db, ST_TOKEN_DROP_OTHERS,
		    DB_PARAMS(DB_TEXT(call->principal.id),
			DB_TEXT(call->principal.family)),
		    err);
	if (rc >= 0)
		rc = event_add(
		    call, call->principal.id, "account.password", NULL, err);
	return rc < 0 ? rc : db_commit(call->db, err);
}

int
session_change_password(struct call *call, struct err *err)
{
	struct account account = {.known = false};
	const char *current = NULL;
	const char *fresh = NULL;
	const char *key_salt = NULL;
	struct field_bytes private_key = {.len = 0};
	char name[ATTEMPT_NAME_MAX];
	char phc[PHC_MAX];
	bool matches = false;
	const struct field fields[] = {
	    {"current_password", FIELD_KIND_TEXT, true, 1, PASSWORD_MAX,
		&current},
	    {"new_password", FIELD_KIND_TEXT, true, PASSWORD_MIN, PASSWORD_MAX,
		&fresh},
	    {"key_salt", FIELD_KIND_TEXT, false, 64, 64, &key_salt},
	    {"encrypted_private_key", FIELD_KIND_BYTES, false, 0,
		PRIVATE_KEY_BLOB, &private_key},
	};
	int rc;

	if (call->server->embedded)
		return reply_fail(call, 404, "non_existent",
		    "the embedded server has no passwords");
	/* Not the count of log-ins, to which any stranger can add. */
	snprintf(name, sizeof(name), "password:%s", call->principal.id);
	if ((rc = fields_read(call, call->body, fields, 4)) != 0 ||
	    (rc = find_account(call, call->principal.email, &account, err)) !=
		0 ||
	    (rc = try_password(
		 call, name, account.phc, current, &matches, err)) != 0)
		return rc;
	if (!matches)
		return refuse_current(call);
	if ((rc = password_hash(call, fresh, phc, err)) != 0 ||
	    (rc = store_password(
		 call, &account, phc, key_salt, &private_key, err)) != 0)
		return rc;
	return reply_done(call, 200, err, "Password changed successfully");
}
