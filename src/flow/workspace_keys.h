/*
 * workspace_keys: which workspace keys that a server shows are taken (A4):
 * the table of states, and what a taken one changes here.
 */
#ifndef WORKSPACE_KEYS_H
#define WORKSPACE_KEYS_H

#include <agentsecrets/account.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/trust.h>

/**
 * Judge every workspace of a login or list.
 *
 * Taken keys go into `trust` and `account` (in memory); the caller saves
 * both, trust first.
 *
 * @param private_key  in the arena
 * @param pending      names of workspaces whose key is not accepted here
 * @return 0; -EXIT_UNSAFE for a fork, a replay or a key from the future; both
 *         structures may then be changed and must not be saved
 */
int workspace_keys_judge(struct trust *trust, struct account *account,
    const uint8_t *private_key, const struct net_workspaces *shown,
    struct names *pending, struct err *err);

/**
 * Choose the local name of a workspace: names are unique without regard to
 * case.
 *
 * @param wanted  may be ""
 */
void workspace_name_choose(char out[LABEL_MAX + 1], const struct trust *trust,
    const char *id, const char *wanted);

/**
 * Compare the public key that a server shows with the one that is known here:
 * the client never learns its own key from a server (A2). One that is not
 * shown is no difference.
 *
 * @return 0; -EXIT_UNSAFE
 */
int own_key_check(const struct net_login *login, const uint8_t known[KEY_BYTES],
    const char *email, struct err *err);

/** Whether some shown box differs from what this machine holds. */
bool workspace_keys_differ(
    const struct account *account, const struct net_workspaces *shown);

#endif
