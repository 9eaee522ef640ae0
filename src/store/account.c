#include "config.h"

#include <agentsecrets/account.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "json_file.h"

static const char file[] = "account.json";
static const char pending_file[] = "account.pending";

static const char *const store_names[] = {"sealed", "keychain", "config"};

const char *
key_store_name(enum key_store store)
{
	return store_names[store];
}

bool
key_store_parse(enum key_store *out, const char *name)
{
	for (size_t i = 0; i < sizeof(store_names) / sizeof(store_names[0]);
	     i++) {
		if (text_equal(name, store_names[i])) {
			*out = (enum key_store)i;
			return true;
		}
	}
	return false;
}

void
account_release(struct account *account)
{
	free(account->workspaces);
	json_release(&account->document);
	*account = (struct account)ACCOUNT_INIT;
}

/* @return NULL, or the first member that is wrong */
static const char *
take_names(struct account *out, const cJSON *json)
{
	const struct {
		const char *key;
		char *text;
		size_t size;
		bool needed;
	} texts[] = {
	    {"server", out->server, sizeof(out->server), true},
	    {"auth_origin", out->auth_origin, sizeof(out->auth_origin), false},
	    {"email", out->email, sizeof(out->email), true},
	    {"user_id", out->user_id, sizeof(out->user_id), false},
	    {"first_name", out->first_name, sizeof(out->first_name), false},
	    {"last_name", out->last_name, sizeof(out->last_name), false},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!json_take_text(
			json, texts[i].key, texts[i].text, texts[i].size) ||
		    (texts[i].needed && texts[i].text[0] == '\0'))
			return texts[i].key;
	}
	return NULL;
}

static const char *
take_keys(struct account *out, const cJSON *json)
{
	const cJSON *exported = json_get(json, "kit_exported");
	const char *salt = json_get_text(json, "key_salt");
	int has_public = json_take_bytes(
	    json, "public_key", out->public_key, sizeof(out->public_key));
	int has_private = json_take_bytes(json, "encrypted_private_key",
	    out->private_key, sizeof(out->private_key));

	if (has_public < 0)
		return "public_key";
	if (has_private < 0)
		return "encrypted_private_key";
	out->has_public_key = has_public > 0;
	out->has_private_key = has_private > 0;
	if (out->has_private_key && !out->has_public_key)
		return "public_key";
	if (out->has_private_key &&
	    (salt == NULL ||
		text_hex_decode(out->key_salt, sizeof(out->key_salt), salt) <
		    0))
		return "key_salt";
	if (exported != NULL && !cJSON_IsBool(exported))
		return "kit_exported";
	out->kit_exported = cJSON_IsTrue(exported);
	return NULL;
}

static bool
take_workspace(struct account_workspace *out, const cJSON *json)
{
	uint64_t epoch = 0;

	if (!text_is_uuid(json->string) || !cJSON_IsObject(json) ||
	    !json_take_text(json, "name", out->name, sizeof(out->name)) ||
	    json_get_u64(json, "epoch", &epoch) != 1 || epoch == 0 ||
	    epoch > UINT32_MAX ||
	    json_take_bytes(json, "sealed_key", out->sealed_key,
		sizeof(out->sealed_key)) != 1)
		return false;
	out->epoch = (uint32_t)epoch;
	return text_copy(out->id, sizeof(out->id), json->string, UUID_TEXT) ==
	    0;
}

/* @return NULL, or what is wrong */
static const char *
take_workspaces(struct account *out, const cJSON *json)
{
	const cJSON *list = json_get(json, "workspaces");
	const cJSON *item;

	if (list == NULL)
		return NULL;
	if (!cJSON_IsObject(list))
		return "workspaces";
	cJSON_ArrayForEach(item, list) {
		struct account_workspace workspace = {.epoch = 0};

		if (!take_workspace(&workspace, item) ||
		    account_workspace_put(out, &workspace, NULL) < 0)
			return "workspaces";
	}
	return NULL;
}

/* @return NULL, or the member that is wrong */
static const char *
take_stores(struct account *out, const cJSON *json)
{
	const char *store = json_get_text(json, "store");
	const cJSON *moving = json_get(json, "moving");
	const char *other = cJSON_GetStringValue(moving);

	if (store == NULL || !key_store_parse(&out->store, store))
		return "store";
	out->is_moving = moving != NULL;
	if (moving != NULL &&
	    (other == NULL || !key_store_parse(&out->other_store, other)))
		return "moving";
	return NULL;
}

static const char *
take_account(struct account *out, const cJSON *json)
{
	uint64_t version = 0;
	const char *fault;

	if (json_get_u64(json, "version", &version) != 1 || version != 1)
		return "version";
	fault = take_stores(out, json);
	if (fault == NULL)
		fault = take_names(out, json);
	if (fault == NULL)
		fault = take_keys(out, json);
	if (fault == NULL)
		fault = take_workspaces(out, json);
	return fault;
}

static int
load(struct account *account, const struct home *home, const char *name,
    const char *remedy, struct err *err)
{
	AUTO_ACCOUNT struct account local = ACCOUNT_INIT;
	const char *fault;
	int rc = json_file_load(&local.document, home, name, err);

	if (rc <= 0)
		return rc;
	fault = take_account(&local, local.document);
	if (fault != NULL) {
		err_set(err, EXIT_FAILED,
		    "'%s/%s' is damaged: '%s' is missing or wrong", home->path,
		    name, fault);
		return err_hint(err, "%s", remedy);
	}
	account_release(account);
	*account = local;
	local = (struct account)ACCOUNT_INIT;
	return 1;
}

int
account_load(struct account *account, const struct home *home, struct err *err)
{
	return load(account, home, file, "put it back from a backup", err);
}

int
account_pending_load(
    struct account *account, const struct home *home, struct err *err)
{
	return load(
	    account, home, pending_file, "remove it to begin anew", err);
}

static int
give_names(cJSON *json, const struct account *account)
{
	if (json_put(json, "version", cJSON_CreateNumber(1)) < 0 ||
	    json_give_text(json, "store", key_store_name(account->store)) < 0 ||
	    json_give_text(json, "moving",
		account->is_moving ? key_store_name(account->other_store)
				   : "") < 0 ||
	    json_give_text(json, "server", account->server) < 0 ||
	    json_give_text(json, "auth_origin", account->auth_origin) < 0 ||
	    json_give_text(json, "email", account->email) < 0 ||
	    json_give_text(json, "user_id", account->user_id) < 0 ||
	    json_give_text(json, "first_name", account->first_name) < 0)
		return -1;
	return json_give_text(json, "last_name", account->last_name);
}

static int
give_keys(cJSON *json, const struct account *account)
{
	char salt[2 * KEY_BYTES + 1];

	cJSON_DeleteItemFromObjectCaseSensitive(json, "kit_exported");
	if (account->kit_exported &&
	    json_put(json, "kit_exported", cJSON_CreateTrue()) < 0)
		return -1;
	if (!account->has_public_key)
		cJSON_DeleteItemFromObjectCaseSensitive(json, "public_key");
	else if (json_give_bytes(json, "public_key", account->public_key,
		     sizeof(account->public_key)) < 0)
		return -1;
	if (!account->has_private_key) {
		cJSON_DeleteItemFromObjectCaseSensitive(json, "key_salt");
		cJSON_DeleteItemFromObjectCaseSensitive(
		    json, "encrypted_private_key");
		return 0;
	}
	text_hex_encode(salt, account->key_salt, sizeof(account->key_salt));
	if (json_give_text(json, "key_salt", salt) < 0)
		return -1;
	return json_give_bytes(json, "encrypted_private_key",
	    account->private_key, sizeof(account->private_key));
}

static void
drop_workspaces(cJSON *list, const struct account *account)
{
	cJSON *item = list->child;

	while (item != NULL) {
		cJSON *next = item->next;

		if (account_workspace_find(account, item->string) == NULL)
			cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
		item = next;
	}
}

static int
give_workspaces(cJSON *json, const struct account *account)
{
	cJSON *list = json_object_at(json, "workspaces");

	if (list == NULL)
		return -1;
	drop_workspaces(list, account);
	for (size_t i = 0; i < account->workspaces_n; i++) {
		const struct account_workspace *w = &account->workspaces[i];
		cJSON *entry = json_object_at(list, w->id);

		if (entry == NULL ||
		    json_put(entry, "name", cJSON_CreateString(w->name)) < 0 ||
		    json_put(entry, "epoch", cJSON_CreateNumber(w->epoch)) <
			0 ||
		    json_give_bytes(entry, "sealed_key", w->sealed_key,
			sizeof(w->sealed_key)) < 0)
			return -1;
	}
	return 0;
}

static const char *
judge(const cJSON *json)
{
	AUTO_ACCOUNT struct account again = ACCOUNT_INIT;

	return take_account(&again, json);
}

static int
save(const struct account *account, const struct home *home, const char *name,
    struct err *err)
{
	AUTO_JSON cJSON *json = account->document != NULL
	    ? cJSON_Duplicate(account->document, true)
	    : cJSON_CreateObject();

	if (json == NULL || give_names(json, account) < 0 ||
	    give_keys(json, account) < 0 || give_workspaces(json, account) < 0)
		return err_memory(err);
	return json_file_save(json, home, name, judge, err);
}

int
account_save(
    const struct account *account, const struct home *home, struct err *err)
{
	return save(account, home, file, err);
}

int
account_pending_save(
    const struct account *account, const struct home *home, struct err *err)
{
	return save(account, home, pending_file, err);
}

int
account_pending_remove(const struct home *home, struct err *err)
{
	return home_remove(home, pending_file, err);
}

bool
account_may_have(const struct account *account, enum key_store store)
{
	return account->store == store ||
	    (account->is_moving && account->other_store == store);
}

struct account_workspace *
account_workspace_find(const struct account *account, const char *id)
{
	for (size_t i = 0; i < account->workspaces_n; i++) {
		if (text_equal(account->workspaces[i].id, id))
			return &account->workspaces[i];
	}
	return NULL;
}

int
account_workspace_put(struct account *account,
    const struct account_workspace *workspace, struct err *err)
{
	struct account_workspace *there =
	    account_workspace_find(account, workspace->id);
	struct account_workspace *grown;

	if (there == NULL) {
		grown = reallocarray(account->workspaces,
		    account->workspaces_n + 1, sizeof(*grown));
		if (grown == NULL)
			return err_memory(err);
		account->workspaces = grown;
		there = &grown[account->workspaces_n++];
	}
	*there = *workspace;
	return 0;
}
