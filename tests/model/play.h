/*
 * play: a sequence of steps on a new project, each compared with the model.
 */
#ifndef PLAY_H
#define PLAY_H

#include "world.h"

enum { WORLD_STEPS = 300 };

struct played {
	int failed; /* the step that went wrong; -1: none */
	char why[4096];
};

/** How many steps met trouble, ended with a conflict, or went well. */
struct tally {
	int trouble;
	int conflicts;
	int done;
};

/**
 * Do steps that are given, or made up as it goes.
 *
 * @param steps  room for `n`
 * @param state  of the random numbers, and filled in `steps`; NULL: the steps
 *               are given
 * @param out    out: what went wrong
 * @param tally  added to
 * @return 0; -1 when the test itself cannot go on
 */
int play(struct step *steps, int n, uint64_t *state, struct played *out,
    struct tally *tally);

/** Leave out what is not needed to fail. @return how many steps are left */
int shorten(struct step *steps, int n);

#endif
