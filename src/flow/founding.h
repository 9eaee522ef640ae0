/*
 * founding: everything that a new account consists of while `init` makes it.
 *
 * The server knows the account before account.json can say so. What is made
 * is therefore written to account.pending first, the private key under the
 * password: a run that ends in between is taken up by the next one, and no
 * account is left whose keys nobody has.
 */
#ifndef FOUNDING_H
#define FOUNDING_H

#include <agentsecrets/account.h>
#include <agentsecrets/arena.h>
#include <agentsecrets/home.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/trust.h>

struct founding {
	struct account account;
	struct trust trust;
	uint8_t *private_key;	/* in the arena */
	uint8_t *workspace_key; /* in the arena */
	struct secret password;
	struct secret session; /* in the arena; len 0 when embedded */
	struct account_workspace workspace;
	char project[LABEL_MAX + 1]; /* to be made afterwards; "" for none */
	bool embedded;
	bool resumed; /* the keys are those of a run that broke off */
};

#define AUTO_FOUNDING __attribute__((cleanup(founding_release)))

/**
 * Fill in the keys: those of account.pending when it is about the same server
 * and e-mail (embedded: the same server), else new ones, which are written
 * there.
 *
 * @param founding  with server, e-mail, names and password
 * @return 0; -EXIT_ACCESS when the password is not that of the run that broke
 *         off; -EXIT_FAILED when that run was for another account
 */
int founding_keys(
    struct founding *founding, const struct home *home, struct err *err);

/** Whether the server lists the very workspace key that was made here. */
bool founding_is_known(
    const struct founding *founding, const struct net_workspaces *workspaces);

void founding_release(struct founding *founding);

#endif
