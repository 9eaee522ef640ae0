/*
 * write_parts: changes on their way to the server, in one request or, where it
 * takes less, in several. Each is recorded in the vault as it is stored.
 */
#ifndef WRITE_PARTS_H
#define WRITE_PARTS_H

#include <agentsecrets/flow.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/vault.h>

#include "exchange.h"
#include "place.h"
#include "write.h"

/* What is to be written, and how far it got. */
struct parts {
	struct net *net;
	const struct place *place;
	const struct workspace_key *key;
	/* What is here: its row versions are the conditions. What is stored is
	 * in it afterwards. */
	struct vault *vault;
	const struct caller *caller;
	/* What there is now, and the revision that has it: recorded together
	 * with what is stored first; NULL: it was not looked at. */
	struct vault *seen;
	uint64_t seen_revision;
	const struct change *changes; /* sorted by name */
	size_t n;
	size_t stored; /* of them, from the first: at the server and here */
};

/**
 * Seal, send and record what is not stored yet.
 *
 * One request takes all of it or nothing. Only where the server's limits ask
 * for several, what is there now is looked at first, so that a conflict is
 * found before anything is stored.
 *
 * @param conflicts  out, on -EXIT_CONFLICT: what is there instead; release it
 *                   with net_rows_release()
 * @return 0; -EXIT_CONFLICT; -EXIT_FAILED for a value that the server does
 *         not take, or a request that is too large all the same, or as
 *         net_write(); `parts->stored` is true in any case
 */
int write_parts(
    struct parts *parts, struct net_rows *conflicts, struct err *err);

/**
 * Put before an error how much was stored until then, if that is only a part.
 *
 * @return -(err->status)
 */
int write_parts_explain(const struct parts *parts, struct err *err);

#endif
