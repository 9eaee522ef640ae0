#include "config.h"

#include "keyring_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "secret_json.h"

static const char file[] = "keyring.json";
static const char old_prefix[] = "Secret_";

/* Whose value an entry is. */
struct owner {
	char project[UUID_TEXT + 1];
	char environment[ENVIRONMENT_MAX + 1];
	const char *name; /* a view into the entry's name */
	bool is_old;	  /* named without an environment */
};

static bool
take_project(struct owner *owner, const char *text)
{
	return strlen(text) > UUID_TEXT &&
	    text_copy(
		owner->project, sizeof(owner->project), text, UUID_TEXT) == 0 &&
	    text_is_uuid(owner->project);
}

/* P:ENVIRONMENT:NAME, but not P:ENVIRONMENT:NAME:policy; or Secret_P_NAME. */
static bool
parse_owner(struct owner *owner, const char *entry)
{
	const char *rest;
	const char *colon;

	*owner = (struct owner){.is_old = text_has_prefix(entry, old_prefix)};
	if (owner->is_old) {
		entry += sizeof(old_prefix) - 1;
		snprintf(owner->environment, sizeof(owner->environment),
		    "development");
		owner->name = entry + UUID_TEXT + 1;
		return take_project(owner, entry) && entry[UUID_TEXT] == '_';
	}
	if (!take_project(owner, entry) || entry[UUID_TEXT] != ':')
		return false;
	rest = entry + UUID_TEXT + 1;
	colon = strchr(rest, ':');
	if (colon == NULL || strchr(colon + 1, ':') != NULL)
		return false;
	owner->name = colon + 1;
	return text_copy(owner->environment, sizeof(owner->environment), rest,
		   (size_t)(colon - rest)) == 0;
}

/* Whether every member looks as that client writes them. */
static bool
is_keyring(const cJSON *json)
{
	const cJSON *entry;

	if (json->child == NULL)
		return false;
	cJSON_ArrayForEach(entry, json) {
		if (json_get_text(entry, "private") == NULL)
			return false;
	}
	return true;
}

static int
read_file(
    struct secret_json *document, const struct home *home, struct err *err)
{
	if (secret_json_read(document, home, file, KEYRING_MAX, err) < 0)
		return -(int)err->status;
	if (document->json->child != NULL && !is_keyring(document->json))
		return err_set(err, EXIT_FAILED,
		    "'%s/%s' is damaged: an entry has no 'private' text",
		    home->path, file);
	return 0;
}

/* Entries of one project need not lie side by side. */
static size_t
count_projects(const cJSON *json)
{
	const cJSON *entry;
	size_t n = 0;

	cJSON_ArrayForEach(entry, json) {
		const cJSON *earlier = json->child;
		struct owner owner;
		struct owner other;

		if (!parse_owner(&owner, entry->string))
			continue;
		while (earlier != entry &&
		    (!parse_owner(&other, earlier->string) ||
			!text_equal(other.project, owner.project)))
			earlier = earlier->next;
		n += earlier == entry;
	}
	return n;
}

int
keyring_count(struct other_home *out, const struct home *home, struct err *err)
{
	AUTO_SECRET_JSON struct secret_json document;
	const cJSON *entry;

	secret_json_begin(&document);
	if (read_file(&document, home, err) < 0)
		return -(int)err->status;
	cJSON_ArrayForEach(entry, document.json) {
		struct owner owner;

		out->values += parse_owner(&owner, entry->string);
		out->key_in_file |= text_equal(entry->string, out->email);
	}
	out->projects = count_projects(document.json);
	return 0;
}

static int
no_key(const struct home *home, const char *which, const char *email,
    struct err *err)
{
	return err_set(err, EXIT_FAILED,
	    "'%s/%s' is damaged: the %s key of '%s' is not 32 bytes",
	    home->path, file, which, email);
}

int
keyring_key_pair(uint8_t *private_key, uint8_t public_key[KEY_BYTES],
    const struct home *home, const char *email, struct err *err)
{
	AUTO_SECRET_JSON struct secret_json document;
	uint8_t *other;
	const cJSON *entry;
	const char *text;

	secret_json_begin(&document);
	other = arena_alloc(KEY_BYTES, err);
	if (other == NULL || read_file(&document, home, err) < 0)
		return -(int)err->status;
	entry = json_get(document.json, email);
	if (entry == NULL)
		return 0;
	text = json_get_text(entry, "private");
	if (text == NULL || !base64_decode_key(private_key, text, strlen(text)))
		return no_key(home, "private", email, err);
	text = json_get_text(entry, "public");
	memset(public_key, 0, KEY_BYTES);
	if (text == NULL || text[0] == '\0')
		return 1;
	if (!base64_decode_key(other, text, strlen(text)))
		return no_key(home, "public", email, err);
	memcpy(public_key, other, KEY_BYTES);
	return 1;
}

/*
 * Values were texts there. What is base64 of no text was never encoded: an
 * old version wrote it.
 */
static int
decode_value(struct secret *out, const char *text, struct err *err)
{
	size_t len = strlen(text);
	uint8_t *bytes = arena_alloc(len + 3, err);
	long n;

	if (bytes == NULL)
		return -(int)err->status;
	n = base64_decode(bytes, len + 3, text, len, BASE64_STANDARD);
	if (n < 0 || !text_is_utf8(bytes, (size_t)n) ||
	    memchr(bytes, '\0', (size_t)n) != NULL) {
		memcpy(bytes, text, len + 1);
		n = (long)len;
	}
	*out = (struct secret){bytes, (size_t)n};
	return 0;
}

static struct dotenv_entry *
find(const struct dotenv *values, const char *name)
{
	for (size_t i = 0; i < values->n; i++) {
		if (text_equal(values->items[i].name, name))
			return &values->items[i];
	}
	return NULL;
}

static int
take_entry(struct dotenv *values, const cJSON *entry, const char *shown,
    const char *project, const char *environment, struct err *err)
{
	struct dotenv_entry *there;
	struct owner owner;

	if (!parse_owner(&owner, entry->string) ||
	    !text_equal(owner.project, project) ||
	    !text_equal(owner.environment, environment))
		return 0;
	if (!name_is_final(owner.name) || strlen(owner.name) > NAME_MAX_BYTES)
		return err_set(err, EXIT_FAILED,
		    "%s has a value under '%.80s', which is no name", shown,
		    owner.name);
	there = find(values, owner.name);
	/* The name with an environment is the newer one. */
	if (there != NULL && owner.is_old)
		return 0;
	if (there == NULL) {
		there = &values->items[values->n++];
		snprintf(there->name, sizeof(there->name), "%s", owner.name);
	}
	return decode_value(
	    &there->value, json_get_text(entry, "private"), err);
}

int
keyring_values(struct dotenv *out, const struct secret *text, const char *shown,
    const char *project, const char *environment, struct err *err)
{
	AUTO_DOTENV struct dotenv values = DOTENV_INIT;
	AUTO_SECRET_JSON struct secret_json document;
	const cJSON *entry;

	secret_json_begin(&document);
	/* Other objects, which may be large, are parsed by others. */
	if (text->len == 0 ||
	    memmem(text->data, text->len, "\"private\"", 9) == NULL)
		return 0;
	if (secret_json_parse(&document, text, shown, err) < 0)
		return -(int)err->status;
	if (!is_keyring(document.json))
		return 0;
	values.items = calloc((size_t)cJSON_GetArraySize(document.json) + 1,
	    sizeof(*values.items));
	if (values.items == NULL)
		return err_memory(err);
	cJSON_ArrayForEach(entry, document.json) {
		if (take_entry(
			&values, entry, shown, project, environment, err) < 0)
			return -(int)err->status;
	}
	/* The values lie among what was parsed. */
	secret_json_keep(&document);
	dotenv_release(out);
	*out = values;
	values = (struct dotenv)DOTENV_INIT;
	return 1;
}
