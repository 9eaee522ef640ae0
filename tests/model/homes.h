/*
 * homes: a server, three machines of one account, and a project that all of
 * them have. Everything lies below one directory.
 */
#ifndef HOMES_H
#define HOMES_H

#include <agentsecrets/flow.h>

#include "world.h"

/**
 * Start the server and set the machines up.
 *
 * @param directory  empty, the caller's
 * @param server     path of agentsecrets-server
 * @param limit      how many secrets it takes in one request; 0: as ever
 * @return 0, or -1 after saying why
 */
int homes_open(const char *directory, const char *server, int limit);

/** Whether larger writes are sent in parts. */
bool homes_split(void);

/** End the server. */
void homes_close(void);

/** Make a project and bind every seat to it. @return 0, or -1 */
int homes_begin(void);

/** In another process: be where homes_begin() was called for the first time. */
void homes_follow(void);

/** Delete it everywhere. @return 0, or -1 */
int homes_end(void);

/** Go to a seat: home, directory, caller. */
void homes_enter(enum seat seat, int environment);

/** See to it that the home of the seat has a helper. @return 0, or -1 */
int homes_warm(void);

/** What commands at the seat are called with. */
const struct caller *homes_caller(void);

/** The directory of a home (AGENTSECRETS_HOME). */
const char *homes_path(int home);

/** The directory that a seat works in. */
const char *homes_directory(enum seat seat);

/** The id of the present project. */
const char *homes_project(void);

/** The environment of that number. */
const char *homes_environment(int environment);

/** Say on standard error what failed. @return -1 */
int homes_failed(const char *what, const struct err *err);

#endif
