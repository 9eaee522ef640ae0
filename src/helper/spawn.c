#include "config.h"

#include <agentsecrets/spawn.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <agentsecrets/fd.h>

static int
beside_us(char out[PATH_MAX], const char *relative)
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
	n = snprintf(out, PATH_MAX, "%s/%s", own, relative);
	return n < 0 || n >= PATH_MAX || access(out, F_OK) < 0 ? -1 : 0;
}

int
spawn_find(char out[PATH_MAX], const char *relative, const char *fallback,
    struct err *err)
{
	struct stat st;

	if (beside_us(out, relative) < 0)
		snprintf(out, PATH_MAX, "%s", fallback);
	if (stat(out, &st) < 0) {
		err_sys(err, EXIT_FAILED, "cannot find '%s'", out);
		return err_hint(err, "the installation is not complete");
	}
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, EXIT_FAILED, "'%s' is no regular file", out);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		err_set(err, EXIT_FAILED,
		    "'%s' could have been changed by somebody else", out);
		return err_hint(err,
		    "it must belong to root or you, writable by nobody else");
	}
	return 0;
}

/* An errno value, as posix_spawn() and its helpers return it. */
static int
prepare_signals(posix_spawnattr_t *attr)
{
	sigset_t all;
	sigset_t none;
	int rc;

	sigfillset(&all);
	sigemptyset(&none);
	rc = posix_spawnattr_setsigdefault(attr, &all);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setflags(
		    attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	return rc;
}

/* What a program gets of descriptors; an errno value. */
typedef int prepare(posix_spawn_file_actions_t *actions, int fd);

static int
prepare_socket(posix_spawn_file_actions_t *actions, int socket)
{
	int rc =
	    posix_spawn_file_actions_adddup2(actions, socket, SPAWN_SOCKET);

	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(
		    actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(
		    actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
		    actions, SPAWN_SOCKET + 1);
	return rc;
}

static int
prepare_output(posix_spawn_file_actions_t *actions, int out)
{
	int rc = posix_spawn_file_actions_adddup2(actions, out, STDOUT_FILENO);

	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(
		    actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(
		    actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
		    actions, STDERR_FILENO + 1);
	return rc;
}

static int
start(pid_t *pid, const char *path, char *const argv[], char *const env[],
    prepare *descriptors, int fd, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	pid_t child = 0;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc != 0)
		return err_memory(err);
	rc = posix_spawnattr_init(&attr);
	if (rc == 0) {
		rc = prepare_signals(&attr);
		if (rc == 0)
			rc = descriptors(&actions, fd);
		if (rc == 0)
			rc = posix_spawn(
			    &child, path, &actions, &attr, argv, env);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0) {
		errno = rc;
		return err_sys(err, EXIT_FAILED, "cannot start '%s'", path);
	}
	*pid = child;
	return 0;
}

int
spawn_start(pid_t *pid, const char *path, char *const argv[], char *const env[],
    int socket, struct err *err)
{
	return start(pid, path, argv, env, prepare_socket, socket, err);
}

/* Read until a line has ended, or nothing comes any more. @return bytes */
static size_t
read_line(char *out, size_t out_len, int fd, int patience_ms)
{
	struct pollfd there = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n;

	while (len < out_len && memchr(out, '\n', len) == NULL &&
	    poll(&there, 1, patience_ms) == 1) {
		n = read(fd, out + len, out_len - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return len;
}

int
spawn_read(char *out, size_t out_len, const char *path, const char *argument,
    int patience_ms, struct err *err)
{
	static char locale[] = "LC_ALL=C.UTF-8";
	char program[PATH_MAX];
	char word[64];
	char *argv[] = {program, word, NULL};
	char *env[] = {locale, NULL};
	AUTO_FD int from = -1;
	AUTO_FD int to = -1;
	int ends[2];
	pid_t pid;
	size_t len;

	snprintf(program, sizeof(program), "%s", path);
	snprintf(word, sizeof(word), "%s", argument);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, EXIT_FAILED, "cannot make a pipe");
	from = ends[0];
	to = ends[1];
	if (start(&pid, path, argv, env, prepare_output, to, err) < 0)
		return -EXIT_FAILED;
	fd_close(&to);
	len = read_line(out, out_len - 1, from, patience_ms);
	fd_close(&from);
	spawn_end(&pid, len > 0 ? patience_ms : 0);
	out[len] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return out[0] != '\0'
	    ? 0
	    : err_set(err, EXIT_FAILED, "'%s' does not answer", path);
}

/* Reap a child that has ended or is about to. */
static void
reap(pid_t *pid, int *status)
{
	while (waitpid(*pid, status, 0) < 0 && errno == EINTR)
		continue;
	*pid = 0;
}

bool
spawn_has_ended(pid_t *pid, int patience_ms, int *status)
{
	AUTO_FD int pidfd = -1;
	struct pollfd ended = {.events = POLLIN};
	int rc;

	if (*pid == 0)
		return true;
	pidfd = pidfd_open(*pid, 0);
	if (pidfd < 0)
		return false;
	ended.fd = pidfd;
	do {
		rc = poll(&ended, 1, patience_ms);
	} while (rc < 0 && errno == EINTR);
	if (rc != 1)
		return false;
	reap(pid, status);
	return true;
}

void
spawn_end(pid_t *pid, int patience_ms)
{
	if (spawn_has_ended(pid, patience_ms, NULL))
		return;
	kill(*pid, SIGKILL);
	reap(pid, NULL);
}
