#include "config.h"

#include "play.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/exits.h>

#include "act.h"
#include "doubles.h"
#include "homes.h"
#include "laws.h"
#include "model.h"
#include "observe.h"
#include "steps.h"

/* ---- what differs ------------------------------------------------------ */

/* Append a line. */
static void
tell(struct played *out, const char *line)
{
	size_t len = strlen(out->why);

	snprintf(out->why + len, sizeof(out->why) - len, "%s\n", line);
}

static void
tell_cell(struct played *out, const char *what, int environment, int name,
    const struct cell *seen, const struct cell *model)
{
	char line[160];

	if (memcmp(seen, model, sizeof(*seen)) == 0)
		return;
	snprintf(line, sizeof(line),
	    "%s %s %s: value %d written %d times, model: %d, %d", what,
	    homes_environment(environment), act_name(name), seen->value,
	    seen->serial, model->value, model->serial);
	tell(out, line);
}

static void
tell_held(struct played *out, int copy, int environment, int name,
    const struct held *seen, const struct held *model)
{
	char line[160];

	if (memcmp(seen, model, sizeof(*seen)) == 0)
		return;
	snprintf(line, sizeof(line),
	    "copy %d %s %s: value %d behind %d base %d, model: %d, %d, %d",
	    copy, homes_environment(environment), act_name(name), seen->value,
	    seen->behind, seen->base, model->value, model->behind, model->base);
	tell(out, line);
}

/* @return whether they are the same */
static bool
compare_worlds(
    struct played *out, const struct world *seen, const struct world *model)
{
	static const char *const vaults[] = {"vault 0", "vault 1", "vault 2"};

	if (memcmp(seen, model, sizeof(*seen)) == 0)
		return true;
	for (int e = 0; e < ENVIRONMENTS_N; e++) {
		for (int i = 0; i < NAMES_N; i++) {
			tell_cell(out, "server", e, i, &seen->server[e][i],
			    &model->server[e][i]);
			for (int h = 0; h < HOMES_N; h++)
				tell_cell(out, vaults[h], e, i,
				    &seen->vault[h][e][i],
				    &model->vault[h][e][i]);
			for (int c = 0; c < COPIES_N; c++)
				tell_held(out, c, e, i, &seen->copy[c][e][i],
				    &model->copy[c][e][i]);
		}
	}
	if (memcmp(seen->file, model->file, sizeof(seen->file)) != 0)
		tell(out, "a file is there, or is not");
	if (memcmp(seen->past, model->past, sizeof(seen->past)) != 0)
		tell(out, "the server went another way");
	return false;
}

static bool
compare_said(
    struct played *out, const struct outcome *seen, const struct outcome *model)
{
	char line[160];

	if (seen->status != model->status) {
		snprintf(line, sizeof(line), "status %d, model: %d",
		    seen->status, model->status);
		tell(out, line);
	}
	if (seen->clash != model->clash) {
		snprintf(line, sizeof(line), "conflict of %#x, model: %#x",
		    seen->clash, model->clash);
		tell(out, line);
	}
	for (int i = 0; i < 5; i++) {
		if (seen->sets[i] == model->sets[i])
			continue;
		snprintf(line, sizeof(line), "list %d is %#x, model: %#x", i,
		    seen->sets[i], model->sets[i]);
		tell(out, line);
	}
	if (seen->count != model->count) {
		snprintf(line, sizeof(line), "count %d, model: %d", seen->count,
		    model->count);
		tell(out, line);
	}
	return out->why[0] == '\0';
}

/* ---- a step that was cut off ------------------------------------------- */

static bool
is_same(const struct cell *a, const struct cell *b)
{
	return a->serial == b->serial && a->value == b->value;
}

/* A copy has what it had or what the vault has. */
static const char *
half_copy(const struct world *old, const struct world *seen, int environment,
    int name, bool ours)
{
	for (int copy = 0; copy < COPIES_N; copy++) {
		int is = seen->copy[copy][environment][name].value;
		int base = world_base(seen, copy, environment, name);
		int vault =
		    seen->vault[copy_home(copy)][environment][name].value;

		if (is != old->copy[copy][environment][name].value &&
		    is != vault)
			return "a copy has neither the old value nor the "
			       "vault's";
		/* It follows what the copy has, or a person said that the
		 * copy keeps its value. */
		if (base != world_base(old, copy, environment, name) &&
		    (base != vault || (is != vault && !ours)))
			return "a copy agrees with what it does not have";
	}
	return NULL;
}

/* Of one environment: all is as in the one world, or as in the other. */
static bool
is_whole(const struct cell *seen, const struct cell *a, const struct cell *b)
{
	size_t size = NAMES_N * sizeof(*seen);

	return homes_split() || memcmp(seen, a, size) == 0 ||
	    memcmp(seen, b, size) == 0;
}

/*
 * Each name is at the server as before or as after the whole step, in the
 * vault as well and never ahead of the server. Both take a write as a whole,
 * unless it is sent in parts; some commands take down what they saw before.
 */
static const char *
half_done(const struct world *old, const struct world *new,
    const struct world *seen, int e, int home, bool ours)
{
	const char *broken = NULL;

	if (!is_whole(seen->server[e], old->server[e], new->server[e]))
		return "the server has a part of it";
	if (!is_whole(
		seen->vault[home][e], old->vault[home][e], old->server[e]) &&
	    !is_whole(
		seen->vault[home][e], new->vault[home][e], old->server[e]))
		return "the vault has a part of it";
	for (int i = 0; broken == NULL && i < NAMES_N; i++) {
		const struct cell *server = &seen->server[e][i];
		const struct cell *vault = &seen->vault[home][e][i];

		if (!is_same(server, &old->server[e][i]) &&
		    !is_same(server, &new->server[e][i]))
			return "the server has neither the old nor the new";
		if (!is_same(vault, &old->vault[home][e][i]) &&
		    !is_same(vault, &old->server[e][i]) &&
		    !is_same(vault, &new->vault[home][e][i]))
			return "the vault has neither the old nor the new";
		if (vault->serial > server->serial)
			return "the vault is ahead of the server";
		broken = half_copy(old, seen, e, i, ours);
	}
	return broken;
}

/* ---- playing ----------------------------------------------------------- */

static struct world seen;

/* @return why the world cannot be what is left of a step; NULL: it can */
static const char *
left_over(const struct world *before, const struct world *after,
    const struct step *step)
{
	const char *broken = NULL;

	for (int e = 0; broken == NULL && e < ENVIRONMENTS_N; e++)
		broken = half_done(before, after, &seen, e,
		    seat_home(step->seat),
		    step->operation == OP_PULL && step->choice == CHOICE_OURS);
	return broken;
}

/* Pull and copy go on without a keychain that does not answer. */
static const char *
left_over_blind(const struct world *before, const struct step *step)
{
	struct world without = *before;
	struct step blind = *step;
	struct outcome ignored = {.status = 0};

	blind.blind = true;
	model_step(&without, &blind, &ignored);
	return left_over(before, &without, step);
}

/* Do one step, look at all there is, and compare. @return whether it held */
static bool
play_step(const struct step *step, struct world *model, struct played *out,
    struct tally *tally)
{
	struct world before = *model;
	struct outcome said;
	struct outcome expected = {.status = 0};
	struct arena_mark mark;
	const char *broken;
	bool trouble;

	homes_enter(step->seat, step->environment);
	if (homes_warm() < 0) {
		tell(out, "there is no helper");
		return false;
	}
	mark = arena_mark();
	doubles_mark();
	doubles_trouble(step->trouble, step->at);
	act_step(step, model, &said);
	trouble = doubles_trouble_end();
	doubles_stop_helpers(true);
	model_step(model, step, &expected);
	if (observe(&seen,
		step->operation == OP_SET_ALL	 ? OBSERVE_ALL
		    : step->operation == OP_EDIT ? OBSERVE_NONE
						 : step->environment) < 0) {
		tell(out, "what is there cannot be read");
		return false;
	}
	arena_rewind(mark);
	tally->trouble += trouble;
	tally->conflicts += said.status == EXIT_CONFLICT;
	tally->done += said.status == 0;
	broken = laws_broken(&before, &seen, step, &said, trouble);
	if (broken != NULL)
		tell(out, broken);
	if (!trouble) {
		compare_said(out, &said, &expected);
		compare_worlds(out, &seen, model);
	} else {
		broken = left_over(&before, model, step);
		if (broken != NULL)
			broken = left_over_blind(&before, step);
		if (broken != NULL)
			tell(out, broken);
		*model = seen;
	}
	if (out->why[0] != '\0' && said.text[0] != '\0')
		tell(out, said.text);
	return out->why[0] == '\0';
}

/* What the server kept of each name is what was written. */
static int
check_history(const struct world *model, struct played *out)
{
	struct arena_mark mark = arena_mark();
	bool same = true;

	for (int e = 0; e < ENVIRONMENTS_N; e++) {
		for (int i = 0; i < NAMES_N; i++) {
			int serial = model->server[e][i].serial;
			struct cell past[PAST_N];

			if (serial == 0)
				continue;
			if (observe_history(past, e, i) < 0)
				same = false;
			for (int k = 0; same && k < PAST_N && k < serial; k++)
				same = past[k].serial == serial - k &&
				    past[k].value == model->past[e][i][k];
		}
	}
	arena_rewind(mark);
	if (!same)
		tell(out, "the history is not what was written");
	return same ? 0 : -1;
}

int
play(struct step *steps, int n, uint64_t *state, struct played *out,
    struct tally *tally)
{
	struct world model = {.server = {{{0, 0}}}};
	struct step again = {.trouble = TROUBLE_NONE};
	bool repeat = false;
	int fresh = VALUE_FIRST;

	*out = (struct played){.failed = -1};
	memset(&seen, 0, sizeof(seen));
	if (homes_begin() < 0 || observe_begin() < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		if (state != NULL && repeat)
			steps[i] = again;
		else if (state != NULL)
			step_random(&steps[i], state, &model, &fresh);
		if (!play_step(&steps[i], &model, out, tally)) {
			out->failed = i;
			break;
		}
		/* What was cut off is done again, and then finishes. */
		repeat = steps[i].trouble != TROUBLE_NONE && state != NULL &&
		    random_below(state, 2) == 0;
		again = steps[i];
		again.trouble = TROUBLE_NONE;
	}
	if (out->failed < 0 && check_history(&model, out) < 0)
		out->failed = n - 1;
	observe_end();
	return homes_end();
}

int
shorten(struct step *steps, int n)
{
	struct step tried[WORLD_STEPS];
	struct tally ignored = {0, 0, 0};
	struct played out;

	for (int size = n / 2; size > 0; size /= 2) {
		for (int at = 0; at < n;) {
			int left = at + size < n ? n - at - size : 0;

			memcpy(tried, steps, (size_t)at * sizeof(*steps));
			memcpy(tried + at, steps + n - left,
			    (size_t)left * sizeof(*steps));
			if (play(tried, at + left, NULL, &out, &ignored) < 0)
				return n;
			if (out.failed < 0) {
				at += size;
				continue;
			}
			n = out.failed + 1;
			memcpy(steps, tried, (size_t)n * sizeof(*steps));
		}
	}
	return n;
}
