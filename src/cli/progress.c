#include "config.h"

#include "progress.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/fd.h>

enum {
	PATIENCE_MS = 500,
	/* Even after half a second a short step shall not make it flicker. */
	LEAST_MS = 150,
	/* Nobody else sends it, and a stray one does nothing. */
	SIGNAL = SIGURG,
};

/* The line as it would be shown. A handler can be told only by globals. */
static char line[80];
static size_t line_len;
static volatile sig_atomic_t shown; /* columns to be cleared */

static const char *counted; /* NULL: nothing is */
static long began;	    /* 0: nothing has */
static bool armed;
static timer_t timer;
static struct sigaction before;
static sigset_t mask;

static long
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Safe in a handler. Who is in the background writes to nobody's screen. */
static void
show(void)
{
	if (tcgetpgrp(STDERR_FILENO) != getpgrp())
		return;
	(void)fd_write_all(STDERR_FILENO, line, line_len);
	shown = (int)line_len - 1;
}

static void
on_timer(int number)
{
	int sys = errno;

	(void)number;
	show();
	errno = sys;
}

/* Over what is shown: the line begins with a return, and clears its rest. */
static void
compose(const char *what, size_t done, size_t all)
{
	int n = all > 0
	    ? snprintf(line, sizeof(line), "\r%s: %zu of %zu", what, done, all)
	    : snprintf(line, sizeof(line), "\r%s ...", what);

	if (n < 0 || n >= (int)sizeof(line))
		n = (int)sizeof(line) - 1;
	while (n - 1 < shown && n < (int)sizeof(line) - 1)
		line[n++] = ' ';
	line_len = (size_t)n;
}

void
progress_hide(void)
{
	char blank[sizeof(line)];
	int n = snprintf(blank, sizeof(blank), "\r%*s\r", (int)shown, "");

	if (shown > 0 && n > 0)
		(void)fd_write_all(STDERR_FILENO, blank, (size_t)n);
	shown = 0;
	/* What comes next begins anew: a person may have been asked. */
	began = 0;
}

static long
elapsed(void)
{
	if (began == 0)
		began = milliseconds();
	return milliseconds() - began;
}

void
progress_count(const char *what, size_t done, size_t all)
{
	long ms;

	counted = what;
	if (what == NULL) {
		progress_hide();
		return;
	}
	ms = elapsed();
	if (!isatty(STDERR_FILENO))
		return;
	compose(what, done, all);
	if (ms >= PATIENCE_MS)
		show();
}

static void
disarm(void)
{
	if (!armed)
		return;
	/* Whatever was on its way arrives before this returns. */
	timer_delete(timer);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGNAL, &before, NULL);
	armed = false;
}

static void
arm(long ms)
{
	struct sigevent event = {
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGNAL};
	struct itimerspec when = {.it_value = {ms / 1000, ms % 1000 * 1000000}};
	struct sigaction action = {
	    .sa_handler = on_timer, .sa_flags = SA_RESTART};
	sigset_t one;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return;
	sigemptyset(&action.sa_mask);
	sigaction(SIGNAL, &action, &before);
	sigemptyset(&one);
	sigaddset(&one, SIGNAL);
	sigprocmask(SIG_UNBLOCK, &one, &mask);
	timer_settime(timer, 0, &when, NULL);
	armed = true;
}

void
progress_wait(const char *what)
{
	long left;

	disarm();
	if (what == NULL) {
		long start = began;

		if (counted == NULL && shown > 0)
			progress_hide();
		began = start;
		return;
	}
	left = PATIENCE_MS - elapsed();
	if (!isatty(STDERR_FILENO))
		return;
	if (counted == NULL)
		compose(what, 0, 0);
	arm(left > LEAST_MS ? left : LEAST_MS);
}
