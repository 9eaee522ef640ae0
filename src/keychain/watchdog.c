#include "config.h"

#include "watchdog.h"

#include <unistd.h>

#include <agentsecrets/message.h>
#include <agentsecrets/spawn.h>

enum { PATIENCE_S = 5 };

/* The mutex stays locked: the main thread sends nothing after this. */
static void
give_up(void)
{
	AUTO_MESSAGE struct message error;

	message_init(&error, MESSAGE_ERROR);
	message_add_number(&error, FIELD_REASON, REASON_SILENT);
	message_add_text(&error, FIELD_TEXT,
	    "the keychain does not answer: it was given 5 seconds");
	message_send(SPAWN_SOCKET, &error, NULL);
	_exit(EXIT_FAILED);
}

static gpointer
watch(gpointer context)
{
	struct watchdog *watchdog = context;

	g_mutex_lock(&watchdog->mutex);
	for (;;) {
		if (watchdog->deadline == 0)
			g_cond_wait(&watchdog->changed, &watchdog->mutex);
		else if (!g_cond_wait_until(&watchdog->changed,
			     &watchdog->mutex, watchdog->deadline))
			give_up();
	}
	return NULL;
}

int
watchdog_start(struct watchdog *watchdog, struct err *err)
{
	GThread *thread;

	g_mutex_init(&watchdog->mutex);
	g_cond_init(&watchdog->changed);
	watchdog->deadline = 0;
	thread = g_thread_try_new("watchdog", watch, watchdog, NULL);
	if (thread == NULL)
		return err_set(err, EXIT_FAILED, "cannot start a thread");
	g_thread_unref(thread);
	return 0;
}

static void
set_deadline(struct watchdog *watchdog, gint64 deadline)
{
	g_mutex_lock(&watchdog->mutex);
	watchdog->deadline = deadline;
	g_cond_signal(&watchdog->changed);
	g_mutex_unlock(&watchdog->mutex);
}

void
watchdog_watch(struct watchdog *watchdog)
{
	set_deadline(
	    watchdog, g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND);
}

void
watchdog_rest(struct watchdog *watchdog)
{
	set_deadline(watchdog, 0);
}
