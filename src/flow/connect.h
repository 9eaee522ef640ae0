/*
 * connect: the way to the account's server, and where its session rests: in
 * token.json, or in the keychain.
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
 * @param net     NET_INIT; released by the caller with net_stop()
 * @param place   outlives `net`
 * @param caller  outlives `net`
 */
int connect_account(struct net *net, struct place *place,
    const struct account *account, const struct caller *caller,
    struct err *err);

/**
 * Start the net helper for a server without a session.
 */
int connect_server(struct net *net, const struct home *home, const char *server,
    struct err *err);

/**
 * Read the session from where a store keeps it.
 *
 * @param out  in the arena; len 0 when there is none
 */
int session_load(struct place *place, enum key_store store,
    const struct caller *caller, struct secret *out, struct err *err);

/** Keep a session where a store does. The caller holds `token.lock`. */
int session_save(struct place *place, enum key_store store,
    const struct secret *session, const struct caller *caller, struct err *err);

/** Whether a session is kept, as far as the home tells without the keychain. */
bool session_is_kept(const struct home *home, enum key_store store);

/** Keep a new session; takes `token.lock`. */
int session_begin(struct place *place, enum key_store store,
    const struct secret *session, const struct caller *caller, struct err *err);

/**
 * Remove the session from the home, and its item if `with_item`; takes
 * `token.lock`, so that no refresh brings it back.
 *
 * @return 0; a failure of the keychain, and the home still has no session
 */
int session_remove(struct place *place, bool with_item,
    const struct caller *caller, struct err *err);

/** Keep a session in the keychain only: the home does not tell of it yet. */
int session_save_item(struct place *place, const struct secret *session,
    const struct caller *caller, struct err *err);

/** Remove the session from the keychain only. The caller holds `token.lock`. */
int session_remove_item(
    struct place *place, const struct caller *caller, struct err *err);

/**
 * Take a session out of token.json that is in the keychain by now. The caller
 * holds `token.lock`.
 */
int session_leave_file(const struct home *home, struct err *err);

#endif
