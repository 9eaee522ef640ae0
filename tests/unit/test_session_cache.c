/*
 * session_cache: the part that touches the kernel's keyring runs as a user
 * whom nobody uses, so that no keyring of the caller's is seen.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/session_cache.h>

#include "store_fixture.h"

#define WS_1 "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WS_2 "f47ac10b-58cc-4372-a567-0e02b2c3d479"

/* A child says by its status which line it failed at. */
#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			_exit(__LINE__ % 200 + 1);                             \
	} while (0)

static void
test_without_home(void **state)
{
	struct home none = HOME_INIT;
	uint8_t key[KEY_BYTES] = {0};

	(void)state;
	assert_int_equal(session_cache_get(&none, WS_1, 1, key), 0);
	assert_int_equal(session_cache_put(&none, WS_1, 1, key, 60), -1);
	assert_int_equal(session_cache_put(&none, WS_1, 1, key, 0), 0);
	session_cache_clear(&none);
}

static bool
holds(const struct home *home, const char *workspace, uint32_t epoch,
    uint8_t fill)
{
	uint8_t want[KEY_BYTES];
	uint8_t key[KEY_BYTES];

	memset(want, fill, sizeof(want));
	return session_cache_get(home, workspace, epoch, key) == 1 &&
	    memcmp(key, want, sizeof(key)) == 0;
}

static bool
put(const struct home *home, const char *workspace, uint32_t epoch,
    uint8_t fill, uint64_t seconds)
{
	uint8_t key[KEY_BYTES];

	memset(key, fill, sizeof(key));
	return session_cache_put(home, workspace, epoch, key, seconds) == 0;
}

/* How a key is called, and that one of another length is a miss. */
static void
check_length(const struct home *home)
{
	uint8_t longer[KEY_BYTES + 1] = {1};
	char text[256];
	int32_t ids[8];
	long n;

	CHECK(put(home, WS_1, 9, 1, 60));
	n = syscall(
	    SYS_keyctl, KEYCTL_READ, KEY_SPEC_USER_KEYRING, ids, sizeof(ids));
	CHECK(n == sizeof(ids[0]));
	n = syscall(SYS_keyctl, KEYCTL_DESCRIBE, ids[0], text, sizeof(text));
	CHECK(n > 0 && n < (long)sizeof(text));
	CHECK(strstr(text, ";3f3f0000;agentsecrets:") != NULL);
	CHECK(strstr(text, ":" WS_1 ":9") != NULL);
	CHECK(syscall(SYS_keyctl, KEYCTL_UPDATE, ids[0], longer,
		  sizeof(longer)) == 0);
	CHECK(!holds(home, WS_1, 9, 1));
	CHECK(syscall(SYS_keyctl, KEYCTL_UPDATE, ids[0], longer, 8) == 0);
	CHECK(!holds(home, WS_1, 9, 1));
}

static void
check_keyring(const struct home *home)
{
	struct home other = {-1, NULL, (char *)(uintptr_t) "/another"};
	const struct timespec over = {1, 300000000};
	uint8_t key[KEY_BYTES];

	CHECK(session_cache_get(home, WS_1, 7, key) == 0);
	CHECK(put(home, WS_1, 7, 1, 60));
	CHECK(holds(home, WS_1, 7, 1));
	CHECK(session_cache_get(home, WS_1, 8, key) == 0);
	CHECK(session_cache_get(home, WS_2, 7, key) == 0);
	CHECK(session_cache_get(&other, WS_1, 7, key) == 0);
	/* Replaced, its time with it. */
	CHECK(put(home, WS_1, 7, 2, 1));
	CHECK(holds(home, WS_1, 7, 2));
	CHECK(nanosleep(&over, NULL) == 0);
	CHECK(session_cache_get(home, WS_1, 7, key) == 0);
	CHECK(put(home, WS_1, 7, 3, 60));
	CHECK(holds(home, WS_1, 7, 3));
	/* Everything of this home goes, nothing of another. */
	CHECK(put(home, WS_2, 4294967295, 4, UINT64_MAX));
	CHECK(holds(home, WS_2, 4294967295, 4));
	CHECK(put(&other, WS_2, 1, 5, 60));
	session_cache_clear(home);
	CHECK(session_cache_get(home, WS_1, 7, key) == 0);
	CHECK(session_cache_get(home, WS_2, 4294967295, key) == 0);
	CHECK(holds(&other, WS_2, 1, 5));
	session_cache_clear(&other);
	check_length(home);
	session_cache_clear(home);
}

/* A session whose keyring does not link the user's possesses nothing. */
static void
check_possession(const struct home *home)
{
	CHECK(put(home, WS_1, 7, 6, 60));
	CHECK(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0);
	CHECK(holds(home, WS_1, 7, 6));
	CHECK(put(home, WS_1, 7, 8, 60));
	CHECK(holds(home, WS_1, 7, 8));
	session_cache_clear(home);
	CHECK(!holds(home, WS_1, 7, 8));
}

/* From here on, what keyctl(2) is asked to do ends in `action`. */
static void
forbid(unsigned operation, unsigned action)
{
	struct sock_filter code[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		offsetof(struct seccomp_data, args[0])),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, operation, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, action),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	/* A SIGSYS would leave a core file. */
	CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* Put a key for a second in a process that cannot do one step. */
static void
put_without(const struct home *home, unsigned operation, unsigned action)
{
	int status;

	if (fork() == 0) {
		forbid(operation, action);
		_exit(put(home, WS_1, 7, 9, 1) ? 0 : 9);
	}
	CHECK(wait(&status) > 0);
	CHECK(action == SECCOMP_RET_KILL_PROCESS
		? WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS
		: WIFEXITED(status) && WEXITSTATUS(status) == 9);
}

/* Where the process ends, or is refused, before the key has its end. */
static void
check_killed(const struct home *home)
{
	static const unsigned steps[] = {
	    KEYCTL_SET_TIMEOUT, KEYCTL_SETPERM, KEYCTL_LINK};
	const struct timespec over = {1, 300000000};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		put_without(home, steps[i], SECCOMP_RET_KILL_PROCESS);
		CHECK(!holds(home, WS_1, 7, 9));
		put_without(home, steps[i], SECCOMP_RET_ERRNO | EDQUOT);
		CHECK(!holds(home, WS_1, 7, 9));
	}
	put_without(home, KEYCTL_UNLINK, SECCOMP_RET_KILL_PROCESS);
	CHECK(holds(home, WS_1, 7, 9));
	CHECK(nanosleep(&over, NULL) == 0);
	CHECK(!holds(home, WS_1, 7, 9));
}

static void
test_keyring(void **state)
{
	struct fixture *f = *state;
	int status;

	if (geteuid() != 0)
		skip();
	if (fork() == 0) {
		/* A user of this run's own, whose keyring nobody else fills. */
		const uid_t uid = 100000 + (uid_t)getpid();

		CHECK(setgroups(0, NULL) == 0);
		CHECK(setresgid(uid, uid, uid) == 0);
		CHECK(setresuid(uid, uid, uid) == 0);
		check_keyring(&f->home);
		check_killed(&f->home);
		check_possession(&f->home);
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_without_home),
	    cmocka_unit_test_setup_teardown(
		test_keyring, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("session_cache", tests, NULL, NULL);
}
