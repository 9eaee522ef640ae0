#include "config.h"

#include "src/server/api/token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

/* OWASP's second choice: 19 MiB, two passes, one lane. */
enum {
	ARGON_KIB = 19456,
	ARGON_PASSES = 2,
	ARGON_LANES = 1,
	SALT_BYTES = 16,
	STRETCH_WAIT_SECONDS = 5,
};

#define PHC_PREFIX "$argon2id$v=19$m=19456,t=2,p=1$"

static void
token_random(char out[TOKEN_TEXT + 1])
{
	uint8_t bytes[KEY_BYTES];

	crypto_random(bytes, sizeof(bytes));
	memcpy(out, "as1_", 4);
	base64_encode(
	    out + 4, TOKEN_TEXT + 1 - 4, bytes, sizeof(bytes), BASE64_URL);
	explicit_bzero(bytes, sizeof(bytes));
}

void
token_hash(uint8_t out[32], const char *token)
{
	crypto_sha256(out, token, strlen(token));
}

static int
store(struct call *call, const char *token, const char *family,
    const char *kind, const char *principal, int64_t expires_at,
    struct err *err)
{
	uint8_t hash[HASH_BYTES];
	int rc;

	token_hash(hash, token);
	rc = db_run(call->db, ST_TOKEN_ADD,
	    DB_PARAMS(DB_BLOB(hash, sizeof(hash)), DB_TEXT(family),
		DB_TEXT(kind), DB_TEXT(principal), DB_INTEGER(call->now),
		DB_INTEGER(expires_at)),
	    err);
	return rc < 0 ? rc : 0;
}

int
session_make(struct call *call, const char *principal, const char *family,
    struct session *out, struct err *err)
{
	int rc;

	token_random(out->access);
	token_random(out->refresh);
	out->expires_at = call->now + ACCESS_SECONDS;
	rc = store(call, out->access, family, "access", principal,
	    out->expires_at, err);
	if (rc == 0)
		rc = store(call, out->refresh, family, "refresh", principal,
		    call->now + REFRESH_SECONDS, err);
	return rc;
}

/* Embedded: whoever may connect is the one account there is. */
static int
authenticate_peer(struct call *call, struct err *err)
{
	int rc = db_first(call->db, ST_ACCOUNT_ONLY, DB_NO_PARAMS, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return reply_unauthorized(call);
	text_copy(call->principal.id, sizeof(call->principal.id),
	    db_text(call->db, ST_ACCOUNT_ONLY, 0, NULL), UUID_TEXT);
	snprintf(call->principal.email, sizeof(call->principal.email), "%s",
	    db_text(call->db, ST_ACCOUNT_ONLY, 1, NULL));
	rc = db_step(call->db, ST_ACCOUNT_ONLY, err);
	db_finish(call->db, ST_ACCOUNT_ONLY);
	if (rc < 0)
		return rc;
	/* A networked server's database: nobody here is the only one. */
	return rc == 0 ? 0 : reply_unauthorized(call);
}

int
authenticate(struct call *call, struct err *err)
{
	const char *header = call->request->authorization;
	uint8_t hash[HASH_BYTES];
	int rc;

	if (call->server->embedded)
		return authenticate_peer(call, err);
	if (header == NULL || strncasecmp(header, "bearer ", 7) != 0 ||
	    strlen(header + 7) != TOKEN_TEXT)
		return reply_unauthorized(call);
	token_hash(hash, header + 7);
	rc = db_first(call->db, ST_TOKEN_FIND,
	    DB_PARAMS(DB_BLOB(hash, sizeof(hash)), DB_TEXT("access")), err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return reply_unauthorized(call);
	snprintf(call->principal.id, sizeof(call->principal.id), "%s",
	    db_text(call->db, ST_TOKEN_FIND, 0, NULL));
	snprintf(call->principal.family, sizeof(call->principal.family), "%s",
	    db_text(call->db, ST_TOKEN_FIND, 1, NULL));
	snprintf(call->principal.email, sizeof(call->principal.email), "%s",
	    db_text(call->db, ST_TOKEN_FIND, 4, NULL));
	rc = db_integer(call->db, ST_TOKEN_FIND, 2) > call->now;
	db_finish(call->db, ST_TOKEN_FIND);
	return rc ? 0 : reply_unauthorized(call);
}

/* Memory for at most so many at once; the others wait a little. */
static int
stretch(struct call *call, const char *password, const uint8_t *salt,
    uint8_t out[HASH_BYTES], struct err *err)
{
	struct timespec until;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STRETCH_WAIT_SECONDS;
	while (sem_clockwait(
		   &call->server->stretching, CLOCK_MONOTONIC, &until) < 0) {
		if (errno == EINTR)
			continue;
		call->response->retry_after = STRETCH_WAIT_SECONDS;
		return reply_fail(call, 503, "busy",
		    "the server is busy: try again in a few seconds");
	}
	rc = crypto_argon2id(out, HASH_BYTES, password, strlen(password), salt,
	    SALT_BYTES, ARGON_PASSES, ARGON_KIB, ARGON_LANES, err);
	sem_post(&call->server->stretching);
	return rc;
}

/* PHC strings are base64 without the padding. */
static void
append_base64(char *out, size_t out_len, const uint8_t *bytes, size_t len)
{
	size_t used = strlen(out);
	size_t n = base64_encode(
	    out + used, out_len - used, bytes, len, BASE64_STANDARD);

	while (n > 0 && out[used + n - 1] == '=')
		out[used + --n] = '\0';
}

static void
phc_print(char out[PHC_MAX], const uint8_t *salt, const uint8_t *hash)
{
	snprintf(out, PHC_MAX, "%s", PHC_PREFIX);
	append_base64(out, PHC_MAX, salt, SALT_BYTES);
	out[strlen(out)] = '$';
	append_base64(out, PHC_MAX, hash, HASH_BYTES);
}

int
password_hash(
    struct call *call, const char *password, char out[PHC_MAX], struct err *err)
{
	uint8_t salt[SALT_BYTES];
	uint8_t hash[HASH_BYTES];
	int rc;

	crypto_random(salt, sizeof(salt));
	rc = stretch(call, password, salt, hash, err);
	if (rc != 0)
		return rc;
	memset(out, 0, PHC_MAX);
	phc_print(out, salt, hash);
	explicit_bzero(hash, sizeof(hash));
	return 0;
}

/* The salt of one of our own strings; false for any other. */
static bool
phc_salt(const char *phc, uint8_t salt[SALT_BYTES])
{
	enum { SALT_TEXT = 22 };
	uint8_t bytes[SALT_BYTES + 3];
	char text[SALT_TEXT + 3];

	if (!text_has_prefix(phc, PHC_PREFIX) ||
	    strlen(phc) < strlen(PHC_PREFIX) + SALT_TEXT)
		return false;
	snprintf(
	    text, sizeof(text), "%.*s==", SALT_TEXT, phc + strlen(PHC_PREFIX));
	if (base64_decode(bytes, sizeof(bytes), text, SALT_TEXT + 2,
		BASE64_STANDARD) != SALT_BYTES)
		return false;
	memcpy(salt, bytes, SALT_BYTES);
	return true;
}

static bool
equal_in_constant_time(const char *a, const char *b, size_t len)
{
	volatile unsigned char difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= (unsigned char)(a[i] ^ b[i]);
	return difference == 0;
}

int
password_verify(struct call *call, const char *phc, const char *password,
    bool *matches, struct err *err)
{
	uint8_t salt[SALT_BYTES] = {0};
	uint8_t hash[HASH_BYTES];
	char ours[PHC_MAX] = "";
	char theirs[PHC_MAX] = "";
	bool known = phc != NULL && phc_salt(phc, salt);
	int rc = stretch(call, password, salt, hash, err);

	if (rc != 0)
		return rc;
	phc_print(ours, salt, hash);
	snprintf(theirs, sizeof(theirs), "%s", phc != NULL ? phc : "");
	*matches = equal_in_constant_time(ours, theirs, PHC_MAX) && known;
	explicit_bzero(hash, sizeof(hash));
	explicit_bzero(ours, sizeof(ours));
	return 0;
}
