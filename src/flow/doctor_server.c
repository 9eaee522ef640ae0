/* doctor: the server that commands talk to, and the session with it. */
#include "config.h"

#include "doctor_check.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/net_client.h>
#include <agentsecrets/text.h>

#include "connect.h"
#include "place.h"
#include "server_choice.h"
#include "workspace_keys.h"

enum {
	PATIENCE = 3,	     /* seconds */
	CLOCK_SECONDS = 120, /* more than any answer takes */
};

/* @return whether there is a server to ask, and which */
static bool
choose(struct doctor *doctor, char server[URL_MAX_BYTES + 1])
{
	struct config none = {.storage_mode = 0};
	const struct config *config =
	    doctor->has_config ? &doctor->place.config : &none;
	char origin[URL_MAX_BYTES + 1];
	struct err err;

	/* A URL that is none was told as a variable, or as config.json. */
	if (doctor->account_state <= 0)
		return server_wanted(server, doctor->caller, config, &err) ==
		    0 &&
		    !text_equal(server, NET_EMBEDDED);
	snprintf(server, URL_MAX_BYTES + 1, "%s", doctor->account.server);
	if (server_origin(origin, server, &err) < 0) {
		doctor_say_err(doctor, "choice", DOCTOR_PROBLEM, &err);
		doctor_hint(doctor, "put account.json back from a backup");
		return false;
	}
	if (server_check(doctor->caller, config, origin, &err) < 0) {
		doctor_say_err(doctor, "choice", DOCTOR_PROBLEM, &err);
		doctor_hint(doctor,
		    "unset AGENTSECRETS_SERVER_URL, or use the "
		    "AGENTSECRETS_HOME of the other account");
	}
	return true;
}

/* What the embedded server needs; it makes new files where there are none. */
static bool
has_data(struct doctor *doctor)
{
	static const char *const files[] = {
	    "server/data.sqlite", "server/keys"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (faccessat(doctor->place.home.fd, files[i], F_OK, 0) == 0)
			continue;
		doctor_say(doctor, "data", DOCTOR_PROBLEM,
		    "'%s/%s' is missing: the server has no secrets",
		    doctor->place.home.path, files[i]);
		doctor_hint(doctor,
		    "put the folder back from a backup; until then 'env' "
		    "works with what is in the vault");
		return false;
	}
	if (!doctor->can_write) {
		doctor_say(doctor, "reachable", DOCTOR_NOTE,
		    "the embedded server was not started: the home cannot be "
		    "written now");
		return false;
	}
	return true;
}

static void
check_clock(struct doctor *doctor, uint64_t date)
{
	uint64_t now = (uint64_t)time(NULL);
	uint64_t apart = now > date ? now - date : date - now;

	if (date == 0 || apart < CLOCK_SECONDS)
		return;
	doctor_say(doctor, "clock", DOCTOR_WARNING,
	    "this machine's clock is %llu minutes %s the server's",
	    (unsigned long long)apart / 60, now > date ? "ahead of" : "behind");
	doctor_hint(doctor,
	    "set the clock that is wrong, as with "
	    "'timedatectl set-ntp true'");
}

static bool
is_reachable(struct doctor *doctor, const char *server)
{
	AUTO_NET struct net net = NET_INIT;
	struct net_server state;
	struct err err;

	net.patience = PATIENCE;
	if (connect_server(&net, &doctor->place.home, server, &err) < 0 ||
	    net_status(&net, &state, &err) < 0) {
		doctor_say_err(doctor, "reachable", DOCTOR_PROBLEM, &err);
		if (text_equal(server, NET_EMBEDDED))
			doctor_hint(doctor, "look at '%s/server'",
			    doctor->place.home.path);
		else if (err.hint[0] == '\0')
			doctor_hint(doctor,
			    "look at this machine's clock and at its "
			    "certificates (package ca-certificates)");
		return false;
	}
	doctor_say(doctor, "reachable", DOCTOR_OK,
	    "'%s' answers, version %s%s%s%s", server, state.version,
	    state.extensions[0] != '\0' ? " (" : "", state.extensions,
	    state.extensions[0] != '\0' ? ")" : "");
	if (!text_equal(server, NET_EMBEDDED))
		check_clock(doctor, state.date);
	return true;
}

/* In place of the lock around a renewal: nothing is to be changed. */
static int
no_renewal(void *context, struct err *err)
{
	(void)context;
	return err_set(err, EXIT_CONFLICT, "the session would be renewed");
}

static void
say_session(struct doctor *doctor, int rc, const struct err *err)
{
	if (rc == 0)
		doctor_say(doctor, "session", DOCTOR_OK,
		    "the server takes the session");
	else if (rc == -EXIT_CONFLICT)
		doctor_say(doctor, "session", DOCTOR_OK,
		    "a session is kept; the next command renews it");
	else {
		doctor_say_err(doctor, "session", DOCTOR_PROBLEM, err);
		if (err->hint[0] == '\0')
			doctor_hint(doctor, "run 'agentsecrets login'");
	}
}

static void
check_session(struct doctor *doctor)
{
	AUTO_NET struct net net = NET_INIT;
	struct net_workspaces workspaces = {NULL, 0};
	struct err err;
	int rc;

	/* The session lies in a keychain that was waited for already. */
	if (doctor->account.store == KEY_STORE_KEYCHAIN &&
	    !doctor->has_keychain)
		return;
	net.patience = PATIENCE;
	rc = connect_account(
	    &net, &doctor->place, &doctor->account, doctor->caller, &err);
	if (rc == -EXIT_ACCESS) {
		doctor_say_err(doctor, "session", DOCTOR_WARNING, &err);
		return;
	}
	if (!doctor->request->repair || !doctor->can_write)
		net.session.lock = no_renewal;
	if (rc == 0)
		rc = net_workspaces(&net, &workspaces, &err);
	say_session(doctor, rc, &err);
	if (rc == 0 && doctor->account.has_private_key &&
	    workspace_keys_differ(&doctor->account, &workspaces)) {
		doctor_say(doctor, "workspaces", DOCTOR_NOTE,
		    "the server has a workspace, or a key of one, that this "
		    "machine does not");
		doctor_hint(doctor, "run 'agentsecrets login'");
	}
	net_workspaces_release(&workspaces);
}

void
doctor_server(struct doctor *doctor)
{
	char server[URL_MAX_BYTES + 1];

	if (!choose(doctor, server))
		return;
	if (text_equal(server, NET_EMBEDDED)) {
		if (doctor->place.home.fd >= 0 && has_data(doctor))
			(void)is_reachable(doctor, server);
	} else if (is_reachable(doctor, server) && doctor->account_state > 0) {
		check_session(doctor);
	}
}
