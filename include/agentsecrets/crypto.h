/*
 * crypto: bytes in, bytes out. No I/O, no names, no clock. Every function
 * here is a public standard from a library; what they mean together stands
 * in envelope.h. Contexts that hold a key schedule live in the arena.
 */
#ifndef AGENTSECRETS_CRYPTO_H
#define AGENTSECRETS_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

enum {
	HASH_BYTES = 32,
	NONCE_BYTES = 12,
	TAG_BYTES = 16,
};

/**
 * Prepare the libraries; once, before anything else here.
 *
 * @return 0; -EXIT_FAILED when there is no source of randomness
 */
int crypto_init(struct err *err);

/** Fill with random bytes from the kernel. */
void crypto_random(void *out, size_t len);

/** A random id (RFC 4122, version 4) as canonical text. */
void crypto_random_uuid(char out[UUID_TEXT + 1]);

/** SHA-256 (FIPS 180-4). */
void crypto_sha256(uint8_t out[HASH_BYTES], const void *bytes, size_t len);

/* SHA-256 and HMAC-SHA256 (RFC 2104) over several pieces. */
struct piece {
	const void *bytes;
	size_t len;
};

/** SHA-256 over the pieces in order. */
void crypto_sha256_pieces(
    uint8_t out[HASH_BYTES], const struct piece *pieces, size_t n);

/**
 * HMAC-SHA256 over the pieces in order. Its state is wiped.
 *
 * @param key_len  any length
 */
void crypto_hmac(uint8_t out[HASH_BYTES], const uint8_t *key, size_t key_len,
    const struct piece *pieces, size_t n);

/**
 * HKDF-SHA256 (RFC 5869).
 *
 * @param salt  may be empty: then 32 zero bytes
 * @param info  `n` pieces, joined
 * @param len   1…255*32
 */
void crypto_hkdf(uint8_t *out, size_t len, const uint8_t *key, size_t key_len,
    const uint8_t *salt, size_t salt_len, const struct piece *info, size_t n);

/**
 * Argon2id, version 0x13 (RFC 9106), through libargon2, which is loaded on
 * the first call: the warm launch must not pay for it. So a program that
 * confines itself calls it once before. Its memory is mapped, kept out of
 * dumps and wiped; its threads have ended when it returns.
 *
 * @param salt   at least 8 bytes
 * @param t      passes
 * @param m_kib  memory in KiB
 * @param p      lanes
 * @return 0; -EXIT_FAILED when libargon2 or memory is missing, or it refuses
 *         a parameter
 */
int crypto_argon2id(uint8_t *out, size_t len, const void *password,
    size_t password_len, const void *salt, size_t salt_len, uint32_t t,
    uint32_t m_kib, uint32_t p, struct err *err);

/* AES-256-GCM (NIST SP 800-38D), a key made ready for many messages. */
struct aead;

/**
 * Expand a key into the arena.
 *
 * @param out  valid until the arena goes back before it
 * @return 0; -EXIT_FAILED when the arena is out of memory
 */
int aead_new(struct aead **out, const uint8_t key[KEY_BYTES], struct err *err);

/**
 * Encrypt.
 *
 * @param out  len + TAG_BYTES bytes: ciphertext, then tag; may not overlap
 */
void aead_seal(struct aead *aead, const uint8_t nonce[NONCE_BYTES],
    const void *aad, size_t aad_len, const void *plain, size_t len,
    uint8_t *out);

/**
 * Check the tag in constant time and decrypt.
 *
 * @param sealed  ciphertext and tag; len counts both, at least TAG_BYTES
 * @param out     len - TAG_BYTES bytes in the arena; all zero on failure
 * @return 0, or -1 when it does not open
 */
int aead_open(struct aead *aead, const uint8_t nonce[NONCE_BYTES],
    const void *aad, size_t aad_len, const uint8_t *sealed, size_t len,
    uint8_t *out);

/** Wipe the key schedule. The arena keeps the room until it goes back. */
void aead_wipe(struct aead *aead);

/** X25519 (RFC 7748): the public key of a private key. */
void x25519_public(
    uint8_t out[KEY_BYTES], const uint8_t private_key[KEY_BYTES]);

/**
 * X25519: the shared point.
 *
 * @return 0, or -1 when it is all zero (a public key of low order)
 */
int x25519_shared(uint8_t out[KEY_BYTES], const uint8_t private_key[KEY_BYTES],
    const uint8_t public_key[KEY_BYTES]);

/**
 * Whether a public key may be sealed to: not of low order, and below the
 * field's prime, bit 255 included (a box sealed to another string for the
 * same point would not open for its owner).
 */
bool x25519_is_sound(const uint8_t public_key[KEY_BYTES]);

/**
 * A NaCl sealed box around 32 bytes with a given ephemeral key instead of a
 * random one; any crypto_box_seal_open() opens it.
 *
 * @return 0, or -1 for a public key of low order
 */
int sealed_box_seal(uint8_t out[SEALED_KEY], const uint8_t message[KEY_BYTES],
    const uint8_t recipient[KEY_BYTES], const uint8_t ephemeral[KEY_BYTES]);

/**
 * Open a NaCl sealed box around 32 bytes.
 *
 * @param out  in the arena; all zero on failure
 * @return 0, or -1 when it does not open
 */
int sealed_box_open(uint8_t out[KEY_BYTES], const uint8_t box[SEALED_KEY],
    const uint8_t recipient[KEY_BYTES], const uint8_t private_key[KEY_BYTES]);

enum base64_kind {
	BASE64_STANDARD, /* RFC 4648 section 4, padded */
	BASE64_URL,	 /* section 5, without padding */
	BASE64_URL_PADDED,
};

/** Bytes that base64_encode() writes for `len`, with the zero byte. */
size_t base64_encoded_size(size_t len, enum base64_kind kind);

/**
 * Encode with a zero byte at the end.
 *
 * @return the text's length; 0 and nothing written when it does not fit
 */
size_t base64_encode(char *out, size_t out_len, const void *bytes, size_t len,
    enum base64_kind kind);

/**
 * Decode canonical base64 only: right padding, no blanks, unused bits zero.
 *
 * @param out_len  room; text_len / 4 * 3 + 3 always suffices
 * @return the length in bytes, or -1
 */
long base64_decode(uint8_t *out, size_t out_len, const char *text,
    size_t text_len, enum base64_kind kind);

/**
 * Read a key out of its base64 text, where it may be 32 bytes or, wrapped
 * once more, the 44 characters of their base64 (protocol 4.6).
 *
 * @param key  KEY_BYTES in the arena, where scratch is taken, too
 * @return whether it is one; `key` is all zero if not
 */
bool base64_decode_key(uint8_t *key, const char *text, size_t text_len);

#endif
