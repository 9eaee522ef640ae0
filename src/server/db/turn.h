/*
 * turn: the writers of one process, one after the other. A thread that waits
 * for the database's lock answers nobody, so the waiting is short; and once
 * it was in vain, those who come next do not wait at all for a moment.
 */
#ifndef AGENTSECRETS_SERVER_TURN_H
#define AGENTSECRETS_SERVER_TURN_H

#include <pthread.h>
#include <stdatomic.h>

struct turn {
	pthread_mutex_t lock;
	atomic_llong vain_until; /* milliseconds, monotonic */
};

/** @param turn  zeroed before */
void turn_init(struct turn *turn);
void turn_release(struct turn *turn);

/**
 * Wait to be the only writer of this process.
 *
 * @return the milliseconds that the caller may wait for other processes, 0
 *         or more, and turn_give() is due; -1 when it took too long
 */
int turn_take(struct turn *turn);

/** Let the next one write; by the thread that took it. */
void turn_give(struct turn *turn);

/** Waiting for other processes was in vain. */
void turn_in_vain(struct turn *turn);

#endif
