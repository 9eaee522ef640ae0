/*
 * token: sessions and passwords as the server keeps them: the SHA-256 of an
 * opaque token, the Argon2id of a password.
 */
#ifndef AGENTSECRETS_SERVER_TOKEN_H
#define AGENTSECRETS_SERVER_TOKEN_H

#include "src/server/api/call.h"

enum {
	TOKEN_TEXT = 4 + 43, /* "as1_" and 32 bytes of base64url */
	ACCESS_SECONDS = 3600,
	REFRESH_SECONDS = 30 * 24 * 3600,
	PHC_MAX = 128,
};

struct session {
	char access[TOKEN_TEXT + 1];
	char refresh[TOKEN_TEXT + 1];
	int64_t expires_at; /* of the access token, seconds */
};

/**
 * Make both tokens of a session and store their hashes; inside the caller's
 * transaction.
 *
 * @param family  id shared by all tokens that follow from one log-in
 * @return 0; -EXIT_FAILED
 */
int session_make(struct call *call, const char *principal, const char *family,
    struct session *out, struct err *err);

/** The hash under which a token is stored. */
void token_hash(uint8_t out[32], const char *token);

/**
 * Find out who asks, by the bearer token or, embedded, by there being one
 * account, and fill call->principal.
 *
 * @return 0; ANSWERED (401)
 */
int authenticate(struct call *call, struct err *err);

/**
 * Stretch a received password into a PHC string.
 *
 * @return 0; ANSWERED (503 when too many are stretched at once)
 */
int password_hash(struct call *call, const char *password, char out[PHC_MAX],
    struct err *err);

/**
 * Compare. A NULL `phc` costs as much and does not match, so that time does
 * not tell whether an account exists.
 *
 * @return 0 with *matches set; ANSWERED (503)
 */
int password_verify(struct call *call, const char *phc, const char *password,
    bool *matches, struct err *err);

/**
 * Refuse when this name had too many attempts of late. Names are made of
 * what is counted: "network:10.0.0.0/24", "account:a@b.com".
 *
 * @return 0; ANSWERED (429 with Retry-After)
 */
int attempt_check(struct call *call, const char *name, struct err *err);

/**
 * Count an attempt; after `most` within `window` seconds the name has to
 * wait: until the window ends, or twice as long each time when `doubling`.
 *
 * @return 0; -EXIT_FAILED
 */
int attempt_count(struct call *call, const char *name, int64_t most,
    int64_t window, bool doubling, struct err *err);

/** Forget what was counted. @return 0; -EXIT_FAILED */
int attempt_forget(struct call *call, const char *name, struct err *err);

/**
 * The name under which log-ins of an account are counted. A network from
 * which it logged in within the last 30 days has a count of its own, so that
 * strangers elsewhere do not lock the owner out.
 *
 * @param email  normalised
 * @return 0; -EXIT_FAILED
 */
int attempt_name_login(struct call *call, const char *email, char *out,
    size_t out_len, struct err *err);

/** Remember the network of a log-in. @return 0; -EXIT_FAILED */
int attempt_remember(struct call *call, const char *email, struct err *err);

#endif
