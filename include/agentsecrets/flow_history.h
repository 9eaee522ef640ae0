/*
 * flow_history: going back: to what a secret held before. As flow.h.
 */
#ifndef AGENTSECRETS_FLOW_HISTORY_H
#define AGENTSECRETS_FLOW_HISTORY_H

#include <agentsecrets/flow.h>

struct history_version {
	uint32_t version;    /* what the blob proves; 0: nothing */
	uint64_t written_at; /* unix seconds, as the server says; 0: not told */
	bool deleted;
};

/* What a secret holds and held before; the first is what is there now. */
struct history_result {
	struct flow_where where;
	char name[NAME_MAX_BYTES + 1]; /* in its stored form */
	struct history_version *items;
	size_t n;
};

/** Free the list; a zeroed one is fine. */
void history_result_release(struct history_result *result);

/**
 * Ask the server for the versions of a secret; nothing is recorded.
 *
 * @param name  in any case
 * @return 0; -EXIT_FAILED when there is no such secret, or the server keeps
 *         no history; -EXIT_UNSAFE when a version does not open, was made for
 *         another place, stands in the wrong order or the newest is older
 *         than what was seen before
 */
int history_run(const char *name, const struct caller *caller,
    struct history_result *result, struct err *err);

/**
 * Write what a version held as the newest one; the local copy follows.
 *
 * @param version  as history_run() tells it
 * @param result   zeroed; `unchanged` is 1 when that value is there now
 * @return as history_run(); -EXIT_FAILED also when there is no such version,
 *         or it is a deletion; -EXIT_CONFLICT when somebody else has changed
 *         the secret since the last pull
 */
int restore_run(const char *name, uint32_t version, const struct caller *caller,
    struct write_result *result, struct err *err);

#endif
