/*
 * confine: what helpers and the server give up. Never called by the
 * launcher: a filter, no_new_privs or a limit would survive its execve and
 * change the command.
 */
#ifndef AGENTSECRETS_CONFINE_H
#define AGENTSECRETS_CONFINE_H

#include <agentsecrets/err.h>

enum confine_policy {
	CONFINE_NET_LOCAL,   /* Unix socket, or http to loopback */
	CONFINE_NET_NETWORK, /* https */
	CONFINE_KEYCHAIN,    /* the session bus */
	CONFINE_SERVER,
};

/**
 * First thing in main of a helper or the server: undumpable, no core file,
 * descriptors from `keep_below` on closed, 0 to 2 open, stacks of threads no
 * larger than 8 MiB.
 *
 * @param keep_below  the first descriptor to close
 * @param parent_ends_us  SIGTERM us when the parent thread dies; a parent
 *                    that is dead already ends us here
 */
void confine_start(int keep_below, int parent_ends_us);

/**
 * Give up what the policy does not need, once everything is set up:
 * no_new_privs and resource limits. Programs started afterwards inherit all
 * of it.
 *
 * @return 0; -EXIT_FAILED when a limit that exists cannot be applied
 */
int confine_self(enum confine_policy policy, struct err *err);

/**
 * Allocate and free once and look at what is left behind. A program that
 * links libwipingmalloc.a calls this at its start: the call is also what
 * pulls the wiping malloc in.
 *
 * @return 1 when free() of this program wipes, 0 when it does not (a build
 *         with sanitizers, which own malloc)
 */
int confine_malloc_wipes(void);

#endif
