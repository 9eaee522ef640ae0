#include "config.h"

#include "laws.h"

#include <string.h>

#include <agentsecrets/exits.h>

/* Whether somebody said that this name may be overwritten here. */
static bool
is_meant(const struct step *step, int name)
{
	if (is_forced(step))
		return true;
	switch (step->operation) {
	case OP_PUSH:
	case OP_PULL:
	case OP_COPY:
	case OP_MERGE:
		return step->choice == CHOICE_THEIRS;
	case OP_SET:
	case OP_SET_ALL:
	case OP_DELETE:
	case OP_RESTORE:
	case OP_EDIT:
		return (step->names & bit(name)) != 0;
	default:
		return false;
	}
}

/* Whether the server has what the own copy last agreed on. */
static bool
is_base(const struct world *before, const struct step *step, int name)
{
	int copy = seat_copy(step->seat);

	return step->operation == OP_PUSH && copy >= 0 &&
	    before->server[step->environment][name].value ==
	    world_base(before, copy, step->environment, name);
}

/* Nobody writes over what he has not seen, or was not told to. */
static bool
keeps_unseen(const struct world *before, const struct world *after,
    const struct step *step, int environment, int name)
{
	const struct cell *was = &before->server[environment][name];
	const struct cell *is = &after->server[environment][name];
	const struct cell *seen =
	    &before->vault[seat_home(step->seat)][environment][name];

	if (was->serial == is->serial || is_forced(step))
		return true;
	switch (step->operation) {
	case OP_COPY:
	case OP_MERGE:
		return was->value == NONE || step->choice == CHOICE_THEIRS;
	case OP_CLEAN:
		return true; /* it has just looked */
	default:
		return was->serial == seen->serial ||
		    was->value == seen->value || is_base(before, step, name) ||
		    step->choice == CHOICE_OURS;
	}
}

/* What was changed in a copy stays, or the server has it. */
static bool
keeps_edits(const struct world *before, const struct world *after,
    const struct step *step, int copy, int environment, int name)
{
	int was = before->copy[copy][environment][name].value;
	int is = after->copy[copy][environment][name].value;

	return was == is || was == NONE || is_meant(step, name) ||
	    was == world_base(before, copy, environment, name) ||
	    was == before->server[environment][name].value ||
	    /* As a keychain leaves it that was killed. */
	    (was == VALUE_EMPTY && copy == seat_copy(SEAT_ITEMS));
}

/* A version follows the last one; nothing goes back. */
static bool
goes_on(const struct cell *was, const struct cell *is)
{
	return is->serial == was->serial ? is->value == was->value
					 : is->serial > was->serial;
}

/* A conflict is about names that two really changed. */
static bool
is_conflict(const struct world *before, const struct step *step, int name)
{
	const struct cell *there = &before->server[step->environment][name];
	const struct cell *seen =
	    &before->vault[seat_home(step->seat)][step->environment][name];
	int copy = seat_copy(step->seat);
	int base;
	int here;

	if (step->operation == OP_COPY || step->operation == OP_MERGE)
		return before->server[step->from][name].value != there->value;
	if (step->operation == OP_SET_ALL)
		return true;
	if (step->operation != OP_PUSH && step->operation != OP_PULL)
		return there->serial != seen->serial &&
		    there->value != seen->value;
	if (copy < 0)
		return false;
	base = world_base(before, copy, step->environment, name);
	here = before->copy[copy][step->environment][name].value;
	return here != base && here != there->value && there->value != base;
}

static const char *
law_of_name(const struct world *before, const struct world *after,
    const struct step *step, int environment, int name)
{
	if (!goes_on(&before->server[environment][name],
		&after->server[environment][name]))
		return "the server never goes back";
	if (!keeps_unseen(before, after, step, environment, name))
		return "nobody writes over what he has not seen";
	for (int home = 0; home < HOMES_N; home++) {
		if (!goes_on(&before->vault[home][environment][name],
			&after->vault[home][environment][name]))
			return "a vault never goes back";
		if (home != seat_home(step->seat) &&
		    memcmp(&before->vault[home][environment][name],
			&after->vault[home][environment][name],
			sizeof(struct cell)) != 0)
			return "nobody changes another machine";
	}
	for (int copy = 0; copy < COPIES_N; copy++) {
		if (!keeps_edits(before, after, step, copy, environment, name))
			return "what was changed in a copy is not lost";
		if (copy != seat_copy(step->seat) &&
		    before->copy[copy][environment][name].value !=
			after->copy[copy][environment][name].value)
			return "nobody changes another copy";
	}
	return NULL;
}

const char *
laws_broken(const struct world *before, const struct world *after,
    const struct step *step, const struct outcome *said, bool trouble)
{
	const char *law = NULL;

	for (int e = 0; law == NULL && e < ENVIRONMENTS_N; e++) {
		for (int i = 0; law == NULL && i < NAMES_N; i++)
			law = law_of_name(before, after, step, e, i);
	}
	if (law != NULL || trouble)
		return law;
	if (said->status != 0 && step->operation != OP_SET_ALL &&
	    memcmp(before, after, sizeof(*before)) != 0)
		return "what fails changes nothing";
	for (int i = 0; i < NAMES_N; i++) {
		if (said->status == EXIT_CONFLICT && (said->clash & bit(i)) &&
		    !is_conflict(before, step, i))
			return "no conflict is invented";
	}
	if (said->status == EXIT_CONFLICT && said->clash == 0)
		return "a conflict names what it is about";
	return NULL;
}
