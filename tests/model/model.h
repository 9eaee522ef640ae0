/*
 * model: the reference: what each command does, in as few words as that can
 * be said. It knows nothing of the code that is tested.
 */
#ifndef MODEL_H
#define MODEL_H

#include "world.h"

/** Do a step in which nothing goes wrong. @param said zeroed before */
void model_step(
    struct world *world, const struct step *step, struct outcome *said);

#endif
