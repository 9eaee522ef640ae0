#include "config.h"

#include "collection.h"

#include <string.h>

#include <agentsecrets/text.h>

#include "bus.h"
#include "prompt.h"

#define LOGIN "/org/freedesktop/secrets/collection/login"

/* Whether the provider lists it; asking for it would be an error there. */
static int
has_login(struct keychain_state *state, bool *out, struct err *err)
{
	g_autoptr(GVariant) paths = bus_property(
	    state, SECRETS_PATH, SECRETS_SERVICE, "Collections", "ao", err);
	GVariantIter iter;
	const char *path;

	if (paths == NULL)
		return -EXIT_FAILED;
	*out = false;
	g_variant_iter_init(&iter, paths);
	while (g_variant_iter_next(&iter, "&o", &path)) {
		if (text_equal(path, LOGIN))
			*out = true;
	}
	return 0;
}

/* @return the path, NO_OBJECT; NULL with `err` */
static char *
find(struct keychain_state *state, struct err *err)
{
	g_autoptr(GVariant) answer = NULL;
	char *path;
	bool login;

	if (has_login(state, &login, err) < 0)
		return NULL;
	if (login)
		return g_strdup(LOGIN);
	answer = bus_call(state, SECRETS_PATH, SECRETS_SERVICE, "ReadAlias",
	    g_variant_new("(s)", "default"), "(o)", err);
	if (answer == NULL)
		return NULL;
	g_variant_get(answer, "(o)", &path);
	return path;
}

/* What a person knows it as. */
static int
read_label(struct keychain_state *state, const char *path, struct err *err)
{
	g_autoptr(GVariant) value =
	    bus_property(state, path, SECRETS_COLLECTION, "Label", "s", err);
	const char *label;
	const char *end;

	if (value == NULL)
		return -EXIT_FAILED;
	label = g_variant_get_string(value, NULL);
	if (label[0] == '\0')
		label = strrchr(path, '/') + 1;
	g_strlcpy(state->label, label, sizeof(state->label));
	/* Not in the middle of a character. */
	if (!g_utf8_validate(state->label, -1, &end))
		state->label[end - state->label] = '\0';
	return 0;
}

int
collection_open(struct keychain_state *state, struct err *err)
{
	g_autofree char *path = find(state, err);
	const char *paths[] = {path, NULL};

	if (path == NULL)
		return -EXIT_FAILED;
	if (text_equal(path, NO_OBJECT))
		return keychain_fail(state, REASON_NO_PROVIDER, err,
		    "the keychain cannot be used: it has no collection to keep "
		    "things in");
	if (read_label(state, path, err) < 0 ||
	    collection_unlock(state, paths, err) < 0)
		return -EXIT_FAILED;
	state->collection = g_steal_pointer(&path);
	return 0;
}

int
collection_unlock(
    struct keychain_state *state, const char *const *paths, struct err *err)
{
	g_autoptr(GVariant) answer =
	    bus_call(state, SECRETS_PATH, SECRETS_SERVICE, "Unlock",
		g_variant_new("(@ao)", g_variant_new_objv(paths, -1)), "(aoo)",
		err);
	const char *prompt;

	if (answer == NULL)
		return -EXIT_FAILED;
	g_variant_get(answer, "(@ao&o)", NULL, &prompt);
	return prompt_ask(state, prompt, PROMPT_UNLOCK, NULL, err);
}

GVariant *
collection_search(
    struct keychain_state *state, const char *entry, struct err *err)
{
	g_autoptr(GVariant) answer = NULL;
	GVariantBuilder attributes;
	GVariant *paths;

	g_variant_builder_init(&attributes, G_VARIANT_TYPE("a{ss}"));
	g_variant_builder_add(
	    &attributes, "{ss}", ITEM_SERVICE, ITEM_SERVICE_NAME);
	if (entry != NULL)
		g_variant_builder_add(
		    &attributes, "{ss}", ITEM_USERNAME, entry);
	answer = bus_call(state, state->collection, SECRETS_COLLECTION,
	    "SearchItems", g_variant_new("(a{ss})", &attributes), "(ao)", err);
	if (answer == NULL)
		return NULL;
	g_variant_get(answer, "(@ao)", &paths);
	return paths;
}
