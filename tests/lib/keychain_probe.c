/*
 * keychain_probe: drives keychain_client against a real or a broken Secret
 * Service, a command a word, for the tests of agentsecrets-keychain.
 *
 *	keychain_probe [COMMAND [ARG…] [, COMMAND …]]
 *
 * Starts the helper, says "open LABEL", and what comes back. An error is
 * "error STATUS TROUBLE: text [hint]", and its status the exit status.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/keychain_client.h>
#include <agentsecrets/text.h>

static const char *const troubles[] = {
    [KEYCHAIN_WORKS] = "works",
    [KEYCHAIN_NO_BUS] = "no-bus",
    [KEYCHAIN_NO_PROVIDER] = "no-provider",
    [KEYCHAIN_LOCKED] = "locked",
    [KEYCHAIN_SILENT] = "silent",
    [KEYCHAIN_BROKE] = "broke",
};

static void
say(const char *text)
{
	printf("notice: %s\n", text);
	fflush(stdout);
}

/* NAME FILE: the file's bytes under that name. */
static int
run_store(struct keychain *keychain, char **args, struct err *err)
{
	AUTO_FD int fd = open(args[1], O_RDONLY | O_CLOEXEC);
	struct arena_mark mark = arena_mark();
	struct secret value;
	int rc;

	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "'%s'", args[1]);
	if (arena_read(fd, &value, VALUE_MAX + 1, args[1], err) < 0)
		return -EXIT_FAILED;
	rc = keychain_store(keychain, args[0], &value, err);
	arena_rewind(mark);
	return rc;
}

/* NAME FILE: write the value there; "-" is standard output. */
static int
run_lookup(struct keychain *keychain, char **args, struct err *err)
{
	const char *name = args[0];
	AUTO_FD int fd = text_equal(args[1], "-")
	    ? fcntl(1, F_DUPFD_CLOEXEC, 3)
	    : open(args[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct arena_mark mark = arena_mark();
	struct secret value = SECRET_INIT;
	int rc = keychain_lookup(keychain, &name, 1, &value, err);

	if (rc < 0)
		return rc;
	if (value.data == NULL)
		printf("absent %s\n", name);
	else if (!arena_holds(value.data, value.len + 1) ||
	    value.data[value.len] != '\0')
		rc = err_set(err, EXIT_FAILED, "not in the arena");
	else if (fd_write_all(fd, value.data, value.len) < 0)
		rc = err_sys(err, EXIT_FAILED, "'%s'", args[1]);
	arena_rewind(mark);
	return rc;
}

static int
run_delete(struct keychain *keychain, char **args, struct err *err)
{
	const char *name = args[0];

	return keychain_delete(keychain, &name, 1, err);
}

static int
run_names(struct keychain *keychain, char **args, struct err *err)
{
	AUTO_KEYCHAIN_NAMES struct keychain_names names = {NULL, 0};
	int rc = keychain_names(keychain, args[0], &names, err);

	for (size_t i = 0; i < names.n; i++)
		printf("name %s\n", names.items[i]);
	return rc;
}

static double
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Entry names PREFIX0…, each with its own name as value. */
static char **
numbered(const char *prefix, size_t n)
{
	char **names = calloc(n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++) {
		if (asprintf(&names[i], "%s%zu", prefix, i) < 0)
			exit(99);
	}
	return names;
}

/* PREFIX COUNT: store that many. */
static int
run_fill(struct keychain *keychain, char **args, struct err *err)
{
	size_t n = strtoul(args[1], NULL, 10);
	char **names = numbered(args[0], n);
	double begun = milliseconds();
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct secret value = {(uint8_t *)names[i], strlen(names[i])};

		rc = keychain_store(keychain, names[i], &value, err);
	}
	printf("filled %zu in %.0f ms\n", n, milliseconds() - begun);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return rc;
}

/* PREFIX COUNT: look all up at once and compare. */
static int
run_check(struct keychain *keychain, char **args, struct err *err)
{
	size_t n = strtoul(args[1], NULL, 10);
	char **names = numbered(args[0], n);
	struct secret *values = calloc(n + 1, sizeof(*values));
	double begun = milliseconds();
	size_t right = 0;
	int rc = keychain_lookup(
	    keychain, (const char *const *)names, n, values, err);
	double ended = milliseconds();

	for (size_t i = 0; i < n; i++) {
		right += values[i].data != NULL &&
		    values[i].len == strlen(names[i]) &&
		    memcmp(values[i].data, names[i], values[i].len) == 0;
		free(names[i]);
	}
	printf("%zu of %zu right in %.0f ms\n", right, n, ended - begun);
	free(values);
	free(names);
	return rc;
}

/* Tell the helper's process id and wait for a line. */
static int
run_pause(struct keychain *keychain, char **args, struct err *err)
{
	char line[16];

	(void)args;
	(void)err;
	printf("helper %d\n", keychain->helper.pid);
	fflush(stdout);
	return read(0, line, sizeof(line)) < 0 ? -EXIT_FAILED : 0;
}

static const struct command {
	const char *name;
	int args;
	int (*run)(struct keychain *keychain, char **args, struct err *err);
} commands[] = {
    {"store", 2, run_store},
    {"lookup", 2, run_lookup},
    {"delete", 1, run_delete},
    {"names", 1, run_names},
    {"fill", 2, run_fill},
    {"check", 2, run_check},
    {"pause", 0, run_pause},
};

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (text_equal(commands[i].name, name))
			return &commands[i];
	}
	fprintf(stderr, "keychain_probe: no command '%s'\n", name);
	exit(EXIT_USAGE);
}

static int
run_all(struct keychain *keychain, int argc, char **argv, struct err *err)
{
	int rc = 0;

	for (int at = 1; rc == 0 && at < argc; at++) {
		const struct command *command = find(argv[at]);

		if (at + command->args >= argc)
			exit(EXIT_USAGE);
		rc = command->run(keychain, argv + at + 1, err);
		at += command->args + 1;
		if (at < argc && !text_equal(argv[at], ","))
			exit(EXIT_USAGE);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	AUTO_KEYCHAIN struct keychain keychain = KEYCHAIN_INIT;
	struct err err;
	int rc = keychain_start(&keychain, say, &err);

	if (rc == 0) {
		printf("open %s\n", keychain.collection);
		rc = run_all(&keychain, argc, argv, &err);
	}
	if (rc < 0)
		printf("error %d %s: %s [%s]\n", -rc,
		    troubles[keychain.trouble], err.text, err.hint);
	arena_end();
	return -rc;
}
