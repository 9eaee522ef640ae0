#include "config.h"

#include <agentsecrets/settings.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "json_file.h"

enum { SESSION_CACHE_DEFAULT = 3600 };

static int
wrong(const struct home *home, const char *file, const char *key,
    const char *want, struct err *err)
{
	return err_set(err, EXIT_FAILED, "'%s/%s': '%s' is not %s", home->path,
	    file, key, want);
}

static int
take_config(struct config *out, const cJSON *json, const struct home *home,
    struct err *err)
{
	static const char file[] = "config.json";
	int legacy = 0;

	if (!json_take_text(
		json, "server_url", out->server_url, sizeof(out->server_url)))
		return wrong(home, file, "server_url", "a URL", err);
	if (!json_take_text(json, "email", out->email, sizeof(out->email)))
		return wrong(home, file, "email", "an e-mail address", err);
	if (!json_take_uuid(json, "selected_workspace_id", out->workspace))
		return wrong(home, file, "selected_workspace_id", "an id", err);
	if (!json_take_environment(
		json, "selected_environment", out->environment))
		return wrong(home, file, "selected_environment",
		    "development, staging or production", err);
	if (!json_take_mode(json, "default_storage_mode", &out->storage_mode))
		return wrong(home, file, "default_storage_mode", "1 or 2", err);
	/* Older clients know the mode under this name only. */
	if (!json_take_mode(json, "storage_mode", &legacy))
		return wrong(home, file, "storage_mode", "1 or 2", err);
	if (out->storage_mode == 0)
		out->storage_mode = legacy;
	return 0;
}

int
config_load(struct config *config, const struct home *home, struct err *err)
{
	AUTO_JSON cJSON *json = NULL;
	struct config local = {.storage_mode = 0};
	int rc = json_file_load(&json, home, "config.json", err);

	if (rc < 0)
		return rc;
	rc = take_config(&local, json, home, err);
	if (rc < 0)
		return rc;
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

int
config_save(
    const struct config *config, const struct home *home, struct err *err)
{
	AUTO_FD int lock = home_lock(home, "lock", err);
	AUTO_JSON cJSON *json = NULL;
	struct config again;
	int rc;

	if (lock < 0)
		return lock;
	rc = json_file_load(&json, home, "config.json", err);
	if (rc < 0)
		return rc;
	if (json_give_text(json, "server_url", config->server_url) < 0 ||
	    json_give_text(json, "email", config->email) < 0 ||
	    json_give_text(json, "selected_workspace_id", config->workspace) <
		0 ||
	    json_give_text(json, "selected_environment", config->environment) <
		0 ||
	    give_mode(json, "storage_mode", config->storage_mode) < 0 ||
	    give_mode(json, "default_storage_mode", config->storage_mode) < 0)
		return err_memory(err);
	rc = take_config(&again, json, home, err);
	if (rc < 0)
		return rc;
	return json_file_save(json, home, "config.json", NULL, err);
}

/* @return 0 also when the member is missing */
static int
take_allowed(struct settings *out, const cJSON *json, const struct home *home,
    struct err *err)
{
	const cJSON *list = json_get(json, "allow_names");
	const cJSON *item;

	if (list == NULL || cJSON_IsNull(list))
		return 0;
	if (!cJSON_IsArray(list))
		return wrong(home, "settings.json", "allow_names",
		    "a list of names", err);
	out->allow_names =
	    calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(char *));
	if (out->allow_names == NULL)
		return err_memory(err);
	cJSON_ArrayForEach(item, list) {
		const char *name = cJSON_GetStringValue(item);
		char *copy;

		if (name == NULL || !name_is_final(name))
			return wrong(home, "settings.json", "allow_names",
			    "a list of names", err);
		copy = strdup(name);
		if (copy == NULL)
			return err_memory(err);
		out->allow_names[out->allow_names_n++] = copy;
	}
	return 0;
}

static bool
take_audit(enum audit_setting *out, const cJSON *json)
{
	char text[sizeof("required")];

	if (!json_take_text(json, "audit", text, sizeof(text)))
		return false;
	if (text[0] == '\0' || text_equal(text, "on"))
		*out = AUDIT_ON;
	else if (text_equal(text, "off"))
		*out = AUDIT_OFF;
	else if (text_equal(text, "required"))
		*out = AUDIT_REQUIRED;
	else
		return false;
	return true;
}

/* Seconds, or a text like "12h". */
static bool
take_max_age(uint64_t *out, const cJSON *json)
{
	const char *text = json_get_text(json, "max_age");

	if (text != NULL)
		return text_parse_duration(text, out) == 0;
	return json_get_u64(json, "max_age", out) >= 0;
}

static bool
take_hardening(bool *required, const cJSON *json)
{
	char text[sizeof("require")];

	if (!json_take_text(json, "hardening", text, sizeof(text)))
		return false;
	*required = text_equal(text, "require");
	return *required || text[0] == '\0' || text_equal(text, "auto");
}

int
settings_load(
    struct settings *settings, const struct home *home, struct err *err)
{
	static const char file[] = "settings.json";
	AUTO_JSON cJSON *json = NULL;
	AUTO_SETTINGS struct settings local = {
	    .session_cache = SESSION_CACHE_DEFAULT, .max_age = ANY_AGE};
	int rc = json_file_load(&json, home, file, err);

	if (rc < 0)
		return rc;
	if (json_get_u64(json, "session_cache", &local.session_cache) < 0)
		return wrong(
		    home, file, "session_cache", "a number of seconds", err);
	if (!take_audit(&local.audit, json))
		return wrong(home, file, "audit", "on, off or required", err);
	if (!take_max_age(&local.max_age, json))
		return wrong(home, file, "max_age",
		    "a number of seconds or a text like '12h'", err);
	if (!take_hardening(&local.hardening_required, json))
		return wrong(home, file, "hardening", "auto or require", err);
	rc = take_allowed(&local, json, home, err);
	if (rc < 0)
		return rc;
	*settings = local;
	local = (struct settings){.session_cache = 0};
	return 0;
}

void
settings_release(struct settings *settings)
{
	for (size_t i = 0; i < settings->allow_names_n; i++)
		free(settings->allow_names[i]);
	free(settings->allow_names);
	*settings = (struct settings){.session_cache = 0};
}
