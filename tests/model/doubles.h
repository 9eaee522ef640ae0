/*
 * doubles: what stands between the flows and the outside, by the linker's
 * --wrap: a helper that lives on from one command to the next, a keychain and
 * a kernel keyring that are only memory, and trouble at a chosen call.
 */
#ifndef DOUBLES_H
#define DOUBLES_H

#include <agentsecrets/net_client.h>

#include "world.h"

/** Map the memory of the doubles: before any fork. @return 0, or -1 */
int doubles_open(void);

/** From now on commands are of this home. */
void doubles_enter(int home);

/**
 * Whether commands share one helper a home, which starts with the first of
 * them; else each has one of its own.
 */
void doubles_keep_helpers(bool keep);

/** Whether the home has a helper that can stay. */
bool doubles_have_helper(void);

/**
 * End the helpers.
 *
 * @param only_new  those that were started, or took another session, since
 *                  doubles_mark(): what they keep in the arena goes when that
 *                  goes back
 */
void doubles_stop_helpers(bool only_new);

/** The arena goes back to here, and no further. */
void doubles_mark(void);

/** Let one of the next calls to the outside fail. */
void doubles_trouble(enum trouble_kind kind, int at);

/** No more trouble. @return whether there was any */
bool doubles_trouble_end(void);

/**
 * Look an item up.
 *
 * @return its value, or NULL
 */
const char *doubles_item(const char *entry);

/** Write an item; NULL removes it. */
void doubles_set_item(const char *entry, const char *value);

/** Remove all items of a project. */
void doubles_drop_items(const char *project);

/** The workspace key that the session cache has; NULL: none. */
const uint8_t *doubles_key(void);

#endif
