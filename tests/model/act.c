#include "config.h"

#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/flow_environment.h>
#include <agentsecrets/flow_history.h>
#include <agentsecrets/text.h>

#include "doubles.h"
#include "homes.h"

static const char *const names[NAMES_N] = {
    "ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON"};

const char *
act_name(int name)
{
	return names[name];
}

const char *
act_value(char *out, int value)
{
	if (value == VALUE_EMPTY)
		out[0] = '\0';
	else
		snprintf(out, 16, "v%d", value);
	return out;
}

int
act_value_read(const char *text, size_t len)
{
	char copy[16];
	char *end;
	long number;

	if (len == 0)
		return VALUE_EMPTY;
	if (len >= sizeof(copy) || text[0] != 'v')
		return -1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	number = strtol(copy + 1, &end, 10);
	return *end == '\0' && number >= VALUE_FIRST && number < INT_MAX
	    ? (int)number
	    : -1;
}

/* ---- what the commands say --------------------------------------------- */

static unsigned
set_of(const struct names *list)
{
	unsigned set = 0;

	for (size_t i = 0; i < list->n; i++) {
		int name = 0;

		while (
		    name < NAMES_N && !text_equal(list->items[i], names[name]))
			name++;
		/* One that nobody gave is seen as a difference. */
		set |= bit(name);
	}
	return set;
}

/* The names behind the last colon of a conflict. */
static unsigned
clash_of(const char *text)
{
	AUTO_NAMES struct names list = NAMES_INIT;
	const char *p = strrchr(text, ':');

	while (p != NULL && *p != '\0') {
		char name[NAME_MAX_BYTES + 1];
		size_t len;

		p += strspn(p, ":, ");
		len = strcspn(p, ", ");
		snprintf(name, sizeof(name), "%.*s", (int)len, p);
		names_add(&list, name);
		p += len;
	}
	return set_of(&list);
}

static void
failed(struct outcome *said, int rc, const struct err *err)
{
	said->status = rc < 0 ? -rc : 0;
	if (rc >= 0)
		return;
	snprintf(said->text, sizeof(said->text), "%.200s", err->text);
	if (rc == -EXIT_CONFLICT)
		said->clash = clash_of(err->text);
}

/* --force takes theirs, but of a push, where it writes ours. */
static enum resolution
resolution_of(const struct step *step)
{
	static const enum resolution of[CHOICES_N] = {
	    RESOLVE_ASK, RESOLVE_OURS, RESOLVE_THEIRS, RESOLVE_THEIRS};

	return of[step->choice];
}

/* ---- set, delete, push ------------------------------------------------- */

static int
run_set(const struct step *step, struct write_result *result, struct err *err)
{
	struct set_item items[NAMES_N];
	char texts[NAMES_N][16];
	size_t n = 0;

	for (int i = 0; i < NAMES_N; i++) {
		const char *text;

		if (!(step->names & bit(i)))
			continue;
		text = act_value(texts[i], step->values[i]);
		items[n].name = names[i];
		items[n].value = (struct secret){
		    arena_copy(text, strlen(text), err), strlen(text)};
		n++;
	}
	return (step->operation == OP_SET ? set_run : set_everywhere_run)(
	    items, n, is_forced(step), homes_caller(), result, err);
}

static int
run_restore(
    const struct step *step, struct write_result *result, struct err *err)
{
	int name = __builtin_ctz(step->names);

	return restore_run(names[name], (uint32_t)step->values[name],
	    homes_caller(), result, err);
}

static int
run_delete(
    const struct step *step, struct write_result *result, struct err *err)
{
	const char *given[NAMES_N];
	size_t n = 0;

	for (int i = 0; i < NAMES_N; i++) {
		if (step->names & bit(i))
			given[n++] = names[i];
	}
	return delete_run(
	    given, n, is_forced(step), homes_caller(), result, err);
}

/* @param held  a value a name; NONE: no line */
static int
write_file(const char *path, const int held[NAMES_N])
{
	AUTO_FD int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char text[NAMES_N * 32] = "";
	char value[16];
	size_t len = 0;

	for (int i = 0; i < NAMES_N; i++) {
		if (held[i] != NONE)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s=%s\n", names[i], act_value(value, held[i]));
	}
	return fd < 0 ? -1 : fd_write_all(fd, text, len);
}

static int
run_push(const struct step *step, struct write_result *result, struct err *err)
{
	struct push_request request = {
	    .conflicts = is_forced(step) ? RESOLVE_OURS : resolution_of(step),
	    .force = is_forced(step),
	    .prune = step->prune,
	    .yes = true};
	int held[NAMES_N] = {NONE};

	if (step->operation == OP_PUSH)
		return push_run(&request, homes_caller(), result, err);
	for (int i = 0; i < NAMES_N; i++)
		held[i] = step->names & bit(i) ? step->values[i] : NONE;
	if (write_file("other.env", held) < 0)
		return err_sys(err, EXIT_FAILED, "other.env");
	request.file = "other.env";
	return push_run(&request, homes_caller(), result, err);
}

static void
run_write(const struct step *step, struct outcome *said)
{
	struct write_result result = {.unchanged = 0};
	struct err err;
	int rc;

	if (step->operation == OP_SET || step->operation == OP_SET_ALL)
		rc = run_set(step, &result, &err);
	else if (step->operation == OP_DELETE)
		rc = run_delete(step, &result, &err);
	else if (step->operation == OP_RESTORE)
		rc = run_restore(step, &result, &err);
	else
		rc = run_push(step, &result, &err);
	failed(said, rc, &err);
	if (rc >= 0) {
		said->sets[0] = set_of(&result.written);
		said->sets[1] = set_of(&result.deleted);
		said->sets[2] = set_of(&result.taken);
		said->count = (int)result.unchanged;
	}
	write_result_release(&result);
}

/* ---- pull, env, diff --------------------------------------------------- */

static void
pull(const struct step *step, struct outcome *said)
{
	const struct pull_request request = {
	    .conflicts = resolution_of(step), .force = is_forced(step)};
	struct pull_result result = {.total = 0};
	struct err err;
	int rc = pull_run(&request, homes_caller(), &result, &err);

	failed(said, rc, &err);
	if (rc >= 0) {
		said->sets[0] = set_of(&result.added);
		said->sets[1] = set_of(&result.changed);
		said->sets[2] = set_of(&result.deleted);
		said->count = (int)result.total;
	}
	pull_result_release(&result);
}

static void
fetch(struct outcome *said)
{
	char program[] = "true";
	char *argv[] = {program, NULL};
	const struct inject_request request = {
	    .command = argv, .fresh = true, .dry_run = true};
	AUTO_NAMES struct names injected = NAMES_INIT;
	struct err err;

	failed(
	    said, inject_run(&request, homes_caller(), &injected, &err), &err);
	said->sets[0] = set_of(&injected);
}

static void
diff(struct outcome *said)
{
	struct diff_result result = {.only_local = NAMES_INIT};
	struct err err;
	int rc = diff_run(homes_caller(), &result, &err);

	failed(said, rc, &err);
	said->sets[0] = set_of(&result.only_local);
	said->sets[1] = set_of(&result.only_remote);
	said->sets[2] = set_of(&result.changed_here);
	said->sets[3] = set_of(&result.changed_there);
	said->sets[4] = set_of(&result.changed_both);
	diff_result_release(&result);
}

/* ---- environments ------------------------------------------------------ */

static void
copy(const struct step *step, struct outcome *said)
{
	const char *given[NAMES_N];
	struct environment_copy_request request = {
	    .from = homes_environment(step->from),
	    .to = homes_environment(step->environment),
	    .names = given,
	    .each = step->operation == OP_MERGE,
	    .resolution = resolution_of(step)};
	struct environment_copied result = {.unchanged = 0};
	struct err err;
	int rc;

	for (int i = 0; i < NAMES_N; i++) {
		if (step->names & bit(i))
			given[request.n++] = names[i];
	}
	rc = environment_copy_run(&request, homes_caller(), &result, &err);
	failed(said, rc, &err);
	if (rc >= 0) {
		said->sets[0] = set_of(&result.added);
		said->sets[1] = set_of(&result.changed);
		said->sets[2] = set_of(&result.kept);
		said->count = (int)result.unchanged;
	}
	environment_copied_release(&result);
}

static void
clean(const struct step *step, struct outcome *said)
{
	struct environment_cleaned result = {.deleted = NAMES_INIT};
	struct err err;
	int rc = environment_clean_run(homes_environment(step->environment),
	    true, homes_caller(), &result, &err);

	failed(said, rc, &err);
	if (rc >= 0)
		said->sets[1] = set_of(&result.deleted);
	names_release(&result.deleted);
}

static void
diff_both(const struct step *step, struct outcome *said)
{
	struct environments_diff result = {.only_from = NAMES_INIT};
	struct err err;
	int rc = environments_diff_run(homes_environment(step->from),
	    homes_environment(step->environment), homes_caller(), &result,
	    &err);

	failed(said, rc, &err);
	said->sets[0] = set_of(&result.only_from);
	said->sets[1] = set_of(&result.only_to);
	said->sets[2] = set_of(&result.differing);
	environments_diff_release(&result);
}

/* ---- other programs ---------------------------------------------------- */

static void
edit_items(const struct step *step)
{
	for (int i = 0; i < NAMES_N; i++) {
		char entry[128];
		char value[16];

		if (!(step->names & bit(i)))
			continue;
		snprintf(entry, sizeof(entry), "%s:%s:%s", homes_project(),
		    homes_environment(step->environment), names[i]);
		doubles_set_item(entry,
		    step->values[i] == NONE
			? NULL
			: act_value(value, step->values[i]));
	}
}

/* A file without a line is removed: that is how copies get lost. */
static void
edit_file(const struct step *step, const struct held before[NAMES_N])
{
	int held[NAMES_N];
	char path[64];
	bool any = false;

	for (int i = 0; i < NAMES_N; i++) {
		held[i] =
		    step->names & bit(i) ? step->values[i] : before[i].value;
		any |= held[i] != NONE;
	}
	snprintf(path, sizeof(path), ".env.%s",
	    homes_environment(step->environment));
	if (any ? write_file(path, held) < 0
		: unlink(path) < 0 && errno != ENOENT)
		perror(path);
}

void
act_step(const struct step *step, const struct world *now, struct outcome *said)
{
	*said = (struct outcome){.status = 0};
	homes_enter(step->seat, step->environment);
	switch (step->operation) {
	case OP_SET:
	case OP_SET_ALL:
	case OP_DELETE:
	case OP_PUSH:
	case OP_PUSH_FILE:
	case OP_RESTORE:
		run_write(step, said);
		break;
	case OP_PULL:
		pull(step, said);
		break;
	case OP_FETCH:
		fetch(said);
		break;
	case OP_DIFF:
		diff(said);
		break;
	case OP_DIFF_BOTH:
		diff_both(step, said);
		break;
	case OP_COPY:
	case OP_MERGE:
		copy(step, said);
		break;
	case OP_CLEAN:
		clean(step, said);
		break;
	case OP_EDIT:
		if (step->seat == SEAT_ITEMS)
			edit_items(step);
		else if (step->seat != SEAT_VAULT)
			edit_file(step,
			    now->copy[seat_copy(step->seat)]
				     [step->environment]);
		break;
	case OPERATIONS_N:
		break;
	}
}
