/*
 * environments: several environments of one project in one command.
 */
#ifndef ENVIRONMENTS_H
#define ENVIRONMENTS_H

#include <agentsecrets/flow.h>
#include <agentsecrets/names.h>
#include <agentsecrets/vault.h>

#include "exchange.h"
#include "place.h"

/** -EXIT_USAGE naming the three, unless it is one of them. */
int environment_check(const char *environment, struct err *err);

/** From now on the place means that environment, one of the three. */
void environment_enter(struct place *place, const char *environment);

/* A vault for each environment, in the order of environment_names. */
struct environment_vaults {
	struct vault list[ENVIRONMENTS_N];
};

#define AUTO_ENVIRONMENT_VAULTS                                                \
	__attribute__((cleanup(environment_vaults_release)))

/** Free them; zeroed ones are fine. */
void environment_vaults_release(struct environment_vaults *vaults);

/**
 * Have a vault of each environment to read from: the file, or the server's
 * answer where there is none yet. One helper and one password serve them all.
 *
 * @param vaults  zeroed before
 * @param fresh   ask the server for all of them
 * @param place   found; it means the same environment afterwards
 * @return 0; as exchange_ready()
 */
int environment_vaults_ready(struct environment_vaults *vaults, bool fresh,
    struct place *place, const struct caller *caller, struct err *err);

#endif
