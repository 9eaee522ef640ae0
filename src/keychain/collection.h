/* collection: where our items are, and which items those are. */
#ifndef KEYCHAIN_COLLECTION_H
#define KEYCHAIN_COLLECTION_H

#include "state.h"

/* The two attributes of an item of ours; it has no others. */
#define ITEM_USERNAME "username" /* the entry name */
#define ITEM_SERVICE "service"
#define ITEM_SERVICE_NAME "AgentSecrets"

/**
 * Find the collection "login", else the one with the alias "default", and
 * unlock it.
 *
 * @return 0; -EXIT_FAILED with REASON_NO_PROVIDER when there is neither,
 *         REASON_LOCKED, or as bus_call()
 */
int collection_open(struct keychain_state *state, struct err *err);

/**
 * Unlock objects; a person may be asked.
 *
 * @param paths  NULL at the end
 */
int collection_unlock(
    struct keychain_state *state, const char *const *paths, struct err *err);

/**
 * Search items.
 *
 * @param entry  the entry name; NULL for all of ours
 * @return the paths, "ao", to be released; NULL with `err`
 */
GVariant *collection_search(
    struct keychain_state *state, const char *entry, struct err *err);

#endif
