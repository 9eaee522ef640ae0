#include "config.h"

#include <agentsecrets/other_home.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "json_file.h"
#include "keyring_file.h"
#include "secret_json.h"

static int
damaged(const struct home *home, const char *member, struct err *err)
{
	return err_set(err, EXIT_FAILED,
	    "'%s/config.json' is damaged: '%s' is wrong", home->path, member);
}

static bool
is_ours(const struct home *home)
{
	return faccessat(home->fd, "account.json", F_OK, 0) == 0 ||
	    faccessat(home->fd, "account.pending", F_OK, 0) == 0;
}

/* @return whether the document says whose home it is */
static bool
is_other(const cJSON *json)
{
	const char *email = json_get_text(json, "email");

	return email != NULL && email[0] != '\0' &&
	    (json_get(json, "workspaces") != NULL ||
		json_get(json, "password_hash") != NULL);
}

int
other_home_is(const struct home *home, char *email, struct err *err)
{
	AUTO_SECRET_JSON struct secret_json document;

	secret_json_begin(&document);
	if (home->fd < 0 || is_ours(home))
		return 0;
	if (secret_json_read(
		&document, home, "config.json", SMALL_FILE_MAX, err) < 0)
		return -(int)err->status;
	if (!is_other(document.json))
		return 0;
	return json_take_text(document.json, "email", email, EMAIL_MAX + 1)
	    ? 1
	    : damaged(home, "email", err);
}

static bool
take_workspace(struct other_workspace *out, const cJSON *json, uint8_t *scratch)
{
	const char *key = json_get_text(json, "key");

	if (!text_is_uuid(json->string) || !cJSON_IsObject(json) ||
	    !json_take_text(json, "name", out->name, sizeof(out->name)) ||
	    (json_get(json, "key") != NULL && key == NULL))
		return false;
	(void)text_copy(out->id, sizeof(out->id), json->string, UUID_TEXT);
	if (key == NULL || key[0] == '\0')
		return true;
	out->key_in_config = base64_decode_key(scratch, key, strlen(key));
	return out->key_in_config;
}

static int
take_workspaces(struct other_home *out, const cJSON *json,
    const struct home *home, struct err *err)
{
	const cJSON *list = json_get(json, "workspaces");
	uint8_t *scratch = arena_alloc(KEY_BYTES, err);
	const cJSON *item;

	if (scratch == NULL)
		return -(int)err->status;
	if (list == NULL || cJSON_IsNull(list))
		return 0;
	if (!cJSON_IsObject(list))
		return damaged(home, "workspaces", err);
	out->workspaces = calloc(
	    (size_t)cJSON_GetArraySize(list) + 1, sizeof(*out->workspaces));
	if (out->workspaces == NULL)
		return err_memory(err);
	cJSON_ArrayForEach(item, list) {
		if (!take_workspace(
			&out->workspaces[out->workspaces_n++], item, scratch))
			return err_set(err, EXIT_FAILED,
			    "'%s/config.json' is damaged: workspace '%.40s' "
			    "is wrong",
			    home->path, item->string);
	}
	return 0;
}

static int
take_config(struct other_home *out, const struct home *home, struct err *err)
{
	AUTO_SECRET_JSON struct secret_json document;
	uint8_t hash[KEY_BYTES];

	secret_json_begin(&document);
	if (secret_json_read(
		&document, home, "config.json", SMALL_FILE_MAX, err) < 0)
		return -(int)err->status;
	if (!is_other(document.json))
		return 0;
	if (!json_take_text(
		document.json, "email", out->email, sizeof(out->email)))
		return damaged(home, "email", err);
	if (!json_take_text(document.json, "server_url", out->server_url,
		sizeof(out->server_url)))
		return damaged(home, "server_url", err);
	if (!json_take_text(document.json, "password_hash", out->password_hash,
		sizeof(out->password_hash)) ||
	    (out->password_hash[0] != '\0' &&
		text_hex_decode(hash, sizeof(hash), out->password_hash) < 0))
		return damaged(home, "password_hash", err);
	return take_workspaces(out, document.json, home, err) < 0
	    ? -(int)err->status
	    : 1;
}

static int
look_for_session(
    struct other_home *out, const struct home *home, struct err *err)
{
	AUTO_SECRET_JSON struct secret_json document;
	const char *token;

	secret_json_begin(&document);
	if (secret_json_read(&document, home, "token.json", SESSION_MAX, err) <
	    0)
		return -(int)err->status;
	token = json_get_text(document.json, "access_token");
	out->session_in_file = token != NULL && token[0] != '\0';
	return 0;
}

int
other_home_load(
    struct other_home *out, const struct home *home, struct err *err)
{
	AUTO_OTHER_HOME struct other_home local = OTHER_HOME_INIT;
	int rc =
	    home->fd < 0 || is_ours(home) ? 0 : take_config(&local, home, err);

	if (rc <= 0)
		return rc;
	if (look_for_session(&local, home, err) < 0 ||
	    keyring_count(&local, home, err) < 0)
		return -(int)err->status;
	*out = local;
	local = (struct other_home)OTHER_HOME_INIT;
	return 1;
}

void
other_home_release(struct other_home *other)
{
	free(other->workspaces);
	*other = (struct other_home)OTHER_HOME_INIT;
}
