/*
 * env_example: .env.example beside the .env files of storage mode 2, made to
 * be committed: which names there are, in which environments, never a value.
 */
#ifndef ENV_EXAMPLE_H
#define ENV_EXAMPLE_H

#include <agentsecrets/err.h>

#include "place.h"

/**
 * Bring .env.example to what the vaults of the project have, with the header
 * and the lines that other clients write.
 *
 * Of an environment that was never fetched here, or whose vault is damaged, it
 * keeps what it says. One that does not begin with that header was written by
 * somebody, and is left alone; so is what is no regular file. Without a name no
 * file is made.
 *
 * The caller holds `lock`.
 *
 * @param place  with the project's directory; as it was afterwards
 * @return 1; 0 when somebody else's is there; -EXIT_FAILED when it cannot be
 *         read or written
 */
int env_example_write(struct place *place, struct err *err);

#endif
