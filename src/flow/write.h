/*
 * write: changes on their way to the server, and from there into the vault
 * and the local copy. Where somebody else has written meanwhile, they are
 * compared with what is there now.
 */
#ifndef WRITE_H
#define WRITE_H

#include <agentsecrets/flow.h>
#include <agentsecrets/vault.h>

#include "exchange.h"
#include "place.h"
#include "resolve.h"
#include "standing.h"

struct name_maps;

/* One change to write. */
struct change {
	char name[NAME_MAX_BYTES + 1];
	bool deleted;
	struct secret value;
};

/* What the local copy does about the names that were given. */
enum copy_rule {
	COPY_FOLLOWS,	/* unless it was changed itself */
	COPY_TAKES,	/* whatever it has: somebody named them */
	COPY_IS_SOURCE, /* it is what was sent; it takes theirs as well */
};

/* How changes are written. */
struct write {
	struct net *net;
	struct place *place;
	/* `key`; `base`: the vault, whose row versions are the conditions, and
	 * which has what was stored in the end; `behind`, of the copy that is
	 * sent, or NULL. The rest is not looked at. */
	struct sides sides;
	struct resolver *resolver;
	/* Put into project.json before the first value is sent; or NULL. */
	const struct name_maps *maps;
	enum copy_rule copy;
	/* Compare with what is there now before anything is sent, too. */
	bool look;
};

/**
 * Seal and write changes, record them in the vault file, and bring the local
 * copy there: all of them or none, unless the server takes less in one request
 * (write_parts.h).
 *
 * What somebody else wrote meanwhile is verified like any answer. A name that
 * has the value already is a success; one that has another value is a
 * conflict, unless that is what it had all along.
 *
 * @param changes  sorted by name
 * @param result   out: written, deleted, taken, mapped and unchanged are
 *                 added to it
 * @return 0; -EXIT_CONFLICT by the resolver's words, and nothing is changed,
 *         here or there; -EXIT_UNSAFE; -EXIT_FAILED, "stored, but …", when
 *         only the local copy could not follow; as net_write(); any of them
 *         "stored 200 of 1000 names, then: …", when a part failed
 */
int write_resolved(struct write *write, const struct change *changes, size_t n,
    const struct caller *caller, struct write_result *result, struct err *err);

/**
 * The same without a question.
 *
 * @param vault  what is here
 * @param copy   COPY_TAKES where somebody named each, COPY_FOLLOWS for a file
 * @param force  write over what somebody else wrote, once it is verified
 * @return as write_resolved(); -EXIT_CONFLICT naming what somebody else
 *         changed
 */
int write_changes(struct net *net, struct place *place,
    const struct workspace_key *key, struct vault *vault,
    const struct change *changes, size_t n, bool force, enum copy_rule copy,
    const struct caller *caller, struct err *err);

#endif
