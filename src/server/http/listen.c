#include "config.h"

#include "src/server/http/listen.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "src/server/http/headers.h"
#include "src/server/http/listener.h"

enum { BACKLOG = 128, HOST_MAX = 64 };

/* "HOST:PORT", the host in brackets when it holds colons. */
static int
split(const char *address, char host[HOST_MAX], const char **port)
{
	const char *colon = strrchr(address, ':');
	const char *start = address;
	size_t len;

	if (colon == NULL || colon[1] == '\0')
		return -1;
	len = (size_t)(colon - address);
	if (len >= 2 && start[0] == '[' && start[len - 1] == ']') {
		start++;
		len -= 2;
	}
	*port = colon + 1;
	return len == 0 ? -1 : text_copy(host, HOST_MAX, start, len);
}

static int
bind_to(const struct addrinfo *found, const char *address, struct err *err)
{
	AUTO_FD int fd = -1;
	int one = 1;
	int out;

	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return err_sys(
		    err, EXIT_FAILED, "cannot listen on '%s'", address);
	out = fd;
	fd = -1;
	return out;
}

int
listen_open(const char *address, bool foreign, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char host[HOST_MAX];
	const char *port;
	int rc;

	if (split(address, host, &port) < 0)
		return err_set(err, EXIT_USAGE,
		    "'%s' is no address: give HOST:PORT", address);
	if (text_equal(host, "localhost"))
		snprintf(host, sizeof(host), "127.0.0.1");
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return err_set(err, EXIT_USAGE,
		    "'%s' is no numeric address and port", address);
	if (!foreign && !address_is_loopback(found->ai_addr)) {
		freeaddrinfo(found);
		err_set(err, EXIT_USAGE,
		    "refusing to listen without encryption on '%s'", address);
		return err_hint(err,
		    "listen on 127.0.0.1 behind a proxy that does TLS; "
		    "--behind-proxy allows another address");
	}
	rc = bind_to(found, address, err);
	freeaddrinfo(found);
	return rc;
}

void
listen_name(int fd, char *out, size_t out_len)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[HOST_MAX];
	char port[8];

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&address, len, host, sizeof(host),
		port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(out, out_len, "an unknown address");
	else
		snprintf(out, out_len,
		    strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host,
		    port);
}

/* Paths are cut before they are decoded; see path.c. */
static size_t
keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

static struct MHD_Daemon *
start_daemon(struct listener *listener)
{
	const struct listen_config *config = &listener->config;
	unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC;
	struct MHD_OptionItem pool[] = {
	    {MHD_OPTION_THREAD_POOL_SIZE, config->threads, NULL},
	    {MHD_OPTION_END, 0, NULL},
	};

	/* A pool of one is refused. */
	if (config->threads < 2)
		pool[0].option = MHD_OPTION_END;
	return MHD_start_daemon(flags, 0, NULL, NULL, exchange_receive,
	    listener, MHD_OPTION_ARRAY, pool, MHD_OPTION_LISTEN_SOCKET,
	    config->fd, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, listener,
	    MHD_OPTION_NOTIFY_COMPLETED, exchange_end, listener,
	    MHD_OPTION_NOTIFY_CONNECTION, connection_notify, listener,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	    config->behind_proxy ? 0U : (unsigned)CONNECTIONS_PER_ADDRESS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
	    MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_END);
}

static void
release(struct listener *listener)
{
	reaper_stop(listener);
	fd_close(&listener->config.fd);
	pthread_cond_destroy(&listener->wake);
	pthread_mutex_destroy(&listener->lock);
	free(listener);
}

int
listen_start(struct listener **out, struct server *server,
    const struct listen_config *config, struct err *err)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (listener == NULL)
		return err_memory(err);
	listener->server = server;
	listener->config = *config;
	pthread_mutex_init(&listener->lock, NULL);
	pthread_cond_init(&listener->wake, NULL);
	if (reaper_start(listener) == 0)
		listener->daemon = start_daemon(listener);
	if (listener->daemon == NULL) {
		release(listener);
		return err_set(err, EXIT_FAILED, "cannot start answering");
	}
	*out = listener;
	return 0;
}

void
listen_stop(struct listener *listener)
{
	const struct timespec moment = {0, 5 * 1000 * 1000};
	int64_t until;

	if (listener == NULL)
		return;
	atomic_store(&listener->ending, true);
	MHD_quiesce_daemon(listener->daemon);
	until = monotonic_seconds() + listener->config.timeout;
	while (atomic_load(&listener->in_flight) > 0 &&
	    monotonic_seconds() < until)
		nanosleep(&moment, NULL);
	MHD_stop_daemon(listener->daemon);
	release(listener);
}
