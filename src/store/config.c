/*
 * config.json. It may hold workspace keys, of ours or of another client, so
 * its text and what is parsed of it lie in the arena while they are needed.
 */
#include "config.h"

#include <agentsecrets/settings.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "json_file.h"

static const char file[] = "config.json";

/* The whole document of one operation, in the arena. */
struct document {
	struct arena_mark mark;
	cJSON *json;
	size_t text_len;
	bool found;
};

#define AUTO_DOCUMENT __attribute__((cleanup(document_release)))

static void *
take_memory(size_t len)
{
	return arena_alloc(len, NULL);
}

/* Going back in the arena wipes and frees it all at once. */
static void
leave_memory(void *bytes)
{
	(void)bytes;
}

/* From here to document_release() cJSON has no other memory. */
static void
document_begin(struct document *document)
{
	cJSON_Hooks hooks = {take_memory, leave_memory};

	document->mark = arena_mark();
	document->json = NULL;
	cJSON_InitHooks(&hooks);
}

static void
document_release(struct document *document)
{
	cJSON_InitHooks(NULL);
	arena_rewind(document->mark);
}

static int
document_read(
    struct document *document, const struct home *home, struct err *err)
{
	struct secret text = SECRET_INIT;
	struct buf view = BUF_INIT;
	char shown[PATH_MAX];
	int rc = home_read_secret(home, file, &text, SMALL_FILE_MAX, err);

	if (rc < 0)
		return rc;
	document->found = rc > 0;
	document->text_len = text.len;
	view.data = text.data;
	view.len = text.len;
	snprintf(shown, sizeof(shown), "'%s/%s'", home->path, file);
	return json_object_parse(&document->json, &view, shown, err);
}

static int
document_write(
    const struct document *document, const struct home *home, struct err *err)
{
	/* What is usual first: a megabyte of locked memory is not. */
	size_t rooms[] = {2 * document->text_len + 8192, SMALL_FILE_MAX + 2};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", home->path, file);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		uint8_t *memory = arena_alloc(rooms[i], err);
		struct buf text = BUF_OVER(memory, rooms[i]);

		if (memory == NULL)
			return -EXIT_FAILED;
		if (json_print(&text, document->json, true) < 0)
			continue;
		if (json_judge_text(&text, path, NULL, err) < 0)
			return -(int)err->status;
		return home_write(home, file, text.data, text.len, err);
	}
	return err_set(err, EXIT_FAILED,
	    "cannot write '%s': it would be larger than %d bytes", path,
	    SMALL_FILE_MAX);
}

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
	AUTO_DOCUMENT struct document document;
	struct config local = {.storage_mode = 0};

	document_begin(&document);
	if (document_read(&document, home, err) < 0 ||
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
	AUTO_DOCUMENT struct document document;
	struct config again;

	document_begin(&document);
	if (lock < 0 || document_read(&document, home, err) < 0)
		return -(int)err->status;
	if (give_config(document.json, config) < 0)
		return err_memory(err);
	if (take_config(&again, document.json, home, err) < 0)
		return -(int)err->status;
	return document_write(&document, home, err);
}

int
config_key_load(uint8_t *key, const struct home *home, const char *workspace,
    struct err *err)
{
	AUTO_DOCUMENT struct document document;
	const char *text;

	document_begin(&document);
	if (document_read(&document, home, err) < 0)
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
	AUTO_DOCUMENT struct document document;
	cJSON *list;

	document_begin(&document);
	if (lock < 0 || document_read(&document, home, err) < 0)
		return -(int)err->status;
	list = json_object_at(document.json, "workspaces");
	for (size_t i = 0; i < n; i++) {
		if (list == NULL || give_workspace(list, &workspaces[i]) < 0)
			return err_memory(err);
	}
	return document_write(&document, home, err);
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
	AUTO_DOCUMENT struct document document;
	int n;

	document_begin(&document);
	if (lock < 0 || document_read(&document, home, err) < 0)
		return -(int)err->status;
	n = empty_keys(document.json);
	if (n < 0)
		return err_memory(err);
	return n > 0 ? document_write(&document, home, err) : 0;
}
