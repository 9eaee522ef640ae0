#include "config.h"

#include <agentsecrets/keychain_client.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/message.h>
#include <agentsecrets/text.h>
#include <agentsecrets/waiting.h>

#include "exchange.h"

#define NAME "the keychain helper"

#define WITHOUT "'agentsecrets key-store sealed' does without a keychain"

static int
nonsense(struct keychain *keychain, const char *what, struct err *err)
{
	keychain->trouble = KEYCHAIN_BROKE;
	return err_set(
	    err, EXIT_FAILED, "%s gave a broken answer: %s", NAME, what);
}

/* What each reason means to the launcher. */
static const struct meaning {
	enum message_reason reason;
	enum keychain_trouble trouble;
	enum exit_status status;
	const char *hint;
} meanings[] = {
    {REASON_NO_BUS, KEYCHAIN_NO_BUS, EXIT_FAILED,
	"a keychain needs the session bus of a desktop; " WITHOUT},
    {REASON_NO_PROVIDER, KEYCHAIN_NO_PROVIDER, EXIT_FAILED,
	"start one, such as gnome-keyring or KeePassXC; " WITHOUT},
    {REASON_LOCKED, KEYCHAIN_LOCKED, EXIT_ACCESS,
	"unlock it and try again; " WITHOUT},
    {REASON_SILENT, KEYCHAIN_SILENT, EXIT_FAILED,
	"restart the program that keeps the keychain; " WITHOUT},
    {REASON_NOT_OURS, KEYCHAIN_BROKE, EXIT_FAILED,
	"restart the program that keeps the keychain; " WITHOUT},
};

static const struct meaning *
meaning_of(uint64_t reason)
{
	static const struct meaning other = {
	    REASON_FAILED, KEYCHAIN_BROKE, EXIT_FAILED, NULL};

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].reason == reason)
			return &meanings[i];
	}
	return &other;
}

/* An ERROR as our own failure: its text, our status and hint. */
static int
refused(struct keychain *keychain, const struct message_view *answer,
    struct err *err)
{
	const struct meaning *meaning = meaning_of(
	    message_find_number(answer, FIELD_REASON, REASON_FAILED));
	char text[1025];

	if (message_find_text(answer, FIELD_TEXT, text, sizeof(text), err) < 0)
		return nonsense(keychain, "its error", err);
	keychain->trouble = meaning->trouble;
	/* It has sent this as its last word. */
	if (meaning->trouble == KEYCHAIN_SILENT)
		helper_stop(&keychain->helper);
	err_set(err, meaning->status, "%s", text);
	return meaning->hint != NULL ? err_hint(err, "%s", meaning->hint)
				     : -(int)meaning->status;
}

/* What the provider calls its collection. */
static int
take_collection(struct keychain *keychain, const struct message_view *answer,
    struct err *err)
{
	return message_find_text(answer, FIELD_COLLECTION, keychain->collection,
	    sizeof(keychain->collection), err);
}

static void
tell_waiting(const struct keychain *keychain)
{
	char shown[4 * LABEL_MAX];
	char text[sizeof(shown) + 100];

	if (keychain->notice == NULL)
		return;
	text_printable(shown, sizeof(shown), keychain->collection,
	    strlen(keychain->collection), TEXT_PRINTABLE_MAX);
	snprintf(text, sizeof(text),
	    "waiting for an answer in the window of the keychain '%s'", shown);
	keychain->notice(text);
}

/* The answer itself, after what announces that it will take a person. */
static int
hear(struct keychain *keychain, struct message_view *answer, struct err *err)
{
	for (;;) {
		int rc;

		waiting_begin("waiting for the keychain");
		rc = helper_hear(
		    &keychain->helper, NAME, &keychain->reply, answer, err);
		waiting_end();
		if (rc < 0) {
			keychain->trouble = KEYCHAIN_BROKE;
			return -EXIT_FAILED;
		}
		if (answer->type != MESSAGE_KEYCHAIN_WAITING)
			return 0;
		if (take_collection(keychain, answer, err) < 0)
			return nonsense(keychain, "a collection", err);
		tell_waiting(keychain);
	}
}

static int
ask(struct keychain *keychain, const struct message *request,
    enum message_type wanted, struct message_view *answer, struct err *err)
{
	int rc = helper_say(&keychain->helper, NAME, request, err);

	if (rc < 0) {
		keychain->trouble = KEYCHAIN_BROKE;
		return rc;
	}
	rc = hear(keychain, answer, err);
	if (rc < 0)
		return rc;
	if (answer->type == MESSAGE_ERROR)
		return refused(keychain, answer, err);
	if (answer->type != wanted)
		return nonsense(keychain, "not what was asked", err);
	return 0;
}

static int
open_keychain(struct keychain *keychain, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	int rc;

	message_init(&request, MESSAGE_KEYCHAIN_OPEN);
	rc = ask(keychain, &request, MESSAGE_KEYCHAIN_OPENED, &answer, err);
	if (rc == 0 && take_collection(keychain, &answer, err) < 0)
		rc = nonsense(keychain, "a collection", err);
	return rc;
}

int
keychain_start(struct keychain *keychain, void (*notice)(const char *text),
    struct err *err)
{
	/* The display only tells whether a person can be asked. */
	static const char *const variables[] = {"DBUS_SESSION_BUS_ADDRESS=",
	    "DISPLAY=", "WAYLAND_DISPLAY=", "XAUTHORITY=", NULL};
	static const char *const bus_only[] = {
	    "DBUS_SESSION_BUS_ADDRESS=", NULL};
	int rc;

	keychain->notice = notice;
	keychain->trouble = KEYCHAIN_BROKE;
	rc = helper_start(&keychain->helper, "agentsecrets-keychain",
	    keychain->silent ? bus_only : variables, err);
	if (rc < 0)
		return rc;
	rc = open_keychain(keychain, err);
	if (rc < 0)
		keychain_stop(keychain);
	else
		keychain->trouble = KEYCHAIN_WORKS;
	return rc;
}

void
keychain_stop(struct keychain *keychain)
{
	helper_stop(&keychain->helper);
	buf_release(&keychain->reply);
}

static void
add_entries(struct message *request, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		message_add_text(request, FIELD_ENTRY, names[i]);
}

/*
 * Copy the values where they belong, and wipe them where they came in: so the
 * arena holds each once, with a zero byte behind.
 */
static int
take_values(struct keychain *keychain, const struct message_view *answer,
    struct secret *taken, size_t n, struct err *err)
{
	const uint8_t *bytes;
	size_t index_cursor = 0;
	size_t value_cursor = 0;
	size_t next = 0;
	size_t len;

	while (message_next(answer, FIELD_INDEX, &index_cursor, &bytes, &len)) {
		struct column column = {bytes, len};
		uint64_t index;

		if (column_number(&column, &index) < 0 || index < next ||
		    index >= n ||
		    !message_next(
			answer, FIELD_VALUE, &value_cursor, &bytes, &len))
			return nonsense(keychain, "an index", err);
		taken[index].data = arena_copy(bytes, len, err);
		taken[index].len = len;
		if (taken[index].data == NULL)
			return -EXIT_FAILED;
		next = index + 1;
	}
	if (message_next(answer, FIELD_VALUE, &value_cursor, &bytes, &len))
		return nonsense(keychain, "a value too many", err);
	return 0;
}

int
keychain_lookup(struct keychain *keychain, const char *const *names, size_t n,
    struct secret *values, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	struct secret *taken;
	int rc;

	message_init(&request, MESSAGE_KEYCHAIN_LOOKUP);
	add_entries(&request, names, n);
	rc = ask(keychain, &request, MESSAGE_KEYCHAIN_VALUES, &answer, err);
	if (rc < 0)
		return rc;
	taken = calloc(n + 1, sizeof(*taken));
	if (taken == NULL)
		return err_memory(err);
	rc = take_values(keychain, &answer, taken, n, err);
	if (answer.len > 0)
		secret_wipe((void *)(uintptr_t)answer.body, answer.len);
	if (rc == 0 && n > 0)
		memcpy(values, taken, n * sizeof(*values));
	free(taken);
	return rc;
}

int
keychain_store(struct keychain *keychain, const char *name,
    const struct secret *value, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;

	message_init(&request, MESSAGE_KEYCHAIN_STORE);
	message_add_text(&request, FIELD_ENTRY, name);
	message_add_secret(&request, FIELD_VALUE, value->data, value->len);
	return ask(keychain, &request, MESSAGE_KEYCHAIN_DONE, &answer, err);
}

int
keychain_delete(struct keychain *keychain, const char *const *names, size_t n,
    struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;

	message_init(&request, MESSAGE_KEYCHAIN_DELETE);
	add_entries(&request, names, n);
	return ask(keychain, &request, MESSAGE_KEYCHAIN_DONE, &answer, err);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort, and keep one of each, or of each that is there several times. */
static void
sort_names(struct keychain_names *names, bool doubled)
{
	size_t kept = 0;
	size_t next;

	if (names->n > 0)
		qsort(names->items, names->n, sizeof(*names->items),
		    compare_names);
	for (size_t i = 0; i < names->n; i = next) {
		next = i + 1;
		while (next < names->n &&
		    text_equal(names->items[next], names->items[i]))
			free(names->items[next++]);
		if (doubled && next == i + 1)
			free(names->items[i]);
		else
			names->items[kept++] = names->items[i];
	}
	names->n = kept;
}

static int
take_names(struct keychain *keychain, const struct message_view *answer,
    bool doubled, struct keychain_names *taken, struct err *err)
{
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t room = 0;
	size_t len;

	while (message_next(answer, FIELD_ENTRY, &cursor, &bytes, &len))
		room++;
	taken->items = calloc(room + 1, sizeof(*taken->items));
	if (taken->items == NULL)
		return err_memory(err);
	cursor = 0;
	while (message_next(answer, FIELD_ENTRY, &cursor, &bytes, &len)) {
		char *name = malloc(len + 1);

		if (name == NULL)
			return err_memory(err);
		taken->items[taken->n++] = name;
		if (text_copy(name, len + 1, bytes, len) < 0)
			return nonsense(keychain, "a name", err);
	}
	sort_names(taken, doubled);
	return 0;
}

static int
list(struct keychain *keychain, const char *prefix, bool doubled,
    struct keychain_names *out, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct keychain_names taken = {NULL, 0};
	struct message_view answer;
	int rc;

	message_init(&request, MESSAGE_KEYCHAIN_LIST);
	message_add_text(&request, FIELD_PREFIX, prefix);
	rc = ask(keychain, &request, MESSAGE_KEYCHAIN_NAMES, &answer, err);
	if (rc < 0)
		return rc;
	rc = take_names(keychain, &answer, doubled, &taken, err);
	if (rc < 0)
		keychain_names_release(&taken);
	else
		*out = taken;
	return rc;
}

int
keychain_names(struct keychain *keychain, const char *prefix,
    struct keychain_names *out, struct err *err)
{
	return list(keychain, prefix, false, out, err);
}

int
keychain_doubled(struct keychain *keychain, const char *prefix,
    struct keychain_names *out, struct err *err)
{
	return list(keychain, prefix, true, out, err);
}

void
keychain_names_release(struct keychain_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct keychain_names){NULL, 0};
}
