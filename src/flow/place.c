#include "config.h"

#include "place.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/account.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/names.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/other_home.h>
#include <agentsecrets/text.h>

#include "local.h"
#include "server_choice.h"

int
place_open_home(struct place *place, struct err *err)
{
	int rc = home_open(&place->home, false, err);

	if (rc < 0)
		return rc;
	if (rc == 0) {
		err_set(err, EXIT_ACCESS, "not set up yet: there is no '%s'",
		    place->home.path);
		return err_hint(err,
		    "run 'agentsecrets init' (new) or 'agentsecrets login' "
		    "(you have an account)");
	}
	rc = settings_load(&place->settings, &place->home, err);
	if (rc == 0)
		rc = config_load(&place->config, &place->home, err);
	return rc;
}

int
place_no_account(const struct home *home, struct err *err)
{
	char email[EMAIL_MAX + 1];
	int rc = other_home_is(home, email, err);

	if (rc < 0)
		return rc;
	if (rc > 0) {
		err_set(err, EXIT_ACCESS,
		    "'%s' is the home of another AgentSecrets client, whose "
		    "account '%s' was not taken over yet",
		    home->path, email);
		return err_hint(err, "run 'agentsecrets init --adopt'");
	}
	if (faccessat(home->fd, "trust", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(err, EXIT_ACCESS,
		    "account.json is missing, but this machine was set up");
	err_set(err, EXIT_ACCESS, "there is no account on this machine");
	return err_hint(err,
	    "run 'agentsecrets init' (new) or 'agentsecrets login' "
	    "(you have an account)");
}

static int
account_needed(
    struct account *account, const struct home *home, struct err *err)
{
	int rc = account_load(account, home, err);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	return place_no_account(home, err);
}

int
place_reload_account(
    const struct place *place, struct account *account, struct err *err)
{
	AUTO_ACCOUNT struct account now = ACCOUNT_INIT;
	int rc = account_load(&now, &place->home, err);

	if (rc <= 0)
		return rc;
	if (!text_equal(now.email, account->email) ||
	    !text_equal(now.server, account->server))
		return err_set(err, EXIT_FAILED,
		    "meanwhile this home was given to '%s'", now.email);
	account_release(account);
	*account = now;
	now = (struct account)ACCOUNT_INIT;
	return 0;
}

int
place_open_account(
    struct place *place, struct account *account, struct err *err)
{
	if (place_open_home(place, err) < 0)
		return -(int)err->status;
	return account_needed(account, &place->home, err);
}

int
place_load_trust(struct place *place, struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	int rc;

	if (faccessat(place->home.fd, "trust", F_OK, 0) == 0)
		return trust_load(&place->trust, &place->home, err);
	rc = account_needed(&account, &place->home, err);
	if (rc < 0)
		return rc;
	if (!account.has_private_key) {
		err_set(err, EXIT_ACCESS,
		    "this machine does not have the key of '%s'",
		    account.email);
		return err_hint(err,
		    "run 'agentsecrets key import KIT' with your recovery "
		    "kit");
	}
	return trust_load(&place->trust, &place->home, err);
}

int
place_environment(char *out, const struct caller *caller,
    const struct project_file *file, const struct config *config,
    struct err *err)
{
	const char *environment = caller->environment;

	if (environment != NULL && !environment_is_known(environment)) {
		err_set(err, EXIT_USAGE, "unknown environment '%.*s'",
		    text_before_equals(environment), environment);
		return err_hint(
		    err, "it is one of development, staging, production");
	}
	if (environment == NULL && file != NULL && file->environment[0] != '\0')
		environment = file->environment;
	if (environment == NULL && config->environment[0] != '\0')
		environment = config->environment;
	if (environment == NULL)
		environment = "development";
	snprintf(out, ENVIRONMENT_MAX + 1, "%s", environment);
	return 0;
}

static int
storage_mode(const struct place *place, const struct caller *caller, int *out,
    struct err *err)
{
	const char *given = caller->storage_mode;

	if (given != NULL && !text_equal(given, "1") && !text_equal(given, "2"))
		return err_set(err, EXIT_USAGE,
		    "AGENTSECRETS_STORAGE_MODE is '%s': 1 and 2 are known",
		    given);
	if (given != NULL)
		*out = given[0] - '0';
	else if (place->file.storage_mode != 0)
		*out = place->file.storage_mode;
	else
		*out = place->config.storage_mode == 2 ? 2 : 1;
	return 0;
}

static int
no_project(struct err *err)
{
	err_set(err, EXIT_FAILED,
	    "no project here: neither this directory nor one above it has "
	    ".agentsecrets/project.json");
	return err_hint(err,
	    "run 'agentsecrets project create NAME' or 'agentsecrets project "
	    "use NAME'");
}

/*
 * -p in a directory that means the same project and is trusted for it: what
 * its project.json says about names counts there as ever.
 */
static int
use_own_file(struct place *place, const char *project, struct err *err)
{
	const struct trust_directory *line;
	int rc = project_file_find(&place->file, NULL, err);

	if (rc < 0)
		return rc;
	line = rc > 0
	    ? trust_directory_find(&place->trust, place->file.directory)
	    : NULL;
	if (line == NULL || !text_equal(place->file.project, project) ||
	    !text_equal(line->project, project) ||
	    !text_equal(line->rules, place->file.rules)) {
		project_file_release(&place->file);
		place->file = (struct project_file)PROJECT_FILE_INIT;
	}
	return 0;
}

/* -p: a project that this machine already knows, by id or name. */
static int
find_by_name(struct place *place, const char *wanted, struct err *err)
{
	const struct trust_project *found = NULL;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;

	for (size_t i = 0; i < place->trust.projects_n; i++) {
		const struct trust_project *one = &place->trust.projects[i];

		if (!text_equal(one->id, wanted) &&
		    !text_equal(one->name, wanted))
			continue;
		if (found != NULL)
			return err_set(err, EXIT_FAILED,
			    "two projects are called '%s': give the id",
			    wanted);
		found = one;
	}
	if (found == NULL) {
		err_set(err, EXIT_FAILED,
		    "project '%.*s' is not known on this machine",
		    text_before_equals(wanted), wanted);
		return err_hint(err,
		    "run 'agentsecrets project use %.*s' in its directory",
		    text_before_equals(wanted), wanted);
	}
	if (account_needed(&account, &place->home, err) < 0 ||
	    use_own_file(place, found->id, err) < 0)
		return -(int)err->status;
	snprintf(place->project, sizeof(place->project), "%s", found->id);
	snprintf(place->project_name, sizeof(place->project_name), "%s",
	    found->name);
	place->workspace =
	    trust_workspace_find(&place->trust, found->workspace);
	return server_origin(place->origin, account.server, err);
}

static int
untrusted(const struct project_file *file, const char *why, struct err *err)
{
	err_set(err, EXIT_ACCESS, "directory '%s' %s", file->directory, why);
	return err_hint(err,
	    "look at '%s/.agentsecrets/project.json', then run "
	    "'agentsecrets trust'",
	    file->directory);
}

/* Ask on a terminal whether the directory may name the project. */
static int
ask_to_bind(struct place *place, const char *why, const struct caller *caller,
    struct err *err)
{
	char question[4096];
	char name[LABEL_MAX * 4];
	char path[2048];
	char answer[16];

	/* What set this home up broke off, and has to come first. */
	if (faccessat(
		place->home.fd, "account.json", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return place_no_account(&place->home, err);
	if (!caller->ask->is_there())
		return untrusted(&place->file, why, err);
	text_printable(name, sizeof(name), place->file.project_name,
	    strlen(place->file.project_name), 60);
	text_printable(path, sizeof(path), place->file.directory,
	    strlen(place->file.directory), 200);
	snprintf(question, sizeof(question),
	    "Directory '%s' %s. It means project '%s'. Trust it? [y/N] ", path,
	    why, name);
	if (caller->ask->line(question, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	if (!text_equal(answer, "y") && !text_equal(answer, "yes"))
		return untrusted(&place->file, why, err);
	return place_bind(place, err);
}

static int
check_directory(
    struct place *place, const struct caller *caller, struct err *err)
{
	const struct project_file *file = &place->file;
	const struct trust_directory *line =
	    trust_directory_find(&place->trust, file->directory);
	const char *why = NULL;

	if (line == NULL)
		why = "is not trusted yet";
	else if (!text_equal(line->project, file->project) ||
	    !text_equal(line->workspace, file->workspace))
		why = "now names another project than the one trusted";
	else if (!text_equal(line->rules, file->rules))
		why = "has a project.json whose names, minimum or map changed";
	if (why != NULL && ask_to_bind(place, why, caller, err) < 0)
		return -(int)err->status;
	line = trust_directory_find(&place->trust, file->directory);
	snprintf(place->origin, sizeof(place->origin), "%s", line->origin);
	return 0;
}

/* The workspace that the project was last seen under is a local fact. */
static int
check_workspace(struct place *place, struct err *err)
{
	const struct trust_project *known =
	    trust_project_find(&place->trust, place->file.project);

	if (known != NULL &&
	    !text_equal(known->workspace, place->file.workspace))
		return err_set(err, EXIT_UNSAFE,
		    "project '%s' belonged to another workspace before",
		    known->name);
	place->workspace =
	    trust_workspace_find(&place->trust, place->file.workspace);
	return 0;
}

static int
find_by_directory(
    struct place *place, const struct caller *caller, struct err *err)
{
	const struct trust_project *known;
	int rc = project_file_find(&place->file, NULL, err);

	if (rc < 0)
		return rc;
	if (rc == 0 || place->file.project[0] == '\0')
		return no_project(err);
	if (check_workspace(place, err) < 0 ||
	    check_directory(place, caller, err) < 0)
		return -(int)err->status;
	place->workspace =
	    trust_workspace_find(&place->trust, place->file.workspace);
	snprintf(
	    place->project, sizeof(place->project), "%s", place->file.project);
	/* The name, too, is what was trusted, not what a later commit says. */
	known = trust_project_find(&place->trust, place->project);
	snprintf(place->project_name, sizeof(place->project_name), "%s",
	    known != NULL ? known->name : place->file.project_name);
	return 0;
}

int
place_find(struct place *place, const struct caller *caller, struct err *err)
{
	int rc = place_open_home(place, err);

	if (rc == 0)
		rc = place_load_trust(place, err);
	if (rc == 0)
		rc = caller->project != NULL
		    ? find_by_name(place, caller->project, err)
		    : find_by_directory(place, caller, err);
	if (rc < 0)
		return rc;
	if (place->workspace == NULL) {
		err_set(err, EXIT_ACCESS,
		    "the key of this project's workspace is not on this "
		    "machine");
		return err_hint(err,
		    "log in to the account that has it, then 'agentsecrets "
		    "key import KIT'");
	}
	if (server_check(caller, &place->config, place->origin, err) < 0 ||
	    storage_mode(place, caller, &place->storage_mode, err) < 0)
		return -(int)err->status;
	return place_environment(
	    place->environment, caller, &place->file, &place->config, err);
}

int
place_bind_locked(struct place *place, struct err *err)
{
	AUTO_TRUST struct trust trust = TRUST_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	struct trust_directory line = {.path = place->file.directory};
	struct trust_project project = {.id = ""};
	const struct trust_directory *before;

	if (trust_load(&trust, &place->home, err) < 0 ||
	    account_needed(&account, &place->home, err) < 0 ||
	    server_origin(line.origin, account.server, err) < 0)
		return -(int)err->status;
	memcpy(line.project, place->file.project, sizeof(line.project));
	memcpy(line.workspace, place->file.workspace, sizeof(line.workspace));
	memcpy(line.rules, place->file.rules, sizeof(line.rules));
	memcpy(project.id, place->file.project, sizeof(project.id));
	memcpy(project.workspace, place->file.workspace,
	    sizeof(project.workspace));
	memcpy(project.name, place->file.project_name, sizeof(project.name));
	before = trust_directory_find(&trust, line.path);
	/* Nobody noted what happened to a file in it until now. */
	if ((before == NULL || !text_equal(before->project, line.project)) &&
	    local_forget(&place->home, line.project, line.path, err) < 0)
		return -(int)err->status;
	if (trust_directory_put(&trust, &line, err) < 0 ||
	    trust_project_put(&trust, &project, err) < 0 ||
	    trust_save(&trust, &place->home, err) < 0)
		return -(int)err->status;
	trust_release(&place->trust);
	place->trust = trust;
	trust = (struct trust)TRUST_INIT;
	/* It pointed into what was just released. */
	place->workspace =
	    trust_workspace_find(&place->trust, place->file.workspace);
	return 0;
}

int
place_bind(struct place *place, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	return lock < 0 ? lock : place_bind_locked(place, err);
}

const char *
place_outer_name(struct place *place, const char *stored)
{
	const char *final = project_file_map_find(&place->file, stored);

	return final != NULL ? final : stored;
}

int
place_stored_name(char *out, const char *given, struct place *place,
    struct vault *vault, struct err *err)
{
	const char *mapped = project_file_map_stored(&place->file, given);
	const struct vault_row *row =
	    vault != NULL ? vault_find(vault, given) : NULL;

	if (mapped != NULL && (row == NULL || row->deleted))
		given = mapped;
	return name_to_stored(out, given, strlen(given), err) < 0
	    ? -(int)err->status
	    : 0;
}

int
place_open_keychain(
    struct place *place, const struct caller *caller, struct err *err)
{
	if (place->keychain.helper.pid != 0)
		return 0;
	if (place->keychain_err.status == EXIT_DONE &&
	    keychain_start(
		&place->keychain, caller->notice, &place->keychain_err) == 0)
		return 0;
	*err = place->keychain_err;
	return -(int)err->status;
}

void
place_close_keychain(struct place *place)
{
	keychain_stop(&place->keychain);
}

void
place_release(struct place *place)
{
	keychain_stop(&place->keychain);
	project_file_release(&place->file);
	settings_release(&place->settings);
	trust_release(&place->trust);
	home_release(&place->home);
}
