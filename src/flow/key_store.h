/*
 * key_store: which store an account gets.
 */
#ifndef KEY_STORE_H
#define KEY_STORE_H

#include <agentsecrets/account.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/net_client.h>

#include "place.h"

/**
 * Choose the store of an account that gets its keys on this machine: the one
 * that is asked for; else the keychain, where there is one that is or can be
 * unlocked; else "sealed". The keychain is then open.
 *
 * That there is none is no news; that one is locked or silent is told.
 *
 * @param out   unchanged on failure
 * @param wish  NULL: none is asked for
 * @return 0; why the keychain that is asked for cannot be used
 */
int key_store_choose(enum key_store *out, const enum key_store *wish,
    struct place *place, const struct caller *caller, struct err *err);

/**
 * Bring keys and session to another store, or write the copies of the present
 * one anew. Takes `token.lock` and `lock`.
 *
 * @param account      read anew
 * @param private_key  KEY_BYTES in the arena; NULL will do for "sealed"
 * @param shown        what a server says of the workspaces; may be NULL
 * @return 0; a failure: nothing is lost, and the next one completes it
 */
int key_store_move(struct place *place, struct account *account,
    enum key_store target, const uint8_t *private_key,
    const struct net_workspaces *shown, const struct caller *caller,
    struct err *err);

#endif
