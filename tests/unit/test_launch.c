/* launch: what would be run, and in which state it is. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/launch.h>

static char directory[] = "/tmp/agentsecrets-launch-XXXXXX";
static int place = -1; /* the directory */

static void
make(const char *name, const char *text, mode_t mode)
{
	int fd = openat(place, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	size_t len = strlen(text);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL ||
	    (place = open(directory, O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    fchdir(place) < 0)
		return -1;
	mkdirat(place, "one", 0700);
	mkdirat(place, "two", 0700);
	mkdirat(place, "one/tool", 0700);
	make("two/tool", "#!/bin/sh\n", 0700);
	make("one/closed", "", 0600);
	make("two/script", "echo \"$0 $1 $X\"; exit 7\n", 0700);
	make("two/orphan", "#!/no/such/interpreter\n", 0700);
	make("here", "", 0700);
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const files[] = {
	    "two/tool", "one/closed", "two/script", "two/orphan", "here"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(place, files[i], 0);
	unlinkat(place, "one/tool", AT_REMOVEDIR);
	unlinkat(place, "one", AT_REMOVEDIR);
	unlinkat(place, "two", AT_REMOVEDIR);
	close(place);
	return rmdir(directory);
}

static void
finds(const char *command, const char *path, const char *want)
{
	char out[PATH_MAX];
	struct err err;

	if (launch_resolve(out, command, path, &err) != 0)
		fail_msg("%s", err.text);
	assert_string_equal(out, want);
}

static void
fails(const char *command, const char *path, int status, const char *text)
{
	char out[PATH_MAX] = "before";
	struct err err;

	assert_int_equal(launch_resolve(out, command, path, &err), -status);
	assert_string_equal(err.text, text);
	assert_string_equal(out, "before");
}

static void
test_found(void **state)
{
	(void)state;
	finds("sh", NULL, "/bin/sh");
	finds("tool", "two", "two/tool");
	finds("tool", "/no/such:one:two", "two/tool");
	finds("tool", "one/closed:two", "two/tool");
	finds("here", "", "here");
	finds("here", "one:", "here");
	finds("here", ":one", "here");
	finds("here", "one::two", "here");
	finds("two/tool", "/nowhere", "two/tool");
	finds("./here", NULL, "./here");
}

static void
test_not_found(void **state)
{
	static char long_path[PATH_MAX + 8];

	(void)state;
	memset(long_path, 'x', PATH_MAX + 2);
	fails("nope", "one:two", EXIT_NOT_FOUND, "'nope': command not found");
	fails("nope", long_path, EXIT_NOT_FOUND, "'nope': command not found");
	fails("", "one:two", EXIT_NOT_FOUND, "'': command not found");
	fails("./nope", NULL, EXIT_NOT_FOUND, "'./nope': command not found");
}

static void
test_cannot_run(void **state)
{
	(void)state;
	fails("closed", "one:two", EXIT_CANNOT_RUN,
	    "'closed': permission denied");
	fails("tool", "one", EXIT_CANNOT_RUN, "'tool': is a directory");
	fails("one/closed", NULL, EXIT_CANNOT_RUN,
	    "'one/closed': permission denied");
	fails("./one", NULL, EXIT_CANNOT_RUN, "'./one': is a directory");
	fails("here/x", NULL, EXIT_CANNOT_RUN, "'here/x': Not a directory");
	fails("/dev/null", NULL, EXIT_CANNOT_RUN,
	    "'/dev/null': permission denied");
}

/* Run a launch in a child. @return its status; its first output in `out` */
static int
run(const struct launch *launch, char *out, size_t out_len)
{
	int ends[2];
	int status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct launch_state state;
		struct err err = {.status = EXIT_DONE};

		dup2(ends[1], STDOUT_FILENO);
		if (launch_state_enter(&state, &err) == 0)
			launch_exec(launch, &state, &err);
		dprintf(STDOUT_FILENO, "%s", err.text);
		_exit((int)err.status);
	}
	close(ends[1]);
	n = read(ends[0], out, out_len - 1);
	out[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void
test_exec(void **state)
{
	char zero[] = "zero";
	char one[] = "one";
	char variable[] = "X=x y";
	char *argv[] = {zero, one, NULL};
	char *envp[] = {variable, NULL};
	struct launch script = {
	    .path = "two/script", .argv = argv, .envp = envp};
	struct launch orphan = {
	    .path = "two/orphan", .argv = argv, .envp = envp};
	struct launch gone = {.path = "two/gone", .argv = argv, .envp = envp};
	char out[256];

	(void)state;
	assert_int_equal(run(&script, out, sizeof(out)), 7);
	assert_string_equal(out, "two/script one x y\n");
	assert_int_equal(run(&orphan, out, sizeof(out)), EXIT_CANNOT_RUN);
	assert_string_equal(out, "'zero': its interpreter is missing");
	assert_int_equal(run(&gone, out, sizeof(out)), EXIT_NOT_FOUND);
	assert_string_equal(out, "'zero': command not found");
}

static void
test_too_large(void **state)
{
	char zero[] = "zero";
	char *argv[] = {zero, NULL};
	char *large = malloc(200000);
	char *envp[] = {large, NULL};
	struct launch launch = {
	    .path = "two/script", .argv = argv, .envp = envp};
	char out[256];

	(void)state;
	assert_non_null(large);
	memset(large, 'x', 199999);
	large[199999] = '\0';
	assert_int_equal(run(&launch, out, sizeof(out)), EXIT_LAUNCHER);
	free(large);
}

static void
test_core_limit(void **state)
{
	char shell[] = "sh";
	char option[] = "-c";
	/* ulimit counts in blocks, which hides the difference of 0 and 1. */
	char ask[] = "while read a b c d soft hard e; do "
		     "[ $b != core ] || echo $soft $hard; "
		     "done </proc/self/limits";
	char *argv[] = {shell, option, ask, NULL};
	char *envp[] = {NULL};
	struct launch launch = {.path = "/bin/sh", .argv = argv, .envp = envp};
	struct rlimit before;
	struct rlimit limit;
	char out[64];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CORE, &before), 0);
	limit = before;
	if (limit.rlim_max < 4096)
		skip();
	limit.rlim_cur = 2048;
	limit.rlim_max = 4096;
	setrlimit(RLIMIT_CORE, &limit);
	assert_int_equal(run(&launch, out, sizeof(out)), 0);
	assert_string_equal(out, "2048 4096\n");
	launch.no_core = true;
	assert_int_equal(run(&launch, out, sizeof(out)), 0);
	assert_string_equal(out, "1 1\n");
}

static void
test_state_is_put_back(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		struct launch_state launch;
		struct sigaction now;
		sigset_t blocked;
		sigset_t after;
		struct rlimit core;
		int wrong = 0;

		sigemptyset(&blocked);
		sigaddset(&blocked, SIGUSR1);
		sigprocmask(SIG_SETMASK, &blocked, NULL);
		close(0);
		wrong |= launch_state_enter(&launch, NULL) != 0;
		wrong |= (fcntl(0, F_GETFD) != FD_CLOEXEC) << 1;
		wrong |= (prctl(PR_GET_DUMPABLE) != 0) << 2;
		getrlimit(RLIMIT_CORE, &core);
		wrong |= (core.rlim_cur != 0) << 3;
		signal(SIGPIPE, SIG_IGN);
		sigaddset(&blocked, SIGTERM);
		sigprocmask(SIG_SETMASK, &blocked, NULL);
		launch_state_restore(&launch);
		sigprocmask(SIG_SETMASK, NULL, &after);
		wrong |= (sigismember(&after, SIGTERM) ||
			     !sigismember(&after, SIGUSR1))
		    << 4;
		sigaction(SIGPIPE, NULL, &now);
		wrong |= (now.sa_handler != SIG_DFL) << 5;
		_exit(wrong);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_found),
	    cmocka_unit_test(test_not_found),
	    cmocka_unit_test(test_cannot_run),
	    cmocka_unit_test(test_exec),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_state_is_put_back),
	    cmocka_unit_test(test_core_limit),
	};

	return cmocka_run_group_tests_name("launch", tests, set_up, tear_down);
}
