#include "config.h"

#include "settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fd.h>

#include "local.h"

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

static bool
is_named(const struct settle *settle, const char *name)
{
	return settle->changes_n > 0 &&
	    bsearch(name, settle->changes, settle->changes_n,
		sizeof(*settle->changes), compare_change) != NULL;
}

static enum action
action_for(
    const struct settle *settle, const char *name, enum standing standing)
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
		return settle->force || is_named(settle, name) ? ACTION_BRING
							       : ACTION_LEAVE;
	case STANDING_ONLY_LOCAL:
		break;
	}
	return is_named(settle, name) ? ACTION_BRING : ACTION_LEAVE;
}

/* The names to look at. */
static int
names_to_settle(struct names *out, const struct sides *sides,
    const struct settle *settle, struct err *err)
{
	if (settle->all)
		return standing_names(out, sides, err);
	for (size_t i = 0; i < settle->changes_n; i++) {
		if (names_add(out, settle->changes[i].name) < 0)
			return err_memory(err);
	}
	for (size_t i = 0; i < sides->behind->rows_n; i++) {
		if (names_add(out, sides->behind->rows[i].name) < 0)
			return err_memory(err);
	}
	names_sort(out);
	return 0;
}

/* ---- the file ---------------------------------------------------------- */

/* What the file is to hold, and which names then agree with the vault. */
static int
collect(const struct sides *sides, const struct settle *settle,
    const struct names *names, struct dotenv_entry *entries, size_t *n,
    struct names *settled, struct err *err)
{
	for (size_t i = 0; i < names->n; i++) {
		struct dotenv_entry *entry = &entries[*n];
		enum standing standing;
		enum action action;

		if (standing_of(sides, names->items[i], &standing,
			&entry->value, err) < 0)
			return -(int)err->status;
		action = action_for(settle, names->items[i], standing);
		if (action != ACTION_LEAVE &&
		    names_add(settled, names->items[i]) < 0)
			return err_memory(err);
		if (action != ACTION_BRING)
			continue;
		entry->removed = entry->value.data == NULL;
		snprintf(entry->name, sizeof(entry->name), "%s",
		    place_outer_name(sides->place, names->items[i]));
		(*n)++;
	}
	return 0;
}

static int
write_file(const struct sides *sides, struct settle *settle,
    struct names *settled, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;
	struct dotenv_entry *entries;
	size_t n = 0;
	int rc;

	if (names_to_settle(&names, sides, settle, err) < 0)
		return -(int)err->status;
	entries = calloc(names.n + 1, sizeof(*entries));
	if (entries == NULL)
		return err_memory(err);
	rc = collect(sides, settle, &names, entries, &n, settled, err);
	settle->written =
	    rc == 0 && (n > 0 || (settle->all && !sides->file->exists));
	if (settle->written)
		rc = env_file_write(sides->file, entries, n, err);
	free(entries);
	return rc;
}

/* Nothing is behind any more in these. */
static int
forget(const struct place *place, struct vault *behind,
    const struct names *settled, struct err *err)
{
	size_t before = behind->rows_n;

	vault_drop(behind, (const char *const *)settled->items, settled->n);
	return behind->rows_n == before
	    ? 0
	    : vault_local_save(behind, &place->home, err);
}

/* All under the lock: the vault that the file is compared with stays. */
static int
settle_file(struct place *place, const struct workspace_key *key,
    struct settle *settle, const struct caller *caller, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_LOCAL struct local local = LOCAL_INIT;
	AUTO_NAMES struct names settled = NAMES_INIT;
	struct sides sides = {
	    .key = key, .place = place, .base = &vault, .remote = &vault};

	if (lock < 0 || exchange_load(&vault, place, err) < 0 ||
	    env_file_ignore(place, place->environment, err) < 0 ||
	    local_read(&local, &sides, place, caller, err) < 0 ||
	    write_file(&sides, settle, &settled, err) < 0)
		return -(int)err->status;
	return forget(place, &local.behind, &settled, err);
}

int
settle_local(struct place *place, const struct workspace_key *key,
    struct settle *settle, const struct caller *caller, struct err *err)
{
	enum local_kind kind;

	if (local_kind(&kind, place, err) < 0)
		return -(int)err->status;
	if (kind == LOCAL_NONE)
		return 0;
	if (settle_file(place, key, settle, caller, err) == 0)
		return 0;
	if (!settle->stored)
		return -(int)err->status;
	err_prefix(err, "stored, but the file is not renewed");
	return err_hint(err, "run 'agentsecrets pull'");
}
