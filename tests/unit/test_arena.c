/* arena: kinds of memory, growth, wiping, reading straight into it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/buf.h>

enum { NOBODY = 65534 };

static uint8_t *
take(size_t len)
{
	struct err err = {0};
	uint8_t *bytes = arena_alloc(len, &err);

	assert_non_null(bytes);
	assert_int_equal(err.status, EXIT_DONE);
	assert_true(arena_holds(bytes, len));
	return bytes;
}

static bool
is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static int
end_arena(void **state)
{
	(void)state;
	arena_end();
	return 0;
}

static void
test_alignment(void **state)
{
	uint8_t *before = NULL;

	(void)state;
	assert_int_equal(arena_kind(), ARENA_NONE);
	for (size_t len = 0; len < 100; len++) {
		uint8_t *bytes = take(len);

		assert_int_equal((uintptr_t)bytes % 16, 0);
		assert_ptr_not_equal(bytes, before);
		assert_true(is_zero(bytes, len));
		memset(bytes, 0xa5, len);
		before = bytes;
	}
	assert_int_not_equal(arena_kind(), ARENA_NONE);
}

static void
test_rewind_wipes(void **state)
{
	struct arena_mark mark;
	uint8_t *kept = take(5);
	uint8_t *gone;
	uint8_t *far;

	(void)state;
	memset(kept, 0x11, 5);
	mark = arena_mark();
	gone = take(1000);
	memset(gone, 0x22, 1000);
	far = take(1 << 20);
	memset(far, 0x33, 1 << 20);
	arena_rewind(mark);
	assert_int_equal(kept[4], 0x11);
	/* The same places are handed out again, zeroed. */
	assert_ptr_equal(take(1000), gone);
	assert_true(is_zero(gone, 1000));
	assert_ptr_equal(take(1 << 20), far);
	assert_true(is_zero(far, 1 << 20));
}

static void
test_rewind_to_nothing(void **state)
{
	struct arena_mark mark = arena_mark();
	uint8_t *bytes = take(16);

	(void)state;
	memset(bytes, 0x44, 16);
	arena_rewind(mark);
	assert_ptr_equal(take(16), bytes);
	assert_true(is_zero(bytes, 16));
}

static void
test_growth(void **state)
{
	uint8_t *pieces[600];

	(void)state;
	for (size_t i = 0; i < 600; i++) {
		pieces[i] = take(5000);
		memset(pieces[i], (int)(i & 0xff), 5000);
	}
	for (size_t i = 0; i < 600; i++) {
		assert_int_equal(pieces[i][0], i & 0xff);
		assert_int_equal(pieces[i][4999], i & 0xff);
	}
	take(64 << 20);
}

static void
test_reserve_is_one_mapping(void **state)
{
	struct err err = {0};
	uint8_t *first;

	(void)state;
	assert_int_equal(arena_reserve(300000, &err), 0);
	first = take(100000);
	for (int i = 0; i < 2; i++)
		take(100000);
	/* All of it lies in one run of bytes. */
	assert_true(arena_holds(first, 300000));
	assert_int_equal(arena_reserve(0, &err), 0);
}

static void
test_too_much(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(arena_reserve(SIZE_MAX, &err), -EXIT_FAILED);
	assert_int_equal(err.status, EXIT_FAILED);
	assert_null(arena_alloc(SIZE_MAX, &err));
	assert_null(arena_alloc(((size_t)1 << 30) + 1, &err));
	assert_null(arena_copy("", SIZE_MAX, &err));
	assert_int_equal(arena_kind(), ARENA_NONE);
}

static void
test_trim(void **state)
{
	uint8_t *bytes = take(4096);
	uint8_t *next;

	(void)state;
	memset(bytes, 0x55, 4096);
	arena_trim(bytes, 20);
	assert_int_equal(bytes[19], 0x55);
	next = take(4000);
	assert_ptr_equal(next, bytes + 32);
	assert_true(is_zero(next, 4000));
	/* Bytes of somebody else are left alone. */
	arena_trim(&next, 0);
	assert_ptr_not_equal(take(1), next);
}

static void
test_copy(void **state)
{
	struct err err;
	char *copy = arena_copy("value", 5, &err);

	(void)state;
	assert_string_equal(copy, "value");
	assert_true(arena_holds(copy, 6));
	assert_false(arena_holds("value", 5));
	assert_false(arena_holds(copy, SIZE_MAX));
	assert_string_equal(arena_copy(NULL, 0, &err), "");
}

static void
test_end_forgets(void **state)
{
	uint8_t *bytes = take(100);

	(void)state;
	arena_end();
	assert_false(arena_holds(bytes, 1));
	assert_int_equal(arena_kind(), ARENA_NONE);
	arena_end();
	take(100);
}

/* ---- Reading ------------------------------------------------------------ */

/* A temporary file without a name, holding `len` bytes. */
static int
file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
test_read_file(void **state)
{
	static uint8_t large[200000];
	struct secret out = SECRET_INIT;
	struct err err = {0};
	int fd;

	(void)state;
	memset(large, 'x', sizeof(large));
	fd = file_of(large, sizeof(large));
	assert_int_equal(
	    arena_read(fd, &out, sizeof(large), "'file'", &err), 0);
	assert_int_equal(out.len, sizeof(large));
	assert_memory_equal(out.data, large, sizeof(large));
	assert_true(arena_holds(out.data, out.len + 1));
	assert_int_equal(out.data[out.len], 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(
	    arena_read(fd, &out, sizeof(large) - 1, "'file'", &err),
	    -EXIT_FAILED);
	assert_string_equal(err.text, "'file' is larger than 199999 bytes");
	close(fd);
}

static void
test_read_empty(void **state)
{
	struct secret out = {NULL, 7};
	struct err err;
	int fd = file_of("", 0);

	(void)state;
	assert_int_equal(arena_read(fd, &out, 10, "'file'", &err), 0);
	assert_int_equal(out.len, 0);
	close(fd);
	assert_int_equal(
	    arena_read(fd, &out, 10, "'file'", &err), -EXIT_FAILED);
	assert_int_equal(err.sys, EBADF);
}

/* A pipe says nothing about its size and gives it in small pieces. */
static void
test_read_pipe(void **state)
{
	struct secret out = SECRET_INIT;
	struct err err;
	int ends[2];
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		for (int i = 0; i < 30000; i++) {
			if (write(ends[1], "0123456789", 10) != 10)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(arena_read(ends[0], &out, 1 << 20, "pipe", &err), 0);
	assert_int_equal(out.len, 300000);
	for (size_t i = 0; i < out.len; i++)
		assert_int_equal(out.data[i], '0' + i % 10);
	close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
test_read_failure_leaves_nothing(void **state)
{
	struct secret out = SECRET_INIT;
	struct err err;
	uint8_t *place;
	int fd = file_of("too long", 8);

	(void)state;
	place = take(16);
	assert_int_equal(arena_read(fd, &out, 4, "'file'", &err), -EXIT_FAILED);
	assert_null(out.data);
	assert_ptr_equal(take(64), place + 16);
	assert_true(is_zero(place + 16, 64));
	close(fd);
}

static void
test_message_memory(void **state)
{
	struct buf buf = BUF_INIT;
	struct err err;
	void *secret;
	void *open;

	(void)state;
	assert_int_equal(buf_append_text(&buf, "before"), 0);
	secret = arena_message_memory(&buf, true, 100, &err);
	assert_true(arena_holds(secret, 100));
	assert_int_equal(buf.len, 6);
	open = arena_message_memory(&buf, false, 100, &err);
	assert_false(arena_holds(open, 1));
	assert_ptr_equal(open, buf.data);
	assert_int_equal(buf.len, 100);
	buf_release(&buf);
}

/* ---- Kinds, each in a child of its own ---------------------------------- */

/* Answer memfd_secret(2) with `action`, all other calls as ever. */
static void
filter_memfd_secret(uint32_t action)
{
	struct sock_filter code[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 447, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, action),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(100);
}

static void
forbid_locking(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0 ||
	    (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0))
		_exit(100);
}

/* The kind of a fresh arena after `prepare`; also that it can be used. */
static int
kind_in_child(void (*prepare)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct err err;
		uint8_t *bytes;

		prepare();
		bytes = arena_alloc(200000, &err);
		if (bytes == NULL)
			_exit(101);
		memset(bytes, 0x66, 200000);
		_exit((int)arena_kind());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
prepare_nothing(void)
{
}

static void
prepare_enosys(void)
{
	filter_memfd_secret(SECCOMP_RET_ERRNO | ENOSYS);
}

static void
prepare_kill(void)
{
	filter_memfd_secret(SECCOMP_RET_KILL_PROCESS);
}

static void
prepare_kill_ignoring_children(void)
{
	signal(SIGCHLD, SIG_IGN);
	prepare_kill();
}

static void
prepare_harmless_filter(void)
{
	signal(SIGCHLD, SIG_IGN);
	filter_memfd_secret(SECCOMP_RET_ALLOW);
}

static bool
kernel_has_memfd_secret(void)
{
	int fd = (int)syscall(447, O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void
test_kind_secret(void **state)
{
	(void)state;
	if (!kernel_has_memfd_secret())
		skip();
	assert_int_equal(kind_in_child(prepare_nothing), ARENA_SECRET);
	assert_int_equal(kind_in_child(prepare_harmless_filter), ARENA_SECRET);
}

static void
test_kind_locked(void **state)
{
	(void)state;
	assert_int_equal(kind_in_child(prepare_enosys), ARENA_LOCKED);
	assert_int_equal(kind_in_child(prepare_kill), ARENA_LOCKED);
	assert_int_equal(
	    kind_in_child(prepare_kill_ignoring_children), ARENA_LOCKED);
}

static void
test_kind_plain(void **state)
{
	(void)state;
	assert_int_equal(kind_in_child(forbid_locking), ARENA_PLAIN);
}

/* With 160 KiB to lock: 64, then not 128 more but what is asked for. */
static void
limit_locking(void)
{
	const struct rlimit little = {160 << 10, 160 << 10};
	struct err err;

	if (setrlimit(RLIMIT_MEMLOCK, &little) < 0 ||
	    (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0))
		_exit(100);
	for (int i = 0; i < 2; i++) {
		if (arena_alloc(60000, &err) == NULL)
			_exit(102);
	}
	_exit((int)arena_kind());
}

static void
test_little_locked_memory(void **state)
{
	int kind = kind_in_child(limit_locking);

	(void)state;
	assert_true(kind == ARENA_SECRET || kind == ARENA_LOCKED);
}

/* What a fork finds at a place of the arena: a signal, or the byte. */
static int
seen_by_child_of_child(void)
{
	struct err err;
	uint8_t *bytes = arena_alloc(16, &err);
	pid_t child;
	int status;

	if (bytes == NULL)
		return 103;
	bytes[0] = 0x77;
	child = fork();
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(bytes[0]);
	}
	if (waitpid(child, &status, 0) != child)
		return 104;
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void
enosys_then_fork(void)
{
	prepare_enosys();
	_exit(seen_by_child_of_child());
}

static void
secret_then_fork(void)
{
	_exit(seen_by_child_of_child());
}

static void
test_forks_see_nothing(void **state)
{
	(void)state;
	assert_int_equal(kind_in_child(enosys_then_fork), 0);
	if (kernel_has_memfd_secret())
		assert_int_equal(kind_in_child(secret_then_fork), SIGSEGV);
}

/* ---- Wiping and comparing ----------------------------------------------- */

/* A dead buffer, whose wiping an optimiser is entitled to remove. */
static uintptr_t __attribute__((noinline)) leave_on_stack(bool wipe)
{
	volatile uintptr_t where;
	char secret[64];

	memset(secret, 'S', sizeof(secret));
	__asm__ volatile("" : : "r"(secret) : "memory");
	where = (uintptr_t)secret;
	if (wipe)
		secret_wipe(secret, sizeof(secret));
	return where;
}

#if defined(__SANITIZE_ADDRESS__)
#define STACK_CAN_BE_READ false
#else
#define STACK_CAN_BE_READ true
#endif

static size_t __attribute__((noinline)) count_left(uintptr_t where)
{
	/* Hidden from the compiler, which knows that the frame is gone. */
	__asm__ volatile("" : "+r"(where));
	const volatile char *bytes = (const volatile char *)where;
	size_t left = 0;

	for (size_t i = 0; i < 64; i++)
		left += bytes[i] == 'S';
	return left;
}

static void
test_wipe_survives_the_optimiser(void **state)
{
	(void)state;
	/* Sanitizers keep frames elsewhere: there is nothing to see then. */
	if (!STACK_CAN_BE_READ)
		return;
	/* Calls disturb some of the dead frame, not most of it. */
	assert_true(count_left(leave_on_stack(false)) > 0);
	assert_int_equal(count_left(leave_on_stack(true)), 0);
}

static void
test_equal(void **state)
{
	(void)state;
	assert_true(secret_equal("abc", "abd", 2));
	assert_false(secret_equal("abc", "abd", 3));
	assert_true(secret_equal("a", "b", 0));
}

static void
test_same(void **state)
{
	static uint8_t one[] = "abc";
	static uint8_t other[] = "abd";

	(void)state;
	assert_true(
	    secret_same(&(struct secret){one, 2}, &(struct secret){other, 2}));
	assert_false(
	    secret_same(&(struct secret){one, 3}, &(struct secret){other, 3}));
	assert_false(
	    secret_same(&(struct secret){one, 3}, &(struct secret){one, 2}));
	assert_true(
	    secret_same(&(struct secret){NULL, 0}, &(struct secret){one, 0}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    /* First: a process asks the kernel only once. */
	    cmocka_unit_test(test_kind_secret),
	    cmocka_unit_test(test_kind_locked),
	    cmocka_unit_test(test_kind_plain),
	    cmocka_unit_test(test_little_locked_memory),
	    cmocka_unit_test(test_forks_see_nothing),
	    cmocka_unit_test_teardown(test_alignment, end_arena),
	    cmocka_unit_test_teardown(test_rewind_wipes, end_arena),
	    cmocka_unit_test_teardown(test_rewind_to_nothing, end_arena),
	    cmocka_unit_test_teardown(test_growth, end_arena),
	    cmocka_unit_test_teardown(test_reserve_is_one_mapping, end_arena),
	    cmocka_unit_test_teardown(test_too_much, end_arena),
	    cmocka_unit_test_teardown(test_trim, end_arena),
	    cmocka_unit_test_teardown(test_copy, end_arena),
	    cmocka_unit_test_teardown(test_end_forgets, end_arena),
	    cmocka_unit_test_teardown(test_read_file, end_arena),
	    cmocka_unit_test_teardown(test_read_empty, end_arena),
	    cmocka_unit_test_teardown(test_read_pipe, end_arena),
	    cmocka_unit_test_teardown(
		test_read_failure_leaves_nothing, end_arena),
	    cmocka_unit_test_teardown(test_message_memory, end_arena),
	    cmocka_unit_test(test_wipe_survives_the_optimiser),
	    cmocka_unit_test(test_equal),
	    cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
