#include "config.h"

#include "json_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

enum { BASE64_TEXT = (SEALED_KEY + 2) / 3 * 4 };

int
json_object_parse(
    cJSON **out, const struct buf *text, const char *shown, struct err *err)
{
	AUTO_JSON cJSON *json = NULL;
	int rc;

	if (text->len == 0) {
		json = cJSON_CreateObject();
		if (json == NULL)
			return err_memory(err);
	} else {
		rc = json_parse(
		    &json, buf_text_view(text), text->len, shown, err);
		if (rc < 0)
			return rc;
	}
	if (!cJSON_IsObject(json))
		return err_set(
		    err, EXIT_FAILED, "%s is not a JSON object", shown);
	json_release(out);
	*out = json;
	json = NULL;
	return 0;
}

int
json_file_load(
    cJSON **out, const struct home *home, const char *name, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	char shown[PATH_MAX];
	int found = home_read(home, name, &text, SMALL_FILE_MAX, err);
	int rc;

	if (found < 0)
		return found;
	snprintf(shown, sizeof(shown), "'%s/%s'", home->path, name);
	rc = json_object_parse(out, &text, shown, err);
	return rc < 0 ? rc : found;
}

int
json_judge_text(const struct buf *text, const char *path, json_judge *judge,
    struct err *err)
{
	AUTO_JSON cJSON *again = NULL;
	const char *fault;

	if (text->len > SMALL_FILE_MAX)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': it would be larger than %d bytes", path,
		    SMALL_FILE_MAX);
	if (json_object_parse(&again, text, "the new text", err) < 0)
		return err_prefix(err, "cannot write '%s'", path);
	fault = judge != NULL ? judge(again) : NULL;
	if (fault != NULL)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': '%s' would be malformed", path, fault);
	return 0;
}

int
json_print_judged(struct buf *out, const cJSON *json, const char *path,
    json_judge *judge, struct err *err)
{
	if (json_print(out, json, true) < 0)
		return err_memory(err);
	return json_judge_text(out, path, judge, err);
}

int
json_file_save(const cJSON *json, const struct home *home, const char *name,
    json_judge *judge, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "%s/%s", home->path, name);
	rc = json_print_judged(&text, json, path, judge, err);
	return rc < 0 ? rc : home_write(home, name, text.data, text.len, err);
}

bool
json_take_text(const cJSON *object, const char *key, char *out, size_t out_len)
{
	const cJSON *item = json_get(object, key);
	const char *text = cJSON_GetStringValue(item);

	out[0] = '\0';
	if (item == NULL || cJSON_IsNull(item))
		return true;
	return text != NULL && text_copy(out, out_len, text, strlen(text)) == 0;
}

bool
json_take_uuid(const cJSON *object, const char *key, char *out)
{
	return json_take_text(object, key, out, UUID_TEXT + 1) &&
	    (out[0] == '\0' || text_is_uuid(out));
}

bool
json_take_environment(const cJSON *object, const char *key, char *out)
{
	return json_take_text(object, key, out, ENVIRONMENT_MAX + 1) &&
	    (out[0] == '\0' || environment_is_known(out));
}

bool
json_take_mode(const cJSON *object, const char *key, int *out)
{
	uint64_t mode = 0;

	if (json_get_u64(object, key, &mode) < 0 || mode > 2)
		return false;
	*out = (int)mode;
	return true;
}

int
json_take_bytes(const cJSON *object, const char *key, uint8_t *out, size_t len)
{
	const cJSON *item = json_get(object, key);
	const char *text = cJSON_GetStringValue(item);
	uint8_t bytes[BASE64_TEXT + 3];

	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (text == NULL || strlen(text) > BASE64_TEXT ||
	    base64_decode(bytes, sizeof(bytes), text, strlen(text),
		BASE64_STANDARD) != (long)len)
		return -1;
	memcpy(out, bytes, len);
	return 1;
}

int
json_give_text(cJSON *object, const char *key, const char *text)
{
	if (text[0] != '\0')
		return json_put(object, key, cJSON_CreateString(text));
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
	return 0;
}

int
json_give_bytes(
    cJSON *object, const char *key, const uint8_t *bytes, size_t len)
{
	char text[BASE64_TEXT + 1];

	base64_encode(text, sizeof(text), bytes, len, BASE64_STANDARD);
	return json_put(object, key, cJSON_CreateString(text));
}

cJSON *
json_object_at(cJSON *object, const char *key)
{
	if (!cJSON_IsObject(json_get(object, key)) &&
	    json_put(object, key, cJSON_CreateObject()) < 0)
		return NULL;
	return json_get(object, key);
}
