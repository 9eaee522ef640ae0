#include "config.h"

#include "key_copies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/text.h>

#include "unlock.h"

enum {
	PRIVATE_ENTRY_MAX = EMAIL_MAX + sizeof("_private_key"),
	WORKSPACE_ENTRY_MAX = UUID_TEXT + sizeof("workspace_key_"),
};

static void
private_entry(char out[PRIVATE_ENTRY_MAX], const struct account *account,
    const char *which)
{
	snprintf(out, PRIVATE_ENTRY_MAX, "%s_%s_key", account->email, which);
}

static void
workspace_entry(char out[WORKSPACE_ENTRY_MAX], const char *workspace)
{
	snprintf(out, WORKSPACE_ENTRY_MAX, "workspace_key_%s", workspace);
}

/*
 * Read an item that is a key.
 *
 * @return 1; 0 when there is none, or something else; a failure
 */
static int
look_up(uint8_t *key, struct place *place, const char *entry,
    const struct caller *caller, struct err *err)
{
	struct secret text = SECRET_INIT;
	bool found;

	if (place_open_keychain(place, caller, err) < 0 ||
	    keychain_lookup(&place->keychain, &entry, 1, &text, err) < 0)
		return -(int)err->status;
	found = text.data != NULL &&
	    base64_decode_key(key, (const char *)text.data, text.len);
	if (text.data != NULL)
		secret_wipe(text.data, text.len);
	return found;
}

static int
put_item(struct place *place, const char *entry, const uint8_t key[KEY_BYTES],
    struct err *err)
{
	struct arena_mark mark = arena_mark();
	size_t size = base64_encoded_size(KEY_BYTES, BASE64_STANDARD);
	struct secret text = {arena_alloc(size, err), size - 1};
	int rc = text.data == NULL ? -(int)err->status : 0;

	if (rc == 0) {
		base64_encode(
		    (char *)text.data, size, key, KEY_BYTES, BASE64_STANDARD);
		rc = keychain_store(&place->keychain, entry, &text, err);
	}
	arena_rewind(mark);
	return rc;
}

static bool
is_trusted(const uint8_t *key, const struct trust_workspace *workspace)
{
	uint8_t fingerprint[KEY_BYTES];

	workspace_key_fingerprint(
	    fingerprint, workspace->id, workspace->epoch, key);
	return secret_equal(fingerprint, workspace->fingerprint, KEY_BYTES);
}

static bool
belongs_to(const uint8_t *private_key, const uint8_t public_key[KEY_BYTES])
{
	uint8_t found[KEY_BYTES];

	x25519_public(found, private_key);
	return memcmp(found, public_key, KEY_BYTES) == 0;
}

int
key_copies_private(uint8_t *key, struct place *place,
    const struct account *account, const struct caller *caller, struct err *err)
{
	char entry[PRIVATE_ENTRY_MAX];
	int rc;

	if (account->store != KEY_STORE_KEYCHAIN)
		return 0;
	private_entry(entry, account, "private");
	rc = look_up(key, place, entry, caller, err);
	if (rc > 0 && !belongs_to(key, place->trust.me)) {
		secret_wipe(key, KEY_BYTES);
		rc = 0;
	}
	return rc;
}

/* What the item cannot give, the private key beside it can. */
static int
restore_item(uint8_t *key, struct place *place, const struct account *account,
    const struct trust_workspace *workspace, const char *entry,
    const struct caller *caller, struct err *err)
{
	uint8_t *private_key = arena_alloc(KEY_BYTES, err);
	struct err ignored;
	int rc = private_key == NULL
	    ? -(int)err->status
	    : key_copies_private(private_key, place, account, caller, err);

	if (rc <= 0)
		return rc;
	rc = unlock_sealed_key(
	    key, account, workspace, private_key, place->trust.me, err);
	secret_wipe(private_key, KEY_BYTES);
	if (rc < 0)
		return rc;
	/* Without the item the next command opens the box again. */
	(void)put_item(place, entry, key, &ignored);
	return 1;
}

static int
from_keychain(uint8_t *key, struct place *place, const struct account *account,
    const struct trust_workspace *workspace, const struct caller *caller,
    struct err *err)
{
	char entry[WORKSPACE_ENTRY_MAX];
	int rc;

	workspace_entry(entry, workspace->id);
	rc = look_up(key, place, entry, caller, err);
	if (rc < 0 || (rc > 0 && is_trusted(key, workspace)))
		return rc;
	return restore_item(key, place, account, workspace, entry, caller, err);
}

int
key_copies_workspace(uint8_t *key, struct place *place,
    const struct account *account, const struct trust_workspace *workspace,
    const struct caller *caller, struct err *err)
{
	int rc;

	switch (account->store) {
	case KEY_STORE_KEYCHAIN:
		return from_keychain(
		    key, place, account, workspace, caller, err);
	case KEY_STORE_CONFIG:
		rc = config_key_load(key, &place->home, workspace->id, err);
		return rc > 0 ? is_trusted(key, workspace) : rc;
	case KEY_STORE_SEALED:
		break;
	}
	return 0;
}

/* Whether a workspace's copy is the trusted key. @return 1, 0, a failure */
static int
copy_is_sound(uint8_t *key, struct place *place, const struct account *account,
    const struct trust_workspace *workspace, const struct caller *caller,
    struct err *err)
{
	char entry[WORKSPACE_ENTRY_MAX];
	int rc;

	workspace_entry(entry, workspace->id);
	rc = account->store == KEY_STORE_CONFIG
	    ? config_key_load(key, &place->home, workspace->id, err)
	    : look_up(key, place, entry, caller, err);
	return rc > 0 ? is_trusted(key, workspace) : rc;
}

static int
check_workspaces(uint8_t *key, struct names *wrong, struct place *place,
    const struct account *account, const struct caller *caller, struct err *err)
{
	const struct trust *trust = &place->trust;

	for (size_t i = 0; i < trust->workspaces_n; i++) {
		const struct trust_workspace *one = &trust->workspaces[i];
		char text[LABEL_MAX + 32];
		int rc;

		if (account_workspace_find(account, one->id) == NULL)
			continue;
		rc = copy_is_sound(key, place, account, one, caller, err);
		if (rc < 0)
			return rc;
		snprintf(
		    text, sizeof(text), "the key of workspace '%s'", one->name);
		if (rc == 0 && names_add(wrong, text) < 0)
			return err_memory(err);
	}
	return 0;
}

/* @return 1 when the private key there is another's; 0; a failure */
static int
check_pair(uint8_t *key, struct names *wrong, struct place *place,
    const struct account *account, const struct caller *caller, struct err *err)
{
	char entry[PRIVATE_ENTRY_MAX];
	int rc;

	private_entry(entry, account, "private");
	rc = look_up(key, place, entry, caller, err);
	if (rc < 0 || (rc > 0 && !belongs_to(key, account->public_key)))
		return rc;
	if (rc == 0 && names_add(wrong, "the private key") < 0)
		return err_memory(err);
	private_entry(entry, account, "public");
	rc = look_up(key, place, entry, caller, err);
	if (rc < 0)
		return rc;
	if ((rc == 0 || memcmp(key, account->public_key, KEY_BYTES) != 0) &&
	    names_add(wrong, "the public key") < 0)
		return err_memory(err);
	return 0;
}

int
key_copies_check(struct names *wrong, bool *anothers, struct place *place,
    const struct account *account, const struct caller *caller, struct err *err)
{
	struct arena_mark mark;
	uint8_t *key;
	int rc = 0;

	*anothers = false;
	if (account->store == KEY_STORE_SEALED)
		return 0;
	mark = arena_mark();
	key = arena_alloc(KEY_BYTES, err);
	if (key == NULL)
		return -(int)err->status;
	if (account->store == KEY_STORE_KEYCHAIN)
		rc = check_pair(key, wrong, place, account, caller, err);
	*anothers = rc > 0;
	if (rc >= 0)
		rc = check_workspaces(key, wrong, place, account, caller, err);
	arena_rewind(mark);
	return rc < 0 ? rc : 0;
}

/* Another program may keep another key under the name of ours. */
static int
private_is_anothers(struct place *place, const struct account *account,
    const struct caller *caller, struct err *err)
{
	struct arena_mark mark = arena_mark();
	char entry[PRIVATE_ENTRY_MAX];
	uint8_t *key = arena_alloc(KEY_BYTES, err);
	int rc;

	if (key == NULL)
		return -(int)err->status;
	private_entry(entry, account, "private");
	rc = look_up(key, place, entry, caller, err);
	if (rc > 0)
		rc = !belongs_to(key, account->public_key);
	arena_rewind(mark);
	return rc;
}

static int
write_private(struct place *place, const struct account *account,
    const uint8_t *private_key, const struct caller *caller, struct err *err)
{
	char entry[PRIVATE_ENTRY_MAX];
	char text[EMAIL_MAX + 128];
	int rc = private_is_anothers(place, account, caller, err);

	if (rc < 0)
		return rc;
	if (rc > 0) {
		snprintf(text, sizeof(text),
		    "warning: the keychain has another private key of '%s', "
		    "which stays there; this one is under the password only",
		    account->email);
		caller->notice(text);
		return 0;
	}
	private_entry(entry, account, "private");
	if (put_item(place, entry, private_key, err) < 0)
		return -(int)err->status;
	private_entry(entry, account, "public");
	return put_item(place, entry, account->public_key, err);
}

static int
write_items(struct place *place, const struct account *account,
    const uint8_t *private_key, const struct caller *caller, struct err *err)
{
	const struct trust *trust = &place->trust;
	char entry[WORKSPACE_ENTRY_MAX];
	uint8_t *key = arena_alloc(KEY_BYTES, err);

	if (key == NULL ||
	    write_private(place, account, private_key, caller, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < trust->workspaces_n; i++) {
		const struct trust_workspace *one = &trust->workspaces[i];

		if (account_workspace_find(account, one->id) == NULL)
			continue;
		workspace_entry(entry, one->id);
		if (unlock_sealed_key(
			key, account, one, private_key, trust->me, err) < 0 ||
		    put_item(place, entry, key, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

static const struct net_workspace *
find_shown(const struct net_workspaces *shown, const char *id)
{
	for (size_t i = 0; shown != NULL && i < shown->n; i++) {
		if (text_equal(shown->items[i].id, id))
			return &shown->items[i];
	}
	return NULL;
}

static int
write_config(struct place *place, const struct account *account,
    const uint8_t *private_key, const struct net_workspaces *shown,
    struct config_workspace *list, struct err *err)
{
	const struct trust *trust = &place->trust;
	size_t n = 0;

	for (size_t i = 0; i < trust->workspaces_n; i++) {
		const struct trust_workspace *one = &trust->workspaces[i];
		const struct net_workspace *told = find_shown(shown, one->id);
		uint8_t *key = arena_alloc(KEY_BYTES, err);

		if (key == NULL)
			return -(int)err->status;
		if (account_workspace_find(account, one->id) == NULL)
			continue;
		if (unlock_sealed_key(
			key, account, one, private_key, trust->me, err) < 0)
			return -(int)err->status;
		list[n++] = (struct config_workspace){one->id, one->name,
		    told != NULL ? told->role : NULL,
		    told != NULL ? told->type : NULL, key};
	}
	return config_keys_save(&place->home, list, n, err);
}

int
key_copies_write(struct place *place, const struct account *account,
    enum key_store store, const uint8_t *private_key,
    const struct net_workspaces *shown, const struct caller *caller,
    struct err *err)
{
	struct arena_mark mark;
	struct config_workspace *list;
	int rc = 0;

	if (store == KEY_STORE_SEALED)
		return 0;
	if (store == KEY_STORE_KEYCHAIN &&
	    place_open_keychain(place, caller, err) < 0)
		return -(int)err->status;
	mark = arena_mark();
	list = calloc(place->trust.workspaces_n + 1, sizeof(*list));
	if (list == NULL)
		rc = err_memory(err);
	else if (store == KEY_STORE_KEYCHAIN)
		rc = write_items(place, account, private_key, caller, err);
	else
		rc =
		    write_config(place, account, private_key, shown, list, err);
	free(list);
	arena_rewind(mark);
	return rc;
}

/* Every entry that may be ours. @return how many */
static size_t
list_entries(char (*out)[PRIVATE_ENTRY_MAX], const struct place *place,
    const struct account *account, bool with_private)
{
	size_t n = 0;

	if (with_private) {
		private_entry(out[n++], account, "private");
		private_entry(out[n++], account, "public");
	}
	for (size_t i = 0; i < account->workspaces_n; i++)
		workspace_entry(out[n++], account->workspaces[i].id);
	for (size_t i = 0; i < place->trust.workspaces_n; i++) {
		const char *id = place->trust.workspaces[i].id;

		if (account_workspace_find(account, id) == NULL)
			workspace_entry(out[n++], id);
	}
	return n;
}

static int
remove_items(struct place *place, const struct account *account,
    const struct caller *caller, struct err *err)
{
	size_t most = account->workspaces_n + place->trust.workspaces_n + 2;
	char(*entries)[PRIVATE_ENTRY_MAX] = calloc(most, sizeof(*entries));
	const char **names = calloc(most, sizeof(*names));
	int rc = entries == NULL || names == NULL
	    ? err_memory(err)
	    : private_is_anothers(place, account, caller, err);
	size_t n;

	if (rc >= 0) {
		n = list_entries(entries, place, account, rc == 0);
		for (size_t i = 0; i < n; i++)
			names[i] = entries[i];
		rc = n > 0 ? keychain_delete(&place->keychain, names, n, err)
			   : 0;
	}
	free(names);
	free(entries);
	return rc;
}

int
key_copies_remove(struct place *place, const struct account *account,
    enum key_store store, const struct caller *caller, struct err *err)
{
	switch (store) {
	case KEY_STORE_KEYCHAIN:
		return remove_items(place, account, caller, err);
	case KEY_STORE_CONFIG:
		return config_keys_remove(&place->home, err);
	case KEY_STORE_SEALED:
		break;
	}
	return 0;
}
