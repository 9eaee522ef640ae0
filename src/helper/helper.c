#include "config.h"

#include <agentsecrets/helper.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

enum { HELPER_SOCKET = 3, PATIENCE_MS = 2000 };

extern char **environ;

/*
 * The program beside ours: BIN/../libexec/agentsecrets/NAME. A process that
 * made itself undumpable can still read this link of its own.
 */
static int
beside_us(char out[PATH_MAX], const char *name)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;
	int n;

	if (len < 0)
		return -1;
	own[len] = '\0';
	slash = strrchr(own, '/');
	if (slash == NULL)
		return -1;
	*slash = '\0';
	n = snprintf(out, PATH_MAX, "%s/../libexec/agentsecrets/%s", own, name);
	return n < 0 || n >= PATH_MAX || access(out, F_OK) < 0 ? -1 : 0;
}

static int
find_program(char out[PATH_MAX], const char *name, struct err *err)
{
	struct stat st;

	if (beside_us(out, name) < 0)
		snprintf(out, PATH_MAX, "%s/%s", HELPER_DIR, name);
	if (stat(out, &st) < 0) {
		err_sys(err, EXIT_FAILED, "cannot find the helper '%s'", out);
		return err_hint(err, "the installation is not complete");
	}
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, EXIT_FAILED, "helper '%s' is no regular file", out);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		err_set(err, EXIT_FAILED,
		    "helper '%s' could have been changed by somebody else",
		    out);
		return err_hint(err,
		    "it must belong to root or you, writable by nobody else");
	}
	return 0;
}

/* What a helper gets of our environment. No proxy: none is ever used. */
static void
minimal_environment(char *out[], size_t room)
{
	static const char *const passed[] = {"HOME=", "XDG_RUNTIME_DIR="};
	static char path[] = "PATH=/usr/bin:/bin";
	static char lang[] = "LANG=C.UTF-8";
	static char lc_all[] = "LC_ALL=C.UTF-8";
	size_t n = 0;

	out[n++] = path;
	out[n++] = lang;
	out[n++] = lc_all;
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		for (char **entry = environ; *entry != NULL; entry++) {
			if (n + 1 < room &&
			    text_has_prefix(*entry, passed[i])) {
				out[n++] = *entry;
				break;
			}
		}
	}
	out[n] = NULL;
}

/* Three descriptors and the socket, default signals, nothing else. */
static int
prepare_spawn(
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr, int socket)
{
	sigset_t all;
	sigset_t none;

	sigfillset(&all);
	sigemptyset(&none);
	if (posix_spawnattr_setsigdefault(attr, &all) != 0 ||
	    posix_spawnattr_setsigmask(attr, &none) != 0 ||
	    posix_spawnattr_setflags(
		attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) != 0)
		return -1;
	if (posix_spawn_file_actions_adddup2(actions, socket, HELPER_SOCKET) !=
		0 ||
	    posix_spawn_file_actions_addopen(
		actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(
		actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn_file_actions_addclosefrom_np(
		actions, HELPER_SOCKET + 1) != 0)
		return -1;
	return 0;
}

static int
spawn(pid_t *pid, const char *path, const char *name, int socket)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	char *env[8];
	char arg0[NAME_MAX + 1];
	char *argv[] = {arg0, NULL};
	int rc = ENOMEM;

	snprintf(arg0, sizeof(arg0), "%s", name);
	minimal_environment(env, sizeof(env) / sizeof(env[0]));
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attr) == 0) {
		if (prepare_spawn(&actions, &attr, socket) == 0)
			rc = posix_spawn(pid, path, &actions, &attr, argv, env);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

int
helper_start(struct helper *helper, const char *name, struct err *err)
{
	AUTO_FD int ours = -1;
	AUTO_FD int theirs = -1;
	char path[PATH_MAX];
	int pair[2];
	pid_t pid;

	if (find_program(path, name, err) < 0)
		return -EXIT_FAILED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, EXIT_FAILED, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	errno = spawn(&pid, path, name, theirs);
	if (errno != 0)
		return err_sys(err, EXIT_FAILED, "cannot start '%s'", path);
	*helper = (struct helper){pid, ours};
	ours = -1;
	return 0;
}

/* Whether the process ended by itself in time. */
static bool
ended_in_time(int pidfd)
{
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	int rc;

	if (pidfd < 0)
		return false;
	do {
		rc = poll(&ended, 1, PATIENCE_MS);
	} while (rc < 0 && errno == EINTR);
	return rc == 1;
}

void
helper_stop(struct helper *helper)
{
	AUTO_FD int pidfd = -1;

	fd_close(&helper->fd);
	if (helper->pid == 0)
		return;
	pidfd = pidfd_open(helper->pid, 0);
	if (!ended_in_time(pidfd))
		kill(helper->pid, SIGKILL);
	while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	helper->pid = 0;
}
