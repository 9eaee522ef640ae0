/*
 * watchdog: whatever the bus or the provider does, the launcher has an answer
 * in time. A thread watches; when time is up it sends the ERROR itself and
 * ends the process, since nothing says what the main thread is stuck in.
 */
#ifndef KEYCHAIN_WATCHDOG_H
#define KEYCHAIN_WATCHDOG_H

#include <gio/gio.h>

#include <agentsecrets/err.h>

struct watchdog {
	GMutex mutex;
	GCond changed;
	gint64 deadline; /* monotonic time in microseconds; 0: not watching */
};

/** Start the thread, which lives as long as the process. */
int watchdog_start(struct watchdog *watchdog, struct err *err);

/** An answer of the provider is due from now on; again: anew. */
void watchdog_watch(struct watchdog *watchdog);

/** Nothing is due: a person is asked, or the launcher has its answer. */
void watchdog_rest(struct watchdog *watchdog);

#endif
