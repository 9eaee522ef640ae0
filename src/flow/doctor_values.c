/*
 * doctor: the values that other programs read, in the keychain or in a .env
 * file, against the vault that they follow.
 */
#include "config.h"

#include "doctor_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/names.h>
#include <agentsecrets/text.h>
#include <agentsecrets/vault.h>

#include "exchange.h"
#include "items.h"
#include "local.h"
#include "settle.h"

enum {
	SHOWN = 8,
	ENTRY_ROOM = UUID_TEXT + sizeof(":development:") + NAME_MAX_BYTES,
};

/* Of one project and environment. */
struct copy {
	struct doctor *doctor;
	struct place *place;
	enum local_kind kind;
	bool has_items; /* the keychain follows, too */
};

static bool
nobody_is_there(void)
{
	return false;
}

/* Names that the vault has and the keychain does not. */
static int
add_missing(struct names *out, const struct copy *copy, struct err *err)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_NAMES struct names there = NAMES_INIT;
	size_t at = 0;

	if (exchange_load(&vault, copy->place, err) < 0 ||
	    items_names(&there, copy->place, copy->doctor->caller, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < vault.rows_n; i++) {
		const char *name = vault.rows[i].name;

		while (at < there.n && strcmp(there.items[at], name) < 0)
			at++;
		if (vault.rows[i].deleted ||
		    (at < there.n && text_equal(there.items[at], name)))
			continue;
		if (names_add(out, name) < 0)
			return err_memory(err);
	}
	return 0;
}

/* What does not follow the vault, as far as no value has to be opened. */
static int
find_behind(struct names *out, const struct copy *copy, struct err *err)
{
	if (items_behind(out, copy->place, err) < 0 ||
	    (copy->has_items && add_missing(out, copy, err) < 0))
		return -(int)err->status;
	names_sort(out);
	return 0;
}

static void
mend_behind(const struct copy *copy)
{
	AUTO_NAMES struct names left = NAMES_INIT;
	struct doctor *doctor = copy->doctor;
	struct arena_mark mark = arena_mark();
	struct err err;
	int rc = 0;

	if (!doctor->can_write)
		rc = err_set(
		    &err, EXIT_FAILED, "the home cannot be written now");
	if (rc == 0)
		rc = items_complete(copy->place, doctor->caller, &err);
	if (rc == 0)
		rc = find_behind(&left, copy, &err);
	if (rc == 0 && left.n > 0)
		rc = err_set(&err, EXIT_FAILED,
		    "what was changed there stays; 'agentsecrets diff' shows "
		    "it, 'push' or 'pull --force' ends it");
	arena_rewind(mark);
	if (rc < 0)
		doctor_not_mended(doctor, &err);
	else
		doctor_mended(doctor, "the values of %s/%s are all there now",
		    copy->place->project_name, copy->place->environment);
}

static void
check_behind(const struct copy *copy)
{
	AUTO_NAMES struct names behind = NAMES_INIT;
	struct doctor *doctor = copy->doctor;
	const struct place *place = copy->place;
	char list[1024];
	struct err err;

	if (find_behind(&behind, copy, &err) < 0) {
		doctor_say_err(doctor, "behind", DOCTOR_PROBLEM, &err);
		if (err.hint[0] == '\0')
			doctor_hint(doctor, "run 'agentsecrets pull'");
		return;
	}
	if (behind.n == 0) {
		doctor_say(doctor, "behind", DOCTOR_OK,
		    "the %s has the values of %s/%s",
		    copy->has_items ? "keychain" : "file", place->project_name,
		    place->environment);
		return;
	}
	doctor_say(doctor, "behind", DOCTOR_WARNING,
	    "values of %s/%s are not in the %s yet: %s", place->project_name,
	    place->environment, copy->has_items ? "keychain" : "file",
	    names_join(list, sizeof(list), &behind, SHOWN));
	doctor_hint(doctor, "run 'agentsecrets pull'");
	if (doctor_may_mend(doctor))
		mend_behind(copy);
}

/* The two entry names of a value: of the first clients, and of today. */
static void
entries_of(char out[2][ENTRY_ROOM], const struct place *place, const char *name)
{
	snprintf(out[0], ENTRY_ROOM, "Secret_%s_%s", place->project, name);
	snprintf(out[1], ENTRY_ROOM, "%s:development:%s", place->project, name);
}

/*
 * Bring the value under the old entry name under the one of today, or only
 * find out whether that loses nothing.
 *
 * @return 1; 0 when another value has that name; a failure
 */
static int
rename_item(
    const struct copy *copy, const char *name, bool do_it, struct err *err)
{
	struct keychain *keychain = &copy->place->keychain;
	struct arena_mark mark = arena_mark();
	struct secret values[2] = {SECRET_INIT, SECRET_INIT};
	char entries[2][ENTRY_ROOM];
	const char *const views[] = {entries[0], entries[1]};
	int rc;

	entries_of(entries, copy->place, name);
	rc = keychain_lookup(keychain, views, 2, values, err);
	if (rc == 0 && values[1].data != NULL)
		rc = values[0].data != NULL &&
		    secret_same(&values[0], &values[1]);
	else if (rc == 0)
		rc = values[0].data != NULL;
	if (rc > 0 && do_it && values[1].data == NULL &&
	    keychain_store(keychain, views[1], &values[0], err) < 0)
		rc = -(int)err->status;
	if (rc > 0 && do_it && keychain_delete(keychain, views, 1, err) < 0)
		rc = -(int)err->status;
	arena_rewind(mark);
	return rc;
}

static void
mend_old(const struct copy *copy, const struct names *old)
{
	struct err err;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < old->n; i++)
		rc = rename_item(copy, old->items[i], true, &err);
	if (rc < 0)
		doctor_not_mended(copy->doctor, &err);
	else
		doctor_mended(copy->doctor,
		    "%zu items of %s have the names of today", old->n,
		    copy->place->project_name);
}

static void
say_old(
    const struct copy *copy, const struct names *old, const struct names *stay)
{
	struct doctor *doctor = copy->doctor;
	const char *project = copy->place->project_name;
	char list[1024];

	if (stay->n > 0) {
		doctor_say(doctor, "old_values", DOCTOR_NOTE,
		    "the keychain has other values of %s under the names of "
		    "the first clients: %s",
		    project, names_join(list, sizeof(list), stay, SHOWN));
		doctor_hint(doctor,
		    "they count for those clients only; "
		    "'agentsecrets delete' removes both");
	}
	if (old->n == 0)
		return;
	doctor_say(doctor, "old_names", DOCTOR_NOTE,
	    "the keychain has items of %s under the names of the first "
	    "clients: %s",
	    project, names_join(list, sizeof(list), old, SHOWN));
	if (doctor_may_mend(doctor))
		mend_old(copy, old);
}

/* Items that the first clients wrote, who had no environments. */
static void
check_old(const struct copy *copy)
{
	AUTO_KEYCHAIN_NAMES struct keychain_names found = {NULL, 0};
	AUTO_NAMES struct names old = NAMES_INIT;
	AUTO_NAMES struct names stay = NAMES_INIT;
	char prefix[ENTRY_ROOM];
	struct err err;

	if (!text_equal(copy->place->environment, "development"))
		return;
	snprintf(prefix, sizeof(prefix), "Secret_%s_", copy->place->project);
	/* A keychain that fails now fails in the next check, which says so. */
	if (keychain_names(&copy->place->keychain, prefix, &found, &err) < 0)
		return;
	for (size_t i = 0; i < found.n; i++) {
		const char *name = found.items[i] + strlen(prefix);
		int rc = name_is_stored(name)
		    ? rename_item(copy, name, false, &err)
		    : -1;

		if (rc >= 0 && names_add(rc > 0 ? &old : &stay, name) < 0)
			copy->doctor->report->failed = true;
	}
	say_old(copy, &old, &stay);
}

/* One keychain helper for all: a place has it while it is looked at. */
static void
hand_keychain(struct place *to, struct place *from)
{
	to->keychain = from->keychain;
	to->keychain_err = from->keychain_err;
	from->keychain = (struct keychain)KEYCHAIN_INIT;
}

static void
check_place(struct doctor *doctor, const char *project, const char *environment)
{
	static const struct asker nobody = {.is_there = nobody_is_there};
	AUTO_PLACE struct place place = PLACE_INIT;
	struct copy copy = {doctor, &place, LOCAL_NONE, doctor->has_keychain};
	struct caller caller = *doctor->caller;
	struct err err;

	caller.ask = &nobody;
	caller.project = project;
	caller.environment = environment;
	/* What hinders a command here is told by other groups. */
	if (place_find(&place, &caller, &err) < 0 ||
	    local_kind(&copy.kind, &place, &err) < 0 ||
	    (copy.kind == LOCAL_ITEMS && !doctor->has_keychain) ||
	    (copy.kind == LOCAL_NONE && !doctor->has_keychain))
		return;
	hand_keychain(&place, &doctor->place);
	if (doctor->has_keychain)
		check_old(&copy);
	check_behind(&copy);
	hand_keychain(&doctor->place, &place);
}

void
doctor_values(struct doctor *doctor)
{
	static const char *const environments[] = {
	    "development", "staging", "production"};
	const struct trust *trust = &doctor->place.trust;

	if (doctor->account_state <= 0 || !doctor->has_trust)
		return;
	for (size_t i = 0; i < trust->projects_n; i++) {
		for (size_t j = 0; j < 3; j++) {
			AUTO_VAULT struct vault vault = VAULT_INIT;
			const struct trust_project *one = &trust->projects[i];

			if (vault_load(&vault, &doctor->place.home, one->id,
				one->workspace, environments[j], NULL) > 0)
				check_place(doctor, one->id, environments[j]);
		}
	}
}
