/*
 * settle: bring the local copy to what the vault has. It comes after the
 * vault, and what it could not do is known from the vault's .local rows: the
 * next one completes it.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include <agentsecrets/flow.h>

#include "exchange.h"
#include "place.h"

struct settle {
	const struct change *changes; /* sorted: whatever the copy has */
	size_t changes_n;
	bool all;     /* look at every name, not only at those behind */
	bool force;   /* take the vault's value for what was changed here */
	bool stored;  /* for the error: the server has the changes */
	bool written; /* out: the file was */
};

/**
 * Bring the local copy to what the vault has.
 *
 * A name that was changed in the copy keeps its value there, unless `changes`
 * has it or `force` is given.
 *
 * @return 0, also when there is no copy; -EXIT_FAILED when the copy cannot be
 *         read or written
 */
int settle_local(struct place *place, const struct workspace_key *key,
    struct settle *settle, const struct caller *caller, struct err *err);

#endif
