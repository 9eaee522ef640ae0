/*
 * fernet: the server's wrapping of what it stores (the public Fernet
 * specification: AES-128-CBC, HMAC-SHA256, version 0x80). It protects
 * database files and backups, and nothing against the server itself.
 */
#ifndef AGENTSECRETS_FERNET_H
#define AGENTSECRETS_FERNET_H

#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>

/* 16 bytes sign, 16 encrypt; the text form is 44 characters of base64url. */
struct fernet_key {
	uint8_t signing[16];
	uint8_t encryption[16];
};

/** Parse the 44 characters. @return 0, or -1 */
int fernet_key_parse(struct fernet_key *out, const char *text, size_t len);

/** Make a key and its text. */
void fernet_key_random(char text[45]);

/**
 * Append a token (base64url text, padded) around `len` bytes.
 *
 * @param time  seconds since the epoch
 * @param iv    16 random bytes, or NULL to draw them
 * @return 0, or -1 when memory is out
 */
int fernet_seal(struct buf *out, const struct fernet_key *key, uint64_t time,
    const uint8_t *iv, const void *bytes, size_t len);

/**
 * Verify a token against each key in turn and append what it holds. There is
 * no time limit, and one error for every defect.
 *
 * @return 0, or -1 when no key verifies it, it is malformed, or memory is out
 */
int fernet_open(struct buf *out, const struct fernet_key *keys, size_t keys_n,
    const char *token, size_t len);

#endif
