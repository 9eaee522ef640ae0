#include "config.h"

#include "stretch.h"

#include <agentsecrets/waiting.h>

enum { PASSES = 3, MEMORY_KIB = 65536, LANES = 4 };

int
stretch(uint8_t out[KEY_BYTES], const struct secret *password,
    const uint8_t *salt, size_t salt_len, struct err *err)
{
	int rc;

	waiting_begin("stretching the password");
	rc = crypto_argon2id(out, KEY_BYTES, password->data, password->len,
	    salt, salt_len, PASSES, MEMORY_KIB, LANES, err);
	waiting_end();
	return rc;
}

/* Key and cipher lie in the arena until the caller goes back. */
static int
make_cipher(
    struct aead **out, const struct password_lock *lock, struct err *err)
{
	uint8_t *key = arena_alloc(KEY_BYTES, err);

	if (key == NULL)
		return -EXIT_FAILED;
	if (stretch(key, lock->password, lock->salt, lock->salt_len, err) < 0)
		return -EXIT_FAILED;
	return aead_new(out, key, err);
}

int
password_lock_seal(const struct password_lock *lock, uint8_t out[LOCKED_KEY],
    const uint8_t private_key[KEY_BYTES], struct err *err)
{
	struct arena_mark before = arena_mark();
	struct aead *cipher;
	int rc = make_cipher(&cipher, lock, err);

	if (rc == 0)
		aead_seal(cipher, lock->nonce, lock->aad, lock->aad_len,
		    private_key, KEY_BYTES, out);
	arena_rewind(before);
	return rc;
}

int
password_lock_open(const struct password_lock *lock,
    uint8_t private_key[KEY_BYTES], const uint8_t sealed[LOCKED_KEY],
    struct err *err)
{
	struct arena_mark before = arena_mark();
	struct aead *cipher;
	int rc = make_cipher(&cipher, lock, err);

	if (rc == 0)
		rc = aead_open(cipher, lock->nonce, lock->aad, lock->aad_len,
			 sealed, LOCKED_KEY, private_key) == 0;
	arena_rewind(before);
	return rc;
}
