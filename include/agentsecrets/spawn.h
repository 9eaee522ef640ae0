/*
 * spawn: finding, starting and ending the programs that belong to us. The
 * launcher starts its helpers with it, the net helper the embedded server.
 */
#ifndef AGENTSECRETS_SPAWN_H
#define AGENTSECRETS_SPAWN_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include <agentsecrets/err.h>

enum { SPAWN_SOCKET = 3 }; /* the descriptor that a started program gets */

/**
 * Find a program of the same installation.
 *
 * A prefix may be any directory, so the place beside the running program
 * comes first. /proc/self/exe tells it: a process that is not dumpable can
 * still read that link of its own, and no environment variable changes it.
 * The program must be a regular file of root or the effective user that
 * nobody else can write.
 *
 * @param out       the path
 * @param relative  from the directory of the running program
 * @param fallback  compiled-in path, taken when there is nothing at `relative`
 * @return 0; -EXIT_FAILED when it is missing or could have been changed
 */
int spawn_find(char out[PATH_MAX], const char *relative, const char *fallback,
    struct err *err);

/**
 * Start a program with default signal dispositions and an empty mask,
 * /dev/null as 0 and 1, our standard error as 2, `socket` as SPAWN_SOCKET,
 * and no other descriptor. Nothing of the caller changes.
 *
 * @return 0; -EXIT_FAILED when it cannot be executed
 */
int spawn_start(pid_t *pid, const char *path, char *const argv[],
    char *const env[], int socket, struct err *err);

/**
 * Run a program of ours with one argument and read the first line that it
 * prints. Its standard error is /dev/null.
 *
 * @param out          the line without its end, cut if it is too long
 * @param patience_ms  then it is killed
 * @return 0; -EXIT_FAILED when it cannot be started, prints nothing, or takes
 *         longer
 */
int spawn_read(char *out, size_t out_len, const char *path,
    const char *argument, int patience_ms, struct err *err);

/**
 * Wait for a program to end, at most `patience_ms`.
 *
 * @param pid     made 0 when it has ended
 * @param status  out: as waitpid() gives it; may be NULL
 * @return whether it has ended; true for a `*pid` of 0, status untouched
 */
bool spawn_has_ended(pid_t *pid, int patience_ms, int *status);

/**
 * Wait until a program that was asked to end has ended, SIGKILL it when
 * `patience_ms` are over, and make `*pid` 0. Accepts 0.
 */
void spawn_end(pid_t *pid, int patience_ms);

#endif
