/*
 * local: the local copy of an environment's values, which people and other
 * programs change: the environment's own file in storage mode 2, else the
 * items of the keychain, where the home keeps its keys there.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include <agentsecrets/flow.h>
#include <agentsecrets/vault.h>

#include "env_file.h"
#include "items.h"
#include "place.h"
#include "standing.h"

enum local_kind {
	LOCAL_NONE, /* the vault is all there is */
	LOCAL_FILE, /* .env.ENVIRONMENT in the project's directory */
	LOCAL_ITEMS,
};

/* The copy as it is, and what it was last brought to agree with. */
struct local {
	enum local_kind kind;
	struct env_file file;
	struct items items;
	struct vault behind;
	bool compared; /* local_base() found one */
};

#define LOCAL_INIT                                                             \
	{                                                                      \
		.file = ENV_FILE_INIT, .items = ITEMS_INIT,                    \
		.behind = VAULT_INIT                                           \
	}
#define AUTO_LOCAL __attribute__((cleanup(local_release)))

void local_release(struct local *local);

/** What kind of copy a command has before it here. */
int local_kind(
    enum local_kind *out, const struct place *place, struct err *err);

/** Whether the home keeps its keys, and so the values, in the keychain. */
int local_keeps_items(bool *out, const struct place *place, struct err *err);

/**
 * Read what a copy was last brought to agree with. One that was never
 * compared agrees with nothing: it may be older than anything here.
 *
 * @param out        VAULT_INIT, or replaced
 * @param vault      as it is now
 * @param directory  of the file; NULL: the items
 * @return 1; 0 when the copy was never compared
 */
int local_base(struct vault *out, const struct home *home, struct vault *vault,
    const char *directory, struct err *err);

/**
 * Before a vault takes rows: keep what each copy on this machine agrees with,
 * for each name whose value moves. The caller holds `lock`.
 *
 * @param now   as it was read under that lock
 * @param rows  what it is about to take
 */
int local_note(const struct place *place, struct vault *now,
    const struct vault *rows, struct err *err);

/**
 * A copy now has what `had` holds of these names. The caller holds `lock`.
 *
 * @param had        the vault by which it was written, which may have moved
 *                   since
 * @param names      sorted
 * @param directory  of the file; NULL: the items
 */
int local_agree(const struct place *place, struct vault *had,
    const struct names *names, const char *directory, struct err *err);

/**
 * Whatever a copy is from now on, it was never compared, in no environment.
 *
 * @param directory  of the file; NULL: the items
 */
int local_forget(const struct home *home, const char *project,
    const char *directory, struct err *err);

/**
 * Read the local copy, and make it the local side of a comparison.
 *
 * @param local  LOCAL_INIT; it lives as long as `sides` is used
 * @param sides  with `base`, which was read before, and `remote`; unchanged
 *               when there is no copy
 * @param names  which items to read; NULL: all that the keychain has
 */
int local_read(struct local *local, struct sides *sides,
    const struct names *names, struct place *place, const struct caller *caller,
    struct err *err);

#endif
