/*
 * doctor: whether this machine computes what every other one does. The answers
 * are those of other implementations (tests/vectors/vectors.json).
 */
#include "config.h"

#include "doctor_check.h"

#include <string.h>

#include <agentsecrets/crypto.h>

enum { PASSES = 3, MEMORY_KIB = 65536, LANES = 4 };

/* What stretching the password needs: a library, 64 MiB, and both sound. */
static void
check_password(struct doctor *doctor)
{
	static const uint8_t answer[KEY_BYTES] = {0x90, 0x9b, 0x62, 0x36, 0x47,
	    0xef, 0x3e, 0xd1, 0x07, 0xb3, 0xb3, 0x1d, 0x5a, 0xd9, 0x7b, 0x24,
	    0xe2, 0x95, 0xa3, 0x79, 0xe1, 0x42, 0xec, 0xc8, 0x8a, 0xdb, 0x9c,
	    0x2f, 0xf0, 0x1c, 0x51, 0xe7};
	static const char password[] = "password"; /* of the known answer */
	uint8_t salt[KEY_BYTES];
	uint8_t out[KEY_BYTES];
	struct err err;

	memset(salt, 1, sizeof(salt));
	if (crypto_argon2id(out, sizeof(out), password, strlen(password), salt,
		sizeof(salt), PASSES, MEMORY_KIB, LANES, &err) < 0) {
		doctor_say(doctor, "argon2id", DOCTOR_PROBLEM,
		    "no password can be used: %s", err.text);
		doctor_hint(doctor, "%s",
		    err.hint[0] != '\0' ? err.hint
					: "allow agentsecrets 72 MiB of memory "
					  "(ulimit -v, MemoryMax= in systemd)");
	} else if (memcmp(out, answer, sizeof(answer)) != 0) {
		doctor_say(doctor, "argon2id", DOCTOR_PROBLEM,
		    "libargon2 computes something else than it should");
		doctor_hint(doctor, "install libargon2 anew");
	} else {
		doctor_say(doctor, "argon2id", DOCTOR_OK,
		    "a password can be stretched (64 MiB)");
	}
}

static bool
aead_is_sound(void)
{
	static const char plain[] = "sk_live_test";
	static const uint8_t answer[] = {0x75, 0x9a, 0xe6, 0xa3, 0x8e, 0x09,
	    0xc7, 0x5f, 0xb3, 0x70, 0x63, 0x58, 0xac, 0xa9, 0x74, 0x50, 0x34,
	    0xcd, 0x6e, 0x3d, 0xb4, 0x03, 0xe6, 0x43, 0x98, 0xd9, 0xec, 0xcd};
	struct arena_mark mark = arena_mark();
	uint8_t key[KEY_BYTES];
	uint8_t nonce[NONCE_BYTES];
	uint8_t out[sizeof(plain) - 1 + TAG_BYTES];
	struct aead *aead;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	memset(nonce, 0x24, sizeof(nonce));
	if (aead_new(&aead, key, NULL) < 0)
		return false;
	aead_seal(aead, nonce, NULL, 0, plain, sizeof(plain) - 1, out);
	aead_wipe(aead);
	arena_rewind(mark);
	return memcmp(out, answer, sizeof(answer)) == 0;
}

static bool
x25519_is_right(void)
{
	static const uint8_t private_key[KEY_BYTES] = {0xfd, 0xea, 0xae, 0x13,
	    0x2a, 0xe2, 0x9b, 0xce, 0x91, 0x96, 0x69, 0x6d, 0x79, 0x8e, 0x5b,
	    0x00, 0x21, 0x0e, 0x73, 0xa0, 0xa6, 0xa0, 0x55, 0xa9, 0xd6, 0x55,
	    0x89, 0xe1, 0x81, 0x0c, 0x2e, 0x3a};
	static const uint8_t public_key[KEY_BYTES] = {0x87, 0xba, 0xac, 0xb1,
	    0x3b, 0xb7, 0x4d, 0x0e, 0xdb, 0x63, 0xd5, 0xd7, 0x81, 0xc5, 0xe2,
	    0x1b, 0xbb, 0x0d, 0xa8, 0xe1, 0xe3, 0x35, 0x5c, 0xc4, 0x9c, 0xad,
	    0xc1, 0x27, 0x5a, 0x10, 0xb5, 0x27};
	uint8_t out[KEY_BYTES];

	x25519_public(out, private_key);
	return memcmp(out, public_key, sizeof(public_key)) == 0;
}

void
doctor_crypto(struct doctor *doctor)
{
	check_password(doctor);
	if (aead_is_sound() && x25519_is_right()) {
		doctor_say(doctor, "ciphers", DOCTOR_OK,
		    "the ciphers give known answers");
		return;
	}
	doctor_say(doctor, "ciphers", DOCTOR_PROBLEM,
	    "the ciphers compute something else than they should");
	doctor_hint(doctor,
	    "write nothing with this machine; install "
	    "libsodium and libnettle anew");
}
