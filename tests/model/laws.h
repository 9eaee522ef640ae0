/*
 * laws: what must hold of every step, whatever the model says: no value is
 * lost, no conflict is missed, none is invented. They look at what was seen
 * before a step and after it, and know nothing of how commands work.
 */
#ifndef LAWS_H
#define LAWS_H

#include "world.h"

/**
 * @param said      what the command said
 * @param trouble   whether something went wrong on the way
 * @return NULL; else the law that is broken
 */
const char *laws_broken(const struct world *before, const struct world *after,
    const struct step *step, const struct outcome *said, bool trouble);

#endif
