/*
 * flow_history: going back: to what a secret held before, and with a server
 * that was restored from a backup. As flow.h.
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

struct rollback_result {
	struct flow_where where;
	struct names written;  /* again, as their newest versions */
	struct names accepted; /* as the server shows them */
};

/** Free the lists; a zeroed one is fine. */
void rollback_result_release(struct rollback_result *result);

/**
 * Go on with a server that shows older values than were seen before, or none:
 * it was restored from a backup. Each name is told through caller->notice.
 *
 * With ours the vault's value is written again as the newest version. With
 * theirs what the server shows is taken; what was seen stays as the mark that
 * the next write has to pass.
 *
 * @param how     RESOLVE_ASK: a person says it, for each name or for all
 * @param yes     do not ask whether that is meant
 * @param result  zeroed; without a name when there is nothing older
 * @return 0; -EXIT_UNSAFE when the server shows anything else that is not to
 *         be believed; -EXIT_USAGE when nobody can be asked; -EXIT_CONFLICT
 *         when a person quits, or somebody writes meanwhile
 */
int rollback_run(enum resolution how, bool yes, const struct caller *caller,
    struct rollback_result *result, struct err *err);

#endif
