/*
 * init: the keys are made here; the server only gets what it may have. What
 * is written comes in an order such that account.json, written last, means
 * that everything is there.
 */
#include "config.h"

#include <agentsecrets/flow.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <agentsecrets/account.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/session_cache.h>
#include <agentsecrets/text.h>

#include "adopt.h"
#include "connect.h"
#include "founding.h"
#include "key_copies.h"
#include "key_store.h"
#include "place.h"
#include "project.h"
#include "server_choice.h"
#include "unlock.h"
#include "workspace_keys.h"

enum { PERSON_MAX = 200 }; /* bytes of first and last name together */

/* A question whose answer is a flag's value, else a person's. */
static int
ask_text(char *out, size_t out_len, const char *given, const char *flag,
    const char *prompt, const struct caller *caller, struct err *err)
{
	if (given != NULL) {
		if (text_copy(out, out_len, given, strlen(given)) < 0)
			return err_set(err, EXIT_USAGE,
			    "the value of %s is too long", flag);
		return 0;
	}
	if (!caller->ask->is_there())
		return err_set(err, EXIT_USAGE,
		    "%s is needed, and there is no terminal to ask on", flag);
	return caller->ask->line(prompt, out, out_len, err);
}

/* It goes into files, prompts and the label of the workspace key. */
static bool
is_shown_as_is(const char *text)
{
	char shown[4 * PERSON_MAX + 1];
	size_t len = strlen(text);

	return len > PERSON_MAX ||
	    (text_printable(shown, sizeof(shown), text, len, len) == len &&
		memcmp(shown, text, len) == 0);
}

static int
split_name(struct account *account, const char *name, struct err *err)
{
	const char *blank = strchr(name, ' ');
	const char *last = blank != NULL ? blank + strspn(blank, " ") : "";

	if (blank == NULL || blank == name || last[0] == '\0')
		return err_set(err, EXIT_USAGE,
		    "the name must be a first and a last name");
	if (!is_shown_as_is(name))
		return err_set(err, EXIT_USAGE,
		    "the name must be UTF-8 without control characters");
	if (strlen(name) > PERSON_MAX)
		return err_set(err, EXIT_USAGE,
		    "the name is longer than %d bytes", PERSON_MAX);
	(void)text_copy(account->first_name, sizeof(account->first_name), name,
	    (size_t)(blank - name));
	(void)text_copy(
	    account->last_name, sizeof(account->last_name), last, strlen(last));
	return 0;
}

static int
ask_person(struct account *account, const struct init_request *request,
    const struct caller *caller, struct err *err)
{
	char email[EMAIL_MAX + 1];
	char name[2 * LABEL_MAX];

	if (ask_text(email, sizeof(email), request->email, "--email",
		"E-mail: ", caller, err) < 0 ||
	    email_canonical(account->email, email, err) < 0 ||
	    ask_text(name, sizeof(name), request->name, "--name",
		"First and last name: ", caller, err) < 0)
		return -(int)err->status;
	return split_name(account, name, err);
}

/* Without a server nobody learns who it is, and --server was forgotten. */
static int
refuse_person(const char *email, const char *name, struct err *err)
{
	if (email == NULL && name == NULL)
		return 0;
	err_set(err, EXIT_USAGE,
	    "%s is for an account at a server, and none is named",
	    email != NULL ? "--email" : "--name");
	return err_hint(err, "give --server URL as well");
}

static int
ask_questions(struct founding *founding, const struct init_request *request,
    const struct caller *caller, struct err *err)
{
	struct account *account = &founding->account;
	char id[UUID_TEXT + 1];
	int rc;

	if (!founding->embedded &&
	    ask_person(account, request, caller, err) < 0)
		return -(int)err->status;
	if (founding->embedded) {
		crypto_random_uuid(id);
		snprintf(
		    account->email, sizeof(account->email), "local:%s", id);
		snprintf(
		    account->first_name, sizeof(account->first_name), "local");
		snprintf(
		    account->last_name, sizeof(account->last_name), "account");
	}
	rc = password_new(&founding->password, caller->password_file,
	    "--password-file FILE", "New account password",
	    founding->embedded ? "" : account->email, caller, err);
	/* Everything is asked before anything is made: whoever thinks better of
	 * it at the last question has no account yet. */
	if (rc == 0)
		rc = project_name_for_init(
		    founding->project, request->project, caller, err);
	if (rc == 0)
		founding->project[0] = '\0';
	return rc < 0 ? rc : 0;
}

static int
exists_already(const struct founding *founding, struct err *err)
{
	if (founding->embedded) {
		err_set(err, EXIT_FAILED,
		    "the embedded server of this home already has an "
		    "account, but account.json is missing");
		return err_hint(err,
		    "bring account.json back from a backup, or move "
		    "'server' in the home away to begin anew");
	}
	err_set(err, EXIT_FAILED, "'%s' already has an account at '%s'",
	    founding->account.email, founding->account.server);
	return err_hint(err, "run 'agentsecrets login'");
}

static int
log_in(struct founding *founding, struct net *net, const struct secret *auth,
    struct net_workspaces *workspaces, struct err *err)
{
	struct account *account = &founding->account;
	struct net_login login = {.user_id = ""};

	if (net_log_in(net, account->email, auth, &login, err) < 0)
		return -(int)err->status;
	if (own_key_check(&login, account->public_key, account->email, err) <
	    0) {
		net_workspaces_release(&login.workspaces);
		return -(int)err->status;
	}
	founding->session = login.session;
	snprintf(
	    account->user_id, sizeof(account->user_id), "%s", login.user_id);
	if (workspaces != NULL)
		*workspaces = login.workspaces;
	else
		net_workspaces_release(&login.workspaces);
	return 0;
}

/*
 * The server has an account already: is it the one of the run that broke off?
 *
 * @return 0; -EXIT_CONFLICT when it is another
 */
static int
recognise(struct founding *founding, struct net *net, const struct secret *auth,
    struct err *err)
{
	struct net_workspaces workspaces = {NULL, 0};
	int rc = founding->embedded
	    ? net_workspaces(net, &workspaces, err)
	    : log_in(founding, net, auth, &workspaces, err);

	if (rc == -EXIT_ACCESS ||
	    (rc == 0 && !founding_is_known(founding, &workspaces)))
		rc = -EXIT_CONFLICT;
	net_workspaces_release(&workspaces);
	return rc;
}

/* Register; an account that a broken run left behind is one made already. */
static int
enroll(struct founding *founding, struct net *net, const struct home *home,
    struct err *err)
{
	struct account *account = &founding->account;
	struct secret auth = SECRET_INIT;
	struct net_registration registration = {
	    .email = account->email,
	    .auth_secret = founding->embedded ? NULL : &auth,
	    .first_name = account->first_name,
	    .last_name = account->last_name,
	    .public_key = account->public_key,
	    .workspace = founding->workspace.id,
	    .sealed_key = founding->workspace.sealed_key,
	    .epoch = founding->workspace.epoch,
	    .sealed_name = founding->workspace.name,
	};
	int rc;

	if (!founding->embedded &&
	    auth_secret(&auth, &founding->password, account->auth_origin,
		account->email, err) < 0)
		return -(int)err->status;
	rc = net_register(net, &registration, account->user_id, err);
	/* A clear no: what was made is good for nothing. */
	if (rc < 0 && !founding->resumed && net->http_status >= 400 &&
	    net->http_status < 500)
		(void)account_pending_remove(home, NULL);
	if (rc == -EXIT_CONFLICT && founding->resumed)
		rc = recognise(founding, net, &auth, err);
	else if (rc == 0 && !founding->embedded)
		rc = log_in(founding, net, &auth, NULL, err);
	if (rc != -EXIT_CONFLICT)
		return rc;
	(void)account_pending_remove(home, NULL);
	return exists_already(founding, err);
}

static int
fill_trust(struct founding *founding, struct err *err)
{
	const struct account_workspace *workspace = &founding->workspace;
	struct trust_workspace line = {.epoch = workspace->epoch};

	founding->trust.has_me = true;
	memcpy(founding->trust.me, founding->account.public_key, KEY_BYTES);
	memcpy(line.id, workspace->id, sizeof(line.id));
	memcpy(line.name, workspace->name, sizeof(line.name));
	memcpy(line.source, founding->account.public_key, KEY_BYTES);
	workspace_key_fingerprint(line.fingerprint, workspace->id,
	    workspace->epoch, founding->workspace_key);
	return trust_workspace_put(&founding->trust, &line, err);
}

/* What the store wants besides account.json: which comes after it. */
static int
write_copies(struct founding *founding, struct place *place,
    const struct caller *caller, struct err *err)
{
	static char owner[] = "owner";
	static char personal[] = "personal";
	struct net_workspace made = {.has_key = true};
	struct net_workspaces shown = {&made, 1};

	memcpy(made.id, founding->workspace.id, sizeof(made.id));
	memcpy(made.role, owner, sizeof(owner));
	memcpy(made.type, personal, sizeof(personal));
	place->trust = founding->trust;
	founding->trust = (struct trust)TRUST_INIT;
	return key_copies_write(place, &founding->account,
	    founding->account.store, founding->private_key, &shown, caller,
	    err);
}

static int
write_files(struct founding *founding, struct place *place,
    const struct init_request *request, const struct caller *caller,
    struct err *err)
{
	struct config *config = &place->config;
	int lock;
	int rc;

	if (fill_trust(founding, err) < 0)
		return -(int)err->status;
	snprintf(config->server_url, sizeof(config->server_url), "%s",
	    founding->embedded ? "" : founding->account.server);
	snprintf(config->email, sizeof(config->email), "%s",
	    founding->account.email);
	memcpy(config->workspace, founding->workspace.id,
	    sizeof(config->workspace));
	if (request->storage_mode != 0)
		config->storage_mode = request->storage_mode;
	lock = home_lock(&place->home, "lock", err);
	if (lock < 0)
		return -(int)err->status;
	rc = trust_save(&founding->trust, &place->home, err);
	fd_close(&lock);
	if (rc == 0 && founding->session.len > 0)
		rc = session_save(place, founding->account.store,
		    &founding->session, caller, err);
	if (rc == 0)
		rc = config_save(config, &place->home, err);
	if (rc == 0)
		rc = write_copies(founding, place, caller, err);
	if (rc < 0)
		return rc;
	lock = home_lock(&place->home, "lock", err);
	if (lock < 0)
		return -(int)err->status;
	rc = account_save(&founding->account, &place->home, err);
	fd_close(&lock);
	return rc;
}

/* One line, exit 1, nothing changed. */
static int
refuse_second(const struct place *place, struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	int rc = account_load(&account, &place->home, err);

	if (rc <= 0)
		return rc;
	err_set(err, EXIT_FAILED, "already set up: '%s' holds the account '%s'",
	    place->home.path, account.email);
	return err_hint(err,
	    "'agentsecrets status' shows it; 'agentsecrets logout --forget' "
	    "removes it");
}

static int
found(struct founding *founding, struct place *place,
    const struct init_request *request, const struct caller *caller,
    struct err *err)
{
	struct account *account = &founding->account;
	struct net_server server;
	AUTO_NET struct net net = NET_INIT;

	if (server_wanted(account->server, caller, &place->config, err) < 0)
		return -(int)err->status;
	founding->embedded = text_equal(account->server, NET_EMBEDDED);
	if (founding->embedded &&
	    refuse_person(request->email, request->name, err) < 0)
		return -(int)err->status;
	if (!founding->embedded &&
	    server_origin(account->auth_origin, account->server, err) < 0)
		return -(int)err->status;
	/* The helpers start before there is a password or a key, and a wrong
	 * host is told before anything is typed. */
	if (key_store_choose(
		&account->store, request->store, place, caller, err) < 0 ||
	    connect_server(&net, &place->home, account->server, err) < 0 ||
	    net_status(&net, &server, err) < 0 ||
	    ask_questions(founding, request, caller, err) < 0 ||
	    founding_keys(founding, &place->home, err) < 0 ||
	    enroll(founding, &net, &place->home, err) < 0 ||
	    write_files(founding, place, request, caller, err) < 0)
		return -(int)err->status;
	return account_pending_remove(&place->home, err);
}

static void
fill_result(struct init_result *result, const struct founding *founding)
{
	uint8_t fingerprint[KEY_BYTES];

	snprintf(result->server, sizeof(result->server), "%s",
	    founding->account.server);
	snprintf(result->email, sizeof(result->email), "%s",
	    founding->account.email);
	result->store = founding->account.store;
	snprintf(result->workspace, sizeof(result->workspace), "%s",
	    founding->workspace.name);
	key_fingerprint(fingerprint, founding->account.public_key);
	fingerprint_digits(result->key_number, fingerprint);
}

/* The account stands; a project that cannot be made does not undo it. */
static void
first_project(
    const char *name, const struct caller *caller, struct init_result *result)
{
	struct project_bound bound;
	int rc = project_create_run(name, caller, &bound, &result->project_err);

	result->project_left_out = rc < 0;
	if (rc == 0)
		snprintf(
		    result->project, sizeof(result->project), "%s", bound.name);
}

/* @return 1 when the account of another client was taken over; 0; a failure */
static int
init_alone(struct founding *founding, struct place *place,
    const struct init_request *request, const struct caller *caller,
    struct init_result *result, struct err *err)
{
	int rc;

	if (refuse_second(place, err) < 0 ||
	    settings_load(&place->settings, &place->home, err) < 0 ||
	    config_load(&place->config, &place->home, err) < 0)
		return -(int)err->status;
	rc = adopt_wanted(request, place, caller, err);
	if (rc == 0)
		return found(founding, place, request, caller, err);
	if (rc > 0 && adopt_account(request, place, caller, result, err) < 0)
		rc = -(int)err->status;
	return rc;
}

void
init_result_release(struct init_result *result)
{
	names_release(&result->workspaces);
	names_release(&result->keyless);
}

int
init_run(const struct init_request *request, const struct caller *caller,
    struct init_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_FOUNDING struct founding founding = {
	    .account = ACCOUNT_INIT, .trust = TRUST_INIT};
	int rc = home_open(&place.home, true, err);
	/* Two at once would each register an account and keep half of it. No
	 * token is refreshed in a home that has none. */
	int lock = rc < 0 ? -1 : home_lock(&place.home, "token.lock", err);

	if (lock < 0)
		return -(int)err->status;
	rc = init_alone(&founding, &place, request, caller, result, err);
	fd_close(&lock);
	place_close_keychain(&place);
	if (rc < 0)
		return rc;
	if (rc > 0) {
		if (request->project != NULL)
			first_project(request->project, caller, result);
		return 0;
	}
	(void)session_cache_put(&place.home, founding.workspace.id,
	    founding.workspace.epoch, founding.workspace_key,
	    place.settings.session_cache);
	secret_wipe(founding.private_key, KEY_BYTES);
	secret_wipe(founding.workspace_key, KEY_BYTES);
	fill_result(result, &founding);
	if (founding.project[0] != '\0')
		first_project(founding.project, caller, result);
	return 0;
}
