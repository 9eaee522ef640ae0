#include "config.h"

#include "src/server/db/db.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "src/server/db/turn.h"

struct db_pool {
	pthread_mutex_t lock;
	pthread_cond_t returned;
	struct turn turn;
	char *uri;
	size_t size;
	size_t open; /* connections that exist, taken or not */
	struct db **idle;
	size_t idle_n;
};

int
db_pool_new(struct db_pool **out, const char *uri, size_t size, struct err *err)
{
	struct db_pool *pool = calloc(1, sizeof(*pool));
	struct db *first = NULL;
	int rc;

	if (pool == NULL)
		return err_memory(err);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->returned, NULL);
	turn_init(&pool->turn);
	pool->uri = strdup(uri);
	pool->idle = calloc(size, sizeof(struct db *));
	pool->size = size;
	rc = pool->uri == NULL || pool->idle == NULL
	    ? err_memory(err)
	    : db_open(&first, uri, &pool->turn, err);
	if (rc < 0) {
		db_pool_free(pool);
		return rc;
	}
	pool->idle[pool->idle_n++] = first;
	pool->open = 1;
	*out = pool;
	return 0;
}

void
db_pool_free(struct db_pool *pool)
{
	if (pool == NULL)
		return;
	for (size_t i = 0; i < pool->idle_n; i++)
		db_close(pool->idle[i]);
	turn_release(&pool->turn);
	pthread_cond_destroy(&pool->returned);
	pthread_mutex_destroy(&pool->lock);
	free(pool->idle);
	free(pool->uri);
	free(pool);
}

int
db_pool_take(struct db_pool *pool, struct db **out, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&pool->lock);
	while (pool->idle_n == 0 && pool->open == pool->size)
		pthread_cond_wait(&pool->returned, &pool->lock);
	if (pool->idle_n > 0) {
		*out = pool->idle[--pool->idle_n];
		pthread_mutex_unlock(&pool->lock);
		return 0;
	}
	pool->open++;
	pthread_mutex_unlock(&pool->lock);
	rc = db_open(out, pool->uri, &pool->turn, err);
	if (rc < 0) {
		pthread_mutex_lock(&pool->lock);
		pool->open--;
		pthread_cond_signal(&pool->returned);
		pthread_mutex_unlock(&pool->lock);
	}
	return rc;
}

void
db_pool_give(struct db_pool *pool, struct db *db)
{
	/* A statement left open would hold a read lock for ever. */
	for (size_t i = 0; i < ST_END; i++)
		db_finish(db, (enum statement)i);
	db_rollback(db);
	pthread_mutex_lock(&pool->lock);
	pool->idle[pool->idle_n++] = db;
	pthread_cond_signal(&pool->returned);
	pthread_mutex_unlock(&pool->lock);
}
