/* status: what is what on this machine, without asking the server. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <string.h>

#include <agentsecrets/account.h>
#include <agentsecrets/other_home.h>
#include <agentsecrets/session_cache.h>
#include <agentsecrets/vault.h>

#include "changes.h"
#include "connect.h"
#include "exchange.h"
#include "place.h"

static int
load_account(
    struct status_result *result, const struct place *place, struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	int rc = account_load(&account, &place->home, err);

	if (rc <= 0)
		return rc;
	result->has_account = true;
	result->has_key = account.has_private_key;
	result->store = account.store;
	result->has_session = session_is_kept(&place->home, account.store);
	snprintf(result->server, sizeof(result->server), "%s", account.server);
	snprintf(result->email, sizeof(result->email), "%s", account.email);
	return 0;
}

/* Another client's home, as its files tell; its keychain is not asked. */
static int
load_other(
    struct status_result *result, const struct place *place, struct err *err)
{
	AUTO_OTHER_HOME struct other_home other = OTHER_HOME_INIT;
	int rc = other_home_load(&other, &place->home, err);

	if (rc <= 0)
		return rc;
	result->is_other = true;
	result->has_session = other.session_in_file;
	result->other_key_in_file = other.key_in_file;
	result->other_workspaces = other.workspaces_n;
	for (size_t i = 0; i < other.workspaces_n; i++)
		result->other_keys += other.workspaces[i].key_in_config;
	memcpy(result->server, other.server_url, sizeof(result->server));
	memcpy(result->email, other.email, sizeof(result->email));
	return 0;
}

static bool
nobody_is_there(void)
{
	return false;
}

/* Status never asks: a directory that is not trusted is a line of its own. */
static int
load_project(struct status_result *result, struct place *place,
    const struct caller *caller, struct err *err)
{
	static const struct asker nobody = {.is_there = nobody_is_there};
	AUTO_VAULT struct vault vault = VAULT_INIT;
	struct caller silent = *caller;
	struct arena_mark mark;
	uint8_t *key;

	silent.ask = &nobody;
	if (place_find(place, &silent, err) < 0)
		return -(int)err->status;
	result->has_project = true;
	result->trusted = true;
	flow_where_set(&result->where, place);
	snprintf(result->workspace_name, sizeof(result->workspace_name), "%s",
	    place->workspace->name);
	mark = arena_mark();
	key = arena_alloc(KEY_BYTES, err);
	if (key == NULL)
		return -(int)err->status;
	result->unlocked = place->settings.session_cache > 0 &&
	    session_cache_get(&place->home, place->workspace->id,
		place->workspace->epoch, key) == 1;
	arena_rewind(mark);
	if (exchange_load(&vault, place, err) < 0)
		return -(int)err->status;
	result->secrets = vault_live(&vault);
	result->pulled_at = vault.pulled_at;
	return 0;
}

int
status_run(
    const struct caller *caller, struct status_result *result, struct err *err)
{
	AUTO_PLACE struct place home = PLACE_INIT;
	AUTO_PLACE struct place place = PLACE_INIT;
	struct err problem;
	int rc = home_open(&home.home, false, err);

	if (rc < 0 || (rc > 0 && load_account(result, &home, err) < 0))
		return -(int)err->status;
	if (!result->has_account)
		return rc > 0 ? load_other(result, &home, err) : 0;
	if (trust_load(&home.trust, &home.home, &problem) == 0)
		result->exposed = home.trust.exposed;
	if (load_project(result, &place, caller, &problem) < 0)
		snprintf(result->problem, sizeof(result->problem), "%s",
		    problem.text);
	return 0;
}
