/*
 * env_vector: the command's environment, as an array in the arena.
 *
 * Inherited strings are pointed to where they are and never changed; secrets
 * are "NAME=value" strings in the arena. setenv(3) would copy both to places
 * that nobody can wipe, so it is not used.
 */
#ifndef AGENTSECRETS_ENV_VECTOR_H
#define AGENTSECRETS_ENV_VECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/err.h>
#include <agentsecrets/selection.h>

struct env_rules {
	bool clean;		/* keep only `keep`, or the usual ones */
	bool clean_has_list;	/* `keep` is the whole list */
	struct text_list keep;	/* names or PREFIX_* */
	bool preserve;		/* an inherited variable beats a secret */
	bool preserve_has_list; /* only for those in `preserved` */
	struct text_list preserved;
};

/**
 * Build the vector: inherited variables by the rules, without our own
 * credentials (AGENTSECRETS_TOKEN, _TOKEN_FILE, _PASSWORD_FILE), then the
 * secrets and `active`; sorted by name, one entry a name. Of doubled
 * inherited entries the first counts, as for getenv(3). Inherited strings
 * without '=' are passed on as they are.
 *
 * @param out       NULL-terminated, in the arena
 * @param inherited NULL-terminated, as environ(7)
 * @param secrets   `n` strings NAME=value in the arena
 * @param active    "AGENTSECRETS_ACTIVE=project/environment", or NULL
 * @return 0; -EXIT_FAILED when the arena is out of memory
 */
int env_vector_build(char ***out, char *const *inherited, char *const *secrets,
    size_t n, char *active, const struct env_rules *rules, struct err *err);

/** Whether an inherited variable beats a secret of that name. */
bool env_vector_preserves(
    const struct env_rules *rules, const char *name, char *const *inherited);

/**
 * Check that execve(2) will take it: no string over 131,071 bytes (named),
 * all of it and argv within what the stack limit leaves (execve(2), "Limits
 * on size of arguments and environment").
 *
 * @return 0; -EXIT_FAILED
 */
int env_vector_check(char *const *vector, char *const *argv, struct err *err);

#endif
