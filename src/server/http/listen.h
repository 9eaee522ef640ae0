/*
 * listen: sockets, threads and time limits around http_handle().
 */
#ifndef AGENTSECRETS_SERVER_LISTEN_H
#define AGENTSECRETS_SERVER_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include <agentsecrets/err.h>

struct server;
struct listener;

struct listen_config {
	int fd;	     /* listening socket; the listener closes it */
	int threads; /* 1: one, else a pool */
	int timeout; /* seconds for one request, from first byte to last */
	bool behind_proxy; /* the last X-Forwarded-For is the peer */
	pid_t peer;	   /* embedded: the only process that may connect */
};

/**
 * Bind and listen.
 *
 * @param address  "HOST:PORT" or "[HOST]:PORT"; numeric, or "localhost";
 *                 port 0 picks a free one
 * @param foreign  an address that is not loopback is allowed
 * @return the descriptor; -EXIT_USAGE, -EXIT_FAILED
 */
int listen_open(const char *address, bool foreign, struct err *err);

/** Write "HOST:PORT" of a bound socket. */
void listen_name(int fd, char *out, size_t out_len);

/**
 * Start answering.
 *
 * @return 0; -EXIT_FAILED
 */
int listen_start(struct listener **out, struct server *server,
    const struct listen_config *config, struct err *err);

/**
 * Stop accepting, let what is in flight finish (at most the time limit of a
 * request), end all threads and free. Accepts NULL.
 */
void listen_stop(struct listener *listener);

#endif
