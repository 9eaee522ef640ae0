#include "config.h"

#include "project_rules.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/json.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

enum { VERSION_MAX = (1 << 24) - 1 }; /* A3: three bytes */

/* The members that are hashed, in the order of canonical JSON. */
static const char *const members[] = {"map", "minimum", "names"};

/* The member, or NULL also when it is null. */
static const cJSON *
member(const cJSON *object, const char *key)
{
	const cJSON *item = json_get(object, key);

	return cJSON_IsNull(item) ? NULL : item;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * The texts of a list or of an object's members.
 *
 * @param out  views, to be freed; never NULL on success
 * @return 0, or -1 when memory is out
 */
static int
collect(const char ***out, size_t *n, const cJSON *json)
{
	const char **texts =
	    calloc((size_t)cJSON_GetArraySize(json) + 1, sizeof(*texts));
	const cJSON *item;

	if (texts == NULL)
		return -1;
	*n = 0;
	cJSON_ArrayForEach(item, json)
		texts[(*n)++] = item->valuestring;
	*out = texts;
	return 0;
}

/* Whether all texts differ; the array is sorted. */
static bool
all_differ(const char **texts, size_t n)
{
	if (n == 0)
		return true;
	qsort(texts, n, sizeof(*texts), compare_texts);
	for (size_t i = 1; i < n; i++) {
		if (text_equal(texts[i - 1], texts[i]))
			return false;
	}
	return true;
}

/* A list of stored names, or the values of an object, no name twice. */
static bool
names_are_sound(const cJSON *list)
{
	const char **texts;
	const cJSON *item;
	size_t n;
	bool sound;

	cJSON_ArrayForEach(item, list) {
		if (!cJSON_IsString(item) || !name_is_stored(item->valuestring))
			return false;
	}
	if (collect(&texts, &n, list) < 0)
		return false;
	sound = all_differ(texts, n);
	free(texts);
	return sound;
}

static bool
map_is_sound(const cJSON *map)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, map) {
		if (!name_is_final(item->string))
			return false;
	}
	return cJSON_IsObject(map) && names_are_sound(map);
}

static bool
lists_are_sound(const cJSON *lists)
{
	const cJSON *item;

	if (!cJSON_IsObject(lists))
		return false;
	cJSON_ArrayForEach(item, lists) {
		if (!environment_is_known(item->string) ||
		    !cJSON_IsArray(item) || !names_are_sound(item))
			return false;
	}
	return true;
}

/* "EPOCH.VERSION" */
static bool
parse_mark(struct project_minimum *out, const char *text)
{
	const char *dot = strchr(text, '.');
	char epoch_text[11];
	uint64_t epoch;
	uint64_t version;

	if (dot == NULL ||
	    text_copy(epoch_text, sizeof(epoch_text), text,
		(size_t)(dot - text)) < 0 ||
	    text_parse_u64(epoch_text, UINT32_MAX, &epoch) < 0 ||
	    text_parse_u64(dot + 1, VERSION_MAX, &version) < 0 || epoch == 0 ||
	    version == 0)
		return false;
	out->epoch = (uint32_t)epoch;
	out->version = (uint32_t)version;
	return true;
}

static bool
marks_are_sound(const cJSON *marks)
{
	struct project_minimum mark;
	const cJSON *item;

	if (!cJSON_IsObject(marks))
		return false;
	cJSON_ArrayForEach(item, marks) {
		if (!name_is_stored(item->string) || !cJSON_IsString(item) ||
		    !parse_mark(&mark, item->valuestring))
			return false;
	}
	return true;
}

static bool
minimum_is_sound(const cJSON *minimum)
{
	const cJSON *item;

	if (!cJSON_IsObject(minimum))
		return false;
	cJSON_ArrayForEach(item, minimum) {
		if (!environment_is_known(item->string) ||
		    !marks_are_sound(item))
			return false;
	}
	return true;
}

const char *
project_rules_fault(const cJSON *document)
{
	const cJSON *map = member(document, "map");
	const cJSON *minimum = member(document, "minimum");
	const cJSON *names = member(document, "names");

	if (map != NULL && !map_is_sound(map))
		return "map";
	if (minimum != NULL && !minimum_is_sound(minimum))
		return "minimum";
	if (names != NULL && !lists_are_sound(names))
		return "names";
	return NULL;
}

static int
compare_keys(const void *a, const void *b)
{
	const cJSON *const *left = a;
	const cJSON *const *right = b;

	return strcmp((*left)->string, (*right)->string);
}

static int canonical(struct buf *out, const cJSON *json);

/* A lookup for each key would make a large map quadratic. */
static int
canonical_object(struct buf *out, const cJSON *json)
{
	const cJSON **sorted =
	    calloc((size_t)cJSON_GetArraySize(json) + 1, sizeof(*sorted));
	const cJSON *item;
	size_t n = 0;
	int rc;

	if (sorted == NULL)
		return -1;
	cJSON_ArrayForEach(item, json)
		sorted[n++] = item;
	if (n > 0)
		qsort(sorted, n, sizeof(*sorted), compare_keys);
	rc = buf_append_text(out, "{");
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = buf_printf(
		    out, "%s\"%s\":", i > 0 ? "," : "", sorted[i]->string);
		if (rc == 0)
			rc = canonical(out, sorted[i]);
	}
	free(sorted);
	return rc < 0 ? -1 : buf_append_text(out, "}");
}

/* The checks above leave nothing in a text that would need an escape. */
static int
canonical(struct buf *out, const cJSON *json)
{
	const cJSON *item;

	if (cJSON_IsObject(json))
		return canonical_object(out, json);
	if (cJSON_IsString(json))
		return buf_printf(out, "\"%s\"", json->valuestring);
	if (buf_append_text(out, "[") < 0)
		return -1;
	cJSON_ArrayForEach(item, json) {
		if ((item != json->child && buf_append_text(out, ",") < 0) ||
		    canonical(out, item) < 0)
			return -1;
	}
	return buf_append_text(out, "]");
}

int
project_rules_hash(char out[2 * KEY_BYTES + 1], const cJSON *document)
{
	AUTO_BUF struct buf text = BUF_INIT;
	uint8_t hash[HASH_BYTES];

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const cJSON *item = member(document, members[i]);

		if (item == NULL)
			continue;
		if (buf_printf(&text, "%s\"%s\":", text.len > 0 ? "," : "{",
			members[i]) < 0 ||
		    canonical(&text, item) < 0)
			return -1;
	}
	if (text.len == 0)
		return text_copy(out, 2 * KEY_BYTES + 1, "-", 1);
	if (buf_append_text(&text, "}") < 0)
		return -1;
	crypto_sha256(hash, text.data, text.len);
	text_hex_encode(out, hash, sizeof(hash));
	return 0;
}

int
project_rules_fill(struct project_file *file, struct err *err)
{
	const cJSON *map = member(file->document, "map");
	const cJSON *item;
	struct name_map *entries =
	    calloc((size_t)cJSON_GetArraySize(map) + 1, sizeof(*entries));
	char rules[sizeof(file->rules)];
	size_t n = 0;

	if (entries == NULL || project_rules_hash(rules, file->document) < 0) {
		free(entries);
		return err_memory(err);
	}
	cJSON_ArrayForEach(item, map) {
		entries[n].final = item->string;
		entries[n++].stored = item->valuestring;
	}
	free(file->map);
	file->map = entries;
	file->map_n = n;
	memcpy(file->rules, rules, sizeof(rules));
	return 0;
}

int
project_file_names(const struct project_file *file, const char *environment,
    struct text_list *out, struct err *err)
{
	const cJSON *list =
	    member(member(file->document, "names"), environment);
	const char **items;
	size_t n;

	if (list == NULL)
		return 0;
	if (collect(&items, &n, list) < 0)
		return err_memory(err);
	out->items = items;
	out->n = n;
	return 1;
}

int
project_file_minimum(const struct project_file *file, const char *environment,
    struct project_minimum **out, size_t *n, struct err *err)
{
	const cJSON *marks =
	    member(member(file->document, "minimum"), environment);
	const cJSON *item;
	struct project_minimum *items;
	size_t count = 0;

	if (marks == NULL)
		return 0;
	items = calloc((size_t)cJSON_GetArraySize(marks) + 1, sizeof(*items));
	if (items == NULL)
		return err_memory(err);
	cJSON_ArrayForEach(item, marks) {
		items[count].name = item->string;
		if (!parse_mark(&items[count++], item->valuestring)) {
			free(items);
			return err_set(err, EXIT_FAILED,
			    "project.json: 'minimum' is malformed");
		}
	}
	*out = items;
	*n = count;
	return 1;
}
