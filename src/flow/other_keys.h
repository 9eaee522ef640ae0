/*
 * other_keys: the keys and the session of another client's home, wherever its
 * version keeps them: files, or items of the keychain.
 */
#ifndef OTHER_KEYS_H
#define OTHER_KEYS_H

#include <agentsecrets/other_home.h>

#include "place.h"

struct other_keys {
	uint8_t *private_key; /* KEY_BYTES in the arena */
	uint8_t public_key[KEY_BYTES];
	uint8_t **workspaces;  /* in their order; in the arena; NULL: no key */
	struct secret session; /* of the keychain, in the arena; len 0 */
	bool from_keychain;    /* the private key is an item */
};

#define OTHER_KEYS_INIT                                                        \
	{                                                                      \
		.workspaces = NULL                                             \
	}
#define AUTO_OTHER_KEYS __attribute__((cleanup(other_keys_release)))

/**
 * Find them. A keychain is only asked for what the files do not have, but the
 * private key is looked for in it first.
 *
 * @param keys  OTHER_KEYS_INIT before
 * @return 0; -EXIT_ACCESS when the private key is nowhere, with what keeps the
 *         keychain from being read; -EXIT_UNSAFE when it does not belong to
 *         the public key beside it; -EXIT_FAILED when something is damaged
 */
int other_keys_find(struct other_keys *keys, const struct other_home *other,
    struct place *place, const struct caller *caller, struct err *err);

/** Wipe the keys and free the list; one that was never filled is fine. */
void other_keys_release(struct other_keys *keys);

#endif
