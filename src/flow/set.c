/* set and delete: single secrets, all of them or none. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "changes.h"
#include "environments.h"
#include "exchange.h"
#include "place.h"

void
write_result_release(struct write_result *result)
{
	names_release(&result->written);
	names_release(&result->deleted);
	names_release(&result->taken);
	names_release(&result->mapped);
	names_release(&result->environments);
}

/* Values on their way into one environment, or into all. */
struct setting {
	const struct set_item *items;
	size_t n;
	bool force;
	bool everywhere;
	const struct caller *caller;
	struct place place;
	struct net net;
	struct name_maps maps;
	struct workspace_key key;
	struct environment_vaults vaults; /* of those that it is about */
	struct change *changes;		  /* sorted */
};

#define SETTING_INIT                                                           \
	{                                                                      \
		.place = PLACE_INIT, .net = NET_INIT, .maps = NAME_MAPS_INIT,  \
		.key = WORKSPACE_KEY_INIT                                      \
	}
#define AUTO_SETTING __attribute__((cleanup(setting_release)))

static void
setting_release(struct setting *setting)
{
	free(setting->changes);
	environment_vaults_release(&setting->vaults);
	name_maps_release(&setting->maps);
	net_stop(&setting->net);
	place_release(&setting->place);
}

static int
fill_changes(struct setting *setting, struct err *err)
{
	setting->changes = calloc(setting->n, sizeof(*setting->changes));
	if (setting->changes == NULL)
		return err_memory(err);
	for (size_t i = 0; i < setting->n; i++) {
		const struct set_item *item = &setting->items[i];
		const char *mapped =
		    project_file_map_stored(&setting->place.file, item->name);

		if (change_fill(&setting->changes[i],
			mapped != NULL ? mapped : item->name, &item->value,
			setting->caller, &setting->maps, err) < 0)
			return -(int)err->status;
	}
	return changes_check_twins(setting->changes, setting->n, err);
}

/* Whether the environment of that index is one that it is about. */
static bool
is_meant(const struct setting *setting, const char *active, size_t i)
{
	return setting->everywhere || text_equal(environment_names[i], active);
}

static int
load_vaults(struct setting *setting, const char *active, struct err *err)
{
	struct place *place = &setting->place;

	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		if (!is_meant(setting, active, i))
			continue;
		environment_enter(place, environment_names[i]);
		if (exchange_load(&setting->vaults.list[i], place, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

/*
 * Say where it is stored and where not, before why. What became of the one that
 * failed is in the error itself: it may be stored there, and not here.
 */
static int
stored_in_part(size_t failed, struct err *err)
{
	AUTO_NAMES struct names stored = NAMES_INIT;
	AUTO_NAMES struct names missing = NAMES_INIT;
	char in[128];
	char not_in[128];

	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		if (i != failed &&
		    names_add(i < failed ? &stored : &missing,
			environment_names[i]) < 0)
			return err_memory(err);
	}
	names_join(in, sizeof(in), &stored, ENVIRONMENTS_N);
	names_join(not_in, sizeof(not_in), &missing, ENVIRONMENTS_N);
	err_prefix(err, "%s%s%s%s%s; %s", stored.n > 0 ? "stored in " : "", in,
	    stored.n > 0 && missing.n > 0 ? ", " : "",
	    missing.n > 0 ? "not stored in " : "", not_in,
	    environment_names[failed]);
	if (err->status == EXIT_CONFLICT)
		err_hint(err,
		    "run 'agentsecrets pull -e %s' and look, or write over it "
		    "with --force",
		    environment_names[failed]);
	return -(int)err->status;
}

static int
store(struct setting *setting, const char *active, struct write_result *result,
    struct err *err)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		int rc;

		if (!is_meant(setting, active, i))
			continue;
		environment_enter(&setting->place, environment_names[i]);
		rc =
		    write_changes(&setting->net, &setting->place, &setting->key,
			&setting->vaults.list[i], setting->changes, setting->n,
			setting->force, COPY_TAKES, setting->caller, err);
		if (rc < 0)
			return setting->everywhere ? stored_in_part(i, err)
						   : rc;
		if (names_add(&result->environments, environment_names[i]) < 0)
			return err_memory(err);
	}
	for (size_t i = 0; i < setting->n; i++) {
		if (names_add(&result->written, setting->changes[i].name) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
set(struct setting *setting, struct write_result *result, struct err *err)
{
	struct place *place = &setting->place;
	const struct caller *caller = setting->caller;
	char active[ENVIRONMENT_MAX + 1];

	if (place_find(place, caller, err) < 0 ||
	    fill_changes(setting, err) < 0 ||
	    name_maps_check(&setting->maps, place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, place);
	memcpy(active, place->environment, sizeof(active));
	if (load_vaults(setting, active, err) < 0 ||
	    exchange_connect(&setting->net, place, caller, err) < 0 ||
	    exchange_unlock(&setting->key, place, caller, err) < 0 ||
	    name_maps_keep(&setting->maps, place, &result->mapped, err) < 0)
		return -(int)err->status;
	return store(setting, active, result, err);
}

int
set_run(const struct set_item *items, size_t n, bool force,
    const struct caller *caller, struct write_result *result, struct err *err)
{
	AUTO_SETTING struct setting setting = SETTING_INIT;

	setting.items = items;
	setting.n = n;
	setting.force = force;
	setting.caller = caller;
	return set(&setting, result, err);
}

int
set_everywhere_run(const struct set_item *items, size_t n, bool force,
    const struct caller *caller, struct write_result *result, struct err *err)
{
	AUTO_SETTING struct setting setting = SETTING_INIT;

	setting.items = items;
	setting.n = n;
	setting.force = force;
	setting.everywhere = true;
	setting.caller = caller;
	return set(&setting, result, err);
}

static int
deletion_fill(struct change *change, const char *given, struct place *place,
    struct vault *vault, struct err *err)
{
	const struct vault_row *row;

	if (place_stored_name(change->name, given, place, vault, err) < 0)
		return -(int)err->status;
	row = vault_find(vault, change->name);
	if (row == NULL || row->deleted)
		return no_secret(given, place, vault, err);
	change->deleted = true;
	change->value = (struct secret)SECRET_INIT;
	return 0;
}

int
delete_run(const char *const *names, size_t n, bool force,
    const struct caller *caller, struct write_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct change *changes = calloc(n, sizeof(*changes));
	struct workspace_key key = WORKSPACE_KEY_INIT;
	int rc = changes == NULL ? err_memory(err) : 0;

	if (rc == 0)
		rc = place_find(&place, caller, err);
	if (rc == 0 && (rc = exchange_load(&vault, &place, err)) >= 0)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = deletion_fill(&changes[i], names[i], &place, &vault, err);
	if (rc == 0)
		rc = changes_check_twins(changes, n, err);
	if (rc == 0)
		rc = exchange_connect(&net, &place, caller, err);
	if (rc == 0)
		rc = exchange_unlock(&key, &place, caller, err);
	if (rc == 0)
		rc = write_changes(&net, &place, &key, &vault, changes, n,
		    force, COPY_TAKES, caller, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = names_add(&result->deleted, changes[i].name) < 0
		    ? err_memory(err)
		    : 0;
	flow_where_set(&result->where, &place);
	free(changes);
	return rc;
}
