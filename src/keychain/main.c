/*
 * agentsecrets-keychain: the only program of a client that talks to the
 * Secret Service. It knows what the keychain holds under our names, and no
 * network. It is asked over descriptor 3 and ends when that closes.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>

#include <agentsecrets/confine.h>
#include <agentsecrets/serve.h>
#include <agentsecrets/spawn.h>
#include <agentsecrets/text.h>

#include "bus.h"
#include "collection.h"
#include "items.h"

static const struct {
	enum message_type request;
	enum message_type answer;
	items_handler *handle;
} handlers[] = {
    {MESSAGE_KEYCHAIN_LOOKUP, MESSAGE_KEYCHAIN_VALUES, items_lookup},
    {MESSAGE_KEYCHAIN_STORE, MESSAGE_KEYCHAIN_DONE, items_store},
    {MESSAGE_KEYCHAIN_DELETE, MESSAGE_KEYCHAIN_DONE, items_delete},
    {MESSAGE_KEYCHAIN_LIST, MESSAGE_KEYCHAIN_NAMES, items_list},
};

static int
open_keychain(
    struct keychain_state *state, struct message *answer, struct err *err)
{
	if (state->bus != NULL)
		return err_set(
		    err, EXIT_FAILED, "the keychain cannot be opened now");
	if (bus_connect(state, err) < 0 || bus_open_session(state, err) < 0 ||
	    collection_open(state, err) < 0)
		return -EXIT_FAILED;
	message_add_text(answer, FIELD_COLLECTION, state->label);
	state->reason = REASON_FAILED;
	return confine_self(CONFINE_KEYCHAIN, err);
}

static int
dispatch(struct keychain_state *state, const struct message_view *request,
    struct message *answer, struct err *err)
{
	if (request->type == MESSAGE_KEYCHAIN_OPEN) {
		message_init(answer, MESSAGE_KEYCHAIN_OPENED);
		return open_keychain(state, answer, err);
	}
	message_init(answer, MESSAGE_KEYCHAIN_DONE);
	if (state->collection == NULL)
		return err_set(err, EXIT_FAILED, "no keychain was opened");
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].request == request->type) {
			answer->type = handlers[i].answer;
			return handlers[i].handle(state, request, answer, err);
		}
	}
	return err_set(err, EXIT_FAILED, "'%s' is no request",
	    message_name(request->type));
}

static int
handle(void *context, const struct message_view *request,
    struct message *answer, struct err *err)
{
	struct keychain_state *state = context;
	int rc;

	state->reason = REASON_FAILED;
	watchdog_watch(&state->watchdog);
	rc = dispatch(state, request, answer, err);
	watchdog_rest(&state->watchdog);
	return rc;
}

static void
explain(void *context, struct message *error)
{
	const struct keychain_state *state = context;

	message_add_number(error, FIELD_REASON, state->reason);
}

/* The values that an answer held. */
static void
sent(void *context)
{
	struct keychain_state *state = context;

	g_clear_pointer(&state->lent, g_hash_table_unref);
}

/* Warnings of the libraries would reach the terminal of the command. */
static GLogWriterOutput
say_nothing(
    GLogLevelFlags level, const GLogField *fields, gsize n, gpointer context)
{
	(void)level;
	(void)fields;
	(void)n;
	(void)context;
	return G_LOG_WRITER_HANDLED;
}

static void
release(struct keychain_state *state)
{
	g_clear_object(&state->service);
	g_clear_object(&state->bus);
	g_clear_pointer(&state->collection, g_free);
}

static int
refuse(const char *why)
{
	fprintf(stderr, "agentsecrets-keychain: %s\n", why);
	return EXIT_FAILED;
}

int
main(int argc, char **argv)
{
	struct keychain_state state = {.bus = NULL};
	const struct serving serving = {&state, handle, explain, sent};
	struct err err;
	int rc;

	confine_start(SPAWN_SOCKET + 1, 1);
	if (argc > 1 && text_equal(argv[1], "--version")) {
		puts("agentsecrets-keychain " PACKAGE_VERSION);
		return EXIT_DONE;
	}
	if (!serve_is_started())
		return refuse("agentsecrets starts this, not you");
#ifndef WITH_SANITIZERS
	if (!confine_malloc_wipes())
		return refuse("freed memory would keep secrets");
#endif
	signal(SIGPIPE, SIG_IGN);
	g_log_set_writer_func(say_nothing, NULL, NULL);
	if (watchdog_start(&state.watchdog, &err) < 0)
		return refuse(err.text);
	do {
		rc = serve_one(&serving, &err);
	} while (rc > 0);
	release(&state);
	return rc < 0 ? EXIT_FAILED : EXIT_DONE;
}
