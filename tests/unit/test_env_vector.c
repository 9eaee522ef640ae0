/* env_vector: one entry a name, in the arena, within the kernel's limits. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/env_vector.h>
#include <agentsecrets/limits.h>

#define LIST(...)                                                              \
	{                                                                      \
		(const char *const[]){__VA_ARGS__},                            \
		    sizeof((const char *const[]){__VA_ARGS__}) /               \
		    sizeof(const char *)                                       \
	}

/* Writable, as the strings of environ(7) are. */
#define TEXT(text) ((char[]){text})

static char *inherited[] = {TEXT("PATH=/bin"), TEXT("B=first"), TEXT("Z=1"),
    TEXT("B=second"), TEXT("noequals"), TEXT("AGENTSECRETS_TOKEN=asm1_x"),
    TEXT("AGENTSECRETS_TOKEN_FILE=/t"), TEXT("AGENTSECRETS_PASSWORD_FILE=/p"),
    TEXT("AGENTSECRETS_ACTIVE=old/old"), TEXT("AGENTSECRETS_HOME=/h"),
    TEXT("LC_ALL=C"), TEXT("A=old"), TEXT("A_B=x"), TEXT("=odd"),
    TEXT("A=older"), TEXT("noequals"), NULL};
static char *secrets[] = {TEXT("A=new"), TEXT("B="), TEXT("NEW=a=b")};

static void
gives(const struct env_rules *rules, size_t n, char *active, const char *want)
{
	char **vector = NULL;
	char got[2048] = "";

	assert_int_equal(env_vector_build(&vector, inherited, secrets, n,
			     active, rules, NULL),
	    0);
	assert_true(arena_holds(vector, sizeof(*vector)));
	for (size_t i = 0; vector[i] != NULL; i++) {
		size_t len = strlen(got);

		snprintf(got + len, sizeof(got) - len, "%s%s", i > 0 ? " " : "",
		    vector[i]);
	}
	assert_string_equal(got, want);
}

static void
test_secrets_win(void **state)
{
	const struct env_rules rules = {.clean = false};

	(void)state;
	gives(&rules, 3, TEXT("AGENTSECRETS_ACTIVE=p/e"),
	    "=odd A=new AGENTSECRETS_ACTIVE=p/e AGENTSECRETS_HOME=/h A_B=x B= "
	    "LC_ALL=C NEW=a=b PATH=/bin Z=1 noequals noequals");
	gives(&rules, 0, NULL,
	    "=odd A=old AGENTSECRETS_ACTIVE=old/old AGENTSECRETS_HOME=/h "
	    "A_B=x B=first LC_ALL=C PATH=/bin Z=1 noequals noequals");
}

static void
test_clean(void **state)
{
	const struct env_rules usual = {.clean = true};
	const struct env_rules listed = {
	    .clean = true, .clean_has_list = true, .keep = LIST("Z", "A*")};
	const struct env_rules nothing = {
	    .clean = true, .clean_has_list = true};

	(void)state;
	gives(&usual, 1, NULL, "A=new LC_ALL=C PATH=/bin");
	gives(&listed, 1, NULL,
	    "A=new AGENTSECRETS_ACTIVE=old/old AGENTSECRETS_HOME=/h A_B=x Z=1");
	gives(&nothing, 2, NULL, "A=new B=");
}

static void
test_preserve(void **state)
{
	const struct env_rules all = {.preserve = true,
	    .clean = true,
	    .clean_has_list = true,
	    .keep = LIST("A", "B")};
	const struct env_rules one = {.preserve = true,
	    .preserve_has_list = true,
	    .preserved = LIST("B"),
	    .clean = true,
	    .clean_has_list = true,
	    .keep = LIST("A", "B")};
	const struct env_rules cleaned = {
	    .preserve = true, .clean = true, .clean_has_list = true};

	(void)state;
	gives(&all, 3, NULL, "A=old B=first NEW=a=b");
	gives(&one, 3, NULL, "A=new B=first NEW=a=b");
	gives(&cleaned, 3, NULL, "A=new B= NEW=a=b");
	assert_true(env_vector_preserves(&all, "A", inherited));
	assert_false(env_vector_preserves(&all, "NEW", inherited));
	assert_false(env_vector_preserves(&all, "noequals", inherited));
	assert_false(env_vector_preserves(&one, "A", inherited));
	assert_true(env_vector_preserves(&one, "B", inherited));
	assert_false(env_vector_preserves(&cleaned, "A", inherited));
	assert_false(
	    env_vector_preserves(&all, "AGENTSECRETS_TOKEN", inherited));
}

/* "BIG=xxx…" of `len` bytes in all. */
static char *
entry_of_len(size_t len)
{
	char *entry = malloc(len + 1);

	assert_non_null(entry);
	memset(entry, 'x', len);
	memcpy(entry, "BIG=", 4);
	entry[len] = '\0';
	return entry;
}

static void
test_one_entry(void **state)
{
	char *entry = entry_of_len(ENTRY_MAX);
	char *larger = entry_of_len(ENTRY_MAX + 1);
	char *argv[] = {TEXT("true"), NULL};
	struct err err;

	(void)state;
	assert_int_equal(
	    env_vector_check((char *[]){entry, NULL}, argv, &err), 0);
	assert_int_equal(env_vector_check((char *[]){larger, NULL}, argv, &err),
	    -EXIT_FAILED);
	assert_string_equal(err.text,
	    "the value of 'BIG' is too large for an environment variable: "
	    "131072 bytes, 131071 allowed with its name");
	assert_int_equal(
	    env_vector_check(argv + 1, (char *[]){larger, NULL}, &err),
	    -EXIT_FAILED);
	assert_string_equal(err.text,
	    "argument 0 of the command is too large: 131072 bytes, 131071 "
	    "allowed");
	memset(larger, 'x', 4);
	assert_int_equal(env_vector_check((char *[]){larger, NULL}, argv, &err),
	    -EXIT_FAILED);
	assert_null(strstr(err.text, "xxxx"));
	free(entry);
	free(larger);
}

/* Run `path` with that environment in a child. @return its status */
static int
run(const char *path, char *const *argv, char *const *vector)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		execve(path, argv, vector);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

/* Ours and the kernel's limit differ only by the path, which it counts too. */
static void
test_limit_is_the_kernels(void **state)
{
	enum { ENTRY = 8192, N = 2 << 20 >> 13 };
	static char path[] = "/bin/true";
	char *argv[] = {path, NULL};
	char *vector[N + 1];
	struct rlimit stack;
	struct rlimit usual = {8 << 20, RLIM_INFINITY};
	char *last;
	size_t used = sizeof(path) + sizeof(char *);
	size_t left;
	struct err err;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_STACK, &stack), 0);
	usual.rlim_max = stack.rlim_max;
	if (setrlimit(RLIMIT_STACK, &usual) < 0)
		skip();
	for (size_t i = 0; i < N - 1; i++) {
		vector[i] = entry_of_len(ENTRY - 1);
		used += ENTRY + sizeof(char *);
	}
	left = (2 << 20) - used - sizeof(char *) - 1;
	last = entry_of_len(left + 1);
	vector[N - 1] = last;
	vector[N] = NULL;
	assert_int_equal(env_vector_check(vector, argv, &err), -EXIT_FAILED);
	assert_non_null(strstr(err.hint, "the largest variable is 'BIG'"));
	assert_int_equal(run(path, argv, vector), 99);
	last[left] = '\0';
	assert_int_equal(env_vector_check(vector, argv, &err), 0);
	last[left - sizeof(path)] = '\0';
	assert_int_equal(run(path, argv, vector), 0);
	setrlimit(RLIMIT_STACK, &stack);
	for (size_t i = 0; i < N; i++)
		free(vector[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secrets_win),
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_preserve),
	    cmocka_unit_test(test_one_entry),
	    cmocka_unit_test(test_limit_is_the_kernels),
	};
	int failed =
	    cmocka_run_group_tests_name("env_vector", tests, NULL, NULL);

	arena_end();
	return failed;
}
