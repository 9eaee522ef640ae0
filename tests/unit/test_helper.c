/*
 * helper: what a started helper has, and what its starter keeps. The program
 * copies itself into a prefix of its own, since helpers are found beside it.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/helper.h>

#define HELPER_NAME "probe-helper"

extern char **environ;
static char prefix[] = "/tmp/agentsecrets-helper.XXXXXX";

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len >= strlen(end) && !strcmp(text + len - strlen(end), end);
}

/* ---- the helper's part: tell what it finds, then wait for the end -------- */

static void
tell_descriptors(FILE *out)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' &&
		    atoi(entry->d_name) != dirfd(dir))
			fprintf(out, "fd=%s\n", entry->d_name);
	}
	closedir(dir);
}

/* Sanitizers handle these themselves. */
static bool
belongs_to_us(int number)
{
#ifdef WITH_SANITIZERS
	return number != SIGSEGV && number != SIGBUS && number != SIGFPE;
#else
	return number > 0;
#endif
}

static void
tell_signals(FILE *out)
{
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number < 32; number++) {
		sigaction(number, NULL, &action);
		if (action.sa_handler != SIG_DFL && belongs_to_us(number))
			fprintf(out, "ignored=%d\n", number);
		if (sigismember(&mask, number))
			fprintf(out, "blocked=%d\n", number);
	}
}

static int
helper_main(void)
{
	FILE *out = fdopen(3, "w");
	char byte;

	for (char **entry = environ; *entry != NULL; entry++)
		fprintf(out, "env=%s\n", *entry);
	tell_descriptors(out);
	tell_signals(out);
	fprintf(out, "end\n");
	fflush(out);
	if (read(3, &byte, 1) == 1 && byte == 'h')
		for (;;)
			pause();
	return 0;
}

/* ---- the tests ----------------------------------------------------------- */

static void
read_report(int fd, char *out, size_t out_len)
{
	size_t len = 0;

	while (len < out_len - 1) {
		ssize_t n = read(fd, out + len, out_len - 1 - len);

		assert_true(n > 0);
		len += (size_t)n;
		out[len] = '\0';
		if (ends_with(out, "\nend\n"))
			return;
	}
	fail();
}

/* A caller with everything that must not be passed on. */
static void
spoil_ourselves(void)
{
	static char texts[][40] = {"HOME=/nonexistent/home", "LD_DEBUG=help",
	    "SSLKEYLOGFILE=/tmp/never", "OPENSSL_CONF=/tmp/never",
	    "https_proxy=http://x", "AGENTSECRETS_TOKEN=never", "PATH=/never",
	    "DISPLAY=:7", "WAYLAND_DISPLAY=", "DISPLAYED=no",
	    "XDG_RUNTIME_DIR=/nonexistent/run"};
	static char *hostile[sizeof(texts) / sizeof(texts[0]) + 1];
	sigset_t mask;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		hostile[i] = texts[i];
	environ = hostile;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	assert_true(dup2(1, 40) == 40);
}

static void
check_ourselves(void)
{
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_true(sigismember(&mask, SIGUSR1));
	assert_false(sigismember(&mask, SIGUSR2));
	sigaction(SIGPIPE, NULL, &action);
	assert_true(action.sa_handler == SIG_IGN);
	sigaction(SIGCHLD, NULL, &action);
	assert_true(action.sa_handler == SIG_DFL);
	assert_int_equal(fcntl(40, F_GETFD), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_gets_nothing_else(void **state)
{
	char **before = environ;
	struct helper helper = HELPER_INIT;
	char report[8192];
	struct err err;

	(void)state;
	spoil_ourselves();
	assert_int_equal(helper_start(&helper, HELPER_NAME, NULL, &err), 0);
	environ = before;
	assert_int_equal(fcntl(helper.fd, F_GETFD), FD_CLOEXEC);
	read_report(helper.fd, report, sizeof(report));
	assert_string_equal(report,
	    "env=PATH=/usr/bin:/bin\n"
	    "env=LANG=C.UTF-8\n"
	    "env=LC_ALL=C.UTF-8\n"
	    "env=HOME=/nonexistent/home\n"
	    "env=XDG_RUNTIME_DIR=/nonexistent/run\n"
	    "fd=0\nfd=1\nfd=2\nfd=3\nend\n");
	helper_stop(&helper);
	assert_int_equal(helper.pid, 0);
	assert_int_equal(helper.fd, -1);
	check_ourselves();
	close(40);
}

/* Of what is asked for, what is there and not empty. */
static void
test_gets_variables(void **state)
{
	static const char *const variables[] = {
	    "DISPLAY=", "WAYLAND_DISPLAY=", "XAUTHORITY=", NULL};
	char **before = environ;
	struct helper helper = HELPER_INIT;
	char report[8192];
	struct err err;

	(void)state;
	spoil_ourselves();
	assert_int_equal(
	    helper_start(&helper, HELPER_NAME, variables, &err), 0);
	environ = before;
	read_report(helper.fd, report, sizeof(report));
	assert_non_null(strstr(report, "\nenv=DISPLAY=:7\n"));
	assert_null(strstr(report, "WAYLAND"));
	assert_null(strstr(report, "XAUTHORITY"));
	assert_null(strstr(report, "DISPLAYED"));
	helper_stop(&helper);
	close(40);
}

static void
test_found_when_undumpable(void **state)
{
	struct helper helper = HELPER_INIT;
	struct err err;

	(void)state;
	assert_int_equal(prctl(PR_SET_DUMPABLE, 0), 0);
	assert_int_equal(helper_start(&helper, HELPER_NAME, NULL, &err), 0);
	helper_stop(&helper);
}

static void
test_hanging_helper_is_ended(void **state)
{
	struct helper helper = HELPER_INIT;
	char report[8192];
	struct err err;

	(void)state;
	assert_int_equal(helper_start(&helper, HELPER_NAME, NULL, &err), 0);
	read_report(helper.fd, report, sizeof(report));
	assert_int_equal(write(helper.fd, "h", 1), 1);
	helper_stop(&helper);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
test_stopping_nothing(void **state)
{
	struct helper helper = HELPER_INIT;

	(void)state;
	helper_stop(&helper);
	assert_int_equal(helper.fd, -1);
}

static void
refused_with_mode(mode_t mode, int want)
{
	struct helper helper = HELPER_INIT;
	char path[PATH_MAX];
	struct err err;

	snprintf(path, sizeof(path), "%s/libexec/agentsecrets/%s", prefix,
	    HELPER_NAME);
	assert_int_equal(chmod(path, mode), 0);
	assert_int_equal(helper_start(&helper, HELPER_NAME, NULL, &err), want);
	assert_int_equal(helper.fd >= 0, want == 0);
	helper_stop(&helper);
}

static void
test_writable_by_others(void **state)
{
	(void)state;
	refused_with_mode(0775, -EXIT_FAILED);
	refused_with_mode(0757, -EXIT_FAILED);
	refused_with_mode(0644, -EXIT_FAILED);
	refused_with_mode(0755, 0);
}

static void
test_missing(void **state)
{
	struct helper helper = HELPER_INIT;
	struct err err;

	(void)state;
	assert_int_equal(
	    helper_start(&helper, "no-such-helper", NULL, &err), -EXIT_FAILED);
	assert_non_null(strstr(err.text, "no-such-helper"));
	assert_string_not_equal(err.hint, "");
}

static int
run_inside(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gets_nothing_else),
	    cmocka_unit_test(test_gets_variables),
	    cmocka_unit_test(test_hanging_helper_is_ended),
	    cmocka_unit_test(test_stopping_nothing),
	    cmocka_unit_test(test_writable_by_others),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_found_when_undumpable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* ---- the prefix ---------------------------------------------------------- */

static void
copy_ourselves(const char *relative)
{
	AUTO_BUF struct buf program = BUF_INIT;
	AUTO_FD int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	AUTO_FD int out = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", prefix, relative);
	out = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (in < 0 || out < 0 ||
	    fd_read_all(in, &program, 64 << 20, "ourselves", NULL) < 0 ||
	    fd_write_all(out, program.data, program.len) < 0 ||
	    fchmod(out, 0755) < 0)
		exit(99);
}

static void
make_dir(const char *relative)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", prefix, relative);
	if (mkdir(path, 0755) < 0)
		exit(99);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
main(int argc, char **argv)
{
	char program[PATH_MAX];
	int status = 1;
	pid_t pid;

	if (ends_with(argv[0], HELPER_NAME))
		return helper_main();
	if (argc == 2) {
		memcpy(prefix, argv[1], sizeof(prefix));
		return run_inside();
	}
	if (mkdtemp(prefix) == NULL)
		return 99;
	make_dir("bin");
	make_dir("libexec");
	make_dir("libexec/agentsecrets");
	copy_ourselves("bin/test");
	copy_ourselves("libexec/agentsecrets/" HELPER_NAME);
	snprintf(program, sizeof(program), "%s/bin/test", prefix);
	pid = fork();
	if (pid == 0) {
		execl(program, program, prefix, (char *)NULL);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	nftw(prefix, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}
