/* What the files of the listener share. */
#ifndef AGENTSECRETS_SERVER_LISTENER_H
#define AGENTSECRETS_SERVER_LISTENER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "src/server/http/listen.h"

enum {
	CONNECTIONS_MAX = 512,
	CONNECTIONS_PER_ADDRESS = 256,
	CONNECTION_MEMORY = 32 << 10, /* bounds the header too */
	IDLE_SECONDS = 30,
	/*
	 * Bytes of all large requests being received and all large answers
	 * being sent. Small ones are bounded by the number of connections,
	 * and nobody who fills this keeps others from logging in.
	 */
	BODIES_MAX = 512 << 20,
};

/* One connection; freed when libmicrohttpd says that it is closed. */
struct connection {
	struct connection *next;
	struct connection *previous;
	int fd;
	int64_t deadline; /* seconds, monotonic */
	bool refused;	  /* not the peer that may connect */
};

struct listener {
	struct MHD_Daemon *daemon;
	struct server *server;
	struct listen_config config;
	pthread_mutex_t lock; /* of `connections` and `stopping` */
	pthread_cond_t wake;
	struct connection *connections;
	bool stopping;
	pthread_t reaper;
	bool has_reaper;
	atomic_bool ending; /* answers are the last of their connection */
	atomic_int in_flight;
	atomic_size_t bodies;
};

/** Seconds that never go back. */
int64_t monotonic_seconds(void);

/** Begin and end watching connections. @return 0, or -1 */
int reaper_start(struct listener *listener);
void reaper_stop(struct listener *listener);

/** Called by libmicrohttpd for every connection, at both its ends. */
void connection_notify(void *listener, struct MHD_Connection *connection,
    void **context, enum MHD_ConnectionNotificationCode code);

/** Give a connection until `seconds` from now. */
void connection_extend(
    struct listener *listener, struct MHD_Connection *connection, int seconds);

/** Ours for a connection of libmicrohttpd's, or NULL. */
struct connection *connection_of(struct MHD_Connection *connection);

/** The callbacks of one request; see exchange.c. */
void *exchange_begin(
    void *listener, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_receive(void *listener,
    struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *data_len, void **context);
void exchange_end(void *listener, struct MHD_Connection *connection,
    void **context, enum MHD_RequestTerminationCode code);

#endif
