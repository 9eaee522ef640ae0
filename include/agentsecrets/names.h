/*
 * names: what a secret, an environment variable and an environment may be
 * called. Pure functions.
 */
#ifndef AGENTSECRETS_NAMES_H
#define AGENTSECRETS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

/** Whether it is a stored name: [A-Z][A-Z0-9_]{0,254}. */
bool name_is_stored(const char *name);

/** Whether a command may find it as a variable: [A-Za-z_][A-Za-z0-9_]*. */
bool name_is_final(const char *name);

/**
 * Turn a name that a person gave into the stored name: letters are
 * upper-cased, nothing is trimmed or repaired.
 *
 * @param out    NAME_MAX_BYTES + 1 bytes
 * @param given  [A-Za-z][A-Za-z0-9_]{0,254}; `len` bytes
 * @return 1 when the case changed, 0 when not; -EXIT_USAGE
 */
int name_to_stored(char *out, const char *given, size_t len, struct err *err);

/**
 * Whether a variable of that name changes how programs load or run code
 * (LD_PRELOAD, PATH, BASH_ENV, NODE_OPTIONS, …). Case does not matter.
 */
bool name_is_dangerous(const char *name);

enum { ENVIRONMENTS_N = 3 };

/* "development", "staging", "production". */
extern const char *const environment_names[ENVIRONMENTS_N];

/** Whether it is development, staging or production. */
bool environment_is_known(const char *environment);

/** Whether a project may be called so: [a-z0-9_-]{2,255} (protocol 3.2). */
bool project_name_is_valid(const char *name);

#endif
