/*
 * libmicrohttpd's timeout is one of silence: a byte a second keeps a
 * connection for ever. So each connection has a deadline here, and a thread
 * that shuts it down.
 */
#include "config.h"

#include "src/server/http/listener.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t
monotonic_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void *
reap(void *context)
{
	struct listener *listener = context;

	pthread_mutex_lock(&listener->lock);
	while (!listener->stopping) {
		int64_t now = monotonic_seconds();
		struct timespec until;

		for (struct connection *c = listener->connections; c != NULL;
		     c = c->next) {
			/* Its thread then sees the end and closes it. */
			if (c->deadline <= now)
				shutdown(c->fd, SHUT_RDWR);
		}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_cond_clockwait(
		    &listener->wake, &listener->lock, CLOCK_MONOTONIC, &until);
	}
	pthread_mutex_unlock(&listener->lock);
	return NULL;
}

int
reaper_start(struct listener *listener)
{
	if (pthread_create(&listener->reaper, NULL, reap, listener) != 0)
		return -1;
	listener->has_reaper = true;
	return 0;
}

void
reaper_stop(struct listener *listener)
{
	if (!listener->has_reaper)
		return;
	pthread_mutex_lock(&listener->lock);
	listener->stopping = true;
	pthread_cond_signal(&listener->wake);
	pthread_mutex_unlock(&listener->lock);
	pthread_join(listener->reaper, NULL);
	listener->has_reaper = false;
}

/* Whether the peer of a Unix socket is us and the process that may connect. */
static bool
peer_is_allowed(const struct listener *listener, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (listener->config.peer == 0)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	/* From another pid namespace the process is 0: the uid must do. */
	return peer.uid == geteuid() &&
	    (peer.pid == 0 || peer.pid == listener->config.peer);
}

static void
add(struct listener *listener, struct MHD_Connection *connection,
    void **context)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return;
	c->fd = info->connect_fd;
	c->deadline = monotonic_seconds() + listener->config.timeout;
	c->refused = !peer_is_allowed(listener, c->fd);
	if (c->refused)
		shutdown(c->fd, SHUT_RDWR);
	pthread_mutex_lock(&listener->lock);
	c->next = listener->connections;
	if (c->next != NULL)
		c->next->previous = c;
	listener->connections = c;
	pthread_mutex_unlock(&listener->lock);
	*context = c;
}

static void
drop(struct listener *listener, struct connection *c)
{
	pthread_mutex_lock(&listener->lock);
	if (c->next != NULL)
		c->next->previous = c->previous;
	if (c->previous != NULL)
		c->previous->next = c->next;
	else
		listener->connections = c->next;
	pthread_mutex_unlock(&listener->lock);
	free(c);
}

void
connection_notify(void *context, struct MHD_Connection *connection, void **own,
    enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		add(context, connection, own);
	} else if (*own != NULL) {
		drop(context, *own);
		*own = NULL;
	}
}

struct connection *
connection_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

void
connection_extend(
    struct listener *listener, struct MHD_Connection *connection, int seconds)
{
	struct connection *c = connection_of(connection);

	if (c == NULL)
		return;
	pthread_mutex_lock(&listener->lock);
	c->deadline = monotonic_seconds() + seconds;
	pthread_mutex_unlock(&listener->lock);
}
