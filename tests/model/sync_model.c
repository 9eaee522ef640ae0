/*
 * sync_model: random sequences of what people do with their secrets, on three
 * machines and one server, compared with a model of it after every step.
 *
 *	sync_model DIRECTORY SERVER LIMIT steps N [SEED]
 *	sync_model DIRECTORY SERVER LIMIT replay FILE...
 *	sync_model DIRECTORY SERVER LIMIT race ROUNDS [SEED]
 *
 * DIRECTORY is empty and the caller's. LIMIT is how many secrets the server
 * takes in one request; 0: as ever. What fails is shortened and printed as a
 * FILE that `replay` reads.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <agentsecrets/text.h>

#include "doubles.h"
#include "homes.h"
#include "play.h"
#include "race.h"
#include "steps.h"

static void
print_steps(const struct step *steps, int n)
{
	char text[STEP_TEXT];

	for (int i = 0; i < n; i++)
		printf("#   %s\n", step_print(text, &steps[i]));
}

static void
print_why(const char *why)
{
	for (const char *p = why; *p != '\0'; p += strcspn(p, "\n") + 1)
		printf("# %.*s\n", (int)strcspn(p, "\n"), p);
}

/* @return the status of the program */
static int
report_failure(struct step *steps, const struct played *played)
{
	struct tally ignored = {0, 0, 0};
	struct played again;
	int n;

	print_why(played->why);
	printf("# at step %d; the shortest that fails:\n", played->failed + 1);
	fflush(stdout);
	n = shorten(steps, played->failed + 1);
	print_steps(steps, n);
	if (play(steps, n, NULL, &again, &ignored) == 0)
		print_why(again.why);
	return 1;
}

static int
play_random(int n, uint64_t seed)
{
	static struct step steps[WORLD_STEPS];
	struct tally tally = {0, 0, 0};
	struct played played;
	uint64_t state = seed;

	printf("# seed %" PRIu64 "\n", seed);
	for (int done = 0; done < n; done += WORLD_STEPS) {
		int now = n - done < WORLD_STEPS ? n - done : WORLD_STEPS;

		if (play(steps, now, &state, &played, &tally) < 0)
			return 2;
		if (played.failed >= 0) {
			printf("not ok 1 - %d steps, seed %" PRIu64 "\n",
			    done + played.failed + 1, seed);
			return report_failure(steps, &played);
		}
	}
	printf("ok 1 - %d steps (%d done, %d conflicts, %d in trouble)\n", n,
	    tally.done, tally.conflicts, tally.trouble);
	return 0;
}

static int
play_file(const char *path)
{
	static struct step steps[WORLD_STEPS];
	struct tally tally = {0, 0, 0};
	struct played played;
	char line[STEP_TEXT + 8];
	FILE *file = fopen(path, "re");
	int n = 0;

	if (file == NULL)
		return 2;
	while (n < WORLD_STEPS && fgets(line, sizeof(line), file) != NULL) {
		if (step_read(&steps[n], line + strspn(line, "# ")) < 0) {
			fprintf(stderr, "no step: %s", line);
			fclose(file);
			return 2;
		}
		n++;
	}
	fclose(file);
	if (play(steps, n, NULL, &played, &tally) < 0)
		return 2;
	print_why(played.why);
	printf("%s 1 - %s\n", played.failed < 0 ? "ok" : "not ok", path);
	return played.failed < 0 ? 0 : 1;
}

static int
play_files(char **paths)
{
	int worst = 0;

	for (; *paths != NULL; paths++) {
		int status = play_file(*paths);

		worst = status > worst ? status : worst;
	}
	return worst;
}

int
main(int argc, char **argv)
{
	uint64_t seed =
	    argc > 6 ? strtoull(argv[6], NULL, 10) : (uint64_t)time(NULL);
	int status = 2;
	int n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 6) {
		fprintf(stderr,
		    "usage: sync_model DIRECTORY SERVER LIMIT "
		    "steps|race N [SEED]\n"
		    "       sync_model DIRECTORY SERVER LIMIT "
		    "replay FILE...\n");
		return 2;
	}
	n = (int)strtol(argv[5], NULL, 10);
	doubles_keep_helpers(false);
	if (homes_open(argv[1], argv[2], (int)strtol(argv[3], NULL, 10)) < 0)
		return 2;
	doubles_keep_helpers(true);
	if (text_equal(argv[4], "steps"))
		status = play_random(n, seed);
	else if (text_equal(argv[4], "race"))
		status = race(n, seed);
	else if (text_equal(argv[4], "replay"))
		status = play_files(argv + 5);
	homes_close();
	return status;
}
