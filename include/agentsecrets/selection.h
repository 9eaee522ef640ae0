/*
 * selection: which of the stored secrets the command gets, and under what
 * name. Only names are looked at, so nothing is opened that is not wanted.
 */
#ifndef AGENTSECRETS_SELECTION_H
#define AGENTSECRETS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

/*
 * NEW=OLD: the secret OLD appears as NEW, and not as OLD. Two lines may name
 * one OLD; it then appears twice.
 */
struct name_map {
	const char *final;
	const char *stored;
};

/* A list of texts that somebody else owns. */
struct text_list {
	const char *const *items;
	size_t n;
};

struct selection_rules {
	struct text_list listed; /* project.json `names`; has_list */
	bool has_list;
	struct text_list only;		/* globs; empty: everything */
	struct text_list except;	/* globs */
	struct text_list allow_missing; /* names */
	const char *prefix;		/* or NULL; not for mapped names */
	const struct name_map *lasting; /* project.json `map` */
	size_t lasting_n;
	const struct name_map *given; /* --map */
	size_t given_n;
	struct text_list allowed; /* dangerous names that are permitted */
};

struct selected {
	size_t index;			    /* of the stored name */
	char final[2 * NAME_MAX_BYTES + 2]; /* prefix and name */
};

struct selection {
	struct selected *items; /* sorted by final name */
	size_t n;
	size_t unlisted; /* left out because project.json does not list them */
};

#define SELECTION_INIT                                                         \
	{                                                                      \
		NULL, 0, 0                                                     \
	}
#define AUTO_SELECTION __attribute__((cleanup(selection_release)))

/**
 * Apply the rules in this order: list of project.json, --only, --except,
 * map, prefix; then check every final name.
 *
 * A glob (`*`, `?`, `[…]`; fnmatch(3)) is compared with the stored name and
 * with the name that the lasting map gives it; a name means the stored one
 * before the mapped one. Missing is, unless --allow-missing names it: a listed
 * name that is not stored, an --only that means nothing listed, an --except
 * that means nothing stored, a --map of something that is not selected. A
 * line of the lasting map whose secret is not stored has no effect. The map
 * that is given beats the lasting one.
 *
 * @param stored  `n` stored names, sorted bytewise
 * @param out     release with selection_release()
 * @return 0; -EXIT_FAILED for missing names (all of them are named), for a
 *         final name that is malformed or met twice, or that is dangerous
 *         and not allowed (hint: --allow-name)
 */
int selection_apply(struct selection *out, const struct selection_rules *rules,
    const char *const *stored, size_t n, struct err *err);

/** Free what it holds; a zeroed or half-filled one is fine. */
void selection_release(struct selection *selection);

/**
 * Split "A,B,C" and append the parts to a list; empty parts are an error.
 *
 * @param items  grows by realloc; the parts are strdup()ed
 * @return 0; -EXIT_USAGE naming `option`
 */
int list_split(char ***items, size_t *n, const char *text, const char *option,
    struct err *err);

/** Free what list_split() made. */
void list_release(char ***items, size_t *n);

#endif
