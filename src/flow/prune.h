/*
 * prune: names that a file, or the local copy, no longer has. They are told,
 * or deleted when somebody says so.
 */
#ifndef PRUNE_H
#define PRUNE_H

#include <agentsecrets/flow.h>

#include "exchange.h"
#include "local.h"
#include "standing.h"
#include "write.h"

/**
 * The live names of the vault that the changes do not have, without those
 * whose values no file can hold (dotenv_unwritable()).
 *
 * @param changes  all that a file has, sorted by name
 */
int prune_missing(struct names *out, const struct workspace_key *key,
    struct vault *vault, const struct change *changes, size_t n,
    struct err *err);

/**
 * The names that the local copy had when it was last compared, and lacks; of a
 * file, without those whose values it cannot hold.
 *
 * @param sides  with the copy, and `remote` the vault
 * @param kept   sorted: names of which the copy has something all the same;
 *               NULL: none
 * @param prune  they are to be deleted: also those that the vault has another
 *               value of by now and, for prune_check(), all that a copy lacks
 *               which was never compared
 */
int prune_missing_in_copy(struct names *out, const struct sides *sides,
    const struct names *kept, bool compared, bool prune, struct err *err);

/**
 * Refuse to take what is missing for deleted, where there is nothing at all
 * or nobody knows what there was.
 *
 * @param what      "'.env'" or "the keychain"
 * @param compared  the copy has a base, or is none
 * @param found     how many names there are
 */
int prune_check(const char *what, bool compared, size_t found, struct err *err);

/**
 * Have it confirmed that names are deleted.
 *
 * @return 0; -EXIT_USAGE without a terminal, unless `yes`; -EXIT_FAILED when
 *         the answer is no
 */
int prune_confirm(const struct names *names, const struct place *place,
    bool yes, const struct caller *caller, struct err *err);

/** Tell of names that stay: "not in WHAT, and kept: A, B". */
void prune_tell_kept(
    const struct names *names, const char *what, const struct caller *caller);

#endif
