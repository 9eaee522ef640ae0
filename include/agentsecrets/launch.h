/*
 * launch: become the command. What this program changes about its process is
 * changed at the start of main and put back right before execve(2), so that
 * the command starts in the state that a plain exec would have given it.
 *
 *	struct launch_state state;
 *	launch_state_enter(&state, &err);
 *	...
 *	launch_resolve(path, argv[0], getenv("PATH"), &err);
 *	...
 *	return launch_exec(&launch, &state, &err);
 */
#ifndef AGENTSECRETS_LAUNCH_H
#define AGENTSECRETS_LAUNCH_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include <sys/resource.h>

#include <agentsecrets/err.h>

/* How the process was before us. */
struct launch_state {
	struct rlimit core;
	bool has_core; /* `core` is known, and was lowered */
	sigset_t mask;
	struct sigaction pipe;
};

struct launch {
	const char *path; /* as launch_resolve() gave it */
	char *const *argv;
	char *const *envp; /* as env_vector_build() gave it */
	bool no_core;	   /* the command leaves no core dump */
};

/**
 * First thing in main: refuse to run with more rights than the caller has
 * (AT_SECURE, getauxval(3)) before anything is opened, forbid dumps and
 * debuggers (PR_SET_DUMPABLE 0, soft RLIMIT_CORE 0), open what is missing of
 * descriptors 0 to 2, note signal mask and the disposition of SIGPIPE.
 *
 * @return 0; -EXIT_FAILED
 */
int launch_state_enter(struct launch_state *state, struct err *err);

/**
 * Put back what launch_state_enter() changed, and mask and SIGPIPE to what
 * they were. Not dumpable we stay: execve(2) resets it. The descriptors that
 * were opened are close-on-exec.
 */
void launch_state_restore(const struct launch_state *state);

/**
 * Find what execvp(3) would run, opening no file. A name with '/' is taken as
 * it is; else each element of `path` is tried, an empty one being the working
 * directory, and what cannot be run is passed over for a later one that can.
 *
 * @param out      PATH_MAX bytes
 * @param command  argv[0]
 * @param path     the caller's PATH; NULL: confstr(3)'s _CS_PATH
 * @return 0; -EXIT_NOT_FOUND; -EXIT_CANNOT_RUN when there is one, but it is a
 *         directory or may not be executed
 */
int launch_resolve(
    char *out, const char *command, const char *path, struct err *err);

/**
 * Wipe the stack below, restore the state and become the command. A file that
 * is no program is given to /bin/sh, as execvp(3) does. Keys and scratch in
 * the arena are the caller's to wipe before; the values go with the process.
 *
 * With `no_core` RLIMIT_CORE is 1 for the command: with 0 the kernel still
 * starts a pipe handler (core(5)). Where the hard limit is 0 it stays 0.
 *
 * @return only on failure, not dumpable again: -EXIT_NOT_FOUND when the file
 *         went away, -EXIT_LAUNCHER when the kernel finds arguments and
 *         environment too large, -EXIT_CANNOT_RUN for all else, such as a
 *         missing interpreter
 */
int launch_exec(const struct launch *launch, const struct launch_state *state,
    struct err *err);

#endif
