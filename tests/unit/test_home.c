/* home: who may have what, and what a write leaves behind. */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/home.h>

#include "store_fixture.h"

static void
test_open(void **state)
{
	struct fixture *f = *state;
	AUTO_HOME struct home home = HOME_INIT;
	char path[FIXTURE_PATH];
	struct stat st;
	struct err err;

	assert_int_equal(fstat(f->home.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_string_equal(f->home.real, f->home.path);
	setenv("AGENTSECRETS_HOME", fixture_path(path, f, "none"), 1);
	assert_int_equal(home_open(&home, false, &err), 0);
	assert_string_equal(home.path, path);
	assert_int_equal(home.fd, -1);
	assert_null(home.real);
	home_release(&home);
	unsetenv("AGENTSECRETS_HOME");
	unsetenv("HOME");
	assert_int_equal(home_open(&home, false, &err), -EXIT_FAILED);
	setenv("HOME", "relative", 1);
	assert_int_equal(home_open(&home, true, &err), -EXIT_FAILED);
}

/* The real path names the session cache, however the home is written. */
static void
test_real_path(void **state)
{
	static const char *const ways[] = {"user/.agentsecrets/",
	    "user/./.agentsecrets", "user//.agentsecrets",
	    "user/../user/.agentsecrets", "user/.agentsecrets/.",
	    "way/.agentsecrets"};
	struct fixture *f = *state;
	char path[FIXTURE_PATH];
	struct err err;

	assert_int_equal(symlink("user", fixture_path(path, f, "way")), 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		AUTO_HOME struct home home = HOME_INIT;

		setenv("AGENTSECRETS_HOME", fixture_path(path, f, ways[i]), 1);
		assert_int_equal(home_open(&home, false, &err), 1);
		assert_string_equal(home.path, path);
		assert_string_equal(home.real, f->home.path);
	}
}

/* What one home is called among those of a user. */
static void
test_names(void **state)
{
	struct fixture *f = *state;
	AUTO_HOME struct home other = HOME_INIT;
	char path[FIXTURE_PATH];
	char digits[HOME_DIGITS + 1] = "";
	char others[HOME_DIGITS + 1] = "";
	struct err err;

	assert_true(home_digits(digits, &f->home));
	assert_int_equal(strlen(digits), HOME_DIGITS);
	assert_int_equal(
	    strspn(digits, "0123456789abcdef"), (size_t)HOME_DIGITS);
	assert_true(home_is_usual(&f->home));
	assert_false(home_digits(others, &other));
	assert_string_equal(others, "");
	assert_false(home_is_usual(&other));
	setenv("AGENTSECRETS_HOME", fixture_path(path, f, "elsewhere"), 1);
	assert_int_equal(home_open(&other, true, &err), 1);
	assert_false(home_is_usual(&other));
	assert_true(home_digits(others, &other));
	assert_string_not_equal(digits, others);
	home_release(&other);
	/* By another way it is the same one. */
	setenv("AGENTSECRETS_HOME",
	    fixture_path(path, f, "user/../user/.agentsecrets"), 1);
	assert_int_equal(home_open(&other, false, &err), 1);
	assert_true(home_is_usual(&other));
	assert_true(home_digits(others, &other));
	assert_string_equal(digits, others);
	unsetenv("AGENTSECRETS_HOME");
}

static void
test_open_refuses(void **state)
{
	struct fixture *f = *state;
	AUTO_HOME struct home home = HOME_INIT;
	char path[FIXTURE_PATH];
	struct err err;

	setenv("AGENTSECRETS_HOME", fixture_path(path, f, "link"), 1);
	assert_int_equal(symlink(f->home.path, path), 0);
	assert_int_equal(home_open(&home, false, &err), -EXIT_FAILED);
	setenv("AGENTSECRETS_HOME", fixture_path(path, f, "file"), 1);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(home_open(&home, true, &err), -EXIT_FAILED);
	setenv("AGENTSECRETS_HOME", fixture_path(path, f, "wide"), 1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0720), 0);
	assert_int_equal(home_open(&home, false, &err), -EXIT_FAILED);
	assert_non_null(strstr(err.hint, "chmod 700"));
	assert_int_equal(chmod(path, 0702), 0);
	assert_int_equal(home_open(&home, false, &err), -EXIT_FAILED);
	if (geteuid() != 0)
		return;
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(chown(path, OTHER_UID, OTHER_UID), 0);
	assert_int_equal(home_open(&home, false, &err), -EXIT_FAILED);
	setenv("SUDO_UID", "64123", 1);
	assert_int_equal(home_open(&home, false, &err), -EXIT_UNSAFE);
	assert_non_null(strstr(err.hint, "without sudo"));
}

/* What others could read or enter is closed by a write, not by a look. */
static void
test_tightened(void **state)
{
	struct fixture *f = *state;
	AUTO_HOME struct home home = HOME_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct stat st;
	struct err err;

	assert_int_equal(home_write(&f->home, "a", "x", 1, &err), 0);
	assert_int_equal(fchmod(f->home.fd, 02755), 0);
	assert_int_equal(home_open(&home, true, &err), 1);
	assert_int_equal(home_read(&home, "a", &text, 1, &err), 1);
	assert_int_equal(fstat(home.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02755);
	assert_int_equal(home_write(&home, "vault/b", "x", 1, &err), 0);
	assert_int_equal(fstat(home.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02700);
}

static void
test_sudo_makes_nothing(void **state)
{
	struct fixture *f = *state;
	AUTO_HOME struct home home = HOME_INIT;
	char path[FIXTURE_PATH];
	struct err err;

	if (geteuid() != 0)
		skip();
	fixture_path(path, f, "theirs");
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(chown(path, OTHER_UID, OTHER_UID), 0);
	setenv("HOME", path, 1);
	setenv("SUDO_UID", "64123", 1);
	assert_int_equal(home_open(&home, true, &err), -EXIT_UNSAFE);
	strcat(path, "/.agentsecrets");
	assert_int_equal(access(path, F_OK), -1);
}

static int
read_it(const struct fixture *f, const char *name, size_t max)
{
	AUTO_BUF struct buf out = BUF_INIT;
	struct err err;

	return home_read(&f->home, name, &out, max, &err);
}

static void
test_read(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf out = BUF_INIT;
	struct home none = HOME_INIT;
	struct secret secret = SECRET_INIT;
	struct err err;

	assert_int_equal(home_write(&f->home, "a", "two\0b", 5, &err), 0);
	assert_int_equal(home_read(&f->home, "a", &out, 5, &err), 1);
	assert_int_equal(out.len, 5);
	assert_memory_equal(out.data, "two\0b", 6);
	assert_int_equal(home_read(&f->home, "a", &out, 4, &err), -EXIT_FAILED);
	assert_int_equal(out.len, 5);
	assert_int_equal(home_read(&f->home, "b", &out, 5, &err), 0);
	assert_int_equal(home_read(&none, "a", &out, 5, &err), 0);
	assert_int_equal(home_read_secret(&none, "a", &secret, 5, &err), 0);
	assert_int_equal(home_read_secret(&f->home, "a", &secret, 5, &err), 1);
	assert_int_equal(secret.len, 5);
	assert_memory_equal(secret.data, "two\0b", 6);
	assert_true(arena_holds(secret.data, 6));
	assert_int_equal(home_write(&f->home, "a", "", 0, &err), 0);
	assert_int_equal(home_read(&f->home, "a", &out, 5, &err), 1);
	assert_int_equal(out.len, 0);
	arena_end();
}

static void
test_read_refuses(void **state)
{
	struct fixture *f = *state;
	char path[FIXTURE_PATH];

	fixture_write(f, "plain", "x");
	assert_int_equal(symlinkat("plain", f->home.fd, "link"), 0);
	assert_int_equal(read_it(f, "link", 9), -EXIT_FAILED);
	assert_int_equal(mkdirat(f->home.fd, "dir", 0700), 0);
	assert_int_equal(read_it(f, "dir", 9), -EXIT_FAILED);
	assert_int_equal(mkfifoat(f->home.fd, "fifo", 0600), 0);
	assert_int_equal(read_it(f, "fifo", 9), -EXIT_FAILED);
	assert_int_equal(symlinkat("dir", f->home.fd, "vault"), 0);
	assert_int_equal(read_it(f, "vault/x", 9), -EXIT_FAILED);
	assert_int_equal(fchmodat(f->home.fd, "plain", 0602, 0), 0);
	assert_int_equal(read_it(f, "plain", 9), -EXIT_FAILED);
	assert_int_equal(fchmodat(f->home.fd, "plain", 0620, 0), 0);
	assert_int_equal(read_it(f, "plain", 9), -EXIT_FAILED);
	assert_int_equal(fchmodat(f->home.fd, "plain", 0644, 0), 0);
	assert_int_equal(read_it(f, "plain", 9), 1);
	snprintf(path, sizeof(path), "%s/plain", f->home.path);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(path, OTHER_UID, OTHER_UID), 0);
	assert_int_equal(read_it(f, "plain", 9), -EXIT_FAILED);
}

static void
test_write(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf out = BUF_INIT;
	struct stat st;
	struct err err;

	umask(0777);
	assert_int_equal(home_write(&f->home, "a", "one", 3, &err), 0);
	assert_int_equal(fstatat(f->home.fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	umask(0);
	assert_int_equal(fchmodat(f->home.fd, "a", 0644, 0), 0);
	assert_int_equal(home_write(&f->home, "a", "two!", 4, &err), 0);
	fixture_read(f, "a", &out);
	assert_string_equal(buf_text_view(&out), "two!");
	assert_int_equal(fstatat(f->home.fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(home_write(&f->home, "vault/b", "v", 1, &err), 0);
	assert_int_equal(home_write(&f->home, "vault/b", "w", 1, &err), 0);
	fixture_read(f, "vault/b", &out);
	assert_string_equal(buf_text_view(&out), "w");
	assert_int_equal(fstatat(f->home.fd, "vault", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(home_remove(&f->home, "vault/b", &err), 0);
	assert_int_equal(home_remove(&f->home, "vault/b", &err), 0);
	assert_int_equal(home_remove(&f->home, "nowhere/b", &err), 0);
	assert_int_equal(fstatat(f->home.fd, "vault/b", &st, 0), -1);
	assert_int_equal(fixture_leftovers(f), 0);
}

static void
test_write_refuses(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf out = BUF_INIT;
	char path[FIXTURE_PATH];
	struct err err;

	fixture_write(f, "target", "untouched");
	assert_int_equal(symlinkat("target", f->home.fd, "link"), 0);
	assert_int_equal(
	    home_write(&f->home, "link", "x", 1, &err), -EXIT_FAILED);
	assert_int_equal(mkdirat(f->home.fd, "dir", 0700), 0);
	assert_int_equal(
	    home_write(&f->home, "dir", "x", 1, &err), -EXIT_FAILED);
	assert_int_equal(symlinkat("dir", f->home.fd, "vault"), 0);
	assert_int_equal(
	    home_write(&f->home, "vault/a", "x", 1, &err), -EXIT_FAILED);
	fixture_read(f, "target", &out);
	assert_string_equal(buf_text_view(&out), "untouched");
	assert_int_equal(fixture_leftovers(f), 0);
	snprintf(path, sizeof(path), "%s/target", f->home.path);
	assert_int_equal(
	    file_write(path, "x", 1, 0600, false, &err), -EXIT_FAILED);
	assert_non_null(strstr(err.text, "it exists already"));
	snprintf(path, sizeof(path), "%s/link", f->home.path);
	assert_int_equal(
	    file_write(path, "x", 1, 0600, true, &err), -EXIT_FAILED);
	assert_int_equal(
	    file_write("/tmp/", "x", 1, 0600, true, &err), -EXIT_FAILED);
	assert_int_equal(
	    file_write("/dev/null", "x", 1, 0600, true, &err), -EXIT_FAILED);
	assert_int_equal(fixture_leftovers(f), 0);
}

static void
test_file_write(void **state)
{
	struct fixture *f = *state;
	char path[FIXTURE_PATH];
	struct stat st;
	struct err err;

	fixture_path(path, f, "user/out");
	umask(077);
	assert_int_equal(file_write(path, "x", 1, 0644, false, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_nlink, 1);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(file_write(path, "yy", 2, 0644, true, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_size, 2);
	assert_int_equal(chdir(f->top), 0);
	assert_int_equal(file_write("here", "z", 1, 0600, false, &err), 0);
	assert_int_equal(stat("here", &st), 0);
}

static void
test_leftovers(void **state)
{
	struct fixture *f = *state;
	AUTO_FD int live = -1;
	struct err err;

	fixture_write(f, ".a.0123456789abcdef.tmp", "of a killed writer");
	fixture_write(f, ".b.0123456789abcdef.tmp", "of another file");
	fixture_write(f, ".a.0123456789abcdeg.tmp", "not ours");
	fixture_write(f, ".a.fedcba9876543210.tmp", "of a living writer");
	live =
	    openat(f->home.fd, ".a.fedcba9876543210.tmp", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(live, LOCK_EX), 0);
	assert_int_equal(home_write(&f->home, "a", "x", 1, &err), 0);
	assert_int_equal(fixture_leftovers(f), 3);
	assert_int_equal(
	    faccessat(f->home.fd, ".a.0123456789abcdef.tmp", F_OK, 0), -1);
}

/* In a child: take the lock and add one to the number in a file. */
static void
count_up(const struct home *home)
{
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_FD int lock = home_lock(home, "lock", NULL);
	char next[16];

	if (lock < 0 || home_read(home, "count", &text, 16, NULL) != 1)
		_exit(1);
	snprintf(next, sizeof(next), "%d", atoi(buf_text_view(&text)) + 1);
	if (home_write(home, "count", next, strlen(next), NULL) < 0)
		_exit(1);
}

static void
test_lock(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	enum { CHILDREN = 4, ROUNDS = 25 };
	int status;

	fixture_write(f, "count", "0");
	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0) {
			for (int n = 0; n < ROUNDS; n++)
				count_up(&f->home);
			_exit(0);
		}
	}
	for (int i = 0; i < CHILDREN; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	fixture_read(f, "count", &text);
	assert_string_equal(buf_text_view(&text), "100");
	assert_int_equal(mkfifoat(f->home.fd, "token.lock", 0600), 0);
	assert_int_equal(home_lock(&f->home, "token.lock", NULL), -EXIT_FAILED);
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_open),
	    EACH(test_real_path),
	    EACH(test_names),
	    EACH(test_open_refuses),
	    EACH(test_tightened),
	    EACH(test_sudo_makes_nothing),
	    EACH(test_read),
	    EACH(test_read_refuses),
	    EACH(test_write),
	    EACH(test_write_refuses),
	    EACH(test_file_write),
	    EACH(test_leftovers),
	    EACH(test_lock),
	};

	return cmocka_run_group_tests_name("home", tests, NULL, NULL);
}
