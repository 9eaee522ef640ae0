/*
 * merge: the three-way comparison of one secret: what a copy has (here), what
 * the server has (there), and what both last agreed on (base). Views of
 * values; no I/O.
 */
#ifndef AGENTSECRETS_MERGE_H
#define AGENTSECRETS_MERGE_H

#include <agentsecrets/arena.h>

enum merge_state {
	MERGE_NONE,    /* there is no value: never was, or was deleted */
	MERGE_VALUE,   /* also an empty one */
	MERGE_UNKNOWN, /* as a base: nobody can say; of a side it is NONE */
};

struct merge_side {
	enum merge_state state;
	struct secret value; /* of MERGE_VALUE; data may be NULL when empty */
};

/* How a name stands. */
enum standing {
	STANDING_SAME,
	STANDING_ONLY_LOCAL,  /* new here */
	STANDING_ONLY_REMOTE, /* new there */
	STANDING_CHANGED_HERE,
	STANDING_CHANGED_THERE,
	STANDING_CHANGED_BOTH, /* a conflict */
	STANDING_DELETED_HERE,
	STANDING_DELETED_THERE,
};

/**
 * Compare three states of one name. Exchanging the sides exchanges HERE and
 * THERE, LOCAL and REMOTE in the result, and changes nothing else.
 *
 * @param base  MERGE_UNKNOWN: two sides that differ are a conflict
 */
enum standing merge_compare(const struct merge_side *here,
    const struct merge_side *base, const struct merge_side *there);

/**
 * The same for a copy in which a missing name is no deletion, but a loss: it
 * is to be brought back, whatever became of it there.
 */
enum standing merge_restore(const struct merge_side *here,
    const struct merge_side *base, const struct merge_side *there);

#endif
