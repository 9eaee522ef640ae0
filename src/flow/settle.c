#include "config.h"

#include "settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/keychain_client.h>

#include "env_example.h"
#include "local.h"
#include "unwritable.h"

enum action {
	ACTION_LEAVE,  /* it was changed here */
	ACTION_AGREES, /* it has what the vault has */
	ACTION_BRING,
};

static int
compare_change(const void *name, const void *change)
{
	return strcmp(name, ((const struct change *)change)->name);
}

static const struct change *
find_named(const struct settle *settle, const char *name)
{
	return settle->changes_n == 0
	    ? NULL
	    : bsearch(name, settle->changes, settle->changes_n,
		  sizeof(*settle->changes), compare_change);
}

/* Whether the copy gets what the vault has, even for a change of its own. */
static bool
is_taken(
    const struct settle *settle, const struct sides *sides, const char *name)
{
	const struct change *change = find_named(settle, name);
	struct secret here;

	if (change == NULL || !settle->if_as_given)
		return change != NULL;
	if (!standing_local(sides, name, &here))
		return change->deleted;
	return !change->deleted && secret_same(&here, &change->value);
}

static enum action
action_for(const struct settle *settle, const struct sides *sides,
    const char *name, enum standing standing)
{
	switch (standing) {
	case STANDING_SAME:
		return ACTION_AGREES;
	case STANDING_ONLY_REMOTE:
	case STANDING_CHANGED_THERE:
	case STANDING_DELETED_THERE:
		return ACTION_BRING;
	case STANDING_CHANGED_HERE:
	case STANDING_CHANGED_BOTH:
		return settle->force || is_taken(settle, sides, name)
		    ? ACTION_BRING
		    : ACTION_LEAVE;
	case STANDING_ONLY_LOCAL:
	case STANDING_DELETED_HERE:
		break;
	}
	return is_taken(settle, sides, name) ? ACTION_BRING : ACTION_LEAVE;
}

static int
named(struct names *out, const struct settle *settle, struct err *err)
{
	for (size_t i = 0; i < settle->changes_n; i++) {
		if (names_add(out, settle->changes[i].name) < 0)
			return err_memory(err);
	}
	return 0;
}

/*
 * The names to look at. One that is behind may be in neither vault nor copy: a
 * command was killed before it wrote the vault.
 */
static int
names_to_settle(struct names *out, const struct sides *sides,
    const struct settle *settle, struct err *err)
{
	if ((settle->all && standing_names(out, sides, err) < 0) ||
	    named(out, settle, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < sides->behind->rows_n; i++) {
		if (names_add(out, sides->behind->rows[i].name) < 0)
			return err_memory(err);
	}
	for (size_t i = 0; settle->others != NULL && i < settle->others->n;
	     i++) {
		if (names_add(out, settle->others->items[i]) < 0)
			return err_memory(err);
	}
	names_sort(out);
	return 0;
}

/* ---- the file ---------------------------------------------------------- */

/*
 * @return 1 when the file cannot hold the value. A command that was not about
 *         it says nothing; the next pull does.
 */
static int
is_unwritable(struct unwritable *unwritable, const struct settle *settle,
    const char *name, const struct secret *value, struct err *err)
{
	if (value->data == NULL || dotenv_unwritable(value) == NULL)
		return 0;
	return settle->all || find_named(settle, name) != NULL
	    ? unwritable_note(unwritable, name, value, err)
	    : 1;
}

/* What the file is to hold, and which names then agree with the vault. */
static int
collect(const struct sides *sides, const struct settle *settle,
    const struct names *names, struct dotenv_entry *entries, size_t *n,
    struct names *settled, struct unwritable *unwritable, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->items[i];
		enum standing standing;
		enum action action;
		struct secret value;
		int skip = 0;

		if (standing_of(sides, name, &standing, &value, err) < 0)
			return -(int)err->status;
		action = action_for(settle, sides, name, standing);
		if (action == ACTION_BRING)
			skip = is_unwritable(
			    unwritable, settle, name, &value, err);
		if (skip < 0)
			return skip;
		if (skip > 0)
			continue;
		if (action != ACTION_LEAVE && names_add(settled, name) < 0)
			return err_memory(err);
		if (action == ACTION_BRING)
			env_file_entry(sides->file, entries, n, name,
			    place_outer_name(sides->place, name), &value);
	}
	return 0;
}

static int
write_file(const struct sides *sides, struct settle *settle,
    struct names *settled, struct unwritable *unwritable, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;
	struct dotenv_entry *entries;
	size_t n = 0;
	int rc;

	if (names_to_settle(&names, sides, settle, err) < 0)
		return -(int)err->status;
	entries =
	    calloc(names.n + sides->file->entries.n + 1, sizeof(*entries));
	if (entries == NULL)
		return err_memory(err);
	rc = collect(
	    sides, settle, &names, entries, &n, settled, unwritable, err);
	settle->written =
	    rc == 0 && (n > 0 || (settle->all && !sides->file->exists));
	if (settle->written)
		rc = env_file_write(sides->file, entries, n, err);
	free(entries);
	return rc;
}

/* @param first  the environment has no file yet */
static int
settle_example(struct place *place, bool first, const struct caller *caller,
    struct err *err)
{
	int rc = env_example_write(place, err);

	if (rc == 0 && first && caller->ask->is_there())
		caller->notice("'.env.example' was written by somebody, and "
			       "stays as it is");
	return rc < 0 ? rc : 0;
}

/* All under the lock: the vault that the file is compared with stays. */
static int
settle_file(struct place *place, const struct workspace_key *key,
    struct settle *settle, struct unwritable *unwritable,
    const struct caller *caller, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_LOCAL struct local local = LOCAL_INIT;
	AUTO_NAMES struct names settled = NAMES_INIT;
	struct sides sides = {
	    .key = key, .place = place, .base = &vault, .remote = &vault};

	if (lock < 0 || exchange_load(&vault, place, err) < 0 ||
	    env_file_ignore(place, place->environment, err) < 0 ||
	    local_read(&local, &sides, NULL, place, caller, err) < 0 ||
	    write_file(&sides, settle, &settled, unwritable, err) < 0)
		return -(int)err->status;
	unwritable_in(unwritable, local.file.path);
	if (local_agree(place, &vault, &settled, place->file.directory, err) <
	    0)
		return -(int)err->status;
	return settle_example(
	    place, settle->written && !local.file.exists, caller, err);
}

/* ---- the items --------------------------------------------------------- */

/* Items to be written, and what became of them. */
struct work {
	struct sides sides;
	struct place *place;
	const struct caller *caller;
	struct names bring;   /* sorted, like the others */
	struct names settled; /* they have the vault's value */
	struct names failed;
	size_t failed_removals;
	struct err why; /* of the first that failed */
};

#define AUTO_WORK __attribute__((cleanup(work_release)))

static void
work_release(struct work *work)
{
	names_release(&work->bring);
	names_release(&work->settled);
	names_release(&work->failed);
}

/*
 * Sort the names into those that agree and those to be written.
 *
 * @param follow  in storage mode 2 the items are no side: they get what the
 *                vault has
 */
static int
plan(struct work *work, const struct settle *settle, const struct names *names,
    bool follow, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->items[i];
		struct arena_mark mark = arena_mark();
		enum standing standing;
		struct secret value;
		enum action action;
		const struct item *item;
		struct names *list;

		if (standing_of(&work->sides, name, &standing, &value, err) < 0)
			return -(int)err->status;
		arena_rewind(mark);
		action = action_for(settle, &work->sides, name, standing);
		/* A write writes the entry of today; an item that counts as
		 * none is taken away, before it counts as a change. */
		item = items_find(work->sides.items, name);
		if ((follow && action == ACTION_LEAVE) ||
		    /* Both entries go, and only one was looked for. */
		    (value.data == NULL &&
			is_taken(settle, &work->sides, name)) ||
		    (action == ACTION_AGREES && item != NULL &&
			(item->old || value.data == NULL)))
			action = ACTION_BRING;
		list = action == ACTION_BRING ? &work->bring : &work->settled;
		if (action != ACTION_LEAVE && names_add(list, name) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
write_item(struct work *work, const char *name, struct err *err)
{
	const struct vault_row *row = vault_find(work->sides.base, name);
	struct arena_mark mark = arena_mark();
	struct secret value = SECRET_INIT;
	bool live = row != NULL && !row->deleted;
	int rc = 0;

	if (live)
		rc = exchange_open(
		    work->sides.key, work->sides.base, row, 0, &value, err);
	if (rc >= 0)
		rc = live
		    ? items_write(work->place, name, &value, work->caller, err)
		    : items_remove(work->place, name, work->caller, err);
	arena_rewind(mark);
	work->failed_removals += rc < 0 && !live;
	return rc;
}

static void
tell_progress(const struct work *work, const char *what, size_t done)
{
	if (work->caller->progress != NULL)
		work->caller->progress(what, done, work->bring.n);
}

static int
write_items(struct work *work, struct err *err)
{
	for (size_t i = 0; i < work->bring.n; i++) {
		const char *name = work->bring.items[i];
		struct err failure;
		int rc;

		tell_progress(work, "keychain", i);
		rc = write_item(work, name, &failure);
		if (rc < 0 && work->failed.n == 0)
			work->why = failure;
		if (names_add(rc < 0 ? &work->failed : &work->settled, name) <
		    0)
			return err_memory(err);
	}
	tell_progress(work, NULL, work->bring.n);
	names_sort(&work->settled);
	return 0;
}

/* Say which names are to be completed, and why. */
static int
report_failed(
    const struct work *work, const struct settle *settle, struct err *err)
{
	char list[512];
	const char *what = settle->stored
	    ? "stored, but not in the keychain yet"
	    : "not in the keychain yet";

	if (work->failed.n == 0)
		return 0;
	if (work->failed_removals == work->failed.n)
		what = "deleted, but still in the keychain";
	err_set(err, EXIT_FAILED, "%s: %s: %s", what,
	    names_join(list, sizeof(list), &work->failed, 16), work->why.text);
	return err_hint(
	    err, "once the keychain opens, 'agentsecrets pull' completes it");
}

/* Without a keychain: the names that it would have got. */
static int
all_failed(struct work *work, const struct settle *settle,
    const struct names *names, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct vault_row *row =
		    vault_find(work->sides.base, names->items[i]);

		work->failed_removals += row == NULL || row->deleted;
		if (names_add(&work->failed, names->items[i]) < 0)
			return err_memory(err);
	}
	if (names->n == 0) {
		char text[ERR_TEXT_MAX + 64];

		snprintf(text, sizeof(text),
		    "warning: the keychain was not looked at: %s",
		    work->why.text);
		work->caller->notice(text);
	}
	return report_failed(work, settle, err);
}

/*
 * Items are written one by one, and slowly, so `lock` is not held: whoever
 * comes last writes what the vault has then. A prompt of the keychain comes
 * before anybody has to wait.
 */
static int
settle_items(struct place *place, const struct workspace_key *key,
    const struct settle *settle, bool follow, const struct caller *caller,
    struct err *err)
{
	AUTO_FD int turn = -1;
	AUTO_FD int lock = -1;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_LOCAL struct local local = LOCAL_INIT;
	AUTO_NAMES struct names names = NAMES_INIT;
	AUTO_NAMES struct names changed = NAMES_INIT;
	AUTO_WORK struct work work = {.place = place,
	    .caller = caller,
	    .sides = {.key = key,
		.place = place,
		.base = &vault,
		.behind = &local.behind,
		.remote = &vault}};
	bool opened = place_open_keychain(place, caller, &work.why) == 0;
	struct settle known = *settle;

	/* Of what cannot be read only that is known which was noted. */
	known.all &= opened;
	if ((turn = home_lock(&place->home, "items.lock", err)) < 0 ||
	    exchange_load(&vault, place, err) < 0 ||
	    local_base(&local.behind, &place->home, &vault, NULL, err) < 0 ||
	    names_to_settle(&names, &work.sides, &known, err) < 0)
		return -(int)err->status;
	if (named(&changed, settle, err) < 0)
		return -(int)err->status;
	if (opened &&
	    items_read(
		&local.items, place, &names, &changed, caller, &work.why) < 0) {
		names_release(&names);
		known.all = opened = false;
		if (names_to_settle(&names, &work.sides, &known, err) < 0)
			return -(int)err->status;
	}
	if (!opened)
		return all_failed(&work, settle, &names, err);
	work.sides.items = &local.items;
	if (plan(&work, settle, &names, follow, err) < 0 ||
	    write_items(&work, err) < 0)
		return -(int)err->status;
	if ((lock = home_lock(&place->home, "lock", err)) < 0 ||
	    local_agree(place, &vault, &work.settled, NULL, err) < 0)
		return -(int)err->status;
	return report_failed(&work, settle, err);
}

/* ---- both -------------------------------------------------------------- */

static int
settle_both(struct place *place, const struct workspace_key *key,
    struct settle *settle, const struct caller *caller, struct err *err)
{
	AUTO_UNWRITABLE struct unwritable unwritable = UNWRITABLE_INIT;
	bool kept;

	if (settle_file(place, key, settle, &unwritable, caller, err) < 0) {
		if (!settle->stored)
			return -(int)err->status;
		err_prefix(err, "stored, but the file is not renewed");
		return err_hint(err, "run 'agentsecrets pull'");
	}
	if (local_keeps_items(&kept, place, err) < 0 ||
	    (kept && settle_items(place, key, settle, true, caller, err) < 0))
		return -(int)err->status;
	return unwritable_report(&unwritable, settle->stored, err);
}

int
settle_local(struct place *place, const struct workspace_key *key,
    struct settle *settle, const struct caller *caller, struct err *err)
{
	enum local_kind kind;

	if (local_kind(&kind, place, err) < 0)
		return -(int)err->status;
	switch (kind) {
	case LOCAL_FILE:
		return settle_both(place, key, settle, caller, err);
	case LOCAL_ITEMS:
		return settle_items(place, key, settle, false, caller, err);
	case LOCAL_NONE:
		break;
	}
	return 0;
}

int
items_complete(
    struct place *place, const struct caller *caller, struct err *err)
{
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct settle settle = {.all = true};

	if (exchange_unlock(&key, place, caller, err) < 0)
		return -(int)err->status;
	return settle_local(place, &key, &settle, caller, err);
}
