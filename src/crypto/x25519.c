#include "config.h"

#include <agentsecrets/crypto.h>

#include <sodium.h>
#include <string.h>

#include <agentsecrets/arena.h>

enum { BOX_NONCE_BYTES = crypto_box_NONCEBYTES };

_Static_assert(SEALED_KEY == KEY_BYTES + crypto_box_SEALBYTES,
    "a sealed box adds an ephemeral key and a tag");

void
x25519_public(uint8_t out[KEY_BYTES], const uint8_t private_key[KEY_BYTES])
{
	crypto_scalarmult_base(out, private_key);
}

int
x25519_shared(uint8_t out[KEY_BYTES], const uint8_t private_key[KEY_BYTES],
    const uint8_t public_key[KEY_BYTES])
{
	return crypto_scalarmult(out, private_key, public_key);
}

/* Whether the number is below the field's prime, 2^255 - 19. */
static bool
is_reduced(const uint8_t public_key[KEY_BYTES])
{
	if (public_key[KEY_BYTES - 1] != 0x7f)
		return public_key[KEY_BYTES - 1] < 0x7f;
	for (size_t i = 1; i < KEY_BYTES - 1; i++) {
		if (public_key[i] != 0xff)
			return true;
	}
	return public_key[0] < 0xed;
}

bool
x25519_is_sound(const uint8_t public_key[KEY_BYTES])
{
	/* Any scalar does: clamping makes it a multiple of the cofactor. */
	static const uint8_t scalar[KEY_BYTES];
	uint8_t point[KEY_BYTES];

	return is_reduced(public_key) &&
	    crypto_scalarmult(point, scalar, public_key) == 0;
}

int
sealed_box_seal(uint8_t out[SEALED_KEY], const uint8_t message[KEY_BYTES],
    const uint8_t recipient[KEY_BYTES], const uint8_t ephemeral[KEY_BYTES])
{
	uint8_t nonce[BOX_NONCE_BYTES];
	uint8_t keys[2 * KEY_BYTES];

	x25519_public(keys, ephemeral);
	memcpy(keys + KEY_BYTES, recipient, KEY_BYTES);
	crypto_generichash(nonce, sizeof(nonce), keys, sizeof(keys), NULL, 0);
	if (crypto_box_easy(out + KEY_BYTES, message, KEY_BYTES, nonce,
		recipient, ephemeral) != 0)
		return -1;
	memcpy(out, keys, KEY_BYTES);
	return 0;
}

int
sealed_box_open(uint8_t out[KEY_BYTES], const uint8_t box[SEALED_KEY],
    const uint8_t recipient[KEY_BYTES], const uint8_t private_key[KEY_BYTES])
{
	if (crypto_box_seal_open(
		out, box, SEALED_KEY, recipient, private_key) == 0)
		return 0;
	secret_wipe(out, KEY_BYTES);
	return -1;
}
