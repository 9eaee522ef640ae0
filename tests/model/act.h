/*
 * act: a step, done by the commands themselves.
 */
#ifndef ACT_H
#define ACT_H

#include "world.h"

/**
 * Do a step at its seat.
 *
 * @param now   the copies as they are: what an edit starts from
 * @param said  out: what the command said
 */
void act_step(
    const struct step *step, const struct world *now, struct outcome *said);

/** The name of that number. */
const char *act_name(int name);

/** The text of a value. @param out 16 bytes */
const char *act_value(char *out, int value);

/** The number of a value's text; -1 when it is none. */
int act_value_read(const char *text, size_t len);

#endif
