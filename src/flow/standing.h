/*
 * standing: how each name stands between what is here, what was last seen,
 * and what the server has.
 */
#ifndef STANDING_H
#define STANDING_H

#include <agentsecrets/flow.h>
#include <agentsecrets/merge.h>

#include "env_file.h"
#include "exchange.h"
#include "items.h"
#include "place.h"

/*
 * The three states that are compared. The local one is a file, or the items
 * of the keychain, or, without either, the vault.
 *
 * What was last seen of a name is the vault's row of it. A local copy that
 * the vault moved away from has a row in `behind` instead: what the copy was
 * last brought to agree with. Without it a copy that is behind would pass for
 * one that was changed here.
 */
struct sides {
	const struct workspace_key *key;
	struct place *place;
	const struct env_file *file;
	const struct items *items;
	struct vault *base;
	struct vault *behind; /* vault_local_load(); NULL: no local copy */
	struct vault *remote; /* may be `base` itself */
	/* A name that the copy lacks was deleted there; else it was lost. */
	bool prune;
};

/**
 * Compare one name.
 *
 * @param remote  the server's value in the arena; data NULL: there is none
 * @return 0; -EXIT_UNSAFE when a value does not open
 */
int standing_of(const struct sides *sides, const char *name, enum standing *out,
    struct secret *remote, struct err *err);

/**
 * Compare what is to be written, whatever the copy has.
 *
 * @param value  NULL: the name is to be deleted
 * @return 0; -EXIT_UNSAFE when a value does not open
 */
int standing_of_change(const struct sides *sides, const char *name,
    const struct secret *value, enum standing *out, struct err *err);

/**
 * The local value of a name, a view.
 *
 * @return whether there is one; an empty one has `data`, too
 */
bool standing_local(
    const struct sides *sides, const char *name, struct secret *out);

/** Every stored name that occurs on any side, sorted, each once. */
int standing_names(
    struct names *out, const struct sides *sides, struct err *err);

#endif
