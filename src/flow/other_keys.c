#include "config.h"

#include "other_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

/* The first items that are asked for; workspace keys follow. */
enum { PRIVATE_KEY, PUBLIC_KEY, TOKENS, FIRST_WORKSPACE };

enum { ENTRY_ROOM = EMAIL_MAX + sizeof("_private_key") };

/* What the keychain answered. */
struct items {
	char (*names)[ENTRY_ROOM];
	const char **views;
	struct secret *values; /* in the arena */
	size_t n;
};

static void
items_release(struct items *items)
{
	free(items->names);
	free(items->views);
	free(items->values);
}

static int
items_name(struct items *items, const struct other_home *other, struct err *err)
{
	items->n = FIRST_WORKSPACE + other->workspaces_n;
	items->names = calloc(items->n, sizeof(*items->names));
	items->views = calloc(items->n, sizeof(*items->views));
	items->values = calloc(items->n, sizeof(*items->values));
	if (items->names == NULL || items->views == NULL ||
	    items->values == NULL)
		return err_memory(err);
	snprintf(items->names[PRIVATE_KEY], ENTRY_ROOM, "%s_private_key",
	    other->email);
	snprintf(items->names[PUBLIC_KEY], ENTRY_ROOM, "%s_public_key",
	    other->email);
	snprintf(items->names[TOKENS], ENTRY_ROOM, "user_tokens");
	for (size_t i = 0; i < other->workspaces_n; i++)
		snprintf(items->names[FIRST_WORKSPACE + i], ENTRY_ROOM,
		    "workspace_key_%s", other->workspaces[i].id);
	for (size_t i = 0; i < items->n; i++)
		items->views[i] = items->names[i];
	return 0;
}

/* @return whether the item is a key, and now in `key` */
static bool
take_item(uint8_t *key, const struct items *items, size_t index)
{
	const struct secret *value = &items->values[index];

	return value->data != NULL &&
	    base64_decode_key(key, (const char *)value->data, value->len);
}

static int
take_private_item(struct other_keys *keys, const struct items *items,
    const struct other_home *other, uint8_t *public_key, struct err *err)
{
	if (items->values[PRIVATE_KEY].data == NULL)
		return 0;
	if (!take_item(keys->private_key, items, PRIVATE_KEY))
		return err_set(err, EXIT_FAILED,
		    "the keychain's item '%s_private_key' is damaged: it is "
		    "no key",
		    other->email);
	if (items->values[PUBLIC_KEY].data != NULL &&
	    !take_item(public_key, items, PUBLIC_KEY))
		return err_set(err, EXIT_FAILED,
		    "the keychain's item '%s_public_key' is damaged: it is "
		    "no key",
		    other->email);
	keys->from_keychain = true;
	return 1;
}

static int
take_workspace_items(struct other_keys *keys, const struct items *items,
    const struct other_home *other, struct err *err)
{
	for (size_t i = 0; i < other->workspaces_n; i++) {
		uint8_t *key;

		if (other->workspaces[i].key_in_config)
			continue;
		key = arena_alloc(KEY_BYTES, err);
		if (key == NULL)
			return -(int)err->status;
		if (take_item(key, items, FIRST_WORKSPACE + i))
			keys->workspaces[i] = key;
	}
	return 0;
}

/* @return 1 when the private key is among the items; 0 */
static int
find_items(struct other_keys *keys, const struct other_home *other,
    struct place *place, uint8_t *public_key, struct err *err)
{
	struct items items = {.names = NULL};
	int rc = items_name(&items, other, err);

	if (rc == 0)
		rc = keychain_lookup(
		    &place->keychain, items.views, items.n, items.values, err);
	if (rc == 0)
		rc = take_workspace_items(keys, &items, other, err);
	if (rc == 0 && !other->session_in_file &&
	    items.values[TOKENS].data != NULL)
		keys->session = items.values[TOKENS];
	if (rc == 0)
		rc = take_private_item(keys, &items, other, public_key, err);
	items_release(&items);
	return rc;
}

static int
find_in_config(struct other_keys *keys, const struct other_home *other,
    const struct place *place, struct err *err)
{
	for (size_t i = 0; i < other->workspaces_n; i++) {
		uint8_t *key;

		if (!other->workspaces[i].key_in_config)
			continue;
		key = arena_alloc(KEY_BYTES, err);
		if (key == NULL ||
		    config_key_load(
			key, &place->home, other->workspaces[i].id, err) < 0)
			return -(int)err->status;
		keys->workspaces[i] = key;
	}
	return 0;
}

static int
nowhere(
    const struct other_home *other, const struct place *place, struct err *err)
{
	char why[ERR_TEXT_MAX] = "not in the keychain";

	if (place->keychain.trouble != KEYCHAIN_WORKS)
		snprintf(why, sizeof(why), "%.200s", place->keychain_err.text);
	err_set(err, EXIT_ACCESS,
	    "the private key of '%s' is not in keyring.json, and %s%s",
	    other->email,
	    place->keychain.trouble != KEYCHAIN_WORKS
		? "the keychain cannot be used: "
		: "",
	    why);
	return err_hint(err,
	    "run this where the other client works: in the desktop session "
	    "that has its keychain");
}

static int
check_pair(struct other_keys *keys, const uint8_t *public_key,
    const struct other_home *other, struct err *err)
{
	static const uint8_t none[KEY_BYTES];

	x25519_public(keys->public_key, keys->private_key);
	if (memcmp(public_key, none, KEY_BYTES) == 0 ||
	    memcmp(public_key, keys->public_key, KEY_BYTES) == 0)
		return 0;
	return err_set(err, EXIT_UNSAFE,
	    "the private key of '%s' does not belong to the public key beside "
	    "it",
	    other->email);
}

int
other_keys_find(struct other_keys *keys, const struct other_home *other,
    struct place *place, const struct caller *caller, struct err *err)
{
	uint8_t public_key[KEY_BYTES] = {0};
	struct err trouble;
	int rc = 0;

	keys->private_key = arena_alloc(KEY_BYTES, err);
	keys->workspaces =
	    calloc(other->workspaces_n + 1, sizeof(*keys->workspaces));
	if (keys->private_key == NULL)
		return -(int)err->status;
	if (keys->workspaces == NULL)
		return err_memory(err);
	if (place_open_keychain(place, caller, &trouble) == 0)
		rc = find_items(keys, other, place, public_key, err);
	if (rc == 0)
		rc = keyring_key_pair(keys->private_key, public_key,
		    &place->home, other->email, err);
	if (rc == 0)
		rc = nowhere(other, place, err);
	if (rc < 0 || find_in_config(keys, other, place, err) < 0)
		return -(int)err->status;
	return check_pair(keys, public_key, other, err);
}

void
other_keys_release(struct other_keys *keys)
{
	if (keys->private_key != NULL)
		secret_wipe(keys->private_key, KEY_BYTES);
	free(keys->workspaces);
	*keys = (struct other_keys)OTHER_KEYS_INIT;
}
