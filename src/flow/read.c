/* get and list: what the vault holds. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdint.h>
#include <string.h>

#include "changes.h"
#include "exchange.h"
#include "items.h"
#include "local.h"
#include "place.h"

/* As `env`: what another program keeps there, and the vault knows nothing of.
 */
static int
read_item(struct secret *value, const char *name, struct place *place,
    const struct caller *caller, struct err *err)
{
	char *items[] = {(char *)(uintptr_t)name};
	const struct names names = {items, 1, 1};
	AUTO_ITEMS struct items found = ITEMS_INIT;
	struct err ignored;
	bool kept;

	if (local_keeps_items(&kept, place, err) < 0)
		return -(int)err->status;
	if (!kept ||
	    items_read(&found, place, &names, NULL, caller, &ignored) < 0 ||
	    found.n == 0)
		return 0;
	*value = found.list[0].value;
	return 1;
}

int
get_run(const char *name, const struct caller *caller, struct secret *value,
    struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;
	char stored[NAME_MAX_BYTES + 1];
	const struct vault_row *row;

	/* A name that no secret can have, before anything is asked for. */
	if (place_find(&place, caller, err) < 0 ||
	    place_stored_name(stored, name, &place, NULL, err) < 0 ||
	    exchange_ready(&vault, &key, &place, ANY_AGE, caller, err) < 0 ||
	    place_stored_name(stored, name, &place, &vault, err) < 0)
		return -(int)err->status;
	row = vault_find(&vault, stored);
	if (row == NULL) {
		int found = read_item(value, stored, &place, caller, err);

		if (found != 0)
			return found < 0 ? found : 0;
	}
	if (row == NULL || row->deleted)
		return no_secret(name, &place, &vault, err);
	if (key.blobs == NULL && exchange_unlock(&key, &place, caller, err) < 0)
		return -(int)err->status;
	return exchange_open(&key, &vault, row, 0, value, err) < 0
	    ? -(int)err->status
	    : 0;
}

static int
fill_list(struct list_result *result, const struct place *place,
    struct vault *vault, struct err *err)
{
	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++) {
		if (!vault->rows[i].deleted &&
		    names_add(&result->names, vault->rows[i].name) < 0)
			return err_memory(err);
	}
	result->pulled_at = vault->pulled_at;
	flow_where_set(&result->where, place);
	return 0;
}

int
list_known_run(
    const struct caller *caller, struct list_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;

	if (place_find(&place, caller, err) < 0 ||
	    exchange_load(&vault, &place, err) < 0)
		return -(int)err->status;
	return fill_list(result, &place, &vault, err);
}

int
list_run(bool remote, const struct caller *caller, struct list_result *result,
    struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;

	if (place_find(&place, caller, err) < 0 ||
	    exchange_ready(
		&vault, &key, &place, remote ? 0 : ANY_AGE, caller, err) < 0)
		return -(int)err->status;
	return fill_list(result, &place, &vault, err);
}
