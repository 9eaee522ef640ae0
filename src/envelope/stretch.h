/*
 * stretch: a password made into a key, and a private key sealed under it.
 * The one place that knows what a password costs.
 */
#ifndef ENVELOPE_STRETCH_H
#define ENVELOPE_STRETCH_H

#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/limits.h>

enum { LOCKED_KEY = KEY_BYTES + TAG_BYTES };

/* What seals a private key; all but the password is public. */
struct password_lock {
	const struct secret *password;
	const uint8_t *salt;
	size_t salt_len;
	const uint8_t *nonce; /* NONCE_BYTES */
	const uint8_t *aad;
	size_t aad_len;
};

/**
 * Argon2id with t=3, m=64 MiB, p=4.
 *
 * @param out  in the arena
 * @return 0; -EXIT_FAILED
 */
int stretch(uint8_t out[KEY_BYTES], const struct secret *password,
    const uint8_t *salt, size_t salt_len, struct err *err);

/** Seal a private key. @return 0; -EXIT_FAILED */
int password_lock_seal(const struct password_lock *lock,
    uint8_t out[LOCKED_KEY], const uint8_t private_key[KEY_BYTES],
    struct err *err);

/**
 * Open a private key.
 *
 * @param private_key  in the arena, all zero unless 1 is returned
 * @return 1; 0 when it does not open; -EXIT_FAILED
 */
int password_lock_open(const struct password_lock *lock,
    uint8_t private_key[KEY_BYTES], const uint8_t sealed[LOCKED_KEY],
    struct err *err);

#endif
