#include "config.h"

#include <agentsecrets/json.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

void
json_release(cJSON **json)
{
	cJSON_Delete(*json);
	*json = NULL;
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorting keeps this n log n: a body may hold 20,000 members. */
static bool
object_has_twins(const cJSON *object)
{
	size_t n = (size_t)cJSON_GetArraySize(object);
	const char **keys;
	const cJSON *item;
	size_t i = 0;
	bool twins = false;

	if (n < 2)
		return false;
	keys = calloc(n, sizeof(*keys));
	if (keys == NULL)
		return true;
	cJSON_ArrayForEach(item, object)
		keys[i++] = item->string;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (i = 1; i < n && !twins; i++)
		twins = strcmp(keys[i - 1], keys[i]) == 0;
	free(keys);
	return twins;
}

static bool
tree_has_twins(const cJSON *json)
{
	const cJSON *item;

	if (cJSON_IsObject(json) && object_has_twins(json))
		return true;
	cJSON_ArrayForEach(item, json) {
		if (tree_has_twins(item))
			return true;
	}
	return false;
}

int
json_parse(cJSON **out, const char *text, size_t len, const char *what,
    struct err *err)
{
	const char *why = json_check(text, len, NULL);
	cJSON *json;

	if (why != NULL)
		return err_set(
		    err, EXIT_FAILED, "%s is not sound JSON: %s", what, why);
	json = cJSON_ParseWithLength(text, len);
	if (json == NULL)
		return err_memory(err);
	if (tree_has_twins(json)) {
		cJSON_Delete(json);
		return err_set(err, EXIT_FAILED,
		    "%s is not sound JSON: a key occurs twice", what);
	}
	*out = json;
	return 0;
}

cJSON *
json_get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *
json_get_text(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(json_get(object, key));
}

int
json_get_u64(const cJSON *object, const char *key, uint64_t *out)
{
	const cJSON *item = json_get(object, key);

	if (item == NULL || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
	    item->valuedouble > 9007199254740991.0 ||
	    (double)(uint64_t)item->valuedouble != item->valuedouble)
		return -1;
	*out = (uint64_t)item->valuedouble;
	return 1;
}

int
json_put(cJSON *object, const char *key, cJSON *value)
{
	if (value == NULL)
		return -1;
	if (json_get(object, key) != NULL
		? cJSON_ReplaceItemInObjectCaseSensitive(object, key, value)
		: cJSON_AddItemToObject(object, key, value))
		return 0;
	cJSON_Delete(value);
	return -1;
}

/* Two spaces a level: what the other clients write and people diff. */
static int
print_pretty(struct buf *out, const cJSON *json, int depth)
{
	const char *open = cJSON_IsObject(json) ? "{" : "[";
	const char *close = cJSON_IsObject(json) ? "}" : "]";
	const cJSON *item;
	bool first = true;

	if ((!cJSON_IsObject(json) && !cJSON_IsArray(json)) ||
	    json->child == NULL)
		return json_print(out, json, false);
	if (buf_append_text(out, open) < 0)
		return -1;
	cJSON_ArrayForEach(item, json) {
		if (buf_printf(out, "%s\n%*s", first ? "" : ",",
			2 * (depth + 1), "") < 0)
			return -1;
		if (item->string != NULL &&
		    (json_print_text(out, item->string, strlen(item->string)) <
			    0 ||
			buf_append_text(out, ": ") < 0))
			return -1;
		if (print_pretty(out, item, depth + 1) < 0)
			return -1;
		first = false;
	}
	return buf_printf(out, "\n%*s%s", 2 * depth, "", close);
}

int
json_print(struct buf *out, const cJSON *json, bool pretty)
{
	char *text;
	int rc;

	if (pretty)
		return print_pretty(out, json, 0) < 0
		    ? -1
		    : buf_append_text(out, "\n");
	text = cJSON_PrintUnformatted(json);
	if (text == NULL)
		return -1;
	rc = buf_append_text(out, text);
	cJSON_free(text);
	return rc;
}

int
json_print_text(struct buf *out, const char *text, size_t len)
{
	size_t i = 0;

	if (buf_append_text(out, "\"") < 0)
		return -1;
	while (i < len) {
		uint32_t c = 0;
		size_t n = text_decode(text + i, len - i, &c);
		int rc;

		if (n == 0)
			rc = buf_append_text(out, "\\ufffd");
		else if (c == '"' || c == '\\')
			rc = buf_printf(out, "\\%c", (int)c);
		else if (text_is_unprintable(c))
			rc = buf_printf(out, "\\u%04x", (unsigned)c);
		else
			rc = buf_append(out, text + i, n);
		if (rc < 0)
			return -1;
		i += n == 0 ? 1 : n;
	}
	return buf_append_text(out, "\"");
}

int
json_print_printable(struct buf *out, const char *json, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t c = 0;
		size_t n = text_decode(json + i, len - i, &c);
		int rc;

		if (n == 0)
			rc = buf_append_text(out, "\\ufffd");
		else if (c >= 0x20 && text_is_unprintable(c))
			rc = buf_printf(out, "\\u%04x", (unsigned)c);
		else
			rc = buf_append(out, json + i, n);
		if (rc < 0)
			return -1;
		i += n == 0 ? 1 : n;
	}
	return 0;
}
