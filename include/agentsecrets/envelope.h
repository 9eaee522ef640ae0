/*
 * envelope: where keys and ciphertext meet. What makes the server unable to
 * read, swap, replay or inject, to the byte; the letters A1…A5 are those of
 * agentsecrets-formats(5). No file, no clock, no network.
 *
 * Secrets go in and out as pointers into the arena.
 */
#ifndef AGENTSECRETS_ENVELOPE_H
#define AGENTSECRETS_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

/* ---- A1: what the server gets in place of the password ---------------- */

enum { AUTH_SECRET_TEXT = 43, DIGITS_TEXT = 35 };

/**
 * Bring a server URL into the canonical origin of A1.
 *
 * Lower case, no default port, IPv6 as in RFC 5952; a path is dropped; https,
 * or http for 127.0.0.1, [::1] and localhost. Since the result is hashed into
 * every log-in, what is accepted may grow but never come out differently.
 *
 * @param out  at least URL_MAX_BYTES + 1 bytes
 * @return 0; -EXIT_USAGE with the reason: plain http to a far host, a host
 *         that is not ASCII or ends in a dot, a user part (never shown: it
 *         may hold a password), a query, a number that is no IPv4 address, …
 */
int origin_canonical(char *out, const char *url, struct err *err);

/**
 * Bring an e-mail address into canonical form: trimmed, printable ASCII,
 * lower case, one '@' with something on both sides, 3…254 bytes.
 *
 * @param out  at least EMAIL_MAX + 1 bytes
 * @return 0; -EXIT_USAGE
 */
int email_canonical(char *out, const char *email, struct err *err);

/**
 * Check a password against the policy of A1: UTF-8, no NUL, at most 1024
 * bytes, 12 characters, 5 different ones, without the local part of the
 * e-mail where that has four or more characters.
 *
 * @param email  may be "" (embedded)
 * @return 0; -EXIT_USAGE with what is missing, never with the password
 */
int password_check(
    const struct secret *password, const char *email, struct err *err);

/**
 * Make a password of the form XXXX-XXXX-XXXX-XXXX (80 bits, Crockford's
 * base32) in the arena.
 *
 * @return 0; -EXIT_FAILED when the arena is out of memory
 */
int password_generate(struct secret *out, struct err *err);

/**
 * Derive the text that a networked server gets as "password" (A1). Costs one
 * Argon2id run.
 *
 * @param out     AUTH_SECRET_TEXT characters and a zero byte in the arena
 * @param origin  from origin_canonical()
 * @param email   from email_canonical()
 * @return 0; -EXIT_FAILED when libargon2 or memory is missing
 */
int auth_secret(struct secret *out, const struct secret *password,
    const char *origin, const char *email, struct err *err);

/* ---- A2: the private key at rest -------------------------------------- */

/**
 * Make a key pair.
 *
 * @return the private key in the arena, as drawn (X25519 clamps it); NULL
 *         with `err` filled
 */
uint8_t *private_key_new(uint8_t public_key[KEY_BYTES], struct err *err);

/**
 * Seal the private key under the account password; one Argon2id run.
 *
 * @param out   nonce | AES-256-GCM under Argon2id(password, salt); both fresh
 * @param salt  drawn here, 32 bytes
 * @return 0; -EXIT_FAILED when libargon2 or memory is missing
 */
int private_key_seal(uint8_t out[PRIVATE_KEY_BLOB], uint8_t salt[KEY_BYTES],
    const uint8_t private_key[KEY_BYTES], const struct secret *password,
    struct err *err);

/**
 * Open it, recompute the public key and compare it with the expected one.
 *
 * @return 0 with the private key in the arena; -EXIT_ACCESS for a wrong
 *         password (or a damaged blob: the two cannot be told apart);
 *         -EXIT_UNSAFE when the key is not that of `public_key`;
 *         -EXIT_FAILED when libargon2 or memory is missing
 */
int private_key_open(uint8_t **out, const uint8_t blob[PRIVATE_KEY_BLOB],
    const uint8_t salt[KEY_BYTES], const struct secret *password,
    const uint8_t public_key[KEY_BYTES], struct err *err);

/* ---- A3: bound blobs --------------------------------------------------- */

enum { VERSION_LAST = (1 << 24) - 1 };

enum blob_kind { BLOB_SECRET, BLOB_DELETED };

/* Where a blob belongs; all are canonical texts. */
struct blob_place {
	enum blob_kind kind;
	const char *project;
	const char *environment;
	const char *name;
};

enum blob_state {
	BLOB_BROKEN,  /* does not open under this key */
	BLOB_UNBOUND, /* opens, but was not made for this place */
	BLOB_BOUND,
};

/* A workspace key made ready: cipher and binding key, in the arena. */
struct blob_key;

/**
 * Make a workspace key ready for any number of blobs.
 *
 * @return 0; -EXIT_FAILED when the arena is out of memory
 */
int blob_key_new(struct blob_key **out, const uint8_t workspace_key[KEY_BYTES],
    struct err *err);

/** Wipe the key schedules. */
void blob_key_wipe(struct blob_key *key);

/**
 * Seal a value for its place. The same input gives the same bytes.
 *
 * @param version  1…VERSION_LAST
 * @param value    `len` bytes, 0…VALUE_MAX; a tombstone has none
 * @param out      len + BLOB_OVERHEAD bytes
 */
void blob_seal(struct blob_key *key, const struct blob_place *place,
    uint32_t version, const void *value, size_t len, uint8_t *out);

/**
 * Open a blob and judge whether it was made for this place.
 *
 * @param blob     at least BLOB_OVERHEAD bytes, else BLOB_BROKEN
 * @param value    len - BLOB_OVERHEAD bytes in the arena; all zero unless the
 *                 blob opens
 * @param version  set when it is bound
 */
enum blob_state blob_open(struct blob_key *key, const struct blob_place *place,
    const uint8_t *blob, size_t len, uint8_t *value, uint32_t *version);

/* ---- A4: sealed workspace keys ---------------------------------------- */

/* What a box says about the key in it. */
struct sealed_key_label {
	const char *workspace; /* id text */
	uint32_t epoch;	       /* at least 1 */
	const char *name;      /* UTF-8, may be "" */
};

enum sealed_key_state {
	SEALED_KEY_BROKEN,	    /* does not open */
	SEALED_KEY_UNAUTHENTICATED, /* opens; none of the candidates made it */
	SEALED_KEY_FROM, /* made by candidate *who, with this label */
};

/**
 * Seal a workspace key from `private_key` to `recipient`.
 *
 * @return 0; -EXIT_UNSAFE when the recipient's key is not sound;
 *         -EXIT_FAILED when the arena is out of memory
 */
int sealed_key_seal(uint8_t out[SEALED_KEY],
    const uint8_t workspace_key[KEY_BYTES],
    const struct sealed_key_label *label, const uint8_t private_key[KEY_BYTES],
    const uint8_t recipient[KEY_BYTES], struct err *err);

/**
 * Open a box and find out which of the candidates made it.
 *
 * An arena without memory makes it SEALED_KEY_BROKEN too: reserve before.
 *
 * @param workspace_key  in the arena; zero when broken
 * @param candidates     public keys of possible senders; unsound ones made
 *                       nothing
 * @param who            index of the sender, when SEALED_KEY_FROM
 */
enum sealed_key_state sealed_key_open(uint8_t workspace_key[KEY_BYTES],
    const uint8_t box[SEALED_KEY], const struct sealed_key_label *label,
    const uint8_t private_key[KEY_BYTES],
    const uint8_t (*candidates)[KEY_BYTES], size_t n, size_t *who);

/* ---- A5: numbers that people compare ---------------------------------- */

/** SHA-256 that stands for a public key. */
void key_fingerprint(
    uint8_t out[KEY_BYTES], const uint8_t public_key[KEY_BYTES]);

/** SHA-256 that stands for a workspace key and its epoch. */
void workspace_key_fingerprint(uint8_t out[KEY_BYTES], const char *workspace,
    uint32_t epoch, const uint8_t workspace_key[KEY_BYTES]);

/** Thirty digits in six groups, and a zero byte. */
void fingerprint_digits(
    char out[DIGITS_TEXT + 1], const uint8_t fingerprint[KEY_BYTES]);

/**
 * The identity line asu1_… of 3.1.
 *
 * @param out    at least 512 bytes, zero-terminated
 * @param email  from email_canonical()
 */
void identity_line(char *out, size_t out_len,
    const uint8_t public_key[KEY_BYTES], const char *email);

/* ---- 3.3: the recovery kit -------------------------------------------- */

enum { KIT_GROUPS = 6, KIT_GROUP_TEXT = 24 };

/**
 * Seal a private key into six groups, 4-4-4-4-4 each, zero-terminated; one
 * Argon2id run.
 *
 * @return 0; -EXIT_FAILED when libargon2 or memory is missing
 */
int kit_seal(char groups[KIT_GROUPS][KIT_GROUP_TEXT + 1],
    const uint8_t private_key[KEY_BYTES], const struct secret *passphrase,
    struct err *err);

/**
 * Open a kit.
 *
 * Groups are read in any case, with or without dashes and blanks, O as 0, I
 * and L as 1.
 *
 * @param out  the private key in the arena
 * @return 0; -EXIT_USAGE naming a mistyped or misplaced line, before any
 *         Argon2; -EXIT_ACCESS for a wrong passphrase; -EXIT_FAILED when
 *         libargon2 or memory is missing
 */
int kit_open(uint8_t **out, const char *const groups[KIT_GROUPS],
    const struct secret *passphrase, struct err *err);

/** Whether a line of text can be a group: 20 characters of its alphabet. */
bool kit_is_group(const char *line);

#endif
