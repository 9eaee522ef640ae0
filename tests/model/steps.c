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
    [OP_SET_ALL] = 3,
    [OP_DELETE] = 8,
    [OP_PUSH] = 16,
    [OP_PUSH_FILE] = 8,
    [OP_PULL] = 18,
    [OP_FETCH] = 7,
    [OP_DIFF] = 5,
    [OP_DIFF_BOTH] = 2,
    [OP_COPY] = 6,
    [OP_MERGE] = 4,
    [OP_CLEAN] = 2,
    [OP_RESTORE] = 6,
    [OP_EDIT] = 22,
};

static const char *const operation_names[OPERATIONS_N] = {"set", "set-all",
    "delete", "push", "push-file", "pull", "fetch", "diff", "diff-both", "copy",
    "merge", "clean", "restore", "edit"};
static const char *const seat_names[SEATS_N] = {
    "vault", "file-a", "file-b", "items"};
static const char *const choice_names[CHOICES_N] = {
    "-", "ours", "theirs", "force"};
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
	return operation == OP_SET || operation == OP_SET_ALL ||
	    operation == OP_DELETE || operation == OP_PUSH_FILE ||
	    operation == OP_EDIT;
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

/* One of them more often, so that something happens there. */
static int
some_environment(uint64_t *state)
{
	return random_below(state, 2) == 0
	    ? 0
	    : (int)random_below(state, ENVIRONMENTS_N);
}

static void
choose_pair(struct step *step, uint64_t *state)
{
	step->from = (step->environment + 1 +
			 (int)random_below(state, ENVIRONMENTS_N - 1)) %
	    ENVIRONMENTS_N;
	if (step->operation != OP_DIFF_BOTH && random_below(state, 3) > 0)
		step->names = some_names(state);
}

static enum choice
some_choice(enum operation operation, uint64_t *state)
{
	unsigned dice = random_below(state, 8);

	switch (operation) {
	case OP_SET:
	case OP_SET_ALL:
	case OP_DELETE:
		return dice == 0 ? CHOICE_FORCE : CHOICE_NONE;
	case OP_PUSH:
	case OP_PUSH_FILE:
	case OP_PULL:
		return dice < CHOICES_N ? (enum choice)dice : CHOICE_NONE;
	case OP_COPY:
		return dice < 3 ? CHOICE_FORCE : CHOICE_NONE;
	case OP_MERGE:
		return (enum choice)(dice % CHOICE_FORCE);
	default:
		return CHOICE_NONE;
	}
}

void
step_random(
    struct step *out, uint64_t *state, const struct world *now, int *fresh)
{
	struct step step = {.operation = some_operation(state),
	    .seat = (enum seat)random_below(state, SEATS_N),
	    .environment = some_environment(state)};
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
	step.from = step.environment;
	if (step.operation == OP_COPY || step.operation == OP_MERGE ||
	    step.operation == OP_DIFF_BOTH)
		choose_pair(&step, state);
	step.choice = some_choice(step.operation, state);
	step.prune =
	    (step.operation == OP_PUSH || step.operation == OP_PUSH_FILE) &&
	    random_below(state, 6) == 0;
	if (step.operation != OP_EDIT && random_below(state, 6) == 0) {
		step.trouble = (enum trouble_kind)(
		    1 + random_below(state, TROUBLES_N - 1));
		step.at = 1 + (int)random_below(state, 6);
	}
	*out = step;
}

/* ---- text -------------------------------------------------------------- */

const char *
step_print(char out[STEP_TEXT], const struct step *step)
{
	bool two = step->from != step->environment;
	size_t len = (size_t)snprintf(out, STEP_TEXT, "%s %s %s%s%s ",
	    operation_names[step->operation], seat_names[step->seat],
	    homes_environment(step->environment), two ? "<" : "",
	    two ? homes_environment(step->from) : "");
	const char *comma = "";

	for (int i = 0; i < NAMES_N; i++) {
		if (!(step->names & bit(i)))
			continue;
		len += (size_t)snprintf(out + len, STEP_TEXT - len, "%s%s=%d",
		    comma, act_name(i), step->values[i]);
		comma = ",";
	}
	snprintf(out + len, STEP_TEXT - len, "%s %s%s %s:%d",
	    step->names == 0 ? "-" : "", choice_names[step->choice],
	    step->prune ? "+prune" : "", trouble_names[step->trouble],
	    step->at);
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

/* "TO", or "TO<FROM" */
static int
read_environments(struct step *step, char *text)
{
	char *from = strchr(text, '<');

	if (from != NULL)
		*from++ = '\0';
	step->environment = index_of(environment_names, ENVIRONMENTS_N, text);
	step->from = from == NULL
	    ? step->environment
	    : index_of(environment_names, ENVIRONMENTS_N, from);
	return step->environment < 0 || step->from < 0 ? -1 : 0;
}

int
step_read(struct step *out, const char *line)
{
	char operation[16];
	char seat[16];
	char environment[32];
	char values[160];
	char choice[16];
	char trouble[16];
	struct step step = {.names = 0};
	int numbers[5];

	if (sscanf(line, "%15s %15s %31s %159s %15s %15[^:]:%d", operation,
		seat, environment, values, choice, trouble, &step.at) != 7)
		return -1;
	numbers[0] = index_of(operation_names, OPERATIONS_N, operation);
	numbers[1] = index_of(seat_names, SEATS_N, seat);
	numbers[2] = index_of(trouble_names, TROUBLES_N, trouble);
	step.prune = strchr(choice, '+') != NULL;
	choice[strcspn(choice, "+")] = '\0';
	numbers[3] = index_of(choice_names, CHOICES_N, choice);
	numbers[4] = read_environments(&step, environment);
	if (numbers[3] < 0 || numbers[4] < 0 || numbers[0] < 0 ||
	    numbers[1] < 0 || numbers[2] < 0 || read_values(&step, values) < 0)
		return -1;
	step.operation = (enum operation)numbers[0];
	step.seat = (enum seat)numbers[1];
	step.trouble = (enum trouble_kind)numbers[2];
	step.choice = (enum choice)numbers[3];
	*out = step;
	return 0;
}
