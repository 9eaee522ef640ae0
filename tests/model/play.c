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
	for (int e = 0; e < ENVIRONMENTS_N_HERE; e++) {
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
has_moved(const struct cell *seen, const struct cell *old)
{
	return seen->serial != old->serial;
}

/*
 * Server, vault, copy, in this order: each name is as before or as after the
 * whole step, and nothing is ahead of what comes before it. The server's
 * answer, and a vault, are one thing: all names or none.
 */
static const char *
half_done(const struct world *old, const struct world *new,
    const struct world *seen, const struct step *step)
{
	int e = step->environment;
	int home = seat_home(step->seat);
	bool server =
	    memcmp(seen->server, new->server, sizeof(old->server)) == 0;
	bool vault = memcmp(seen->vault, new->vault, sizeof(old->vault)) == 0;

	if (!server &&
	    memcmp(seen->server, old->server, sizeof(old->server)) != 0)
		return "the server has a part of it";
	if (!vault && memcmp(seen->vault, old->vault, sizeof(old->vault)) != 0)
		return "the vault has a part of it";
	for (int i = 0; i < NAMES_N; i++) {
		if (has_moved(
			&seen->vault[home][e][i], &old->vault[home][e][i]) &&
		    seen->vault[home][e][i].serial > seen->server[e][i].serial)
			return "the vault is ahead of the server";
	}
	for (int c = 0; c < COPIES_N; c++) {
		for (int i = 0; i < NAMES_N; i++) {
			int is = seen->copy[c][e][i].value;
			int was = old->copy[c][e][i].value;

			if (is != was && is != new->copy[c][e][i].value)
				return "a copy has neither the old nor the "
				       "new value";
			if (is != was && !vault)
				return "a copy is ahead of the vault";
			if (world_base(seen, c, e, i) !=
				world_base(old, c, e, i) &&
			    world_base(seen, c, e, i) !=
				world_base(new, c, e, i))
				return "a copy agrees with what nobody had";
		}
	}
	return NULL;
}

/* ---- playing ----------------------------------------------------------- */

static struct world seen;

/* @return why the world cannot be what is left of a step; NULL: it can */
static const char *
left_over(const struct world *before, const struct world *model,
    const struct step *step)
{
	const char *broken = half_done(before, model, &seen, step);
	struct world without = *before;
	struct step blind = *step;
	struct outcome ignored = {.status = 0};

	if (broken == NULL || step->operation != OP_PULL)
		return broken;
	blind.blind = true;
	model_step(&without, &blind, &ignored);
	return half_done(before, &without, &seen, step);
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
	if (observe(&seen, step->environment) < 0) {
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

	for (int e = 0; e < ENVIRONMENTS_N_HERE; e++) {
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
