/*
 * items: the values of an environment as items of the keychain, where other
 * programs read and change them. Entry names are PROJECT:ENVIRONMENT:NAME;
 * what the first clients, who had no environments, called Secret_PROJECT_NAME
 * counts for `development` where there is no other.
 */
#ifndef ITEMS_H
#define ITEMS_H

#include <agentsecrets/flow.h>
#include <agentsecrets/limits.h>

#include "place.h"

struct item {
	char name[NAME_MAX_BYTES + 1]; /* of the secret */
	struct secret value;	       /* in the arena; never without data */
	bool old;		       /* kept as by the first clients */
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

/**
 * Read those of the names that have an item.
 *
 * @param out    ITEMS_INIT; released by the caller
 * @param names      stored names, sorted, each once
 * @param rewritten  sorted: of these only today's entries are looked for,
 *                   since they will be written anyway; NULL: none
 * @return 0; the keychain's failure
 */
int items_read(struct items *out, struct place *place,
    const struct names *names, const struct names *rewritten,
    const struct caller *caller, struct err *err);

/** Add the names of all items of the place's environment. */
int items_names(struct names *out, struct place *place,
    const struct caller *caller, struct err *err);

/** Write one. @param value  at most VALUE_MAX bytes */
int items_write(struct place *place, const char *name,
    const struct secret *value, const struct caller *caller, struct err *err);

/** Remove one, under both entry names; one that is not there is fine. */
int items_remove(struct place *place, const char *name,
    const struct caller *caller, struct err *err);

#endif
