/*
 * sources: where the values of a launch come from: the live rows of the
 * vault, and the keychain for names that the vault lacks and that are asked
 * for exactly.
 */
#ifndef SOURCES_H
#define SOURCES_H

#include <agentsecrets/selection.h>
#include <agentsecrets/vault.h>

#include "items.h"
#include "place.h"

struct source {
	const char *name;
	const struct vault_row *row; /* NULL: the item */
	const struct item *item;
};

struct sources {
	struct source *list; /* sorted by name */
	size_t n;
	struct items items;
};

#define SOURCES_INIT                                                           \
	{                                                                      \
		NULL, 0, ITEMS_INIT                                            \
	}
#define AUTO_SOURCES __attribute__((cleanup(sources_release)))

void sources_release(struct sources *sources);

/**
 * Collect them. The keychain is only asked where the home keeps its keys
 * there, and one that cannot be used has no items.
 *
 * @param vault   views of it are kept
 * @param listed  names that project.json lists; NULL items: no list
 * @param only    what --only gave: of its globs and names the names count
 */
int sources_gather(struct sources *out, struct vault *vault,
    const struct text_list *listed, const struct text_list *only,
    struct place *place, const struct caller *caller, struct err *err);

#endif
