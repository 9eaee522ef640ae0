/* set and delete: single secrets, all of them or none. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/names.h>

#include "changes.h"
#include "exchange.h"
#include "place.h"

void
write_result_release(struct write_result *result)
{
	names_release(&result->written);
	names_release(&result->deleted);
	names_release(&result->mapped);
}

int
set_run(const struct set_item *items, size_t n, bool force,
    const struct caller *caller, struct write_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_NET struct net net = NET_INIT;
	AUTO_NAME_MAPS struct name_maps maps = NAME_MAPS_INIT;
	struct change *changes = calloc(n, sizeof(*changes));
	struct workspace_key key = WORKSPACE_KEY_INIT;
	int rc = changes == NULL ? err_memory(err) : 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = change_fill(&changes[i], items[i].name, &items[i].value,
		    caller, &maps, err);
	if (rc == 0)
		rc = changes_check_twins(changes, n, err);
	if (rc == 0)
		rc = place_find(&place, caller, err);
	if (rc == 0)
		rc = name_maps_check(&maps, &place, err);
	if (rc == 0 && (rc = exchange_load(&vault, &place, err)) >= 0)
		rc = exchange_connect(&net, &place, caller, err);
	if (rc == 0)
		rc = exchange_unlock(&key, &place, caller, err);
	if (rc == 0)
		rc = name_maps_keep(&maps, &place, &result->mapped, err);
	if (rc == 0)
		rc = write_changes(
		    &net, &place, &key, &vault, changes, n, force, caller, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = names_add(&result->written, changes[i].name) < 0
		    ? err_memory(err)
		    : 0;
	flow_where_set(&result->where, &place);
	free(changes);
	return rc;
}

static int
deletion_fill(struct change *change, const char *given,
    const struct place *place, struct vault *vault, struct err *err)
{
	const struct vault_row *row;

	if (name_to_stored(change->name, given, strlen(given), err) < 0)
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
		rc = write_changes(
		    &net, &place, &key, &vault, changes, n, force, caller, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = names_add(&result->deleted, changes[i].name) < 0
		    ? err_memory(err)
		    : 0;
	flow_where_set(&result->where, &place);
	free(changes);
	return rc;
}
