/*
 * launch_ratio: what it costs to start a command, one way and another.
 *
 *	launch_ratio [-n ROUNDS] ::: COMMAND... ::: COMMAND... [::: COMMAND...]
 *
 * Each round starts every command once, in turn, so that what disturbs the
 * machine disturbs all of them. Prints a line a command:
 *
 *	median microseconds, overhead ratio, peak KiB, the command
 *
 * The ratio is the time above that of the first command, as a multiple of the
 * second's time above it. Peak memory spans what a process was before exec.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WAYS_MAX = 16, ROUNDS_MAX = 100000 };

struct way {
	char **argv;
	double *times;
	long peak;
};

static void
die(const char *what)
{
	fprintf(stderr, "launch_ratio: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double
launch(struct way *way, const posix_spawn_file_actions_t *actions)
{
	struct rusage usage;
	double began = now();
	double took;
	int status = 0;
	pid_t pid;

	errno =
	    posix_spawn(&pid, way->argv[0], actions, NULL, way->argv, environ);
	if (errno != 0 || wait4(pid, &status, 0, &usage) < 0)
		die(way->argv[0]);
	took = now() - began;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "launch_ratio: %s ended with status 0x%x\n",
		    way->argv[0], (unsigned)status);
		exit(2);
	}
	if (usage.ru_maxrss > way->peak)
		way->peak = usage.ru_maxrss;
	return took;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
read_ways(struct way *ways, int rounds, char **argv)
{
	int n = 0;

	for (; *argv != NULL; argv++) {
		if (strcmp(*argv, ":::") != 0)
			continue;
		*argv = NULL;
		if (n == WAYS_MAX || argv[1] == NULL)
			return 0;
		ways[n].argv = argv + 1;
		ways[n].times = calloc((size_t)rounds, sizeof(double));
		if (ways[n++].times == NULL)
			die("memory");
	}
	return n;
}

static void
print(struct way *ways, int n, int rounds)
{
	double base, reference;

	for (int i = 0; i < n; i++)
		qsort(ways[i].times, (size_t)rounds, sizeof(double), compare);
	base = ways[0].times[rounds / 2];
	reference = ways[1].times[rounds / 2] - base;
	for (int i = 0; i < n; i++) {
		double median = ways[i].times[rounds / 2];

		printf("%.0f %.2f %ld ", median, (median - base) / reference,
		    ways[i].peak);
		for (char **word = ways[i].argv; *word != NULL; word++)
			printf("%s%s", *word, word[1] != NULL ? " " : "\n");
	}
}

int
main(int argc, char **argv)
{
	static struct way ways[WAYS_MAX];
	posix_spawn_file_actions_t actions;
	int rounds = 300;
	int first = 1;
	int n;

	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		rounds = (int)strtol(argv[2], NULL, 10);
		first = 3;
	}
	if (rounds < 1 || rounds > ROUNDS_MAX ||
	    (n = read_ways(ways, rounds, argv + first)) < 2) {
		fputs("usage: launch_ratio [-n ROUNDS] ::: COMMAND... "
		      "::: COMMAND...\n",
		    stderr);
		return 2;
	}
	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
		"/dev/null", O_WRONLY | O_CLOEXEC, 0) != 0)
		die("actions");
	/* The first rounds fill the caches and do not count. */
	for (int round = -5; round < rounds; round++) {
		for (int i = 0; i < n; i++) {
			double took = launch(&ways[i], &actions);

			if (round >= 0)
				ways[i].times[round] = took;
		}
	}
	print(ways, n, rounds);
	return 0;
}
