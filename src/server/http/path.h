/*
 * path: a request target cut into decoded segments and query values. Never
 * decoded before it is cut: "%2F" does not separate, "%00" does not end.
 */
#ifndef AGENTSECRETS_SERVER_PATH_H
#define AGENTSECRETS_SERVER_PATH_H

#include <stddef.h>

enum {
	TARGET_MAX = 8192, /* bytes of path and query */
	SEGMENTS_MAX = 8,
	QUERIES_MAX = 8,
};

struct path {
	char *storage;
	const char *segments[SEGMENTS_MAX];
	size_t segments_n;
	struct {
		const char *name;
		const char *value;
	} queries[QUERIES_MAX];
	size_t queries_n;
};

#define PATH_INIT                                                              \
	{                                                                      \
		.storage = NULL                                                \
	}
#define AUTO_PATH __attribute__((cleanup(path_release)))

/**
 * Cut a target. A slash at the end is as good as none.
 *
 * @param why  set on failure: one sentence that says what is wrong
 * @return 0; -1 when a segment is empty, ".", "..", not UTF-8 or holds a
 *         zero byte, an escape is broken, there are too many, or memory is
 *         out
 */
int path_parse(struct path *out, const char *target, const char **why);

/** Free. */
void path_release(struct path *path);

/** The query value, or NULL. */
const char *path_query(const struct path *path, const char *name);

#endif
