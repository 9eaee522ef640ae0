/*
 * credentials: what came in by the environment and the command line is taken
 * into the arena and overwritten where it was, before anything else.
 */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include <agentsecrets/err.h>

struct credentials {
	const char *password_file; /* AGENTSECRETS_PASSWORD_FILE, or NULL */
};

/**
 * Take AGENTSECRETS_TOKEN, AGENTSECRETS_TOKEN_FILE and
 * AGENTSECRETS_PASSWORD_FILE out of the environment.
 */
int credentials_take(
    struct credentials *out, char **environment, struct err *err);

/**
 * Take the values of NAME=value operands out of argv: argv[i] then points to
 * a copy in the arena, and the original reads "NAME=***".
 */
int operands_take(int argc, char **argv, struct err *err);

#endif
