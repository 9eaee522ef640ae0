/*
 * items: the values of an environment as items of the keychain, where other
 * programs read and change them.
 */
#ifndef ITEMS_H
#define ITEMS_H

#include <agentsecrets/flow.h>
#include <agentsecrets/limits.h>

struct item {
	char name[NAME_MAX_BYTES + 1]; /* of the secret */
	struct secret value;	       /* in the arena; never without data */
};

/* Sorted by name, one a name. */
struct items {
	struct item *list;
	size_t n;
};

#define ITEMS_INIT                                                             \
	{                                                                      \
		NULL, 0                                                        \
	}
#define AUTO_ITEMS __attribute__((cleanup(items_release)))

/** The item of that name, or NULL. */
const struct item *items_find(const struct items *items, const char *name);

/** Free the list; the values are the arena's. A zeroed one is fine. */
void items_release(struct items *items);

#endif
