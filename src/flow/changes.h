/*
 * changes: from what a person gave (names in any case, values) to what is
 * written, and the lasting map that brings a lower-case name back.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include <stdbool.h>

#include <agentsecrets/dotenv.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/limits.h>

#include "exchange.h"
#include "place.h"
#include "write.h"

/* A name that was given in lower case. */
struct given_map {
	char *final;
	char stored[NAME_MAX_BYTES + 1];
	bool is_new; /* project.json does not have it yet */
};

struct name_maps {
	struct given_map *items;
	size_t n;
};

#define NAME_MAPS_INIT                                                         \
	{                                                                      \
		NULL, 0                                                        \
	}
#define AUTO_NAME_MAPS __attribute__((cleanup(name_maps_release)))

void name_maps_release(struct name_maps *maps);

/** Remember that `final` is stored as `stored`. */
int name_maps_add(struct name_maps *maps, const char *final, const char *stored,
    struct err *err);

/**
 * Put the map into the project file in memory, so that a clash is found
 * before anything is written.
 */
int name_maps_check(
    struct name_maps *maps, struct place *place, struct err *err);

/** Whether one is not in project.json yet, after name_maps_check(). */
bool name_maps_has_new(const struct name_maps *maps);

/**
 * Add new entries to project.json as it is now, and bind the directory anew,
 * under `lock`. It comes before the values: an entry whose secret is not
 * there means nothing.
 */
int name_maps_keep(const struct name_maps *maps, struct place *place,
    struct names *mapped, struct err *err);

/**
 * Make a change out of a given name and value: name upper-cased (and mapped),
 * value checked; a dangerous name is warned about.
 */
int change_fill(struct change *change, const char *given,
    const struct secret *value, const struct caller *caller,
    struct name_maps *maps, struct err *err);

/** Sort by name; -EXIT_USAGE when two are the same but for their case. */
int changes_check_twins(struct change *changes, size_t n, struct err *err);

/**
 * Make changes out of everything that a file has.
 *
 * @param changes  room for each entry; sorted by name afterwards
 * @param what     the file's name, for errors
 * @param place    whose map says which secret a name means
 * @return 0; the failure of change_fill(), or -EXIT_USAGE when two names are
 *         the same but for their case, each with file, line and column
 */
int changes_from_entries(struct change *changes, const struct dotenv *entries,
    const char *what, struct place *place, const struct caller *caller,
    struct name_maps *maps, struct err *err);

/**
 * Whether the vault has another value of that name, or none.
 *
 * @return 1; 0 when it has the same; -EXIT_UNSAFE when its value does not open
 */
int change_differs(const struct change *change, const struct workspace_key *key,
    struct vault *vault, struct err *err);

/** Fill the error for a name that is not there. @return its status */
int no_secret(const char *name, const struct place *place,
    const struct vault *vault, struct err *err);

/** Copy project and environment for the result. */
void flow_where_set(struct flow_where *where, const struct place *place);

#endif
