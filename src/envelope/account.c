/* A1, A2: what the password gives, and the private key at rest. */
#include "config.h"

#include <agentsecrets/envelope.h>

#include <string.h>

#include "bytes.h"
#include "stretch.h"

/* What lies in the arena only while the auth secret is derived. */
struct auth_scratch {
	uint8_t key[KEY_BYTES];
	uint8_t mac[HASH_BYTES];
};

static int
derive_auth(char out[AUTH_SECRET_TEXT + 1], const struct secret *password,
    const uint8_t salt[HASH_BYTES], struct err *err)
{
	const struct piece label = PIECE_LABEL("agentsecrets/auth/v1");
	struct auth_scratch *scratch = arena_alloc(sizeof(*scratch), err);

	if (scratch == NULL ||
	    stretch(scratch->key, password, salt, HASH_BYTES, err) < 0)
		return -EXIT_FAILED;
	crypto_hmac(scratch->mac, scratch->key, KEY_BYTES, &label, 1);
	base64_encode(
	    out, AUTH_SECRET_TEXT + 1, scratch->mac, HASH_BYTES, BASE64_URL);
	return 0;
}

int
auth_secret(struct secret *out, const struct secret *password,
    const char *origin, const char *email, struct err *err)
{
	const struct piece salted[] = {
	    PIECE_LABEL_0("agentsecrets/auth-salt/v1"),
	    {origin, strlen(origin) + 1},
	    piece_text(email),
	};
	struct arena_mark before = arena_mark();
	struct arena_mark mark;
	uint8_t salt[HASH_BYTES];
	char *text = arena_alloc(AUTH_SECRET_TEXT + 1, err);
	int rc;

	if (text == NULL)
		return -EXIT_FAILED;
	crypto_sha256_pieces(salt, salted, 3);
	mark = arena_mark();
	rc = derive_auth(text, password, salt, err);
	arena_rewind(rc < 0 ? before : mark);
	if (rc == 0)
		*out = (struct secret){(uint8_t *)text, AUTH_SECRET_TEXT};
	return rc;
}

uint8_t *
private_key_new(uint8_t public_key[KEY_BYTES], struct err *err)
{
	uint8_t *private_key = arena_alloc(KEY_BYTES, err);

	if (private_key == NULL)
		return NULL;
	crypto_random(private_key, KEY_BYTES);
	x25519_public(public_key, private_key);
	return private_key;
}

static struct password_lock
account_lock(
    const struct secret *password, const uint8_t *salt, const uint8_t *nonce)
{
	return (struct password_lock){
	    .password = password,
	    .salt = salt,
	    .salt_len = KEY_BYTES,
	    .nonce = nonce,
	};
}

int
private_key_seal(uint8_t out[PRIVATE_KEY_BLOB], uint8_t salt[KEY_BYTES],
    const uint8_t private_key[KEY_BYTES], const struct secret *password,
    struct err *err)
{
	uint8_t fresh_salt[KEY_BYTES];
	uint8_t blob[PRIVATE_KEY_BLOB];
	const struct password_lock lock =
	    account_lock(password, fresh_salt, blob);
	int rc;

	crypto_random(fresh_salt, sizeof(fresh_salt));
	crypto_random(blob, NONCE_BYTES);
	rc = password_lock_seal(&lock, blob + NONCE_BYTES, private_key, err);
	if (rc < 0)
		return rc;
	memcpy(salt, fresh_salt, sizeof(fresh_salt));
	memcpy(out, blob, sizeof(blob));
	return 0;
}

static int
open_and_compare(uint8_t private_key[KEY_BYTES],
    const struct password_lock *lock, const uint8_t *sealed,
    const uint8_t public_key[KEY_BYTES], struct err *err)
{
	uint8_t own[KEY_BYTES];
	int rc = password_lock_open(lock, private_key, sealed, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(err, EXIT_ACCESS,
		    "cannot open the private key: wrong password");
	x25519_public(own, private_key);
	if (!secret_equal(own, public_key, KEY_BYTES))
		return err_set(err, EXIT_UNSAFE,
		    "the private key is not that of this account: its public "
		    "key is another");
	return 0;
}

int
private_key_open(uint8_t **out, const uint8_t blob[PRIVATE_KEY_BLOB],
    const uint8_t salt[KEY_BYTES], const struct secret *password,
    const uint8_t public_key[KEY_BYTES], struct err *err)
{
	const struct password_lock lock = account_lock(password, salt, blob);
	struct arena_mark before = arena_mark();
	uint8_t *private_key = arena_alloc(KEY_BYTES, err);
	int rc;

	if (private_key == NULL)
		return -EXIT_FAILED;
	rc = open_and_compare(
	    private_key, &lock, blob + NONCE_BYTES, public_key, err);
	if (rc < 0)
		arena_rewind(before);
	else
		*out = private_key;
	return rc;
}
