/* confine: what is freed is gone, also what a library freed. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include <agentsecrets/confine.h>

enum { LEN = 4000, LINKS = 64 };

/* How many of the block's bytes past the allocator's links are `mark`. */
static size_t
left_of(uintptr_t address, char mark, size_t len)
{
	const volatile char *p;
	size_t n = 0;

	__asm__ volatile("" : "+r"(address) : : "memory");
	p = (const volatile char *)address;
	for (size_t i = LINKS; i < len; i++)
		n += p[i] == mark;
	return n;
}

#ifdef WITH_SANITIZERS

static void
test_wipes(void **state)
{
	(void)state;
	(void)left_of;
	assert_int_equal(confine_malloc_wipes(), 0);
}

#else

static void
test_wipes(void **state)
{
	(void)state;
	assert_int_equal(confine_malloc_wipes(), 1);
}

static void
test_realloc_wipes_what_it_leaves(void **state)
{
	char *p = malloc(LEN);
	char *barrier = malloc(16);
	uintptr_t address = (uintptr_t)p;
	char *grown;

	(void)state;
	memset(p, 'S', LEN);
	grown = realloc(p, 16 * LEN);
	assert_non_null(grown);
	assert_int_equal(grown[LEN - 1], 'S');
	assert_int_not_equal((uintptr_t)grown, address);
	assert_int_equal(left_of(address, 'S', LEN), 0);
	grown = realloc(grown, 100);
	assert_non_null(grown);
	assert_int_equal(grown[99], 'S');
	free(grown);
	free(barrier);
}

static void
test_aligned_memory_wipes(void **state)
{
	void *p = NULL;
	uintptr_t address;

	(void)state;
	assert_int_equal(posix_memalign(&p, 64, LEN), 0);
	assert_int_equal((uintptr_t)p % 64, 0);
	memset(p, 'A', LEN);
	address = (uintptr_t)p;
	free(p);
	assert_int_equal(left_of(address, 'A', LEN), 0);
	assert_int_not_equal(posix_memalign(&p, 3, LEN), 0);
}

/* libcjson is a shared library: its free() must be ours too. */
static void
test_library_wipes(void **state)
{
	char text[LEN];
	cJSON *json;
	uintptr_t address;

	(void)state;
	memset(text, 'J', sizeof(text));
	text[0] = '"';
	text[sizeof(text) - 2] = '"';
	text[sizeof(text) - 1] = '\0';
	json = cJSON_Parse(text);
	assert_non_null(json);
	address = (uintptr_t)json->valuestring;
	assert_true(left_of(address, 'J', LEN - 100) > 0);
	cJSON_Delete(json);
	assert_int_equal(left_of(address, 'J', LEN - 100), 0);
}

#endif

static int
confined_child(void)
{
	struct rlimit limit;
	struct err err;

	if (dup2(1, 9) != 9)
		return 10;
	confine_start(4, 1);
	if (fcntl(9, F_GETFD) >= 0)
		return 11;
	if (confine_self(CONFINE_NET_NETWORK, &err) < 0)
		return 12;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 13;
	getrlimit(RLIMIT_CORE, &limit);
	if (limit.rlim_max != 0)
		return 14;
	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max > 64)
		return 15;
#ifndef WITH_SANITIZERS
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 16;
	getrlimit(RLIMIT_FSIZE, &limit);
	if (limit.rlim_max != 0)
		return 17;
#endif
	return 0;
}

static void
test_confined(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(confined_child());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wipes),
#ifndef WITH_SANITIZERS
	    cmocka_unit_test(test_realloc_wipes_what_it_leaves),
	    cmocka_unit_test(test_aligned_memory_wipes),
	    cmocka_unit_test(test_library_wipes),
#endif
	    cmocka_unit_test(test_confined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
