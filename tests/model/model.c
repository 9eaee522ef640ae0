#include "config.h"

#include "model.h"

#include <agentsecrets/exits.h>

#include "model_view.h"

struct view
view_of(struct world *world, const struct step *step)
{
	int home = seat_home(step->seat);
	int copy = seat_copy(step->seat);

	return (struct view){world, step->environment, home, copy,
	    world->server[step->environment],
	    world->vault[home][step->environment],
	    copy < 0 ? NULL : world->copy[copy][step->environment],
	    copy < 0 || step->seat == SEAT_ITEMS
		? NULL
		: &world->file[copy][step->environment]};
}

/* ---- the three-way comparison ------------------------------------------ */

enum standing { SAME, BRING, KEEP, CLASH };

/* A name that the copy lacks was not deleted: it is brought back. */
static enum standing
compare(int here, int base, int there)
{
	if (here == there)
		return SAME;
	if (here == NONE || here == base)
		return BRING;
	return there == base ? KEEP : CLASH;
}

int
view_here(const struct view *view, int name)
{
	const struct held *held = &view->held[name];

	return view->copy == seat_copy(SEAT_ITEMS) && held->behind &&
		held->value == VALUE_EMPTY
	    ? NONE
	    : held->value;
}

static enum standing
standing(const struct view *view, int name, int there)
{
	return compare(view_here(view, name),
	    world_base(view->world, view->copy, view->environment, name),
	    there);
}

/* ---- server, vault, copy ----------------------------------------------- */

void
view_record(struct view *view, int name)
{
	struct cell old = view->vault[name];
	struct cell now = view->server[name];

	if (old.serial == now.serial)
		return;
	for (int copy = 0; copy < COPIES_N; copy++) {
		struct held *held =
		    &view->world->copy[copy][view->environment][name];

		if (copy_home(copy) != view->home || held->behind ||
		    (old.serial == 0 && now.value == NONE))
			continue;
		held->base = old.value;
		held->behind = 1;
	}
	view->vault[name] = now;
}

/* Whether the server would take it as it was last seen here. */
static bool
is_as_seen(const struct view *view, const struct step *step, unsigned names)
{
	for (int i = 0; i < NAMES_N; i++) {
		const struct cell *there = &view->server[i];
		const struct cell *seen = &view->vault[i];

		/* Or as this very write left it, which was cut off. */
		if ((names & bit(i)) && there->serial != seen->serial &&
		    (there->serial != seen->serial + 1 ||
			there->value != step->values[i]))
			return false;
	}
	return true;
}

void
view_write(struct view *view, const struct step *step, unsigned names, bool own,
    bool look, struct outcome *said)
{
	unsigned equal = 0;
	unsigned clash = 0;
	unsigned taken;

	look |= !is_as_seen(view, step, names);
	for (int i = 0; look && i < NAMES_N; i++) {
		int there = view->server[i].value;
		int base = own
		    ? world_base(view->world, view->copy, view->environment, i)
		    : view->vault[i].value;

		if (there == step->values[i])
			equal |= names & bit(i);
		else if (there != base)
			clash |= names & bit(i);
	}
	if (clash != 0 && step->choice == CHOICE_NONE) {
		said->status = EXIT_CONFLICT;
		said->clash = clash;
		return;
	}
	taken = step->choice == CHOICE_THEIRS ? clash : 0;
	for (int i = 0; i < NAMES_N; i++) {
		/* Or a write that was cut off has done it. */
		if ((names & ~equal & ~taken & bit(i)) &&
		    (look || view->server[i].serial == view->vault[i].serial))
			world_write(
			    view->world, view->environment, i, step->values[i]);
		if (names & ~equal & ~taken & bit(i))
			said->sets[step->values[i] == NONE] |= bit(i);
		if (look || (names & bit(i)))
			view_record(view, i);
	}
	said->sets[2] = taken;
	said->count = __builtin_popcount(equal);
}

void
view_settle(struct view *view, bool all, bool force, unsigned named)
{
	if (all && view->file != NULL)
		*view->file = 1;
	for (int i = 0; view->copy >= 0 && i < NAMES_N; i++) {
		struct held *held = &view->held[i];
		int there = view->vault[i].value;
		enum standing how = standing(view, i, there);

		if (!all && !held->behind && !(named & bit(i)))
			continue;
		/* What exists only here is never overwritten with nothing. */
		if (how == CLASH || (how == KEEP && there != NONE))
			how = force ? BRING : KEEP;
		if (named & bit(i))
			how = BRING;
		if (how == BRING && view->file != NULL)
			*view->file |= held->value != there;
		/* What counted as none is taken away, too. */
		if (how == BRING || there == NONE)
			held->value = how == KEEP ? held->value : there;
		if (how != KEEP)
			held->base = held->behind = NONE;
	}
}

/* ---- the commands ------------------------------------------------------ */

void
view_set(struct view *view, const struct step *step, struct outcome *said)
{
	view_write(view, step, step->names, false, false, said);
	if (said->status != 0)
		return;
	view_settle(view, false, false, step->names);
	*said = (struct outcome){.status = 0};
	said->sets[step->operation == OP_DELETE] = step->names;
}

static void delete (
    struct view *view, const struct step *step, struct outcome *said)
{
	for (int i = 0; i < NAMES_N; i++) {
		if ((step->names & bit(i)) && view->vault[i].value == NONE) {
			said->status = EXIT_FAILED;
			return;
		}
	}
	view_set(view, step, said);
}

/*
 * Write what differs, and have the copy follow: whatever it has, if it is what
 * was sent, or if that was said.
 */
static void
push(struct view *view, const struct step *step, unsigned changed, bool own,
    bool look, int unchanged, struct outcome *said)
{
	if (changed != 0)
		view_write(view, step, changed, own, look, said);
	if (said->status != 0)
		return;
	view_settle(view, false, false, own || is_forced(step) ? changed : 0);
	said->count += unchanged;
}

static void
push_own(struct view *view, const struct step *step, struct outcome *said)
{
	struct step changes = *step;
	unsigned changed = 0;
	unsigned missing = 0;
	bool clash = false;
	int entries = 0;
	int kept;

	for (int i = 0; view->copy >= 0 && i < NAMES_N; i++) {
		int there = view->vault[i].value;
		int base =
		    world_base(view->world, view->copy, view->environment, i);
		enum standing how = standing(view, i, there);

		changes.values[i] = view->held[i].value;
		entries += view->held[i].value != NONE;
		if (how == KEEP || how == CLASH)
			changed |= bit(i);
		clash |= how == CLASH;
		if (step->prune && view->held[i].value == NONE &&
		    there != NONE && base != NONE)
			missing |= bit(i);
	}
	if (view->copy < 0 ||
	    (view->file != NULL &&
		(!*view->file || (entries == 0 && !step->prune))))
		return;
	/* A keychain that was lost, or a file, does not empty a project. */
	if (missing != 0 && entries == 0) {
		said->status = EXIT_FAILED;
		return;
	}
	kept = step->seat == SEAT_ITEMS ? 0
					: entries - __builtin_popcount(changed);
	push(view, &changes, changed | missing, true, clash || missing != 0,
	    kept, said);
}

static void
push_file(struct view *view, const struct step *step, struct outcome *said)
{
	struct step changes = *step;
	unsigned changed = 0;
	unsigned missing = 0;
	int unchanged = 0;

	for (int i = 0; i < NAMES_N; i++) {
		int there = view->vault[i].value;

		if (!(step->names & bit(i))) {
			changes.values[i] = NONE;
			if (step->prune && there != NONE)
				missing |= bit(i);
		} else if (step->values[i] != there) {
			changed |= bit(i);
		} else {
			unchanged++;
		}
	}
	push(view, &changes, changed | missing, false, missing != 0, unchanged,
	    said);
}

static void
pull(struct view *view, const struct step *step, struct outcome *said)
{
	unsigned clash;

	for (int i = 0; view->copy >= 0 && i < NAMES_N; i++) {
		if (standing(view, i, view->server[i].value) == CLASH)
			said->clash |= bit(i);
	}
	if (said->clash != 0 && step->choice == CHOICE_NONE && !step->blind) {
		said->status = EXIT_CONFLICT;
		return;
	}
	clash = said->clash;
	said->clash = 0;
	for (int i = 0; i < NAMES_N; i++) {
		bool was = view->vault[i].value != NONE;
		bool is = view->server[i].value != NONE;
		bool moved = view->vault[i].serial != view->server[i].serial;

		said->sets[0] |= !was && is ? bit(i) : 0;
		said->sets[1] |= was && is && moved ? bit(i) : 0;
		said->sets[2] |= was && !is ? bit(i) : 0;
		said->count += is;
		view_record(view, i);
	}
	/* What stays is from now on a change to what is there. */
	for (int i = 0; step->choice == CHOICE_OURS && i < NAMES_N; i++) {
		if (clash & bit(i))
			view->held[i].base = view->held[i].behind = NONE;
	}
	view_settle(view, true, is_forced(step),
	    step->choice == CHOICE_THEIRS ? clash : 0);
}

static void
fetch(struct view *view, struct outcome *said)
{
	for (int i = 0; i < NAMES_N; i++) {
		view_record(view, i);
		said->sets[0] |= view->vault[i].value != NONE ? bit(i) : 0;
	}
}

/* A version that is a deletion, or no longer kept, is not brought back. */
static void
restore(struct view *view, const struct step *step, struct outcome *said)
{
	struct step write = *step;
	int name = __builtin_ctz(step->names);
	int back = view->server[name].serial - step->values[name];
	const int *past = view->world->past[view->environment][name];

	if (step->values[name] < 1 || back < 0 || back >= PAST_N ||
	    past[back] == NONE)
		said->status = EXIT_FAILED;
	else if (past[back] == past[0]) {
		/* Here it may not be yet. */
		for (int i = 0; i < NAMES_N; i++)
			view_record(view, i);
		view_settle(view, false, false, 0);
		said->count = 1;
	} else {
		write.values[name] = past[back];
		view_set(view, &write, said);
	}
}

/* Which list of struct diff_result a name is in; -1: in none. */
static int
difference(const struct view *view, int name)
{
	enum { ONLY_HERE, ONLY_THERE, HERE, THERE, BOTH };
	int there = view->server[name].value;
	int has =
	    view->copy < 0 ? view->vault[name].value : view_here(view, name);

	switch (view->copy < 0 ? compare(has, has, there)
			       : standing(view, name, there)) {
	case BRING:
		return has == NONE ? ONLY_THERE : THERE;
	case KEEP:
		return there == NONE ? ONLY_HERE : HERE;
	case CLASH:
		return BOTH;
	case SAME:
		break;
	}
	return -1;
}

/* A file without a line is removed: that is how copies get lost. */
static void
edit(struct view *view, const struct step *step)
{
	int any = 0;

	for (int i = 0; i < NAMES_N; i++) {
		if (step->names & bit(i))
			view->held[i].value = step->values[i];
		any |= view->held[i].value != NONE;
	}
	if (view->file != NULL)
		*view->file = any;
}

void
model_step(struct world *world, const struct step *step, struct outcome *said)
{
	struct view view = view_of(world, step);

	switch (step->operation) {
	case OP_SET:
		view_set(&view, step, said);
		break;
	case OP_DELETE:
		delete (&view, step, said);
		break;
	case OP_PUSH:
		push_own(&view, step, said);
		break;
	case OP_PUSH_FILE:
		push_file(&view, step, said);
		break;
	case OP_PULL:
		pull(&view, step, said);
		break;
	case OP_FETCH:
		fetch(&view, said);
		break;
	case OP_DIFF:
		for (int i = 0; i < NAMES_N; i++) {
			int list = difference(&view, i);

			if (list >= 0)
				said->sets[list] |= bit(i);
		}
		break;
	case OP_SET_ALL:
		model_set_all(world, step, said);
		break;
	case OP_DIFF_BOTH:
		model_diff_both(world, step, said);
		break;
	case OP_COPY:
	case OP_MERGE:
		model_copy(&view, step, said);
		break;
	case OP_CLEAN:
		model_clean(&view, step, said);
		break;
	case OP_RESTORE:
		restore(&view, step, said);
		break;
	case OP_EDIT:
		edit(&view, step);
		break;
	case OPERATIONS_N:
		break;
	}
}
