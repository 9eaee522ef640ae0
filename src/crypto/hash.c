#include "config.h"

#include <agentsecrets/crypto.h>

#include <nettle/hmac.h>
#include <nettle/sha2.h>

#include <agentsecrets/arena.h>

void
crypto_sha256_pieces(
    uint8_t out[HASH_BYTES], const struct piece *pieces, size_t n)
{
	struct sha256_ctx state;

	sha256_init(&state);
	for (size_t i = 0; i < n; i++)
		sha256_update(&state, pieces[i].len, pieces[i].bytes);
	sha256_digest(&state, HASH_BYTES, out);
	/* The state holds the last bytes: they may be of a key. */
	secret_wipe(&state, sizeof(state));
}

void
crypto_sha256(uint8_t out[HASH_BYTES], const void *bytes, size_t len)
{
	const struct piece piece = {bytes, len};

	crypto_sha256_pieces(out, &piece, 1);
}

static void
hmac_add(struct hmac_sha256_ctx *state, const struct piece *pieces, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hmac_sha256_update(state, pieces[i].len, pieces[i].bytes);
}

void
crypto_hmac(uint8_t out[HASH_BYTES], const uint8_t *key, size_t key_len,
    const struct piece *pieces, size_t n)
{
	struct hmac_sha256_ctx state;

	hmac_sha256_set_key(&state, key_len, key);
	hmac_add(&state, pieces, n);
	hmac_sha256_digest(&state, HASH_BYTES, out);
	secret_wipe(&state, sizeof(state));
}

void
crypto_hkdf(uint8_t *out, size_t len, const uint8_t *key, size_t key_len,
    const uint8_t *salt, size_t salt_len, const struct piece *info, size_t n)
{
	static const uint8_t no_salt[HASH_BYTES];
	const struct piece input = {key, key_len};
	struct hmac_sha256_ctx state;
	uint8_t block[HASH_BYTES];
	size_t done = 0;

	if (salt_len == 0) {
		salt = no_salt;
		salt_len = sizeof(no_salt);
	}
	crypto_hmac(block, salt, salt_len, &input, 1);
	hmac_sha256_set_key(&state, sizeof(block), block);
	for (uint8_t count = 1; done < len; count++) {
		size_t part = len - done < HASH_BYTES ? len - done : HASH_BYTES;

		hmac_add(&state, info, n);
		hmac_sha256_update(&state, 1, &count);
		/* Digesting starts the next message under the same key. */
		hmac_sha256_digest(&state, HASH_BYTES, block);
		hmac_sha256_update(&state, HASH_BYTES, block);
		for (size_t i = 0; i < part; i++)
			out[done + i] = block[i];
		done += part;
	}
	secret_wipe(&state, sizeof(state));
	secret_wipe(block, sizeof(block));
}
