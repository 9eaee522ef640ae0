#include "config.h"

#include <agentsecrets/crypto.h>

#include <nettle/gcm.h>

#include <agentsecrets/arena.h>

struct aead {
	struct gcm_aes256_ctx cipher;
};

int
aead_new(struct aead **out, const uint8_t key[KEY_BYTES], struct err *err)
{
	struct aead *aead = arena_alloc(sizeof(*aead), err);

	if (aead == NULL)
		return -EXIT_FAILED;
	gcm_aes256_set_key(&aead->cipher, key);
	*out = aead;
	return 0;
}

static void
begin(struct aead *aead, const uint8_t nonce[NONCE_BYTES], const void *aad,
    size_t aad_len)
{
	gcm_aes256_set_iv(&aead->cipher, NONCE_BYTES, nonce);
	if (aad_len > 0)
		gcm_aes256_update(&aead->cipher, aad_len, aad);
}

void
aead_seal(struct aead *aead, const uint8_t nonce[NONCE_BYTES], const void *aad,
    size_t aad_len, const void *plain, size_t len, uint8_t *out)
{
	begin(aead, nonce, aad, aad_len);
	gcm_aes256_encrypt(&aead->cipher, len, out, plain);
	gcm_aes256_digest(&aead->cipher, TAG_BYTES, out + len);
}

int
aead_open(struct aead *aead, const uint8_t nonce[NONCE_BYTES], const void *aad,
    size_t aad_len, const uint8_t *sealed, size_t len, uint8_t *out)
{
	const size_t plain_len = len - TAG_BYTES;
	uint8_t tag[TAG_BYTES];

	begin(aead, nonce, aad, aad_len);
	gcm_aes256_decrypt(&aead->cipher, plain_len, out, sealed);
	gcm_aes256_digest(&aead->cipher, TAG_BYTES, tag);
	if (secret_equal(tag, sealed + plain_len, TAG_BYTES))
		return 0;
	secret_wipe(out, plain_len);
	return -1;
}

void
aead_wipe(struct aead *aead)
{
	secret_wipe(aead, sizeof(*aead));
}
