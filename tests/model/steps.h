/*
 * steps: making them up, and writing them down so that they can be read and
 * done again. A step is one line:
 *
 *	push-file items staging ALPHA=7,GAMMA=9 force refused:3
 *
 * A value is its number, - for none; 1 is the empty value.
 */
#ifndef STEPS_H
#define STEPS_H

#include <stdint.h>

#include "world.h"

enum { STEP_TEXT = 256 };

/** A number below `n` from a state that goes on. */
unsigned random_below(uint64_t *state, unsigned n);

/**
 * Make a step up.
 *
 * @param now    what there is: so that it is about something
 * @param fresh  the next value that nobody had; goes on
 */
void step_random(
    struct step *out, uint64_t *state, const struct world *now, int *fresh);

/** @return `out` */
const char *step_print(char out[STEP_TEXT], const struct step *step);

/** Read a line. @return 0, or -1 */
int step_read(struct step *out, const char *line);

#endif
