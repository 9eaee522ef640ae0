#include "config.h"

#include "src/server/db/turn.h"

#include <time.h>

enum { PATIENCE_MS = 2000, VAIN_MS = 2000, MS = 1000, NS_PER_MS = 1000000 };

static long long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * MS + now.tv_nsec / NS_PER_MS;
}

void
turn_init(struct turn *turn)
{
	pthread_mutex_init(&turn->lock, NULL);
}

void
turn_release(struct turn *turn)
{
	pthread_mutex_destroy(&turn->lock);
}

int
turn_take(struct turn *turn)
{
	long long now = now_ms();
	int patience = now < atomic_load(&turn->vain_until) ? 0 : PATIENCE_MS;
	struct timespec until = {
	    (now + patience) / MS, (now + patience) % MS * NS_PER_MS};

	if (pthread_mutex_clocklock(&turn->lock, CLOCK_MONOTONIC, &until) == 0)
		return patience;
	turn_in_vain(turn);
	return -1;
}

void
turn_give(struct turn *turn)
{
	pthread_mutex_unlock(&turn->lock);
}

void
turn_in_vain(struct turn *turn)
{
	atomic_store(&turn->vain_until, now_ms() + VAIN_MS);
}
