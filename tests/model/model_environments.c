/* The part of the model that is about whole environments. */
#include "config.h"

#include <agentsecrets/exits.h>

#include "model_view.h"

/* It ends where it fails: what was stored before stays. */
void
model_set_all(
    struct world *world, const struct step *step, struct outcome *said)
{
	struct step one = *step;

	for (int e = 0; said->status == 0 && e < ENVIRONMENTS_N; e++) {
		struct view view;

		one.environment = e;
		view = view_of(world, &one);
		said->sets[0] = 0;
		view_set(&view, &one, said);
	}
}

/*
 * First all that the server has is seen, and then it is written.
 *
 * @param named  these the copy gets in any case
 */
static void
write_looked(struct view *view, const struct step *step, unsigned names,
    unsigned named, struct outcome *said)
{
	for (int i = 0; i < NAMES_N; i++)
		view_record(view, i);
	if (names != 0)
		view_write(view, step, names, false, false, said);
	view_settle(view, false, false, named);
}

/* Whether a value of the copy that no server has is in the way. */
static bool
is_in_the_way(const struct view *view, int name, int value)
{
	int has = view->copy < 0 ? NONE : view_here(view, name);

	return has != NONE && has != value &&
	    has != world_base(view->world, view->copy, view->environment, name);
}

/* Other values are a conflict, unless a flag says whose stay. */
void
model_copy(struct view *view, const struct step *step, struct outcome *said)
{
	const struct cell *from = view->world->server[step->from];
	struct step write = *step;
	unsigned added = 0;
	unsigned other = 0;
	int unchanged = 0;

	for (int i = 0; i < NAMES_N; i++) {
		int there = view->server[i].value;
		int value = from[i].value;

		write.values[i] = value;
		if (step->names != 0 && !(step->names & bit(i)))
			continue;
		if (value == NONE && step->names != 0) {
			said->status = EXIT_FAILED;
			return;
		}
		if (value == NONE || value == there)
			unchanged += value != NONE;
		else if (there == NONE &&
		    (step->blind || !is_in_the_way(view, i, value)))
			added |= bit(i);
		else
			other |= bit(i);
	}
	if (other != 0 && step->choice == CHOICE_NONE) {
		said->status = EXIT_CONFLICT;
		said->clash = other;
		return;
	}
	if (step->choice != CHOICE_OURS)
		added |= other;
	write_looked(view, &write, added, added, said);
	said->sets[0] = added & ~other;
	said->sets[step->choice == CHOICE_OURS ? 2 : 1] = other;
	said->count = unchanged;
}

void
model_clean(struct view *view, const struct step *step, struct outcome *said)
{
	struct step write = *step;
	unsigned live = 0;

	for (int i = 0; i < NAMES_N; i++) {
		write.values[i] = NONE;
		live |= view->server[i].value != NONE ? bit(i) : 0;
	}
	/* What was changed in the copy is nowhere else. */
	write_looked(view, &write, live, 0, said);
	said->sets[1] = live;
}

void
model_diff_both(
    const struct world *world, const struct step *step, struct outcome *said)
{
	for (int i = 0; i < NAMES_N; i++) {
		int from = world->server[step->from][i].value;
		int to = world->server[step->environment][i].value;

		if (from != to)
			said->sets[to == NONE  ? 0
				: from == NONE ? 1
					       : 2] |= bit(i);
	}
}
