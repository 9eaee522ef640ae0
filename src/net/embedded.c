#include "config.h"

#include "embedded.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/spawn.h>

/* Below the two seconds that the launcher waits for us. */
enum { PATIENCE_MS = 1500, MOMENT_MS = 500, BACKLOG = 16 };

extern char **environ;

/* The place of the one server, for the signal handler. */
static const struct embedded *removed_on_signal;

/*
 * A signal ends us; the server ends because we do. If it has ended before, or
 * is killed as well, nobody else takes the socket away.
 */
static void
remove_and_exit(int number)
{
	(void)number;
	if (removed_on_signal != NULL && removed_on_signal->dir[0] != '\0') {
		unlink(removed_on_signal->path);
		rmdir(removed_on_signal->dir);
	}
	_exit(EXIT_FAILED);
}

static void
remove_on_signals(const struct embedded *embedded)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = remove_and_exit};

	removed_on_signal = embedded;
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}

/* A directory that nobody else could have put anything into. */
static bool
is_private(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 0077) == 0;
}

static void
remove_place(struct embedded *embedded)
{
	if (embedded->dir[0] == '\0')
		return;
	unlink(embedded->path);
	rmdir(embedded->dir);
	embedded->dir[0] = '\0';
}

static int
make_place(struct embedded *embedded, struct err *err)
{
	static const char name[] = "agentsecrets-XXXXXX";
	const char *parent = getenv("XDG_RUNTIME_DIR");
	int n;

	if (parent == NULL || parent[0] != '/' || !is_private(parent) ||
	    strlen(parent) + sizeof(name) + sizeof("/s") > SOCKET_PATH)
		parent = "/tmp";
	snprintf(embedded->dir, sizeof(embedded->dir), "%s/%s", parent, name);
	if (mkdtemp(embedded->dir) == NULL) {
		embedded->dir[0] = '\0';
		return err_sys(err, EXIT_FAILED,
		    "cannot make a directory in '%s'", parent);
	}
	n = snprintf(
	    embedded->path, sizeof(embedded->path), "%s/s", embedded->dir);
	return n < (int)sizeof(embedded->path)
	    ? 0
	    : err_set(err, EXIT_FAILED, "'%s' is too long for a socket",
		  embedded->dir);
}

static int
listen_there(const char *path, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	AUTO_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int listening;

	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return err_sys(err, EXIT_FAILED, "cannot listen on '%s'", path);
	listening = fd;
	fd = -1;
	return listening;
}

static int
make_data_dir(const char *data_dir, struct err *err)
{
	if (mkdir(data_dir, 0700) < 0 && errno != EEXIST)
		return err_sys(err, EXIT_FAILED, "cannot make '%s'", data_dir);
	if (!is_private(data_dir)) {
		err_set(err, EXIT_FAILED,
		    "'%s' is not a directory of yours alone", data_dir);
		return err_hint(err, "chmod 700 it, or move it away");
	}
	return 0;
}

static int
start_server(struct embedded *embedded, const char *data_dir, int socket,
    struct err *err)
{
	char path[PATH_MAX];
	char db[PATH_MAX];
	char keys[PATH_MAX];
	char embedded_flag[] = "--embedded";
	char db_flag[] = "--db";
	char keys_flag[] = "--keys";
	char *argv[] = {
	    path, embedded_flag, db_flag, db, keys_flag, keys, NULL};

	if (snprintf(db, sizeof(db), "sqlite:%s/data.sqlite", data_dir) >=
		(int)sizeof(db) ||
	    snprintf(keys, sizeof(keys), "%s/keys", data_dir) >=
		(int)sizeof(keys))
		return err_set(err, EXIT_FAILED, "'%s' is too long", data_dir);
	if (spawn_find(path, "../../bin/agentsecrets-server",
		BIN_DIR "/agentsecrets-server", err) < 0)
		return -EXIT_FAILED;
	return spawn_start(&embedded->pid, path, argv, environ, socket, err);
}

int
embedded_start(struct embedded *embedded, const char *data_dir, struct err *err)
{
	AUTO_FD int listening = -1;

	*embedded = (struct embedded){.pid = 0};
	if (make_data_dir(data_dir, err) < 0)
		return -EXIT_FAILED;
	remove_on_signals(embedded);
	if (make_place(embedded, err) < 0 ||
	    (listening = listen_there(embedded->path, err)) < 0 ||
	    start_server(embedded, data_dir, listening, err) < 0) {
		remove_place(embedded);
		return -EXIT_FAILED;
	}
	return 0;
}

bool
embedded_has_ended(struct embedded *embedded, int *status)
{
	if (embedded->pid == 0 ||
	    !spawn_has_ended(&embedded->pid, MOMENT_MS, status))
		return false;
	remove_place(embedded);
	return true;
}

void
embedded_stop(struct embedded *embedded)
{
	if (embedded->pid != 0)
		kill(embedded->pid, SIGTERM);
	spawn_end(&embedded->pid, PATIENCE_MS);
	remove_place(embedded);
}
