#include "config.h"

#include "prompt.h"

#include <stdlib.h>

#include <agentsecrets/spawn.h>
#include <agentsecrets/text.h>

#include "bus.h"

#define PROMPT "org.freedesktop.Secret.Prompt"

/*
 * A provider that needs nobody has answered by then; and so has one that
 * cannot put its window anywhere.
 */
enum { ANNOUNCE_MS = 300, GIVE_UP_MS = 3000 };

/* What has become of the question. */
struct question {
	bool over;
	bool dismissed;
	bool gone;	  /* who asks it */
	bool late;	  /* no answer at once */
	bool called;	  /* the call itself has returned */
	GVariant *result; /* of one that is over */
	GError *refusal;  /* to ask it at all */
	GCancellable *cancel;
};

static void
on_completed(GDBusConnection *bus, const char *sender, const char *path,
    const char *interface, const char *signal, GVariant *parameters,
    gpointer context)
{
	struct question *question = context;
	gboolean dismissed = TRUE;

	(void)bus;
	(void)sender;
	(void)path;
	(void)interface;
	(void)signal;
	if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(bv)")))
		g_variant_get(
		    parameters, "(bv)", &dismissed, &question->result);
	question->dismissed = dismissed;
	question->over = true;
}

static void
on_vanished(GDBusConnection *bus, const char *name, gpointer context)
{
	struct question *question = context;

	(void)bus;
	(void)name;
	question->gone = true;
}

static void
on_closed(
    GDBusConnection *bus, gboolean by_peer, GError *error, gpointer context)
{
	(void)by_peer;
	(void)error;
	on_vanished(bus, NULL, context);
}

/* A provider may answer the call at once, or when the person has. */
static void
on_called(GObject *bus, GAsyncResult *result, gpointer context)
{
	struct question *question = context;
	GVariant *answer = g_dbus_connection_call_finish(
	    G_DBUS_CONNECTION(bus), result, &question->refusal);

	question->called = true;
	if (answer != NULL)
		g_variant_unref(answer);
}

static gboolean
on_late(gpointer context)
{
	struct question *question = context;

	question->late = true;
	return G_SOURCE_REMOVE;
}

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0';
}

/* Whether a person can be asked. Where is the provider's business. */
static bool
has_display(void)
{
	return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

/* Tell the launcher, which tells the person. */
static int
announce(struct keychain_state *state, struct err *err)
{
	AUTO_MESSAGE struct message waiting;

	watchdog_rest(&state->watchdog);
	message_init(&waiting, MESSAGE_KEYCHAIN_WAITING);
	message_add_text(&waiting, FIELD_COLLECTION, state->label);
	return message_send(SPAWN_SOCKET, &waiting, err);
}

static bool
is_decided(const struct question *question)
{
	return question->over || question->gone || question->refusal != NULL;
}

/* Nobody will: take the window away again. */
static int
give_up(struct keychain_state *state, const char *prompt, struct err *err)
{
	g_dbus_connection_call(state->bus, SECRETS_NAME, prompt, PROMPT,
	    "Dismiss", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL,
	    NULL);
	g_dbus_connection_flush_sync(state->bus, NULL, NULL);
	return keychain_fail(state, REASON_LOCKED, err,
	    "the keychain '%s' wants to be asked, and there is no display to "
	    "ask on",
	    state->label);
}

/* @return 0 when it is decided */
static int
wait_for_person(struct keychain_state *state, const char *prompt,
    struct question *question, struct err *err)
{
	while (!is_decided(question) && !question->late)
		g_main_context_iteration(NULL, TRUE);
	if (is_decided(question))
		return 0;
	if (!has_display())
		return give_up(state, prompt, err);
	if (announce(state, err) < 0)
		return -EXIT_FAILED;
	while (!is_decided(question))
		g_main_context_iteration(NULL, TRUE);
	return 0;
}

static int
ask(struct keychain_state *state, const char *prompt, struct question *question,
    struct err *err)
{
	gulong closed = g_signal_connect(
	    state->bus, "closed", G_CALLBACK(on_closed), question);
	guint vanished = g_bus_watch_name_on_connection(state->bus,
	    SECRETS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_vanished,
	    question, NULL);
	guint completed = g_dbus_connection_signal_subscribe(state->bus,
	    SECRETS_NAME, PROMPT, "Completed", prompt, NULL,
	    G_DBUS_SIGNAL_FLAGS_NONE, on_completed, question, NULL);
	guint timer = g_timeout_add(
	    has_display() ? ANNOUNCE_MS : GIVE_UP_MS, on_late, question);
	int rc;

	/* The reply outlives this call, and the question does not. */
	g_dbus_connection_call(state->bus, SECRETS_NAME, prompt, PROMPT,
	    "Prompt", g_variant_new("(s)", ""), NULL, G_DBUS_CALL_FLAGS_NONE,
	    G_MAXINT, question->cancel, on_called, question);
	rc = wait_for_person(state, prompt, question, err);
	if (!question->late)
		g_source_remove(timer);
	g_dbus_connection_signal_unsubscribe(state->bus, completed);
	g_bus_unwatch_name(vanished);
	g_signal_handler_disconnect(state->bus, closed);
	g_cancellable_cancel(question->cancel);
	while (!question->called)
		g_main_context_iteration(NULL, TRUE);
	return rc;
}

/* What the answer means. */
static int
judge(struct keychain_state *state, struct question *question,
    enum prompt_purpose purpose, struct err *err)
{
	if (question->over && !question->dismissed)
		return 0;
	if (question->over)
		return keychain_fail(state, REASON_LOCKED, err,
		    "the keychain '%s' %s: the question was dismissed",
		    state->label,
		    purpose == PROMPT_UNLOCK ? "stays locked"
					     : "was not changed");
	if (question->gone)
		return bus_gone(state, err);
	return bus_failed(state, g_steal_pointer(&question->refusal), err);
}

int
prompt_ask(struct keychain_state *state, const char *prompt,
    enum prompt_purpose purpose, GVariant **result, struct err *err)
{
	struct question question = {.over = false};
	int rc;

	if (text_equal(prompt, NO_OBJECT))
		return 0;
	if (purpose == PROMPT_UNLOCK && !has_display())
		return keychain_fail(state, REASON_LOCKED, err,
		    "the keychain '%s' is locked, and there is no display to "
		    "ask for its password on",
		    state->label);
	question.cancel = g_cancellable_new();
	rc = ask(state, prompt, &question, err);
	watchdog_watch(&state->watchdog);
	if (rc == 0)
		rc = judge(state, &question, purpose, err);
	if (rc == 0 && result != NULL)
		*result = g_steal_pointer(&question.result);
	g_clear_pointer(&question.result, g_variant_unref);
	g_clear_error(&question.refusal);
	g_object_unref(question.cancel);
	return rc;
}
