/*
 * key_copies: the copies of an account's keys that its store wants besides
 * account.json: items of the keychain, or workspace keys in config.json.
 *
 * A copy is never believed: the private key must belong to the public key that
 * this machine trusts, and a workspace key must have the trusted fingerprint.
 */
#ifndef KEY_COPIES_H
#define KEY_COPIES_H

#include <agentsecrets/account.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/trust.h>

#include "place.h"

/**
 * Read the private key from the keychain, if the store has it there.
 *
 * @param key  KEY_BYTES in the arena
 * @return 1; 0 when there is none, or another's; a failure of the keychain,
 *         the trouble is in place->keychain.trouble
 */
int key_copies_private(uint8_t *key, struct place *place,
    const struct account *account, const struct caller *caller,
    struct err *err);

/**
 * Read a workspace key where the store has it. In the keychain one that is
 * missing or another's is opened with the private key there, and written anew.
 *
 * @param key  KEY_BYTES in the arena
 * @return as key_copies_private(); -EXIT_FAILED also for a damaged config.json
 */
int key_copies_workspace(uint8_t *key, struct place *place,
    const struct account *account, const struct trust_workspace *workspace,
    const struct caller *caller, struct err *err);

/**
 * Look at the copies that the account's store should have; nothing changes.
 *
 * @param wrong     added: what is missing or another key, in words
 * @param anothers  whether the private key in the keychain is somebody else's
 * @return 0; a failure of the keychain; -EXIT_FAILED for a damaged config.json
 */
int key_copies_check(struct names *wrong, bool *anothers, struct place *place,
    const struct account *account, const struct caller *caller,
    struct err *err);

/**
 * Write the copies that a store wants, of each workspace that is
 * trusted and has its box in account.json. Takes `lock`.
 *
 * A private key of somebody else's that has the name of ours in the keychain
 * is left there, and the caller told.
 *
 * @param private_key  KEY_BYTES in the arena
 * @param shown        what a server says of the workspaces; may be NULL
 */
int key_copies_write(struct place *place, const struct account *account,
    enum key_store store, const uint8_t *private_key,
    const struct net_workspaces *shown, const struct caller *caller,
    struct err *err);

/**
 * Remove the copies that lie in a store. Takes `lock`.
 *
 * @param store  whose; nothing is to be done for "sealed"
 */
int key_copies_remove(struct place *place, const struct account *account,
    enum key_store store, const struct caller *caller, struct err *err);

#endif
