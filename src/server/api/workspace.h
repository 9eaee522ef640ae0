/* workspace: how a workspace stands in an answer. */
#ifndef AGENTSECRETS_SERVER_WORKSPACE_H
#define AGENTSECRETS_SERVER_WORKSPACE_H

#include "src/server/api/access.h"

/** Write one as an object. */
void workspace_write(struct writer *w, const struct workspace *workspace);

/**
 * Write all of the caller's as an array, newest membership first.
 *
 * @return 0; -EXIT_FAILED
 */
int workspaces_write(struct call *call, struct writer *w, struct err *err);

#endif
