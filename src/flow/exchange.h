/*
 * exchange: how a vault meets the server: what is there is fetched, judged, and
 * merged under the lock.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <agentsecrets/flow.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/vault.h>

#include "place.h"

/* The workspace key, ready to be used. */
struct workspace_key {
	struct blob_key *blobs; /* in the arena */
	uint32_t epoch;
	bool compat; /* blobs of other clients are taken (A3) */
	/* Tells what a compat workspace let pass; NULL: nothing. */
	void (*notice)(const char *text);
};

#define WORKSPACE_KEY_INIT                                                     \
	{                                                                      \
		.blobs = NULL                                                  \
	}

/* What a fetch brought, by name. */
struct fetched {
	struct names added;
	struct names changed;
	struct names deleted;
};

#define FETCHED_INIT                                                           \
	{                                                                      \
		NAMES_INIT, NAMES_INIT, NAMES_INIT                             \
	}
#define AUTO_FETCHED __attribute__((cleanup(fetched_release)))

void fetched_release(struct fetched *fetched);

/**
 * Start the helper for the place's account.
 *
 * The session goes to the helper before any key is in the arena.
 */
int exchange_connect(struct net *net, struct place *place,
    const struct caller *caller, struct err *err);

/**
 * Get the workspace key of the place, ready to be used.
 */
int exchange_unlock(struct workspace_key *key, struct place *place,
    const struct caller *caller, struct err *err);

/**
 * Read the place's vault file.
 *
 * @return 1; 0 when there is none, or only one that writes of this machine
 *         began: it does not tell what else the server has
 */
int exchange_load(
    struct vault *vault, const struct place *place, struct err *err);

/**
 * Check whose rows an answer says to carry, and under which key.
 *
 * @param workspace  "" when the server tells none
 * @param epoch      0 when the server tells none
 * @return 0; -EXIT_UNSAFE: another workspace, or an older key; -EXIT_ACCESS:
 *         a newer one
 */
int exchange_check(const struct place *place, const struct workspace_key *key,
    const char *workspace, uint32_t epoch, struct err *err);

/**
 * Ask the server for everything and judge it, without recording anything.
 *
 * @param vault     what is here
 * @param accepted  out: what is there now; NULL rows when `list->unchanged`
 */
int exchange_look(struct net *net, const struct place *place,
    const struct workspace_key *key, struct vault *vault, struct net_list *list,
    struct vault *accepted, struct err *err);

/**
 * Merge an answer that exchange_look() accepted into the vault file.
 *
 * @param vault    in: what was here before; out: what is here now
 * @param fetched  what changed; may be NULL
 */
int exchange_record(const struct place *place, const struct net_list *list,
    struct vault *accepted, struct vault *vault, struct fetched *fetched,
    struct err *err);

/**
 * Put rows into the vault file as it is now, under the lock, after every local
 * copy that falls behind by that is noted as behind.
 *
 * @param rows      judged, or what the server took
 * @param revision  the server's after them
 * @param follows   the revision that the rows follow without a gap; with
 *                  another one in the file its revision stays
 * @param pulled    the rows are all that the server has
 * @param vault     out: what is here now
 */
int exchange_record_rows(const struct place *place, struct vault *rows,
    uint64_t revision, uint64_t follows, bool pulled, struct vault *vault,
    struct err *err);

/**
 * Ask, judge, and merge the answer into the vault file.
 *
 * @param vault    in: what is here; out: what is here now
 * @param fetched  what changed; may be NULL
 */
int exchange_fetch(struct net *net, const struct place *place,
    const struct workspace_key *key, struct vault *vault,
    struct fetched *fetched, struct err *err);

/**
 * Have a vault to read from: the file, or the server's answer where there is
 * none yet or it is too old.
 *
 * @param key      filled only when the server was asked: blobs NULL otherwise
 * @param max_age  in seconds since all of it was last fetched; 0: the server
 *                 is asked in any case; ANY_AGE: any will do
 */
int exchange_ready(struct vault *vault, struct workspace_key *key,
    struct place *place, uint64_t max_age, const struct caller *caller,
    struct err *err);

/**
 * Open the live row of a name.
 *
 * @param room  bytes kept free in front of the value ("NAME=")
 * @param out   in the arena: `room` zero bytes, the value, a zero byte
 * @return 0; 1 when it is bound to no place, in a compat workspace;
 *         -EXIT_UNSAFE when it does not open or was made for another place
 */
int exchange_open(const struct workspace_key *key, struct vault *vault,
    const struct vault_row *row, size_t room, struct secret *out,
    struct err *err);

#endif
