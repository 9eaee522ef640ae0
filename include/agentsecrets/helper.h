/*
 * helper: starting the programs under libexec and talking to them.
 *
 * A helper is started before any secret exists in the launcher that it must
 * not have, with three descriptors, a minimal environment and one socketpair.
 */
#ifndef AGENTSECRETS_HELPER_H
#define AGENTSECRETS_HELPER_H

#include <limits.h>
#include <sys/types.h>

#include <agentsecrets/err.h>

enum { HELPER_VARIABLES_MAX = 8 };

struct helper {
	pid_t pid; /* 0: not running */
	int fd;	   /* our end of the socketpair */
};

#define HELPER_INIT                                                            \
	{                                                                      \
		0, -1                                                          \
	}

/**
 * Find libexec/agentsecrets/NAME, as helper_start() does.
 *
 * @return 0; -EXIT_FAILED when it is missing or could have been changed
 */
int helper_find(char out[PATH_MAX], const char *name, struct err *err);

/**
 * Start libexec/agentsecrets/NAME.
 *
 * It is looked for beside the running program (`../libexec/agentsecrets/`
 * from /proc/self/exe), else at the compiled-in place; no environment
 * variable is asked. It must be a regular file of root or the effective user
 * that nobody else can write. It finds its socket as descriptor 3, /dev/null
 * as 0 and 1, our standard error as 2, nothing else; and in its environment
 * PATH, LANG and LC_ALL of our choice, HOME, XDG_RUNTIME_DIR and `variables`
 * of the caller's where they are not empty. Proxy settings are not passed on.
 *
 * @param variables  names with "=" behind them, NULL at the end, at most
 *                   HELPER_VARIABLES_MAX; NULL for none
 * @return 0; -EXIT_FAILED
 */
int helper_start(struct helper *helper, const char *name,
    const char *const *variables, struct err *err);

/**
 * Close the socket and wait until the helper has ended. Accepts one that is
 * not running.
 */
void helper_stop(struct helper *helper);

#endif
