#include "config.h"

#include "items.h"

#include <string.h>

#include <agentsecrets/text.h>

#include "bus.h"
#include "collection.h"
#include "prompt.h"

/* What other clients of the system write. */
#define TEXT_TYPE "text/plain; charset=utf8"
#define BYTES_TYPE "application/octet-stream"

enum { SHOWN_ROOM = 4 * TEXT_PRINTABLE_MAX + 4 };

/* A field as text; the message table has looked at its length. */
static int
entry_text(char out[KEYCHAIN_ENTRY_MAX + 1], const uint8_t *bytes, size_t len,
    struct keychain_state *state, struct err *err)
{
	if (text_copy(out, KEYCHAIN_ENTRY_MAX + 1, bytes, len) < 0 ||
	    !text_is_utf8(bytes, len))
		return keychain_fail(state, REASON_FAILED, err,
		    "an entry name is no plain text");
	return 0;
}

/* ---- lookup -------------------------------------------------------------- */

static int
modified_at(struct keychain_state *state, const char *path, uint64_t *out,
    struct err *err)
{
	g_autoptr(GVariant) value =
	    bus_property(state, path, SECRETS_ITEM, "Modified", "t", err);

	if (value == NULL)
		return -EXIT_FAILED;
	*out = g_variant_get_uint64(value);
	return 0;
}

/*
 * The newest of the items with this entry name.
 *
 * @return 1; 0 when there is none
 */
static int
find_newest(struct keychain_state *state, const char *entry, char **out,
    struct err *err)
{
	g_autoptr(GVariant) paths = collection_search(state, entry, err);
	uint64_t newest = 0;
	const char *best = NULL;
	size_t n;

	if (paths == NULL)
		return -EXIT_FAILED;
	n = g_variant_n_children(paths);
	for (size_t i = 0; i < n; i++) {
		uint64_t modified = 0;
		const char *path;

		g_variant_get_child(paths, i, "&o", &path);
		if (n > 1 && modified_at(state, path, &modified, err) < 0)
			return -EXIT_FAILED;
		if (best == NULL || modified > newest) {
			best = path;
			newest = modified;
		}
	}
	if (best == NULL)
		return 0;
	*out = g_strdup(best);
	return 1;
}

/* The item of each entry of the request; "" where there is none. */
static int
find_all(struct keychain_state *state, const struct message_view *request,
    GPtrArray *paths, struct err *err)
{
	char entry[KEYCHAIN_ENTRY_MAX + 1];
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;

	while (message_next(request, FIELD_ENTRY, &cursor, &bytes, &len)) {
		char *path = NULL;
		int rc;

		if (entry_text(entry, bytes, len, state, err) < 0)
			return -EXIT_FAILED;
		rc = find_newest(state, entry, &path, err);
		if (rc < 0)
			return rc;
		g_ptr_array_add(paths, rc == 1 ? path : g_strdup(""));
	}
	return 0;
}

/* Those of the paths that have no value yet, NULL at the end. */
static GPtrArray *
without_value(const GPtrArray *paths, GHashTable *values)
{
	GPtrArray *left = g_ptr_array_new();

	for (size_t i = 0; i < paths->len; i++) {
		char *path = paths->pdata[i];

		if (path[0] != '\0' && !g_hash_table_contains(values, path))
			g_ptr_array_add(left, path);
	}
	g_ptr_array_add(left, NULL);
	return left;
}

/* One bulk GetSecrets, into `values`: path to SecretValue. */
static int
get_values(struct keychain_state *state, GPtrArray *paths, GHashTable *values,
    struct err *err)
{
	g_autoptr(GHashTable) got = NULL;
	GError *error = NULL;
	GHashTableIter iter;
	gpointer path;
	gpointer value;

	watchdog_watch(&state->watchdog);
	got = secret_service_get_secrets_for_dbus_paths_sync(
	    state->service, (const char **)(void *)paths->pdata, NULL, &error);
	if (got == NULL)
		return bus_failed(state, error, err);
	g_hash_table_iter_init(&iter, got);
	while (g_hash_table_iter_next(&iter, &path, &value))
		g_hash_table_replace(
		    values, g_strdup(path), secret_value_ref(value));
	return 0;
}

/* A locked item has no value: ask once for those to be unlocked. */
static int
get_all_values(struct keychain_state *state, const GPtrArray *paths,
    GHashTable *values, struct err *err)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		g_autoptr(GPtrArray) left = without_value(paths, values);

		if (left->len == 1)
			return 0;
		if (attempt == 1 &&
		    collection_unlock(
			state, (const char *const *)left->pdata, err) < 0)
			return -EXIT_FAILED;
		if (get_values(state, left, values, err) < 0)
			return -EXIT_FAILED;
	}
	return 0;
}

/* The entry name of that place, as a message shows it. */
static void
entry_at(char out[SHOWN_ROOM], const struct message_view *request, size_t place)
{
	const uint8_t *bytes = NULL;
	size_t cursor = 0;
	size_t len = 0;

	for (size_t i = 0; i <= place; i++)
		message_next(request, FIELD_ENTRY, &cursor, &bytes, &len);
	text_printable(out, SHOWN_ROOM, bytes, len, TEXT_PRINTABLE_MAX);
}

/* The values by their places; they stay where they are until they are sent. */
static int
add_values(struct keychain_state *state, const GPtrArray *paths,
    const struct message_view *request, struct message *answer, struct err *err)
{
	char entry[SHOWN_ROOM];

	for (size_t i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		SecretValue *value;
		const char *bytes;
		gsize len;

		if (path[0] == '\0')
			continue;
		value = g_hash_table_lookup(state->lent, path);
		if (value == NULL)
			return keychain_fail(state, REASON_LOCKED, err,
			    "the keychain '%s' keeps an item locked",
			    state->label);
		bytes = secret_value_get(value, &len);
		if (len > VALUE_MAX) {
			entry_at(entry, request, i);
			return keychain_fail(state, REASON_REFUSED, err,
			    "the keychain '%s' holds more than %d bytes in the "
			    "item '%s'",
			    state->label, VALUE_MAX, entry);
		}
		message_add_number(answer, FIELD_INDEX, i);
		message_add_secret(answer, FIELD_VALUE, bytes, len);
	}
	return 0;
}

int
items_lookup(struct keychain_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	state->lent = g_hash_table_new_full(
	    g_str_hash, g_str_equal, g_free, secret_value_unref);
	if (find_all(state, request, paths, err) < 0 ||
	    get_all_values(state, paths, state->lent, err) < 0)
		return -EXIT_FAILED;
	return add_values(state, paths, request, answer, err);
}

/* ---- store and delete ---------------------------------------------------- */

static int
delete_item(struct keychain_state *state, const char *path, struct err *err)
{
	g_autoptr(GVariant) answer =
	    bus_call(state, path, SECRETS_ITEM, "Delete", NULL, "(o)", err);
	const char *prompt;

	if (answer == NULL)
		return -EXIT_FAILED;
	g_variant_get(answer, "(&o)", &prompt);
	return prompt_ask(state, prompt, PROMPT_CHANGE, NULL, err);
}

/* Delete all items with this name but one, which may be NULL. */
static int
delete_others(struct keychain_state *state, const char *entry,
    const char *spared, struct err *err)
{
	g_autoptr(GVariant) paths = collection_search(state, entry, err);
	GVariantIter iter;
	const char *path;

	if (paths == NULL)
		return -EXIT_FAILED;
	g_variant_iter_init(&iter, paths);
	while (g_variant_iter_next(&iter, "&o", &path)) {
		if (spared != NULL && text_equal(path, spared))
			continue;
		if (delete_item(state, path, err) < 0)
			return -EXIT_FAILED;
	}
	return 0;
}

/*
 * A provider may keep text as characters, and lose what is none: such bytes
 * say what they are. Other clients read both.
 */
static const char *
type_of(const uint8_t *bytes, size_t len)
{
	if (!text_is_utf8(bytes, len))
		return BYTES_TYPE;
	for (size_t i = 0; i < len; i++) {
		if ((bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\t') ||
		    bytes[i] == 0x7f)
			return BYTES_TYPE;
	}
	return TEXT_TYPE;
}

static GVariant *
item_properties(const char *entry)
{
	g_autofree char *label =
	    g_strdup_printf("Password for '%s' on 'AgentSecrets'", entry);
	GVariantBuilder attributes;
	GVariantBuilder properties;

	g_variant_builder_init(&attributes, G_VARIANT_TYPE("a{ss}"));
	g_variant_builder_add(&attributes, "{ss}", ITEM_USERNAME, entry);
	g_variant_builder_add(
	    &attributes, "{ss}", ITEM_SERVICE, ITEM_SERVICE_NAME);
	g_variant_builder_init(&properties, G_VARIANT_TYPE("a{sv}"));
	g_variant_builder_add(&properties, "{sv}", SECRETS_ITEM ".Label",
	    g_variant_new_string(label));
	g_variant_builder_add(&properties, "{sv}", SECRETS_ITEM ".Attributes",
	    g_variant_builder_end(&attributes));
	return g_variant_builder_end(&properties);
}

/* The request keeps the bytes; the value only points to them. */
static GVariant *
encode(struct keychain_state *state, const uint8_t *bytes, size_t len)
{
	SecretValue *value = secret_value_new_full(
	    (char *)(uintptr_t)bytes, (gssize)len, type_of(bytes, len), NULL);
	GVariant *secret =
	    secret_service_encode_dbus_secret(state->service, value);

	secret_value_unref(value);
	return secret;
}

/* @return the item's path; NULL with `err` */
static char *
create_item(struct keychain_state *state, const char *entry,
    const uint8_t *bytes, size_t len, struct err *err)
{
	g_autoptr(GVariant) answer =
	    bus_call(state, state->collection, SECRETS_COLLECTION, "CreateItem",
		g_variant_new("(@a{sv}@(oayays)b)", item_properties(entry),
		    encode(state, bytes, len), TRUE),
		"(oo)", err);
	g_autoptr(GVariant) result = NULL;
	const char *prompt;
	const char *path;

	if (answer == NULL)
		return NULL;
	g_variant_get(answer, "(&o&o)", &path, &prompt);
	if (prompt_ask(state, prompt, PROMPT_CHANGE, &result, err) < 0)
		return NULL;
	if (result != NULL &&
	    g_variant_is_of_type(result, G_VARIANT_TYPE_OBJECT_PATH))
		path = g_variant_get_string(result, NULL);
	return g_strdup(path);
}

int
items_store(struct keychain_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	g_autofree char *path = NULL;
	char entry[KEYCHAIN_ENTRY_MAX + 1];
	const uint8_t *bytes;
	size_t len;

	(void)answer;
	message_find(request, FIELD_ENTRY, &bytes, &len);
	if (entry_text(entry, bytes, len, state, err) < 0)
		return -EXIT_FAILED;
	message_find(request, FIELD_VALUE, &bytes, &len);
	path = create_item(state, entry, bytes, len, err);
	if (path == NULL)
		return -EXIT_FAILED;
	/* Which one it made was not told: none can be said to be another. */
	if (text_equal(path, NO_OBJECT))
		return 0;
	return delete_others(state, entry, path, err);
}

int
items_delete(struct keychain_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	char entry[KEYCHAIN_ENTRY_MAX + 1];
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;

	(void)answer;
	while (message_next(request, FIELD_ENTRY, &cursor, &bytes, &len)) {
		if (entry_text(entry, bytes, len, state, err) < 0 ||
		    delete_others(state, entry, NULL, err) < 0)
			return -EXIT_FAILED;
	}
	return 0;
}

/* ---- list ---------------------------------------------------------------- */

/* Add the item's entry name, if that begins with the prefix. */
static int
add_name(struct keychain_state *state, const char *path, const char *prefix,
    struct message *answer, struct err *err)
{
	g_autoptr(GVariant) attributes =
	    bus_property(state, path, SECRETS_ITEM, "Attributes", "a{ss}", err);
	const char *entry;

	if (attributes == NULL)
		return -EXIT_FAILED;
	if (g_variant_lookup(attributes, ITEM_USERNAME, "&s", &entry) &&
	    text_has_prefix(entry, prefix) && entry[0] != '\0' &&
	    strlen(entry) <= KEYCHAIN_ENTRY_MAX)
		message_add_text(answer, FIELD_ENTRY, entry);
	return 0;
}

int
items_list(struct keychain_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	g_autoptr(GVariant) paths = NULL;
	char prefix[KEYCHAIN_ENTRY_MAX + 1];
	GVariantIter iter;
	const char *path;

	if (message_find_text(
		request, FIELD_PREFIX, prefix, sizeof(prefix), err) < 0)
		return -EXIT_FAILED;
	paths = collection_search(state, NULL, err);
	if (paths == NULL)
		return -EXIT_FAILED;
	g_variant_iter_init(&iter, paths);
	while (g_variant_iter_next(&iter, "&o", &path)) {
		if (add_name(state, path, prefix, answer, err) < 0)
			return -EXIT_FAILED;
	}
	return 0;
}
