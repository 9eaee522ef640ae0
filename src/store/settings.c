#include "config.h"

#include <agentsecrets/settings.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "json_file.h"

enum { SESSION_CACHE_DEFAULT = 3600 };

static const char file[] = "settings.json";

static int
wrong(
    const struct home *home, const char *key, const char *want, struct err *err)
{
	return err_set(err, EXIT_FAILED, "'%s/%s': '%s' is not %s", home->path,
	    file, key, want);
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
		return wrong(home, "allow_names", "a list of names", err);
	out->allow_names =
	    calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(char *));
	if (out->allow_names == NULL)
		return err_memory(err);
	cJSON_ArrayForEach(item, list) {
		const char *name = cJSON_GetStringValue(item);
		char *copy;

		if (name == NULL || !name_is_final(name))
			return wrong(
			    home, "allow_names", "a list of names", err);
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
	AUTO_JSON cJSON *json = NULL;
	AUTO_SETTINGS struct settings local = {
	    .session_cache = SESSION_CACHE_DEFAULT, .max_age = ANY_AGE};
	int rc = json_file_load(&json, home, file, err);

	if (rc < 0)
		return rc;
	if (json_get_u64(json, "session_cache", &local.session_cache) < 0)
		return wrong(home, "session_cache", "a number of seconds", err);
	if (!take_audit(&local.audit, json))
		return wrong(home, "audit", "on, off or required", err);
	if (!take_max_age(&local.max_age, json))
		return wrong(home, "max_age",
		    "a number of seconds or a text like '12h'", err);
	if (!take_hardening(&local.hardening_required, json))
		return wrong(home, "hardening", "auto or require", err);
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
