/* What people compare, of what this machine trusts. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <agentsecrets/flow.h>
#include <agentsecrets/trust.h>

/** The number of each trusted workspace key. @param out  free() */
int number_workspaces(struct workspace_number **out, size_t *n,
    const struct trust *trust, struct err *err);

#endif
