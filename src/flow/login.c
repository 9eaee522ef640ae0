/* login: a session, on this machine for the first time or again. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/account.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/other_home.h>
#include <agentsecrets/text.h>

#include "connect.h"
#include "key_copies.h"
#include "place.h"
#include "server_choice.h"
#include "unlock.h"
#include "workspace_keys.h"

static int
choose_email(struct account *account, const char *given,
    const struct caller *caller, struct err *err)
{
	char typed[EMAIL_MAX + 1];
	char canonical[EMAIL_MAX + 1];

	if (given == NULL && account->email[0] != '\0')
		return 0;
	if (given == NULL && !caller->ask->is_there())
		return err_set(err, EXIT_USAGE,
		    "--email is needed, and there is no terminal to ask on");
	if (given == NULL &&
	    caller->ask->line("E-mail: ", typed, sizeof(typed), err) < 0)
		return -(int)err->status;
	if (email_canonical(canonical, given != NULL ? given : typed, err) < 0)
		return -(int)err->status;
	if (account->email[0] != '\0' &&
	    !text_equal(account->email, canonical)) {
		err_set(err, EXIT_FAILED, "this home holds the account '%s'",
		    account->email);
		return err_hint(err,
		    "'agentsecrets logout --forget' removes it, or set "
		    "AGENTSECRETS_HOME to another directory");
	}
	snprintf(account->email, sizeof(account->email), "%s", canonical);
	return 0;
}

/* The account's own server, or for a new one the server that was asked for. */
static int
choose_server(struct account *account, bool is_new, const struct place *place,
    const struct caller *caller, struct err *err)
{
	if (!is_new && text_equal(account->server, NET_EMBEDDED))
		return err_set(err, EXIT_FAILED,
		    "this account is on the embedded server: there is nothing "
		    "to log in to");
	if (!is_new)
		return server_check(
		    caller, &place->config, account->auth_origin, err);
	if (server_wanted(account->server, caller, &place->config, err) < 0)
		return -(int)err->status;
	if (text_equal(account->server, NET_EMBEDDED)) {
		err_set(err, EXIT_USAGE, "which server? give --server URL");
		return err_hint(err,
		    "without a server, 'agentsecrets init' is all you need");
	}
	return server_origin(account->auth_origin, account->server, err);
}

/* New boxes are judged; what is taken of them is kept. */
static int
take_keys(struct account *account, struct place *place,
    const struct net_login *login, const uint8_t *private_key,
    struct names *pending, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	if (lock < 0)
		return -(int)err->status;
	/* Both may have changed while a person typed. */
	trust_release(&place->trust);
	if (trust_load(&place->trust, &place->home, err) < 0 ||
	    place_reload_account(place, account, err) < 0 ||
	    workspace_keys_judge(&place->trust, account, private_key,
		&login->workspaces, pending, err) < 0 ||
	    trust_save(&place->trust, &place->home, err) < 0 ||
	    account_save(account, &place->home, err) < 0)
		return -(int)err->status;
	return 0;
}

/*
 * A machine with the key: what the server says must fit what is known, and
 * the copies that the store wants are written anew.
 */
static int
refresh_keys(struct account *account, struct place *place,
    const struct net_login *login, const struct secret *password,
    const struct caller *caller, struct names *pending, struct err *err)
{
	bool differ = workspace_keys_differ(account, &login->workspaces);
	uint8_t *private_key;
	int rc;

	if (!differ && account->store == KEY_STORE_SEALED)
		return 0;
	rc = private_key_open(&private_key, account->private_key,
	    account->key_salt, password, place->trust.me, err);
	if (rc == 0 && differ)
		rc =
		    take_keys(account, place, login, private_key, pending, err);
	if (rc == 0)
		rc = key_copies_write(place, account, account->store,
		    private_key, &login->workspaces, caller, err);
	return rc;
}

/* Who the server says this is; the keys are not its to tell. */
static void
take_person(struct account *account, const struct net_login *login)
{
	snprintf(
	    account->user_id, sizeof(account->user_id), "%s", login->user_id);
	snprintf(account->first_name, sizeof(account->first_name), "%s",
	    login->first_name);
	snprintf(account->last_name, sizeof(account->last_name), "%s",
	    login->last_name);
	if (account->has_public_key || !login->has_public_key)
		return;
	account->has_public_key = true;
	memcpy(account->public_key, login->public_key, KEY_BYTES);
}

/* A machine without the key: keep who it is, and the session. */
static int
remember(struct account *account, struct place *place,
    const struct net_login *login, struct err *err)
{
	struct config *config = &place->config;
	AUTO_FD int lock = -1;

	snprintf(config->server_url, sizeof(config->server_url), "%s",
	    account->server);
	snprintf(config->email, sizeof(config->email), "%s", account->email);
	if (config_save(config, &place->home, err) < 0)
		return -(int)err->status;
	lock = home_lock(&place->home, "lock", err);
	/* A kit may have been imported while a person typed. */
	if (lock < 0 || place_reload_account(place, account, err) < 0)
		return -(int)err->status;
	take_person(account, login);
	return account_save(account, &place->home, err);
}

/* What the server shows is compared before anything of it is kept. */
static int
check_login(const struct account *account, struct place *place,
    const struct net_login *login, struct err *err)
{
	if (account->has_private_key && place_load_trust(place, err) < 0)
		return -(int)err->status;
	if (account->has_private_key &&
	    own_key_check(login, place->trust.me, account->email, err) < 0)
		return -(int)err->status;
	return account->has_public_key
	    ? own_key_check(login, account->public_key, account->email, err)
	    : 0;
}

static int
start_session(struct account *account, struct place *place,
    const struct caller *caller, struct login_result *result, struct err *err)
{
	AUTO_NET struct net net = NET_INIT;
	struct net_server server;
	struct net_login login = {.user_id = ""};
	struct secret password = SECRET_INIT;
	struct secret auth = SECRET_INIT;
	char prompt[EMAIL_MAX + 32];
	int rc;

	snprintf(prompt, sizeof(prompt), "Password of %s: ", account->email);
	/* Before anything is typed: the session has to go there. */
	if (account->store == KEY_STORE_KEYCHAIN &&
	    place_open_keychain(place, caller, err) < 0)
		return err_hint(err,
		    "see to it, or run 'agentsecrets key-store sealed' first");
	if (connect_server(&net, &place->home, account->server, err) < 0 ||
	    net_status(&net, &server, err) < 0 ||
	    password_get(&password, caller, prompt, err) < 0 ||
	    auth_secret(&auth, &password, account->auth_origin, account->email,
		err) < 0 ||
	    net_log_in(&net, account->email, &auth, &login, err) < 0)
		return -(int)err->status;
	rc = check_login(account, place, &login, err);
	if (rc == 0)
		rc = session_begin(
		    place, account->store, &login.session, caller, err);
	if (rc == 0 && account->has_private_key)
		rc = refresh_keys(account, place, &login, &password, caller,
		    &result->pending, err);
	else if (rc == 0)
		rc = remember(account, place, &login, err);
	net_workspaces_release(&login.workspaces);
	return rc;
}

/* A home holds one account, and this one's is another client's. */
static int
refuse_other_home(const struct place *place, struct err *err)
{
	char email[EMAIL_MAX + 1];
	int rc = other_home_is(&place->home, email, err);

	return rc > 0 ? place_no_account(&place->home, err) : rc;
}

int
login_run(const char *email, const struct caller *caller,
    struct login_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	int known;

	if (home_open(&place.home, true, err) < 0 ||
	    settings_load(&place.settings, &place.home, err) < 0 ||
	    config_load(&place.config, &place.home, err) < 0)
		return -(int)err->status;
	known = account_load(&account, &place.home, err);
	if (known == 0 && refuse_other_home(&place, err) < 0)
		return -(int)err->status;
	if (known < 0 ||
	    choose_server(&account, known == 0, &place, caller, err) < 0 ||
	    choose_email(&account, email, caller, err) < 0 ||
	    start_session(&account, &place, caller, result, err) < 0)
		return -(int)err->status;
	snprintf(result->server, sizeof(result->server), "%s", account.server);
	snprintf(result->email, sizeof(result->email), "%s", account.email);
	result->has_key = account.has_private_key;
	return 0;
}
