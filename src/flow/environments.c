#include "config.h"

#include "environments.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/text.h>

int
environment_check(const char *environment, struct err *err)
{
	if (environment_is_known(environment))
		return 0;
	err_set(err, EXIT_USAGE, "unknown environment '%.*s'",
	    text_before_equals(environment), environment);
	return err_hint(err, "it is one of development, staging, production");
}

void
environment_enter(struct place *place, const char *environment)
{
	snprintf(
	    place->environment, sizeof(place->environment), "%s", environment);
}

void
environment_vaults_release(struct environment_vaults *vaults)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++)
		vault_release(&vaults->list[i]);
}

/* Ask for the vaults that are `missing`; all of them with one helper. */
static int
fetch_missing(struct environment_vaults *vaults, const bool *missing,
    struct place *place, const struct caller *caller, struct err *err)
{
	AUTO_NET struct net net = NET_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;

	if (exchange_connect(&net, place, caller, err) < 0 ||
	    exchange_unlock(&key, place, caller, err) < 0)
		return -(int)err->status;
	/* Whoever uses the values tells what they are. */
	key.notice = NULL;
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		environment_enter(place, environment_names[i]);
		if (missing[i] &&
		    exchange_fetch(
			&net, place, &key, &vaults->list[i], NULL, err) < 0)
			return err_prefix(err, "%s", environment_names[i]);
	}
	return 0;
}

static int
load_all(struct environment_vaults *vaults, bool *missing, bool *any,
    struct place *place, struct err *err)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		int rc;

		environment_enter(place, environment_names[i]);
		rc = exchange_load(&vaults->list[i], place, err);
		if (rc < 0)
			return rc;
		missing[i] |= rc == 0;
		*any |= missing[i];
	}
	return 0;
}

int
environment_vaults_ready(struct environment_vaults *vaults, bool fresh,
    struct place *place, const struct caller *caller, struct err *err)
{
	bool missing[ENVIRONMENTS_N] = {fresh, fresh, fresh};
	char active[sizeof(place->environment)];
	bool any = false;
	int rc;

	memcpy(active, place->environment, sizeof(active));
	rc = load_all(vaults, missing, &any, place, err);
	if (rc == 0 && any)
		rc = fetch_missing(vaults, missing, place, caller, err);
	environment_enter(place, active);
	return rc;
}
