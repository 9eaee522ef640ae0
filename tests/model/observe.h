/*
 * observe: reads server, vaults and copies into a world.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include "world.h"

/** Look at a new project, with a helper of our own. @return 0, or -1 */
int observe_begin(void);

/** The helper ends. */
void observe_end(void);

/* Of which environments the server is asked. */
enum { OBSERVE_ALL = -1, OBSERVE_NONE = -2 };

/**
 * Read everything.
 *
 * @param environment  of which the server is asked, or one of the two above.
 *                     What it has of the others stays
 * @param out          as it was seen last
 * @return 0, or -1 after saying what cannot be read
 */
int observe(struct world *out, int environment);

/** Read what the server has of another environment. @return 0, or -1 */
int observe_server(struct world *out, int environment);

/**
 * Read what a name holds at the server and held before, newest first; cells
 * past the last are of serial 0. @return 0, or -1
 */
int observe_history(struct cell out[PAST_N], int environment, int name);

#endif
