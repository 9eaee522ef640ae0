/*
 * settle: bring the local copy to what the vault has. It comes after the
 * vault, and what it could not do is known from the vault's .local rows: the
 * next one completes it.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include <agentsecrets/flow.h>

#include "exchange.h"
#include "place.h"
#include "write.h"

struct settle {
	const struct change *changes; /* sorted: whatever the copy has */
	size_t changes_n;
	/* Sorted: look at these, too, behind or not; NULL: no others. */
	const struct names *others;
	/* Only where the copy still has (or lacks) what `changes` says. */
	bool if_as_given;
	bool all;     /* look at every name, not only at those behind */
	bool force;   /* take the vault's value for what was changed here */
	bool stored;  /* for the error: the server has the changes */
	bool written; /* out: the file was */
};

/**
 * Bring the local copy to what the vault has; in storage mode 2 the items of
 * the keychain follow the file.
 *
 * A name that was changed in the copy keeps its value there, unless `changes`
 * has it or `force` is given. With `if_as_given`, `changes` are what a person
 * saw in the copy and gave up: who edits it before the answer keeps the edit.
 *
 * A value that no file can hold (dotenv_unwritable()) is left out of the file,
 * everything else is written first; a command that neither looks at all names
 * nor changes this one does not fail for it.
 *
 * @return 0, also when there is no copy; -EXIT_FAILED when the copy cannot be
 *         read or written: "stored, but not in the keychain yet: A, B: …",
 *         "stored, but 'A' cannot be written to 'FILE' …"
 */
int settle_local(struct place *place, const struct workspace_key *key,
    struct settle *settle, const struct caller *caller, struct err *err);

/**
 * Complete what a command could not bring into the keychain: all that is
 * missing or behind there, of the place's environment.
 *
 * @return as settle_local(); the failure to get the workspace key
 */
int items_complete(
    struct place *place, const struct caller *caller, struct err *err);

/**
 * The names of which the keychain, or the file of storage mode 2, is known to
 * be behind; the keychain is not asked.
 */
int items_behind(struct names *out, const struct place *place, struct err *err);

#endif
