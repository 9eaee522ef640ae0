/*
 * exchange: the two ways in which a vault meets the server: fetching what is
 * there, and writing changes. Both judge, then merge under the lock.
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

/* One change to write. */
struct change {
	char name[NAME_MAX_BYTES + 1];
	bool deleted;
	struct secret value;
};

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
 * Seal and write changes: all of them or none, in one request; then record
 * them in the vault file, and bring the local copy there.
 *
 * @param vault    what is here: its row versions are the conditions
 * @param changes  sorted by name
 * @param force    write over what somebody else wrote, once it is verified
 * @return 0; -EXIT_CONFLICT naming what somebody else changed; -EXIT_FAILED,
 *         "stored, but …", when only the local copy could not follow
 */
int exchange_write(struct net *net, struct place *place,
    const struct workspace_key *key, struct vault *vault,
    const struct change *changes, size_t n, bool force,
    const struct caller *caller, struct err *err);

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
