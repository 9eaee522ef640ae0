/* doctor: who this machine is, what it trusts, and whether both agree. */
#include "config.h"

#include "doctor_check.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/other_home.h>
#include <agentsecrets/text.h>

static bool
is_there(const struct doctor *doctor, const char *name)
{
	return faccessat(
		   doctor->place.home.fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
is_embedded(const struct doctor *doctor)
{
	return text_equal(doctor->account.server, NET_EMBEDDED);
}

/* Nothing here, a home of another client, or something is missing. */
static void
say_no_account(struct doctor *doctor)
{
	enum doctor_level level = DOCTOR_NOTE;
	char email[EMAIL_MAX + 1];
	struct err err;

	(void)place_no_account(&doctor->place.home, &err);
	if (is_there(doctor, "trust") || err.status != EXIT_ACCESS)
		level = DOCTOR_PROBLEM;
	else if (other_home_is(&doctor->place.home, email, NULL) > 0)
		level = DOCTOR_WARNING;
	doctor_say_err(doctor, "account.json", level, &err);
	if (err.hint[0] == '\0')
		doctor_hint(doctor,
		    "put it back from a backup; or 'agentsecrets login' and "
		    "'agentsecrets key import KIT' make it anew");
}

static void
check_account(struct doctor *doctor)
{
	struct account *account = &doctor->account;
	struct err err;

	doctor->account_state =
	    account_load(account, &doctor->place.home, &err);
	if (doctor->account_state < 0) {
		doctor_say(
		    doctor, "account.json", DOCTOR_PROBLEM, "%s", err.text);
		doctor_hint(doctor,
		    "put it back from a backup; or move it away, then "
		    "'agentsecrets login' and 'agentsecrets key import KIT' "
		    "make it anew");
		return;
	}
	if (doctor->account_state == 0 && is_there(doctor, "account.pending"))
		return; /* the next check says it */
	if (doctor->account_state == 0) {
		say_no_account(doctor);
		return;
	}
	doctor_say(doctor, "account.json", DOCTOR_OK, "'%s' at '%s'",
	    account->email, account->server);
	if (account->has_private_key)
		return;
	doctor_say(doctor, "key", DOCTOR_WARNING,
	    "this machine does not have the key of '%s'", account->email);
	doctor_hint(
	    doctor, "run 'agentsecrets key import KIT' with your recovery kit");
}

/* The one that init left behind is of no use once account.json is there. */
static void
mend_pending(struct doctor *doctor)
{
	struct err err;
	AUTO_FD int lock = -1;

	if (!doctor->can_write) {
		err_set(&err, EXIT_FAILED, "the home cannot be written now");
		doctor_not_mended(doctor, &err);
		return;
	}
	lock = home_lock(&doctor->place.home, "lock", &err);
	if (lock < 0 || account_pending_remove(&doctor->place.home, &err) < 0)
		doctor_not_mended(doctor, &err);
	else
		doctor_mended(doctor,
		    "account.pending, left over from "
		    "'init', is removed");
}

/* @return whether both hold one key pair: nothing is lost without it */
static bool
is_the_same(const struct account *pending, const struct account *account)
{
	return account->has_private_key && pending->has_public_key &&
	    memcmp(pending->public_key, account->public_key, KEY_BYTES) == 0;
}

static void
check_pending(struct doctor *doctor)
{
	AUTO_ACCOUNT struct account pending = ACCOUNT_INIT;
	struct err err;
	int rc = account_pending_load(&pending, &doctor->place.home, &err);

	if (rc == 0)
		return;
	if (rc < 0) {
		doctor_say(
		    doctor, "account.pending", DOCTOR_PROBLEM, "%s", err.text);
		doctor_hint(doctor,
		    "remove it; a half-made account that the "
		    "server may have is then lost");
	} else if (doctor->account_state == 0) {
		doctor_say(doctor, "account.pending", DOCTOR_PROBLEM,
		    "'init' for '%s' at '%s' did not finish", pending.email,
		    pending.server);
		doctor_hint(doctor,
		    "run it again with the same server, e-mail and password: "
		    "it goes on where it stopped");
	} else if (doctor->account_state > 0 &&
	    is_the_same(&pending, &doctor->account)) {
		doctor_say(doctor, "account.pending", DOCTOR_NOTE,
		    "account.pending is left over from 'init', which has "
		    "finished");
		if (doctor_may_mend(doctor))
			mend_pending(doctor);
	} else if (doctor->account_state > 0) {
		doctor_say(doctor, "account.pending", DOCTOR_WARNING,
		    "account.pending holds the keys of another account, '%s' "
		    "at '%s'",
		    pending.email, pending.server);
		doctor_hint(doctor, "move it away, if you do not need it");
	}
}

static void
check_trust(struct doctor *doctor)
{
	struct err err;

	if (!is_there(doctor, "trust") &&
	    (doctor->account_state <= 0 || !doctor->account.has_private_key))
		return;
	doctor->has_trust =
	    trust_load(&doctor->place.trust, &doctor->place.home, &err) == 0;
	if (!doctor->has_trust)
		doctor_say_err(doctor, "trust", DOCTOR_PROBLEM, &err);
	else if (doctor->place.trust.exposed) {
		doctor_say(doctor, "trust", DOCTOR_WARNING,
		    "your private key once lay at a server, which may still "
		    "open everything sealed to it");
		doctor_hint(doctor,
		    "make a new account, and store new "
		    "values in it");
	} else {
		doctor_say(doctor, "trust", DOCTOR_OK,
		    "%zu workspaces, %zu projects and %zu directories are "
		    "trusted",
		    doctor->place.trust.workspaces_n,
		    doctor->place.trust.projects_n,
		    doctor->place.trust.directories_n);
	}
}

/* Each trusted workspace needs its box, of the same number. */
static size_t
count_boxless(const struct doctor *doctor, const char **name)
{
	size_t n = 0;

	for (size_t i = 0; i < doctor->place.trust.workspaces_n; i++) {
		const struct trust_workspace *one =
		    &doctor->place.trust.workspaces[i];
		const struct account_workspace *box =
		    account_workspace_find(&doctor->account, one->id);

		if (box != NULL && box->epoch == one->epoch)
			continue;
		*name = one->name;
		n++;
	}
	return n;
}

static void
check_agreement(struct doctor *doctor)
{
	const struct account *account = &doctor->account;
	const char *name = "";
	size_t boxless;

	if (doctor->account_state <= 0 || !doctor->has_trust ||
	    !account->has_public_key)
		return;
	if (!doctor->place.trust.has_me ||
	    memcmp(doctor->place.trust.me, account->public_key, KEY_BYTES) !=
		0) {
		doctor_say(doctor, "agreement", DOCTOR_PROBLEM,
		    "account.json and the trust file name different keys");
		doctor_hint(doctor,
		    "put back, from one backup, the one that is not yours; or "
		    "run 'agentsecrets key import KIT'");
		return;
	}
	boxless = count_boxless(doctor, &name);
	if (boxless == 0) {
		doctor_say(doctor, "agreement", DOCTOR_OK,
		    "account.json and the trust file agree");
		return;
	}
	doctor_say(doctor, "agreement", DOCTOR_PROBLEM,
	    "account.json lacks the key of %zu trusted workspace%s ('%s')",
	    boxless, boxless == 1 ? "" : "s", name);
	if (is_embedded(doctor))
		doctor_hint(doctor, "put account.json back from a backup");
	else
		doctor_hint(doctor,
		    "run 'agentsecrets login', which asks the server for it");
}

/* Whoever has no kit loses everything with this machine. */
static void
check_kit(struct doctor *doctor)
{
	const struct account *account = &doctor->account;

	if (doctor->account_state <= 0 || !account->has_private_key)
		return;
	if (account->kit_exported) {
		doctor_say(doctor, "kit", DOCTOR_OK, "a recovery kit was made");
		return;
	}
	doctor_say(doctor, "kit",
	    is_embedded(doctor) ? DOCTOR_NOTE : DOCTOR_WARNING,
	    "no recovery kit was made: the secrets are lost with the last "
	    "machine that has the key");
	doctor_hint(doctor,
	    "run 'agentsecrets key export --out kit.txt', and "
	    "keep it like a house key");
}

void
doctor_account(struct doctor *doctor)
{
	if (doctor->place.home.fd < 0)
		return;
	check_account(doctor);
	check_pending(doctor);
	check_trust(doctor);
	check_agreement(doctor);
	check_kit(doctor);
}
