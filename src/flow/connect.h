/*
 * connect: the way to the account's server, with the session that rests in
 * the home.
 */
#ifndef CONNECT_H
#define CONNECT_H

#include <agentsecrets/account.h>
#include <agentsecrets/home.h>
#include <agentsecrets/net_client.h>

#include "place.h"

/**
 * Start the net helper for this account.
 *
 * Call it before any key is in the arena: only the session goes to it.
 *
 * @param net    NET_INIT; released by the caller with net_stop()
 * @param place  outlives `net`
 */
int connect_account(struct net *net, struct place *place,
    const struct account *account, const struct caller *caller,
    struct err *err);

/**
 * Start the net helper for a server without a session.
 */
int connect_server(struct net *net, const struct home *home, const char *server,
    struct err *err);

/** Keep a session. The caller holds `token.lock`. */
int session_save(
    const struct home *home, const struct secret *session, struct err *err);

/** Whether a session is kept. */
bool session_is_kept(const struct home *home);

/** Keep a new session; takes `token.lock`. */
int session_begin(
    const struct home *home, const struct secret *session, struct err *err);

/** Remove it; takes `token.lock`, so that no refresh brings it back. */
int session_remove(const struct home *home, struct err *err);

#endif
