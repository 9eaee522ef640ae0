#include "config.h"

#include "model.h"

#include <agentsecrets/exits.h>

/* One environment, as a step at one seat sees it. */
struct view {
	struct world *world;
	int environment;
	int home;
	int copy; /* or -1 */
	struct cell *server;
	struct cell *vault;
	struct held *held;
};

static struct view
look(struct world *world, const struct step *step)
{
	int home = seat_home(step->seat);
	int copy = seat_copy(step->seat);

	return (struct view){world, step->environment, home, copy,
	    world->server[step->environment],
	    world->vault[home][step->environment],
	    copy < 0 ? NULL : world->copy[copy][step->environment]};
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

/*
 * What the copy has. An empty item of a name that is behind is what a
 * keychain leaves that was killed over it, and counts as none.
 */
static int
here(const struct view *view, int name)
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
	return compare(here(view, name),
	    world_base(view->world, view->copy, view->environment, name),
	    there);
}

/* ---- server, vault, copy ----------------------------------------------- */

/* The vault takes a row; every copy of the home is behind from then on. */
static void
record(struct view *view, int name)
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

/*
 * All or nothing. Where somebody else wrote meanwhile, all that there is is
 * looked at, compared value by value, and recorded together with what is
 * written.
 *
 * @param own   the copy is what is sent: its base counts
 * @param look  in any case
 * @param said  out: what was written and deleted, what was taken instead, how
 *              many were there already; a conflict
 */
static void
write_all(struct view *view, const struct step *step, unsigned names, bool own,
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
			record(view, i);
	}
	said->sets[2] = taken;
	said->count = __builtin_popcount(equal);
}

/*
 * The copy follows the vault, but for what was changed in it.
 *
 * @param all    look at every name, not only at those behind
 * @param named  these the copy gets in any case
 */
static void
settle(struct view *view, bool all, bool force, unsigned named)
{
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
		if (how == BRING)
			held->value = there;
		if (how != KEEP)
			held->base = held->behind = NONE;
	}
}

/* ---- the commands ------------------------------------------------------ */

/* Of names that somebody gave all count as written, also the same again. */
static void
set(struct view *view, const struct step *step, struct outcome *said)
{
	write_all(view, step, step->names, false, false, said);
	if (said->status != 0)
		return;
	settle(view, false, false, step->names);
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
	set(view, step, said);
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
		write_all(view, step, changed, own, look, said);
	if (said->status != 0)
		return;
	settle(view, false, false, own || is_forced(step) ? changed : 0);
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
	/* A lost keychain, or file, does not empty a project. */
	if (missing != 0 && entries == 0 && step->seat == SEAT_ITEMS)
		said->status = EXIT_FAILED;
	if (view->copy < 0 || entries == 0)
		missing = 0;
	if (said->status != 0 || view->copy < 0 ||
	    (entries == 0 && step->seat != SEAT_ITEMS))
		return;
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
		record(view, i);
	}
	/* What stays is from now on a change to what is there. */
	for (int i = 0; step->choice == CHOICE_OURS && i < NAMES_N; i++) {
		if (clash & bit(i))
			view->held[i].base = view->held[i].behind = NONE;
	}
	settle(view, true, is_forced(step),
	    step->choice == CHOICE_OURS || step->choice == CHOICE_NONE ? 0
								       : clash);
}

static void
fetch(struct view *view, struct outcome *said)
{
	for (int i = 0; i < NAMES_N; i++) {
		record(view, i);
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
	else if (past[back] == past[0])
		said->count = 1;
	else {
		write.values[name] = past[back];
		set(view, &write, said);
	}
}

/* ---- environments ------------------------------------------------------ */

/* It ends where it fails: what was stored before stays. */
static void
set_all(struct world *world, const struct step *step, struct outcome *said)
{
	struct step one = *step;

	for (int e = 0; said->status == 0 && e < ENVIRONMENTS_N; e++) {
		struct view view;

		one.environment = e;
		view = look(world, &one);
		said->sets[0] = 0;
		set(&view, &one, said);
	}
}

/* First all that the server has is seen, and then it is written. */
static void
write_looked(struct view *view, const struct step *step, unsigned names,
    struct outcome *said)
{
	for (int i = 0; i < NAMES_N; i++)
		record(view, i);
	if (names != 0)
		write_all(view, step, names, false, false, said);
	settle(view, false, false, names);
}

/* Whether a value of the copy that no server has is in the way. */
static bool
is_in_the_way(const struct view *view, int name, int value)
{
	int has = view->copy < 0 ? NONE : here(view, name);

	return has != NONE && has != value &&
	    has != world_base(view->world, view->copy, view->environment, name);
}

/* Other values are a conflict, unless a flag says whose stay. */
static void
copy(struct view *view, const struct step *step, struct outcome *said)
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
		else if (there == NONE && !is_in_the_way(view, i, value))
			added |= bit(i);
		else
			other |= bit(i);
	}
	if (other != 0 && step->choice == CHOICE_NONE) {
		said->status = EXIT_CONFLICT;
		said->clash = other;
		return;
	}
	write_looked(view, &write,
	    step->choice == CHOICE_OURS ? added : added | other, said);
	said->sets[0] = added;
	said->sets[step->choice == CHOICE_OURS ? 2 : 1] = other;
	said->count = unchanged;
}

static void
clean(struct view *view, const struct step *step, struct outcome *said)
{
	struct step write = *step;
	unsigned live = 0;

	for (int i = 0; i < NAMES_N; i++) {
		write.values[i] = NONE;
		live |= view->server[i].value != NONE ? bit(i) : 0;
	}
	write_looked(view, &write, live, said);
	said->sets[1] = live;
}

static void
diff_both(
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

/* Which list of struct diff_result a name is in; -1: in none. */
static int
difference(const struct view *view, int name)
{
	enum { ONLY_HERE, ONLY_THERE, HERE, THERE, BOTH };
	int there = view->server[name].value;
	int has = view->copy < 0 ? view->vault[name].value : here(view, name);

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

void
model_step(struct world *world, const struct step *step, struct outcome *said)
{
	struct view view = look(world, step);

	switch (step->operation) {
	case OP_SET:
		set(&view, step, said);
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
		set_all(world, step, said);
		break;
	case OP_DIFF_BOTH:
		diff_both(world, step, said);
		break;
	case OP_COPY:
	case OP_MERGE:
		copy(&view, step, said);
		break;
	case OP_CLEAN:
		clean(&view, step, said);
		break;
	case OP_RESTORE:
		restore(&view, step, said);
		break;
	case OP_EDIT:
		for (int i = 0; i < NAMES_N; i++) {
			if (step->names & bit(i))
				view.held[i].value = step->values[i];
		}
		break;
	case OPERATIONS_N:
		break;
	}
}
