/* whoami and unlock: who this machine is, and its keys for a while. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/account.h>
#include <agentsecrets/envelope.h>

#include "identity.h"
#include "place.h"
#include "unlock.h"

int
number_workspaces(struct workspace_number **out, size_t *n,
    const struct trust *trust, struct err *err)
{
	struct workspace_number *items =
	    calloc(trust->workspaces_n + 1, sizeof(*items));

	if (items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < trust->workspaces_n; i++) {
		const struct trust_workspace *one = &trust->workspaces[i];

		snprintf(items[i].name, sizeof(items[i].name), "%s", one->name);
		items[i].epoch = one->epoch;
		fingerprint_digits(items[i].number, one->fingerprint);
	}
	*out = items;
	*n = trust->workspaces_n;
	return 0;
}

int
whoami_run(struct identity *identity, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	uint8_t fingerprint[KEY_BYTES];

	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	snprintf(
	    identity->server, sizeof(identity->server), "%s", account.server);
	snprintf(identity->email, sizeof(identity->email), "%s", account.email);
	snprintf(identity->first_name, sizeof(identity->first_name), "%s",
	    account.first_name);
	snprintf(identity->last_name, sizeof(identity->last_name), "%s",
	    account.last_name);
	identity->has_key = account.has_private_key;
	identity->store = account.store;
	if (!account.has_private_key)
		return 0;
	/* Never the server's word: the key that this machine trusts. */
	if (place_load_trust(&place, err) < 0)
		return -(int)err->status;
	identity->exposed = place.trust.exposed;
	key_fingerprint(fingerprint, place.trust.me);
	fingerprint_digits(identity->key_number, fingerprint);
	identity_line(identity->line, sizeof(identity->line), place.trust.me,
	    account.email);
	return number_workspaces(
	    &identity->workspaces, &identity->workspaces_n, &place.trust, err);
}

int
unlock_run(const struct caller *caller, uint64_t *seconds, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	uint8_t *private_key = NULL;

	if (place_open_account(&place, &account, err) < 0 ||
	    place_load_trust(&place, err) < 0)
		return -(int)err->status;
	if (place.settings.session_cache == 0) {
		err_set(err, EXIT_FAILED,
		    "the session cache is off: settings.json says "
		    "session_cache 0");
		return err_hint(err,
		    "remove that line, or give --password-file to each "
		    "command");
	}
	if (unlock_with_password(&private_key, &place, &account, caller, err) <
		0 ||
	    unlock_all(&place, &account, private_key, err) < 0)
		return -(int)err->status;
	*seconds = place.settings.session_cache;
	return 0;
}
