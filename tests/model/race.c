#include "config.h"

#include "race.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/exits.h>

#include "act.h"
#include "doubles.h"
#include "homes.h"
#include "observe.h"
#include "steps.h"

enum { RACERS_N = 2, NAME = 0, OTHER = 1 };

/* What the racers and their judge share. */
struct track {
	pthread_barrier_t line;
	struct step steps[RACERS_N];
	struct outcome said[RACERS_N];
	bool over;
};

static struct track *track;

/* ---- the racers -------------------------------------------------------- */

static void
run_racer(int racer)
{
	static const struct world nothing;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_barrier_wait(&track->line);
	homes_follow();
	for (;;) {
		struct arena_mark mark;

		/* Whatever starts slowly has started before the shot. */
		homes_enter(track->steps[racer].seat, 0);
		homes_warm();
		mark = arena_mark();
		doubles_mark();
		pthread_barrier_wait(&track->line);
		if (track->over)
			_exit(0);
		act_step(&track->steps[racer], &nothing, &track->said[racer]);
		doubles_stop_helpers(true);
		arena_rewind(mark);
		pthread_barrier_wait(&track->line);
		/* The judge looks, and gives the next step. */
		pthread_barrier_wait(&track->line);
	}
}

static int
make_track(void)
{
	pthread_barrierattr_t shared;

	track = mmap(NULL, sizeof(*track), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (track == MAP_FAILED || pthread_barrierattr_init(&shared) != 0)
		return -1;
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	return pthread_barrier_init(&track->line, &shared, RACERS_N + 1) == 0
	    ? 0
	    : -1;
}

/* ---- the judge --------------------------------------------------------- */

/* Both do what `track->steps` says, at once. */
static void
run_both(void)
{
	pthread_barrier_wait(&track->line);
	pthread_barrier_wait(&track->line);
}

static void
next_steps(void)
{
	pthread_barrier_wait(&track->line);
}

/* A write of the name by whatever means. */
static struct step
some_write(enum seat seat, uint64_t *state, int *fresh)
{
	static const enum operation ways[] = {
	    OP_SET, OP_SET, OP_PUSH_FILE, OP_DELETE};
	struct step step = {.operation = ways[random_below(state, 4)],
	    .seat = seat,
	    .names = bit(NAME)};

	step.values[NAME] = step.operation == OP_DELETE ? NONE : (*fresh)++;
	return step;
}

static void
draw_apart(struct step steps[RACERS_N], int *fresh)
{
	static const int names[RACERS_N] = {NAME, OTHER};

	for (int i = 0; i < RACERS_N; i++) {
		steps[i] = (struct step){.operation = OP_SET,
		    .seat = i == 0 ? SEAT_FILE_B : SEAT_FILE_A,
		    .names = bit(names[i])};
		steps[i].values[names[i]] = (*fresh)++;
	}
}

/*
 * On two machines as a rule; at times both with --force, or in two checkouts
 * of one machine. One of the two sets at least.
 */
static void
draw(uint64_t *state, int *fresh, bool can_delete)
{
	static const enum seat others[] = {SEAT_FILE_A, SEAT_ITEMS};
	unsigned dice = random_below(state, 16);
	struct step *steps = track->steps;

	steps[0] =
	    some_write(dice == 0 ? SEAT_FILE_B : SEAT_VAULT, state, fresh);
	steps[1] = some_write(
	    others[dice == 0 ? 0 : random_below(state, 2)], state, fresh);
	for (int i = 0; i < RACERS_N; i++) {
		if (steps[i].operation == OP_DELETE && can_delete && i == 0)
			continue;
		if (steps[i].operation == OP_DELETE)
			steps[i].values[NAME] = (*fresh)++;
		if (steps[i].operation == OP_DELETE)
			steps[i].operation = OP_SET;
	}
	if (dice == 1 || dice == 2)
		steps[0].choice = steps[1].choice = CHOICE_FORCE;
	if (dice == 3)
		draw_apart(steps, fresh);
}

/*
 * @return what is wrong with how it ended; NULL: nothing. A racer that starts
 *         after the other has ended on the same machine knows of it, so there
 *         both may win.
 */
static const char *
judge(const struct world *before, const struct world *after)
{
	const struct step *steps = track->steps;
	const struct outcome *said = track->said;
	const struct cell *was = &before->server[0][NAME];
	const struct cell *is = &after->server[0][NAME];
	bool one_home = seat_home(steps[0].seat) == seat_home(steps[1].seat);
	bool won[RACERS_N];
	int winners = 0;

	for (int i = 0; i < RACERS_N; i++) {
		won[i] = said[i].status == EXIT_DONE;
		winners += won[i];
		if (!won[i] && said[i].status != EXIT_CONFLICT)
			return "it ended as nothing that may be";
		if (!won[i] && said[i].clash != bit(NAME))
			return "the loser is not told of which name";
	}
	if (winners == 0)
		return "nobody won";
	if (is_forced(&steps[0]) ? winners != RACERS_N
				 : !one_home && winners != 1)
		return "not one won and one was told";
	if (is->serial != was->serial + winners)
		return "not one version for each that won";
	for (int i = 0; i < RACERS_N; i++) {
		const struct cell *seen =
		    &after->vault[seat_home(steps[i].seat)][0][NAME];
		const struct cell *old =
		    &before->vault[seat_home(steps[i].seat)][0][NAME];

		if (winners == 1 && won[i] &&
		    (is->value != steps[i].values[NAME] ||
			memcmp(seen, is, sizeof(*is)) != 0))
			return "the winner's value is not there";
		if (!one_home && !won[i] &&
		    memcmp(seen, old, sizeof(*old)) != 0)
			return "who was told has changed something";
	}
	if (is->value != steps[0].values[NAME] &&
	    is->value != steps[1].values[NAME])
		return "the server has a value of neither";
	return NULL;
}

/* Two names, of two checkouts of one machine: nobody is in the way. */
static const char *
judge_apart(const struct world *after)
{
	for (int i = 0; i < RACERS_N; i++) {
		const struct step *step = &track->steps[i];
		int name = __builtin_ctz(step->names);
		int home = seat_home(step->seat);

		if (track->said[i].status != 0)
			return "another name was in the way";
		if (after->server[0][name].value != step->values[name] ||
		    after->vault[home][0][name].value != step->values[name])
			return "a name got lost over another";
	}
	return NULL;
}

/* Every value that a winner wrote, and the one before, is in the history. */
static const char *
judge_history(const struct world *before)
{
	struct cell history[PAST_N];
	struct cell was = before->server[0][NAME];

	if (observe_history(history, 0, NAME) < 0)
		return "the history cannot be read";
	for (int i = 0; i < RACERS_N; i++) {
		int value = track->steps[i].values[NAME];

		if (track->said[i].status == 0 && history[0].value != value &&
		    history[1].value != value)
			return "a winner's value was never there";
	}
	for (int i = 0; was.serial > 0 && i < PAST_N; i++) {
		if (memcmp(&history[i], &was, sizeof(was)) == 0)
			return NULL;
	}
	return was.serial > 0 ? "what was there before is lost" : NULL;
}

/* All pull, and then say the same. */
static const char *
judge_pulled(const struct world *after)
{
	for (int home = 0; home < HOMES_N; home++) {
		if (memcmp(&after->vault[home][0][NAME],
			&after->server[0][NAME], sizeof(struct cell)) != 0)
			return "a vault says something else after a pull";
	}
	for (int copy = 0; copy < COPIES_N; copy++) {
		if (after->copy[copy][0][NAME].value !=
		    after->server[0][NAME].value)
			return "a copy says something else after a pull";
	}
	return NULL;
}

/* Bring all seats there: the racers two at a time. */
static int
pull_all(struct world *seen)
{
	static const enum seat seats[2][RACERS_N] = {
	    {SEAT_VAULT, SEAT_FILE_A}, {SEAT_ITEMS, SEAT_FILE_B}};

	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < RACERS_N; k++)
			track->steps[k] = (struct step){
			    .operation = OP_PULL, .seat = seats[i][k]};
		next_steps();
		run_both();
		if (track->said[0].status != 0 || track->said[1].status != 0)
			return -1;
	}
	return observe(seen, 0);
}

static int
failed(int round, const char *why)
{
	char text[STEP_TEXT];

	printf("not ok 1 - round %d: %s\n", round + 1, why);
	for (int i = 0; i < RACERS_N; i++)
		printf("#   %s: status %d %s\n",
		    step_print(text, &track->steps[i]), track->said[i].status,
		    track->said[i].text);
	return 1;
}

static int
run_rounds(int rounds, uint64_t seed)
{
	struct world before = {.server = {{{0, 0}}}};
	struct world after;
	struct step steps[RACERS_N];
	int fresh = VALUE_FIRST;
	int told = 0;

	for (int round = 0; round < rounds; round++) {
		struct arena_mark mark = arena_mark();
		const char *wrong;

		draw(&seed, &fresh, before.server[0][NAME].value != NONE);
		memcpy(steps, track->steps, sizeof(steps));
		if (round > 0)
			next_steps();
		run_both();
		after = before;
		if (observe(&after, 0) < 0)
			return failed(round, "it cannot be read");
		if (steps[0].names != steps[1].names)
			wrong = judge_apart(&after);
		else if ((wrong = judge(&before, &after)) == NULL)
			wrong = judge_history(&before);
		if (wrong != NULL)
			return failed(round, wrong);
		told +=
		    track->said[0].status != 0 || track->said[1].status != 0;
		if (pull_all(&after) < 0)
			return failed(round, "a pull failed");
		wrong = judge_pulled(&after);
		if (wrong != NULL) {
			memcpy(track->steps, steps, sizeof(steps));
			return failed(round, wrong);
		}
		before = after;
		arena_rewind(mark);
	}
	printf("ok 1 - %d rounds (%d times somebody was told)\n", rounds, told);
	return 0;
}

int
race(int rounds, uint64_t seed)
{
	pid_t racers[RACERS_N];
	int status;

	if (make_track() < 0)
		return 2;
	for (int i = 0; i < RACERS_N; i++) {
		racers[i] = fork();
		if (racers[i] == 0)
			run_racer(i);
	}
	printf("# seed %llu\n", (unsigned long long)seed);
	if (homes_begin() < 0 || observe_begin() < 0)
		return 2;
	track->steps[0].seat = SEAT_VAULT;
	track->steps[1].seat = SEAT_FILE_A;
	pthread_barrier_wait(&track->line);
	status = run_rounds(rounds, seed);
	observe_end();
	for (int i = 0; i < RACERS_N; i++) {
		kill(racers[i], SIGKILL);
		waitpid(racers[i], NULL, 0);
	}
	return status;
}
