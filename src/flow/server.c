/* server get, set, reset, status. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>

#include <agentsecrets/account.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/other_home.h>
#include <agentsecrets/text.h>

#include "connect.h"
#include "place.h"
#include "server_choice.h"

/* The account's server, or the one that is wanted where there is none. */
static int
server_in_force(char *out, struct place *place, const struct caller *caller,
    struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	char origin[URL_MAX_BYTES + 1];
	int rc = account_load(&account, &place->home, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return server_wanted(out, caller, &place->config, err);
	if (server_origin(origin, account.server, err) < 0 ||
	    server_check(caller, &place->config, origin, err) < 0)
		return -(int)err->status;
	snprintf(out, URL_MAX_BYTES + 1, "%s", account.server);
	return 0;
}

int
server_get_run(const struct caller *caller, char *out, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	int rc = home_open(&place.home, false, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		return server_wanted(out, caller, &place.config, err);
	if (config_load(&place.config, &place.home, err) < 0)
		return -(int)err->status;
	return server_in_force(out, &place, caller, err);
}

/* An account stays with its server; that one may be named again. */
static int
check_account(
    const struct account *account, const char *server, struct err *err)
{
	char wanted[URL_MAX_BYTES + 1];
	char origin[URL_MAX_BYTES + 1];

	if (server_origin(wanted, server, err) < 0 ||
	    server_origin(origin, account->server, err) < 0)
		return -(int)err->status;
	if (text_equal(wanted, origin))
		return 0;
	if (text_equal(origin, NET_EMBEDDED))
		err_set(err, EXIT_ACCESS,
		    "this home holds an account of its embedded server, which "
		    "stays with it");
	else
		err_set(err, EXIT_ACCESS,
		    "this home holds an account of '%s', which stays with its "
		    "server",
		    account->server);
	return err_hint(err, "use another AGENTSECRETS_HOME for '%s'", server);
}

int
server_set_run(const char *url, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	char server[URL_MAX_BYTES + 1];
	char email[EMAIL_MAX + 1];
	int rc;

	if (server_normalise(server, url != NULL ? url : NET_EMBEDDED, err) <
		0 ||
	    home_open(&place.home, true, err) < 0 ||
	    config_load(&place.config, &place.home, err) < 0)
		return -(int)err->status;
	rc = account_load(&account, &place.home, err);
	if (rc < 0 || (rc > 0 && check_account(&account, server, err) < 0))
		return -(int)err->status;
	if (rc == 0 && other_home_is(&place.home, email, err) != 0)
		return place_no_account(&place.home, err);
	snprintf(place.config.server_url, sizeof(place.config.server_url), "%s",
	    text_equal(server, NET_EMBEDDED) ? "" : server);
	return config_save(&place.config, &place.home, err);
}

/* The embedded server lives in the home; another needs none. */
static int
open_home_for(struct place *place, const char *server, struct err *err)
{
	if (text_equal(server, NET_EMBEDDED))
		return place_open_home(place, err);
	return home_open(&place->home, false, err) < 0 ? -(int)err->status : 0;
}

int
server_status_run(
    const struct caller *caller, struct server_state *out, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct net_server server;

	if (server_get_run(caller, out->server, err) < 0 ||
	    open_home_for(&place, out->server, err) < 0 ||
	    connect_server(&net, &place.home, out->server, err) < 0 ||
	    net_status(&net, &server, err) < 0)
		return -(int)err->status;
	snprintf(out->version, sizeof(out->version), "%s", server.version);
	snprintf(
	    out->extensions, sizeof(out->extensions), "%s", server.extensions);
	return 0;
}
