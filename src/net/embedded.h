/* embedded: a server of our own behind a Unix socket in a private place. */
#ifndef NET_EMBEDDED_H
#define NET_EMBEDDED_H

#include <stdbool.h>
#include <sys/types.h>

#include <agentsecrets/err.h>

enum { SOCKET_PATH = 108 }; /* sockaddr_un.sun_path */

struct embedded {
	pid_t pid;		/* 0: not running */
	char dir[SOCKET_PATH];	/* ours alone; "" when there is none */
	char path[SOCKET_PATH]; /* the socket in it */
};

/**
 * Bind a socket in a fresh 0700 directory and start agentsecrets-server on
 * it. The socket listens when this returns: a request waits until the server
 * takes it. From then on SIGHUP, SIGINT and SIGTERM take the socket away
 * before they end us.
 *
 * @param embedded  stays where it is until embedded_stop()
 * @param data_dir  of its database and keys; made (0700) when missing
 * @return 0; -EXIT_FAILED, nothing is left behind
 */
int embedded_start(
    struct embedded *embedded, const char *data_dir, struct err *err);

/**
 * Whether the server has ended, and with what wait status. A server that
 * closes its socket is about to: it gets a moment.
 */
bool embedded_has_ended(struct embedded *embedded, int *status);

/** End the server, wait for it, remove what it may have left. */
void embedded_stop(struct embedded *embedded);

#endif
