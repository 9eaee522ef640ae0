#include "config.h"

#include "src/server/api/account.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "src/server/api/access.h"
#include "src/server/api/fields.h"
#include "src/server/api/handlers.h"

/* What register may carry. */
struct registration {
	const char *first_name;
	const char *last_name;
	const char *given_email;
	const char *password;
	const char *key_salt;
	bool terms;
	struct field_bytes public_key;
	struct field_bytes private_key;
	const char *workspace_id;
	struct field_bytes box;
	struct field_number key_epoch;
	const char *sealed_name;
	char email[EMAIL_MAX + 1];
	char workspace_name[LABEL_MAX + 1];
};

static bool
email_byte_is_sound(char c, bool domain)
{
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	    c == '-')
		return true;
	return domain
	    ? c == '[' || c == ']' || c == ':'
	    : c > 0x20 && c < 0x7f && strchr("()<>@,;:\\\"[]/", c) == NULL;
}

int
email_normalise(char out[EMAIL_MAX + 1], const char *given)
{
	size_t start = strspn(given, " \t\r\n");
	size_t len = strlen(given + start);
	const char *at;

	out[0] = '\0';
	while (len > 0 && strchr(" \t\r\n", given[start + len - 1]) != NULL)
		len--;
	if (len < 3 || len > EMAIL_MAX)
		return -1;
	memcpy(out, given + start, len);
	out[len] = '\0';
	at = strchr(out, '@');
	if (at == NULL || at == out || at[1] == '\0')
		return -1;
	for (char *p = out; *p != '\0'; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
		if (p != at && !email_byte_is_sound(*p, p > at))
			return -1;
	}
	return 0;
}

bool
attempt_name_network(struct call *call, char out[ATTEMPT_NAME_MAX])
{
	if (call->server->attempts == 0 || call->request->address == NULL)
		return false;
	snprintf(out, ATTEMPT_NAME_MAX, "network:%s", call->request->address);
	return true;
}

int
network_check(struct call *call, struct err *err)
{
	char name[ATTEMPT_NAME_MAX];

	return attempt_name_network(call, name) ? attempt_check(call, name, err)
						: 0;
}

int
network_count(struct call *call, struct err *err)
{
	char name[ATTEMPT_NAME_MAX];

	return attempt_name_network(call, name)
	    ? attempt_count(
		  call, name, call->server->attempts, MINUTE, false, err)
	    : 0;
}

static int
read_registration(struct call *call, struct registration *r)
{
	bool remote = !call->server->embedded;
	const struct field fields[] = {
	    {"first_name", FIELD_KIND_TEXT, remote, remote, LABEL_MAX,
		&r->first_name},
	    {"last_name", FIELD_KIND_TEXT, remote, 0, LABEL_MAX, &r->last_name},
	    {"email", FIELD_KIND_TEXT, true, 3, EMAIL_MAX, &r->given_email},
	    {"password", FIELD_KIND_TEXT, remote, PASSWORD_MIN, PASSWORD_MAX,
		&r->password},
	    {"key_salt", FIELD_KIND_TEXT, false, 0, 64, &r->key_salt},
	    {"terms_agreement", FIELD_KIND_TRUTH, remote, 0, 0, &r->terms},
	    {"public_key", FIELD_KIND_BYTES, false, 0, KEY_BYTES,
		&r->public_key},
	    {"encrypted_private_key", FIELD_KIND_BYTES, false, 0,
		PRIVATE_KEY_BLOB, &r->private_key},
	    {"workspace_id", FIELD_KIND_ID_NEW, false, 0, 0, &r->workspace_id},
	    {"encrypted_workspace_key", FIELD_KIND_BYTES, false, 0, SEALED_KEY,
		&r->box},
	    {"key_epoch", FIELD_KIND_NUMBER, false, 0, 0, &r->key_epoch},
	    {"sealed_name", FIELD_KIND_TEXT, false, 0, LABEL_MAX,
		&r->sealed_name},
	};

	return fields_read(
	    call, call->body, fields, sizeof(fields) / sizeof(fields[0]));
}

static bool
is_hex(const char *text)
{
	uint8_t bytes[32];

	return text_hex_decode(bytes, sizeof(bytes), text) == 0;
}

static int
check_who(struct call *call, struct registration *r)
{
	if (call->server->embedded) {
		if (r->password != NULL)
			return reply_invalid(call, "password",
			    "the embedded server takes no password");
		if (!text_has_prefix(r->given_email, "local:") ||
		    !text_is_uuid(r->given_email + strlen("local:")))
			return reply_invalid(
			    call, "email", "Input should be local: and a UUID");
		text_copy(r->email, sizeof(r->email), r->given_email,
		    strlen(r->given_email));
		return 0;
	}
	if (email_normalise(r->email, r->given_email) < 0)
		return reply_invalid(
		    call, "email", "Input should be a valid e-mail address");
	if (!r->terms)
		return reply_invalid(
		    call, "terms_agreement", "The terms must be agreed to");
	return 0;
}

static int
check_keys(struct call *call, struct registration *r)
{
	bool any = r->workspace_id != NULL || r->box.len > 0 ||
	    r->key_epoch.given || r->sealed_name != NULL;

	if (r->key_salt != NULL && r->key_salt[0] == '\0')
		r->key_salt = NULL;
	if (r->key_salt != NULL && !is_hex(r->key_salt))
		return reply_invalid(
		    call, "key_salt", "Input should be 64 hexadecimal digits");
	if (!any)
		return 0;
	if (r->workspace_id == NULL)
		return reply_invalid(call, "workspace_id",
		    "This field is required with a workspace");
	if (r->box.len == 0)
		return reply_invalid(call, "encrypted_workspace_key",
		    "This field is required with a workspace");
	if (!r->key_epoch.given || r->key_epoch.number == 0)
		return reply_invalid(call, "key_epoch",
		    "A number from 1 is required with a workspace");
	if (r->sealed_name == NULL)
		return reply_invalid(call, "sealed_name",
		    "This field is required with a workspace");
	if (r->public_key.len == 0)
		return reply_invalid(call, "public_key",
		    "This field is required with a workspace");
	return 0;
}

/* A sealed key is bound to its name, so the workspace is called by it. */
static void
name_workspace(struct registration *r)
{
	if (r->sealed_name != NULL && r->sealed_name[0] != '\0')
		snprintf(r->workspace_name, sizeof(r->workspace_name), "%s",
		    r->sealed_name);
	else
		snprintf(r->workspace_name, sizeof(r->workspace_name),
		    "%.200s's Workspace", r->first_name);
}

static int
add_workspace(struct call *call, const char *principal,
    const struct registration *r, struct err *err)
{
	char id[UUID_TEXT + 1];
	int rc = db_run(call->db, ST_WORKSPACE_ADD,
	    DB_PARAMS(DB_TEXT(r->workspace_id), DB_TEXT(r->workspace_name),
		DB_TEXT("personal"), field_number_value(&r->key_epoch),
		DB_INTEGER(call->now)),
	    err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return reply_field(call, 409, "already_exists", "workspace_id",
		    "Workspace id is taken");
	crypto_random_uuid(id);
	rc = db_run(call->db, ST_MEMBERSHIP_ADD,
	    DB_PARAMS(DB_TEXT(id), DB_TEXT(r->workspace_id), DB_TEXT(principal),
		DB_TEXT("owner"), field_bytes_value(&r->box),
		field_number_value(&r->key_epoch), DB_TEXT(r->sealed_name),
		DB_INTEGER(call->now)),
	    err);
	return rc < 0 ? rc : 0;
}

/* Embedded: the first account is the only one. */
static int
check_first(struct call *call, struct err *err)
{
	int rc = db_first(call->db, ST_ACCOUNT_ONLY, DB_NO_PARAMS, err);

	db_finish(call->db, ST_ACCOUNT_ONLY);
	if (rc <= 0)
		return rc;
	return reply_field(call, 409, "already_exists", "email",
	    "There is an account here already");
}

static int
add_account(struct call *call, const char *principal, const char *phc,
    const struct registration *r, struct err *err)
{
	int rc = call->server->embedded ? check_first(call, err) : 0;

	if (rc != 0)
		return rc;
	rc = db_run(call->db, ST_PRINCIPAL_ADD,
	    DB_PARAMS(
		DB_TEXT(principal), DB_TEXT("user"), DB_INTEGER(call->now)),
	    err);
	if (rc < 0)
		return rc;
	rc = db_run(call->db, ST_ACCOUNT_ADD,
	    DB_PARAMS(DB_TEXT(principal), DB_TEXT(r->email),
		DB_TEXT(r->first_name), DB_TEXT(r->last_name), DB_TEXT(phc),
		DB_TEXT(r->key_salt), field_bytes_value(&r->public_key),
		field_bytes_value(&r->private_key)),
	    err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return reply_field(call, 409, "already_exists", "email",
		    "Email already registered");
	if (r->workspace_id != NULL) {
		rc = add_workspace(call, principal, r, err);
		if (rc != 0)
			return rc;
	}
	return event_add(call, principal, "account.register", NULL, err);
}

static int
reply_registered(struct call *call, const char *principal,
    const struct registration *r, struct err *err)
{
	struct writer *w = reply_begin(call, 201, "Registration successful!");

	writer_open(w, '{');
	writer_member(w, "user_id", principal);
	writer_member(w, "email", r->email);
	writer_member(w, "first_name", r->first_name);
	writer_member(w, "last_name", r->last_name);
	writer_key(w, "workspace");
	if (r->workspace_id == NULL) {
		writer_null(w);
	} else {
		writer_open(w, '{');
		writer_member(w, "id", r->workspace_id);
		writer_member(w, "name", r->workspace_name);
		writer_member(w, "type", "personal");
		writer_member(w, "role", "owner");
		writer_key(w, "encrypted_workspace_key");
		writer_base64(w, r->box.bytes, r->box.len);
		writer_member_number(w, "key_epoch", r->key_epoch.number);
		writer_member(w, "sealed_name", r->sealed_name);
		writer_close(w, '}');
	}
	writer_close(w, '}');
	return reply_end(call, err);
}

int
account_register(struct call *call, struct err *err)
{
	struct registration r = {.first_name = "", .last_name = ""};
	char principal[UUID_TEXT + 1];
	char phc[PHC_MAX] = "";
	int rc;

	if (!call->server->embedded && !call->server->open_registration)
		return reply_fail(call, 403, "forbidden",
		    "registration is closed: the server was started without "
		    "--open-registration");
	if ((rc = read_registration(call, &r)) != 0 ||
	    (rc = check_who(call, &r)) != 0 ||
	    (rc = check_keys(call, &r)) != 0 ||
	    (rc = network_check(call, err)) != 0 ||
	    (rc = network_count(call, err)) != 0)
		return rc;
	if (r.password != NULL &&
	    (rc = password_hash(call, r.password, phc, err)) != 0)
		return rc;
	name_workspace(&r);
	crypto_random_uuid(principal);
	if ((rc = db_begin(call->db, err)) != 0 ||
	    (rc = add_account(
		 call, principal, phc[0] != '\0' ? phc : NULL, &r, err)) != 0 ||
	    (rc = db_commit(call->db, err)) != 0)
		return rc;
	return reply_registered(call, principal, &r, err);
}

int
account_public_key(struct call *call, struct err *err)
{
	char email[EMAIL_MAX + 1];
	char name[ATTEMPT_NAME_MAX];
	struct writer *w;
	const char *key;
	size_t len;
	int rc;

	snprintf(name, sizeof(name), "lookup:%s", call->principal.id);
	if (!call->server->embedded &&
	    ((rc = attempt_check(call, name, err)) != 0 ||
		(rc = attempt_count(
		     call, name, LOOKUPS_MAX, 60 * MINUTE, false, err)) != 0))
		return rc;
	/* Embedded there is one name, and it is no address. */
	if (email_normalise(email, call->arguments[0]) < 0)
		text_copy(email, sizeof(email), call->arguments[0],
		    strlen(call->arguments[0]));
	rc = db_first(
	    call->db, ST_ACCOUNT_BY_EMAIL, DB_PARAMS(DB_TEXT(email)), err);
	if (rc < 0)
		return rc;
	key = rc == 0 ? NULL : db_text(call->db, ST_ACCOUNT_BY_EMAIL, 6, &len);
	/* One answer for both, or the endpoint tells who has an account. */
	if (key == NULL)
		return reply_fail(call, 404, "non_existent",
		    "User with email %s not found", call->arguments[0]);
	w = reply_begin(call, 200, "Public key retrieved successfully");
	writer_open(w, '{');
	writer_member(w, "email", call->arguments[0]);
	writer_key(w, "public_key");
	writer_base64(w, key, len);
	writer_close(w, '}');
	return reply_end(call, err);
}
