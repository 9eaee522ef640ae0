/*
 * write: changes on their way to the server, and from there into the vault
 * and the local copy.
 */
#ifndef WRITE_H
#define WRITE_H

#include <agentsecrets/flow.h>
#include <agentsecrets/vault.h>

#include "exchange.h"
#include "place.h"

/* One change to write. */
struct change {
	char name[NAME_MAX_BYTES + 1];
	bool deleted;
	struct secret value;
};

/**
 * Seal and write changes, record them in the vault file, and bring the local
 * copy there: all of them or none, unless the server takes less in one request
 * (write_parts.h).
 *
 * @param vault    what is here: its row versions are the conditions
 * @param changes  sorted by name
 * @param force    write over what somebody else wrote, once it is verified
 * @return 0; -EXIT_CONFLICT naming what somebody else changed; -EXIT_FAILED,
 *         "stored, but …", when only the local copy could not follow; any
 *         status, "stored 200 of 1000 names, then: …", when a part failed
 */
int write_changes(struct net *net, struct place *place,
    const struct workspace_key *key, struct vault *vault,
    const struct change *changes, size_t n, bool force,
    const struct caller *caller, struct err *err);

#endif
