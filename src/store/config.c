/* config.json. It may hold workspace keys, of ours or of another client. */
#include "config.h"

#include <agentsecrets/settings.h>

#include <string.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "json_file.h"
#include "secret_json.h"

static const char file[] = "config.json";

static int
wrong(
    const struct home *home, const char *key, const char *want, struct err *err)
{
	return err_set(err, EXIT_FAILED, "'%s/%s': '%s' is not %s", home->path,
	    file, key, want);
}

static int
take_config(struct config *out, const cJSON *json, const struct home *home,
    struct err *err)
{
	int legacy = 0;

	if (!json_take_text(
		json, "server_url", out->server_url, sizeof(out->server_url)))
		return wrong(home, "server_url", "a URL", err);
	if (!json_take_text(json, "email", out->email, sizeof(out->email)))
		return wrong(home, "email", "an e-mail address", err);
	if (!json_take_uuid(json, "selected_workspace_id", out->workspace))
		return wrong(home, "selected_workspace_id", "an id", err);
	if (!json_take_environment(
		json, "selected_environment", out->environment))
		return wrong(home, "selected_environment",
		    "development, staging or production", err);
	if (!json_take_mode(json, "default_storage_mode", &out->storage_mode))
		return wrong(home, "default_storage_mode", "1 or 2", err);
	/* Older clients know the mode under this name only. */
	if (!json_take_mode(json, "storage_mode", &legacy))
		return wrong(home, "storage_mode", "1 or 2", err);
	if (out->storage_mode == 0)
		out->storage_mode = legacy;
	return 0;
}

int
config_load(struct config *config, const struct home *home, struct err *err)
{
	AUTO_SECRET_JSON struct secret_json document;
	struct config local = {.storage_mode = 0};

	secret_json_begin(&document);
	if (secret_json_read(&document, home, file, SMALL_FILE_MAX, err) < 0 ||
	    take_config(&local, document.json, home, err) < 0)
		return -(int)err->status;
	*config = local;
	return 0;
}

static int
give_mode(cJSON *json, const char *key, int mode)
{
	if (mode != 0)
		return json_put(json, key, cJSON_CreateNumber(mode));
	cJSON_DeleteItemFromObjectCaseSensitive(json, key);
	return 0;
}

static int
give_config(cJSON *json, const struct config *config)
{
	if (json_give_text(json, "server_url", config->server_url) < 0 ||
	    json_give_text(json, "email", config->email) < 0 ||
	    json_give_text(json, "selected_workspace_id", config->workspace) <
		0 ||
	    json_give_text(json, "selected_environment", config->environment) <
		0 ||
	    give_mode(json, "storage_mode", config->storage_mode) < 0)
		return -1;
	return give_mode(json, "default_storage_mode", config->storage_mode);
}

int
config_save(
    const struct config *config, const struct home *home, struct err *err)
{
	AUTO_FD int lock = home_lock(home, "lock", err);
	AUTO_SECRET_JSON struct secret_json document;
	struct config again;

	secret_json_begin(&document);
	if (lock < 0 ||
	    secret_json_read(&document, home, file, SMALL_FILE_MAX, err) < 0)
		return -(int)err->status;
	if (give_config(document.json, config) < 0)
		return err_memory(err);
	if (take_config(&again, document.json, home, err) < 0)
		return -(int)err->status;
	return secret_json_write(&document, home, file, err);
}

int
config_key_load(uint8_t *key, const struct home *home, const char *workspace,
    struct err *err)
{
	AUTO_SECRET_JSON struct secret_json document;
	const char *text;

	secret_json_begin(&document);
	if (secret_json_read(&document, home, file, SMALL_FILE_MAX, err) < 0)
		return -(int)err->status;
	text = json_get_text(
	    json_get(json_get(document.json, "workspaces"), workspace), "key");
	return text != NULL && base64_decode_key(key, text, strlen(text));
}

/* Other clients rewrite what they know: only what is told is replaced. */
static int
give_workspace(cJSON *list, const struct config_workspace *workspace)
{
	cJSON *entry = json_object_at(list, workspace->id);
	size_t size = base64_encoded_size(KEY_BYTES, BASE64_STANDARD);
	char *text = arena_alloc(size, NULL);

	if (entry == NULL || text == NULL)
		return -1;
	base64_encode(text, size, workspace->key, KEY_BYTES, BASE64_STANDARD);
	if (json_put(entry, "name", cJSON_CreateString(workspace->name)) < 0 ||
	    json_put(entry, "key", cJSON_CreateString(text)) < 0 ||
	    (workspace->role != NULL &&
		json_give_text(entry, "role", workspace->role) < 0))
		return -1;
	return workspace->type != NULL
	    ? json_give_text(entry, "type", workspace->type)
	    : 0;
}

int
config_keys_save(const struct home *home,
    const struct config_workspace *workspaces, size_t n, struct err *err)
{
	AUTO_FD int lock = home_lock(home, "lock", err);
	AUTO_SECRET_JSON struct secret_json document;
	cJSON *list;

	secret_json_begin(&document);
	if (lock < 0 ||
	    secret_json_read(&document, home, file, SMALL_FILE_MAX, err) < 0)
		return -(int)err->status;
	list = json_object_at(document.json, "workspaces");
	for (size_t i = 0; i < n; i++) {
		if (list == NULL || give_workspace(list, &workspaces[i]) < 0)
			return err_memory(err);
	}
	return secret_json_write(&document, home, file, err);
}

/* @return how many keys there were; -1 when memory is out */
static int
empty_keys(const cJSON *json)
{
	cJSON *entry;
	int n = 0;

	cJSON_ArrayForEach(entry, json_get(json, "workspaces")) {
		const char *key = json_get_text(entry, "key");

		if (key == NULL || key[0] == '\0')
			continue;
		if (json_put(entry, "key", cJSON_CreateString("")) < 0)
			return -1;
		n++;
	}
	return n;
}

int
config_keys_remove(const struct home *home, struct err *err)
{
	AUTO_FD int lock = home_lock(home, "lock", err);
	AUTO_SECRET_JSON struct secret_json document;
	int n;

	secret_json_begin(&document);
	if (lock < 0 ||
	    secret_json_read(&document, home, file, SMALL_FILE_MAX, err) < 0)
		return -(int)err->status;
	n = empty_keys(document.json);
	if (n < 0)
		return err_memory(err);
	return n > 0 ? secret_json_write(&document, home, file, err) : 0;
}
