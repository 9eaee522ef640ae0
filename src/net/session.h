/*
 * session: the tokens, as the text that the launcher keeps in token.json or in
 * the keychain. It names the server that it is for, since several homes may
 * share a keychain, and a token is not shown to another server.
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include <cjson/cJSON.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>

struct session {
	cJSON *document; /* NULL: none; unknown fields survive */
};

/**
 * Replace the session by such a text. One for another server is no session;
 * one that names none, as other clients write it, is.
 *
 * @param server  the base of requests ("https://host/api")
 * @return 0; -EXIT_FAILED when it is no object or a token could not stand in
 *         a header; the session is then as it was
 */
int session_set(struct session *session, const char *server, const void *text,
    size_t len, struct err *err);

/** A token, or NULL when there is none. */
const char *session_access(const struct session *session);
const char *session_refresh(const struct session *session);

/**
 * Take the tokens of a login or refresh answer; a refresh token or expiry
 * that the server leaves out stays, or is ten minutes.
 *
 * @param server  the base of requests
 * @param data    `data` of the answer
 * @return 0; -1 when it holds no usable access token or memory is out
 */
int session_take(
    struct session *session, const char *server, const cJSON *data);

/** Append the text. @return 0, or -1 when memory is out */
int session_print(const struct session *session, struct buf *out);

void session_release(struct session *session);

#endif
