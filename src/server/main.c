/* agentsecrets-server: keeps what it cannot read. */
#include "config.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <agentsecrets/confine.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/err.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/limits.h>
#include <agentsecrets/option.h>
#include <agentsecrets/text.h>

#include "src/server/http/listen.h"
#include "src/server/server.h"

enum {
	SOCKET_FD = 3, /* of the embedded server: already listening */
	THREADS = 8,
	THREADS_EMBEDDED = 2,
	TIMEOUT_SECONDS = 60,
	ATTEMPTS = 10,
};

struct arguments {
	const char *listen;
	const char *db;
	const char *keys;
	const char *origin;
	const char *timeout;
	const char *attempts;
	const char *secrets;
	const char *request_bytes;
	const char *value_bytes;
	bool embedded;
	bool open_registration;
	bool behind_proxy;
	bool help;
	bool version;
};

static const struct option options[] = {
    {0, "listen", OPTION_TEXT, "HOST:PORT",
	"address to listen on (127.0.0.1:8000)",
	offsetof(struct arguments, listen)},
    {0, "db", OPTION_TEXT, "URI", "database, as sqlite:PATH",
	offsetof(struct arguments, db)},
    {0, "keys", OPTION_TEXT, "FILE",
	"keys that wrap what is stored; made when missing",
	offsetof(struct arguments, keys)},
    {0, "open-registration", OPTION_FLAG, NULL,
	"let anybody who can connect make an account",
	offsetof(struct arguments, open_registration)},
    {0, "behind-proxy", OPTION_FLAG, NULL,
	"a proxy does TLS and writes X-Forwarded-For",
	offsetof(struct arguments, behind_proxy)},
    {0, "origin", OPTION_TEXT, "URL", "the address that clients should use",
	offsetof(struct arguments, origin)},
    {0, "timeout", OPTION_TEXT, "SECONDS", "for one request (60)",
	offsetof(struct arguments, timeout)},
    {0, "attempts", OPTION_TEXT, "N",
	"failed log-ins a minute and network (10; 0: no limit)",
	offsetof(struct arguments, attempts)},
    {0, "secrets-per-request", OPTION_TEXT, "N",
	"secrets that one request may write (20000)",
	offsetof(struct arguments, secrets)},
    {0, "request-bytes", OPTION_TEXT, "N", "body of such a request (33554432)",
	offsetof(struct arguments, request_bytes)},
    {0, "value-bytes", OPTION_TEXT, "N", "a value, before encryption (131071)",
	offsetof(struct arguments, value_bytes)},
    {0, "embedded", OPTION_FLAG, NULL,
	"serve the parent process on descriptor 3",
	offsetof(struct arguments, embedded)},
    {'h', "help", OPTION_FLAG, NULL, "show this",
	offsetof(struct arguments, help)},
    {'V', "version", OPTION_FLAG, NULL, "show the version",
	offsetof(struct arguments, version)},
};

enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

static void
print_help(void)
{
	printf("usage: agentsecrets-server [options] --db URI --keys FILE\n\n");
	for (size_t i = 0; i < OPTIONS; i++) {
		char left[64];

		snprintf(left, sizeof(left), "--%s%s%s", options[i].name,
		    options[i].metavar != NULL ? " " : "",
		    options[i].metavar != NULL ? options[i].metavar : "");
		printf("  %-24s %s\n", left, options[i].help);
	}
}

static void
report(const struct err *err)
{
	fprintf(stderr, "agentsecrets-server: %s\n", err->text);
	if (err->hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", err->hint);
}

static int
parse_number(const char *name, const char *text, uint64_t min, uint64_t max,
    int *out, struct err *err)
{
	uint64_t number;

	if (text == NULL)
		return 0;
	if (text_parse_u64(text, max, &number) < 0 || number < min)
		return err_set(err, EXIT_USAGE,
		    "--%s: '%s' is no number from %llu to %llu", name, text,
		    (unsigned long long)min, (unsigned long long)max);
	*out = (int)number;
	return 0;
}

static int
check(
    const struct arguments *a, const struct operands *operands, struct err *err)
{
	if (operands->n > 0)
		return err_set(err, EXIT_USAGE, "unexpected operand '%s'",
		    operands->items[0]);
	if (a->db == NULL)
		return err_set(err, EXIT_USAGE, "--db is required");
	if (a->keys == NULL)
		return err_set(err, EXIT_USAGE, "--keys is required");
	if (a->embedded &&
	    (a->listen != NULL || a->origin != NULL || a->attempts != NULL ||
		a->secrets != NULL || a->request_bytes != NULL ||
		a->value_bytes != NULL || a->open_registration ||
		a->behind_proxy))
		return err_set(err, EXIT_USAGE,
		    "--embedded goes with --db, --keys and --timeout only");
	return 0;
}

/* The smallest request holds one small secret. */
static int
parse_limits(
    const struct arguments *a, struct server_limits *out, struct err *err)
{
	enum { REQUEST_LEAST = 1024 };
	int rc = parse_number("secrets-per-request", a->secrets, 1, SECRETS_MAX,
	    &out->secrets, err);

	if (rc == 0)
		rc = parse_number("request-bytes", a->request_bytes,
		    REQUEST_LEAST, REQUEST_MAX, &out->request_bytes, err);
	return rc < 0 ? rc
		      : parse_number("value-bytes", a->value_bytes, 1,
			    VALUE_MAX, &out->value_bytes, err);
}

/*
 * The socket that was handed to us, and who listens on it: that process, our
 * parent, is the only one that may connect. If it is gone already, so are we.
 */
static int
take_socket(struct listen_config *config, struct err *err)
{
	struct ucred owner;
	socklen_t len = sizeof(owner);

	if (getsockopt(SOCKET_FD, SOL_SOCKET, SO_PEERCRED, &owner, &len) < 0)
		return err_sys(err, EXIT_USAGE,
		    "--embedded: no socket on descriptor %d", SOCKET_FD);
	config->fd = SOCKET_FD;
	config->peer = getppid();
	if (owner.uid != geteuid() ||
	    (owner.pid != 0 && owner.pid != config->peer))
		return err_set(err, EXIT_FAILED,
		    "--embedded: the socket is not our parent's");
	return 0;
}

/* Where the embedded server's socket is; "" for none. */
static void
find_socket(const struct arguments *a, struct sockaddr_un *out)
{
	socklen_t len = sizeof(*out);

	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!a->embedded ||
	    getsockname(SOCKET_FD, (struct sockaddr *)out, &len) < 0 ||
	    out->sun_family != AF_UNIX || out->sun_path[0] != '/')
		out->sun_path[0] = '\0';
}

/* The helper that bound it may have been killed: leave nothing behind. */
static void
remove_socket(struct sockaddr_un *address)
{
	if (address->sun_path[0] == '\0')
		return;
	unlink(address->sun_path);
	rmdir(dirname(address->sun_path));
	address->sun_path[0] = '\0';
}

static void
announce(int fd)
{
	char name[80];

	listen_name(fd, name, sizeof(name));
	fprintf(stderr, "agentsecrets-server: listening on %s\n", name);
}

static void
wait_for_end(const sigset_t *signals)
{
	int signal_number;

	while (sigwait(signals, &signal_number) == EINTR)
		;
}

/* Answer until told to stop. */
static int
serve(const struct arguments *a, struct server *server,
    struct listen_config *config, struct sockaddr_un *address,
    const sigset_t *signals, struct err *err)
{
	struct listener *listener = NULL;
	int rc = 0;

	if (a->embedded)
		rc = take_socket(config, err);
	else
		rc = config->fd = listen_open(
		    a->listen != NULL ? a->listen : "127.0.0.1:8000",
		    a->behind_proxy, err);
	if (rc < 0)
		return rc;
	if ((rc = confine_self(CONFINE_SERVER, err)) < 0 ||
	    (rc = listen_start(&listener, server, config, err)) < 0)
		return rc;
	if (!a->embedded)
		announce(config->fd);
	wait_for_end(signals);
	remove_socket(address);
	listen_stop(listener);
	return 0;
}

static int
run(const struct arguments *a, const sigset_t *signals, struct err *err)
{
	struct server_config config = {
	    .db = a->db,
	    .keys = a->keys,
	    .origin = a->origin,
	    .threads = a->embedded ? THREADS_EMBEDDED : THREADS,
	    .attempts = ATTEMPTS,
	    .limits = {SECRETS_MAX, REQUEST_MAX, VALUE_MAX},
	    .embedded = a->embedded,
	    .open_registration = a->open_registration,
	    .report = report,
	};
	struct listen_config listen = {
	    .fd = -1,
	    .threads = a->embedded ? 1 : THREADS,
	    .timeout = TIMEOUT_SECONDS,
	    .behind_proxy = a->behind_proxy,
	};
	static struct server server;
	struct sockaddr_un address;
	int rc;

	if ((rc = parse_number(
		 "timeout", a->timeout, 1, 3600, &listen.timeout, err)) < 0 ||
	    (rc = parse_number("attempts", a->attempts, 0, 1000000,
		 &config.attempts, err)) < 0 ||
	    (rc = parse_limits(a, &config.limits, err)) < 0 ||
	    (rc = crypto_init(err)) < 0)
		return rc;
	find_socket(a, &address);
	rc = server_init(&server, &config, err);
	if (rc == 0)
		rc = serve(a, &server, &listen, &address, signals, err);
	remove_socket(&address);
	server_release(&server);
	return rc;
}

int
main(int argc, char **argv)
{
	struct arguments a = {.listen = NULL};
	struct operands operands;
	struct err err = {.status = EXIT_DONE};
	sigset_t signals;
	int rc = option_parse(
	    options, OPTIONS, true, argc, argv, &a, &operands, &err);

#ifndef WITH_SANITIZERS
	if (rc == 0 && !confine_malloc_wipes())
		rc = err_set(&err, EXIT_FAILED,
		    "freed memory would keep passwords and keys");
#endif
	/* Blocked before any thread exists, and before our parent may end. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	confine_start(a.embedded ? SOCKET_FD + 1 : SOCKET_FD, a.embedded);
	umask(077);
	if (rc == 0 && a.help) {
		print_help();
		return EXIT_DONE;
	}
	if (rc == 0 && a.version) {
		printf("agentsecrets-server %s\n", PACKAGE_VERSION);
		return EXIT_DONE;
	}
	if (rc == 0)
		rc = check(&a, &operands, &err);
	if (rc == 0)
		rc = run(&a, &signals, &err);
	if (rc < 0)
		report(&err);
	return -rc;
}
