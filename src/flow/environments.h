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
#include "write.h"

/** -EXIT_USAGE naming the three, unless it is one of them. */
int environment_check(const char *environment, struct err *err);

/** From now on the place means that environment, one of the three. */
void environment_enter(struct place *place, const char *environment);

/** environment_check() for two, which must not be the same. */
int environment_check_pair(const char *from, const char *to, struct err *err);

/* An environment as the server has it now, beside what is here of it. */
struct environment_view {
	char name[ENVIRONMENT_MAX + 1];
	struct vault vault;    /* what is here */
	struct vault accepted; /* the server's answer, judged */
	struct vault *now;     /* of the two, what the server has now */
	struct net_list list;  /* without its rows */
};

#define ENVIRONMENT_VIEW_INIT                                                  \
	{                                                                      \
		.vault = VAULT_INIT, .accepted = VAULT_INIT                    \
	}
#define AUTO_ENVIRONMENT_VIEW __attribute__((cleanup(environment_view_release)))

/** Free what it holds; a zeroed one is fine. */
void environment_view_release(struct environment_view *view);

/**
 * Ask the server for an environment and judge the answer; nothing is recorded.
 *
 * @param view   ENVIRONMENT_VIEW_INIT before; it must not move afterwards
 * @param place  means that environment from now on
 * @return 0; as exchange_look(), with the environment in front of the sentence
 */
int environment_look(struct environment_view *view, const char *environment,
    struct net *net, struct place *place, const struct workspace_key *key,
    struct err *err);

/**
 * Write changes to an environment that was looked at, once it is recorded:
 * without a change, too, for an earlier command may have ended before it
 * recorded what it wrote, or before the local copy had it.
 *
 * @param place    means that environment
 * @param changes  sorted by name
 * @param force    write over what somebody else wrote since
 * @param copy     what the local copy does
 * @return as write_resolved()
 */
int environment_write(struct environment_view *view, struct net *net,
    struct place *place, const struct workspace_key *key,
    const struct change *changes, size_t n, bool force, enum copy_rule copy,
    const struct caller *caller, struct err *err);

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
