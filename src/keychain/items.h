/* items: what is done with them. Each is a handler of a request. */
#ifndef KEYCHAIN_ITEMS_H
#define KEYCHAIN_ITEMS_H

#include "state.h"

typedef int items_handler(struct keychain_state *state,
    const struct message_view *request, struct message *answer,
    struct err *err);

/**
 * Read the values of entries: one search each, then one call for all values.
 * The answer borrows them from state->lent.
 */
items_handler items_lookup;

/** Write one item, and delete others of its name. */
items_handler items_store;

/** Delete every item of some names. */
items_handler items_delete;

/** List the entry names that begin with a prefix. */
items_handler items_list;

#endif
