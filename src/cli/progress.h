/*
 * progress: one line on standard error about what takes more than half a
 * second, if that is a terminal and we are in its foreground. It is taken away
 * before anything else is printed, and at the end.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/** How far something is: `done` of `all`; `what` NULL when it has ended. */
void progress_count(const char *what, size_t done, size_t all);

/**
 * Something begins that cannot say how far it is, or is a step of what is
 * counted; `what` NULL when it has ended. The line comes by a timer in
 * between, so nothing else may print until then.
 */
void progress_wait(const char *what);

/** Take the line away: something else is about to be shown. */
void progress_hide(void);

#endif
