#include "config.h"

#include "steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "act.h"
#include "homes.h"

/* How often each is done, of a hundred. */
static const unsigned weights[OPERATIONS_N] = {
    [OP_SET] = 16,
    [OP_DELETE] = 8,
    [OP_PUSH] = 16,
    [OP_PUSH_FILE] = 8,
    [OP_PULL] = 18,
    [OP_FETCH] = 7,
    [OP_DIFF] = 5,
    [OP_RESTORE] = 6,
    [OP_EDIT] = 22,
};

static const char *const operation_names[OPERATIONS_N] = {"set", "delete",
    "push", "push-file", "pull", "fetch", "diff", "restore", "edit"};
static const char *const seat_names[SEATS_N] = {
    "vault", "file-a", "file-b", "items"};
static const char *const trouble_names[TROUBLES_N] = {
    "none", "refused", "unheard", "end"};

/* splitmix64 */
static uint64_t
next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

unsigned
random_below(uint64_t *state, unsigned n)
{
	return (unsigned)(next(state) % n);
}

/* New as a rule; at times one that somebody else may have, or the empty one. */
static int
some_value(uint64_t *state, int *fresh)
{
	unsigned dice = random_below(state, 10);

	if (dice == 0)
		return VALUE_EMPTY;
	if (dice <= 3 && *fresh > VALUE_FIRST + 4)
		return *fresh - 1 - (int)random_below(state, 4);
	return (*fresh)++;
}

static enum operation
some_operation(uint64_t *state)
{
	unsigned all = 0;
	unsigned dice;
	int i = 0;

	for (int k = 0; k < OPERATIONS_N; k++)
		all += weights[k];
	for (dice = random_below(state, all); dice >= weights[i]; i++)
		dice -= weights[i];
	return (enum operation)i;
}

static bool
has_names(enum operation operation)
{
	return operation == OP_SET || operation == OP_DELETE ||
	    operation == OP_PUSH_FILE || operation == OP_EDIT;
}

/* Mostly one name; at times several, and for a copy that gets lost all. */
static unsigned
some_names(uint64_t *state)
{
	unsigned names = bit((int)random_below(state, NAMES_N));

	if (random_below(state, 4) == 0)
		names |= random_below(state, 1U << NAMES_N);
	return random_below(state, 40) == 0 ? (1U << NAMES_N) - 1 : names;
}

/* What a delete is about: what is there, as a rule. */
static unsigned
live_names(const struct cell cells[NAMES_N], unsigned names)
{
	unsigned live = 0;

	for (int i = 0; i < NAMES_N; i++)
		live |= cells[i].value != NONE ? bit(i) : 0;
	return (live & names) != 0 ? live & names : names;
}

/* Of those that are kept, as a rule. */
static void
choose_version(struct step *step, uint64_t *state, const struct world *now)
{
	int name = (int)random_below(state, NAMES_N);
	int serial = now->server[step->environment][name].serial;
	int version = serial - (int)random_below(state, PAST_N + 1);

	step->names = bit(name);
	step->values[name] = version < 1 ? serial : version;
}

static bool
can_force(enum operation operation)
{
	return operation == OP_SET || operation == OP_DELETE ||
	    operation == OP_PUSH || operation == OP_PUSH_FILE ||
	    operation == OP_PULL;
}

void
step_random(
    struct step *out, uint64_t *state, const struct world *now, int *fresh)
{
	struct step step = {.operation = some_operation(state),
	    .seat = (enum seat)random_below(state, SEATS_N),
	    .environment = random_below(state, 4) == 0};
	bool gone = step.operation == OP_DELETE ||
	    (step.operation == OP_EDIT && random_below(state, 4) == 0);

	if (step.operation == OP_EDIT && step.seat == SEAT_VAULT)
		step.seat = SEAT_ITEMS;
	if (has_names(step.operation))
		step.names = some_names(state);
	if (step.operation == OP_DELETE)
		step.names = live_names(
		    now->vault[seat_home(step.seat)][step.environment],
		    step.names);
	for (int i = 0; i < NAMES_N; i++) {
		if ((step.names & bit(i)) && !gone)
			step.values[i] = some_value(state, fresh);
	}
	if (step.operation == OP_RESTORE)
		choose_version(&step, state, now);
	step.force = can_force(step.operation) && random_below(state, 8) == 0;
	if (step.operation != OP_EDIT && random_below(state, 12) == 0) {
		step.trouble = (enum trouble_kind)(
		    1 + random_below(state, TROUBLES_N - 1));
		step.at = 1 + (int)random_below(state, 8);
	}
	*out = step;
}

/* ---- text -------------------------------------------------------------- */

const char *
step_print(char out[STEP_TEXT], const struct step *step)
{
	size_t len = (size_t)snprintf(out, STEP_TEXT, "%s %s %s ",
	    operation_names[step->operation], seat_names[step->seat],
	    homes_environment(step->environment));
	const char *comma = "";

	for (int i = 0; i < NAMES_N; i++) {
		if (!(step->names & bit(i)))
			continue;
		len += (size_t)snprintf(out + len, STEP_TEXT - len, "%s%s=%d",
		    comma, act_name(i), step->values[i]);
		comma = ",";
	}
	snprintf(out + len, STEP_TEXT - len, "%s %s %s:%d",
	    step->names == 0 ? "-" : "", step->force ? "force" : "-",
	    trouble_names[step->trouble], step->at);
	return out;
}

static int
index_of(const char *const *names, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (text_equal(names[i], name))
			return i;
	}
	return -1;
}

static int
read_values(struct step *step, char *list)
{
	char *rest = list;
	char *one;

	if (text_equal(list, "-"))
		return 0;
	while ((one = strsep(&rest, ",")) != NULL) {
		char *equals = strchr(one, '=');
		int name = 0;

		if (equals == NULL)
			return -1;
		*equals = '\0';
		while (name < NAMES_N && !text_equal(act_name(name), one))
			name++;
		if (name == NAMES_N)
			return -1;
		step->names |= bit(name);
		step->values[name] = (int)strtol(equals + 1, NULL, 10);
	}
	return 0;
}

int
step_read(struct step *out, const char *line)
{
	char operation[16];
	char seat[16];
	char environment[16];
	char values[160];
	char force[16];
	char trouble[16];
	struct step step = {.names = 0};
	int numbers[3];

	if (sscanf(line, "%15s %15s %15s %159s %15s %15[^:]:%d", operation,
		seat, environment, values, force, trouble, &step.at) != 7)
		return -1;
	numbers[0] = index_of(operation_names, OPERATIONS_N, operation);
	numbers[1] = index_of(seat_names, SEATS_N, seat);
	numbers[2] = index_of(trouble_names, TROUBLES_N, trouble);
	if (numbers[0] < 0 || numbers[1] < 0 || numbers[2] < 0 ||
	    read_values(&step, values) < 0)
		return -1;
	step.operation = (enum operation)numbers[0];
	step.seat = (enum seat)numbers[1];
	step.trouble = (enum trouble_kind)numbers[2];
	step.environment =
	    text_equal(environment, homes_environment(0)) ? 0 : 1;
	step.force = text_equal(force, "force");
	*out = step;
	return 0;
}
