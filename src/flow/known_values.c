#include "config.h"

#include "known_values.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/envelope.h>
#include <agentsecrets/names.h>
#include <agentsecrets/vault.h>

#include "items.h"
#include "key_copies.h"
#include "local.h"
#include "standing.h"

/* The removal in one environment of one project. */
struct removal {
	struct place *place;
	const struct account *account; /* NULL: all of them go */
	const struct trust_project *project;
	const struct caller *caller;
	struct vault vault;
	struct vault behind;
	struct items items;
	struct names names; /* of the items that there are */
	struct names gone;  /* those of them that go */
	struct names kept;
};

#define AUTO_REMOVAL __attribute__((cleanup(removal_release)))

static void
removal_release(struct removal *removal)
{
	vault_release(&removal->vault);
	vault_release(&removal->behind);
	items_release(&removal->items);
	names_release(&removal->names);
	names_release(&removal->gone);
	names_release(&removal->kept);
}

/*
 * The workspace key as the keychain still has it: account.json may name
 * another store by now.
 *
 * @return 1; 0 when it is not there; a failure
 */
static int
find_key(
    struct workspace_key *key, const struct removal *removal, struct err *err)
{
	struct account there = *removal->account;
	const struct trust_workspace *workspace = trust_workspace_find(
	    &removal->place->trust, removal->project->workspace);
	uint8_t *bytes = arena_alloc(KEY_BYTES, err);
	int rc;

	there.store = KEY_STORE_KEYCHAIN;
	if (bytes == NULL)
		return -(int)err->status;
	if (workspace == NULL)
		return 0;
	rc = key_copies_workspace(
	    bytes, removal->place, &there, workspace, removal->caller, err);
	if (rc > 0 && blob_key_new(&key->blobs, bytes, err) < 0)
		rc = -(int)err->status;
	secret_wipe(bytes, KEY_BYTES);
	key->epoch = workspace->epoch;
	key->compat = workspace->compat;
	return rc;
}

/* @return whether only the keychain has what the item holds */
static int
is_changed(const struct sides *sides, const char *name, struct err *err)
{
	struct arena_mark mark = arena_mark();
	enum standing standing;
	struct secret value;

	if (standing_of(sides, name, &standing, &value, err) < 0)
		return -(int)err->status;
	arena_rewind(mark);
	return standing == STANDING_ONLY_LOCAL ||
	    standing == STANDING_CHANGED_HERE ||
	    standing == STANDING_CHANGED_BOTH;
}

/* Sort out what is to stay. */
static int
compare(struct removal *removal, struct err *err)
{
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct sides sides = {.key = &key,
	    .place = removal->place,
	    .items = &removal->items,
	    .base = &removal->vault,
	    .behind = &removal->behind,
	    .remote = &removal->vault};
	int has_key = find_key(&key, removal, err);

	if (has_key < 0 ||
	    items_read(&removal->items, removal->place, &removal->names, NULL,
		removal->caller, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < removal->names.n; i++) {
		const char *name = removal->names.items[i];
		int changed = has_key == 0 ? 1 : is_changed(&sides, name, err);

		if (changed < 0)
			return changed;
		if (names_add(changed > 0 ? &removal->kept : &removal->gone,
			name) < 0)
			return err_memory(err);
	}
	return 0;
}

static void
tell_kept(const struct removal *removal)
{
	char list[1024];
	char text[sizeof(list) + LABEL_MAX + 128];

	if (removal->kept.n == 0)
		return;
	snprintf(text, sizeof(text),
	    "warning: of %s/%s these stay in the keychain, since they were "
	    "changed there and never pushed: %s",
	    removal->project->name, removal->place->environment,
	    names_join(list, sizeof(list), &removal->kept, 20));
	removal->caller->notice(text);
}

/* @return 1 when the home has something of the environment; 0; a failure */
static int
load_rows(struct removal *removal, struct err *err)
{
	const struct place *place = removal->place;
	int has_vault =
	    vault_load(&removal->vault, &place->home, removal->project->id,
		removal->project->workspace, place->environment, err);
	int has_base = has_vault < 0
	    ? has_vault
	    : local_base(
		  &removal->behind, &place->home, &removal->vault, NULL, err);

	return has_base < 0 ? has_base : has_vault > 0 || has_base > 0;
}

/* The items whose names the home knows. */
static int
find_known(struct removal *removal, struct err *err)
{
	AUTO_NAMES struct names all = NAMES_INIT;

	if (items_names(&all, removal->place, removal->caller, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < all.n; i++) {
		const char *name = all.items[i];

		if ((vault_find(&removal->vault, name) != NULL ||
			vault_find(&removal->behind, name) != NULL) &&
		    names_add(&removal->names, name) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
remove_of(struct removal *removal, struct err *err)
{
	const struct names *gone =
	    removal->account != NULL ? &removal->gone : &removal->names;
	struct arena_mark mark = arena_mark();
	int rc = load_rows(removal, err);

	if (rc > 0)
		rc = find_known(removal, err);
	if (rc < 0 || removal->names.n == 0)
		return rc;
	if (removal->account != NULL)
		rc = compare(removal, err);
	arena_rewind(mark);
	for (size_t i = 0; rc == 0 && i < gone->n; i++)
		rc = items_remove(
		    removal->place, gone->items[i], removal->caller, err);
	if (rc == 0)
		tell_kept(removal);
	return rc;
}

int
known_values_remove(struct place *place, const struct account *account,
    const struct caller *caller, struct err *err)
{
	for (size_t i = 0; i < place->trust.projects_n; i++) {
		const struct trust_project *project = &place->trust.projects[i];

		snprintf(
		    place->project, sizeof(place->project), "%s", project->id);
		for (size_t j = 0; j < ENVIRONMENTS_N; j++) {
			AUTO_REMOVAL struct removal removal = {.place = place,
			    .account = account,
			    .project = project,
			    .caller = caller};

			snprintf(place->environment, sizeof(place->environment),
			    "%s", environment_names[j]);
			if (remove_of(&removal, err) < 0)
				return -(int)err->status;
		}
	}
	return 0;
}
