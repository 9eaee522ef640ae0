/* home, where the kernel, the disk or somebody else does not play along. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/home.h>
#include <agentsecrets/project_file.h>

#include "store_fixture.h"

enum { BIG = 1 << 18, CANNOT = 77 };

/* A child says by its status which line it failed at. */
#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			_exit(__LINE__ % 70 + 1);                              \
	} while (0)

/* Wait for the only child. @return its exit status */
static int
finished(void)
{
	int status;

	assert_true(wait(&status) > 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Whether the file is all 'a' or all 'b'. */
static void
assert_whole(const struct fixture *f)
{
	AUTO_BUF struct buf text = BUF_INIT;

	fixture_read(f, "big", &text);
	assert_int_equal(text.len, BIG);
	assert_true(text.data[0] == 'a' || text.data[0] == 'b');
	assert_memory_equal(text.data, text.data + 1, BIG - 1);
}

static void
write_for_ever(const struct home *home, char *bytes)
{
	for (int i = 0;; i++) {
		memset(bytes, i % 2 == 0 ? 'a' : 'b', BIG);
		home_write(home, "big", bytes, BIG, NULL);
	}
}

static void
test_killed(void **state)
{
	struct fixture *f = *state;
	char *bytes = malloc(BIG);
	struct err err;

	memset(bytes, 'a', BIG);
	assert_int_equal(home_write(&f->home, "big", bytes, BIG, &err), 0);
	for (int round = 0; round < 30; round++) {
		const struct timespec pause = {0, 300000 + round * 150000};
		pid_t child = fork();

		if (child == 0)
			write_for_ever(&f->home, bytes);
		nanosleep(&pause, NULL);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		assert_whole(f);
	}
	assert_int_equal(home_write(&f->home, "big", bytes, BIG, &err), 0);
	assert_int_equal(fixture_leftovers(f), 0);
	free(bytes);
}

static void
test_file_too_large(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	struct rlimit small = {1024, 1024};
	char *bytes = calloc(1, BIG);
	struct err err;

	assert_int_equal(home_write(&f->home, "a", "old", 3, &err), 0);
	if (fork() == 0) {
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		CHECK(home_write(&f->home, "a", bytes, BIG, &err) ==
		    -EXIT_FAILED);
		CHECK(err.sys == EFBIG);
		_exit(0);
	}
	free(bytes);
	assert_int_equal(finished(), 0);
	fixture_read(f, "a", &text);
	assert_string_equal(buf_text_view(&text), "old");
	assert_int_equal(fixture_leftovers(f), 0);
}

/* On a file system of 64 KiB that only the child sees. */
static void
fill_disk(struct fixture *f)
{
	AUTO_HOME struct home home = HOME_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	char *bytes = calloc(1, BIG);
	struct err err;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", f->home.path, "tmpfs", 0, "size=64k,mode=700") < 0)
		_exit(CANNOT);
	CHECK(home_open(&home, false, &err) == 1);
	CHECK(home_write(&home, "a", "old", 3, &err) == 0);
	CHECK(home_write(&home, "a", bytes, BIG, &err) == -EXIT_FAILED);
	CHECK(err.sys == ENOSPC);
	CHECK(home_read(&home, "a", &text, 16, &err) == 1);
	CHECK(strcmp(buf_text_view(&text), "old") == 0);
	/* The temporary file is gone: there is room again. */
	CHECK(home_write(&home, "a", bytes, BIG / 8, &err) == 0);
	_exit(0);
}

static void
test_disk_full(void **state)
{
	struct fixture *f = *state;
	int status;

	if (fork() == 0)
		fill_disk(f);
	status = finished();
	/* Without the right to mount, the test above stands for it. */
	assert_true(status == 0 || status == CANNOT);
}

/* Exchange the file for a link to somewhere else, over and over. */
static void
swap_for_ever(const struct home *home)
{
	for (;;) {
		if (symlinkat("../sentinel", home->fd, "new") < 0)
			_exit(1);
		renameat(home->fd, "new", home->fd, "a");
		close(openat(
		    home->fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
		renameat(home->fd, "new", home->fd, "a");
	}
}

static void
test_swapped(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	pid_t child;

	fixture_write(f, "../sentinel", "untouched");
	fixture_write(f, "a", "");
	child = fork();
	if (child == 0)
		swap_for_ever(&f->home);
	for (int i = 0; i < 500; i++) {
		AUTO_BUF struct buf read = BUF_INIT;

		home_write(&f->home, "a", "x", 1, NULL);
		if (home_read(&f->home, "a", &read, 64, NULL) == 1)
			assert_true(read.len <= 1);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	fixture_read(f, "../sentinel", &text);
	assert_string_equal(buf_text_view(&text), "untouched");
}

/* From here on a system call fails so, as where the kernel lacks it. */
static void
forget(unsigned call, int error)
{
	struct sock_filter code[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void
work_without(const struct fixture *f, int error)
{
	AUTO_HOME struct home home = HOME_INIT;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct err err;

	forget(SYS_openat2, error);
	CHECK(home_open(&home, false, &err) == 1);
	CHECK(home_write(&home, "vault/a", "x", 1, &err) == 0);
	CHECK(home_read(&home, "vault/a", &text, 9, &err) == 1);
	CHECK(home_read(&home, "vault/b", &text, 9, &err) == 0);
	CHECK(home_read(&home, "link", &text, 9, &err) == -EXIT_FAILED);
	CHECK(home_read(&home, "way/a", &text, 9, &err) == -EXIT_FAILED);
	CHECK(home_write(&home, "way/a", "x", 1, &err) == -EXIT_FAILED);
	CHECK(home_lock(&home, "lock", &err) >= 0);
	CHECK(project_file_open(&file, f->top, &err) >= 0);
	CHECK(project_file_save(&file, &err) == 0);
	CHECK(project_file_find(&file, f->top, &err) == 1);
	_exit(0);
}

static void
test_without_openat2(void **state)
{
	static const int errors[] = {ENOSYS, EPERM};
	struct fixture *f = *state;

	fixture_write(f, "plain", "x");
	assert_int_equal(symlinkat("plain", f->home.fd, "link"), 0);
	assert_int_equal(symlinkat("vault", f->home.fd, "way"), 0);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (fork() == 0)
			work_without(f, errors[i]);
		assert_int_equal(finished(), 0);
	}
}

static void
create_without(const struct fixture *f, unsigned call, int error)
{
	char path[FIXTURE_PATH];
	AUTO_BUF struct buf text = BUF_INIT;
	struct err err;

	fixture_path(path, f, "user/.agentsecrets/kit");
	forget(call, error);
	CHECK(file_write(path, "new", 3, 0600, false, &err) == 0);
	CHECK(fixture_leftovers(f) == 0);
	CHECK(file_write(path, "other", 5, 0600, false, &err) == -EXIT_FAILED);
	CHECK(home_read(&f->home, "kit", &text, 9, &err) == 1);
	CHECK(strcmp(buf_text_view(&text), "new") == 0);
	CHECK(home_remove(&f->home, "kit", &err) == 0);
	_exit(0);
}

/* FAT has no links; others cannot rename without replacing. */
static void
test_create_only(void **state)
{
	static const struct {
		unsigned call;
		int error;
	} cases[] = {
	    {SYS_linkat, EPERM},
	    {SYS_renameat2, EINVAL},
	    {SYS_renameat2, ENOSYS},
	    {SYS_renameat2, EPERM},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (fork() == 0)
			create_without(f, cases[i].call, cases[i].error);
		assert_int_equal(finished(), 0);
	}
}

static bool sweep_next;

/* In place of the C library's: another writer was quicker, if one asks. */
int
flock(int fd, int operation)
{
	char link[64];
	char path[FIXTURE_PATH] = "";

	if (sweep_next) {
		sweep_next = false;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		assert_true(readlink(link, path, sizeof(path) - 1) > 0);
		assert_non_null(strstr(path, ".tmp"));
		assert_int_equal(unlink(path), 0);
	}
	return (int)syscall(SYS_flock, fd, operation);
}

/* The new file was taken for a dead writer's before it was locked. */
static void
test_swept(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	char path[FIXTURE_PATH];
	struct err err;

	assert_int_equal(home_write(&f->home, "a", "old", 3, &err), 0);
	sweep_next = true;
	assert_int_equal(home_write(&f->home, "a", "new", 3, &err), 0);
	assert_false(sweep_next);
	fixture_read(f, "a", &text);
	assert_string_equal(buf_text_view(&text), "new");
	sweep_next = true;
	assert_int_equal(file_write(fixture_path(path, f, "kit"), "new", 3,
			     0600, false, &err),
	    0);
	assert_false(sweep_next);
	assert_int_equal(fixture_leftovers(f), 0);
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_killed),
	    EACH(test_file_too_large),
	    EACH(test_disk_full),
	    EACH(test_swapped),
	    EACH(test_without_openat2),
	    EACH(test_create_only),
	    EACH(test_swept),
	};

	return cmocka_run_group_tests_name("home_trouble", tests, NULL, NULL);
}
