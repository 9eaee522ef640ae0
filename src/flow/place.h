/*
 * place: for whom a command works: which project, environment and workspace,
 * and whether this directory may say so.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdbool.h>

#include <agentsecrets/account.h>
#include <agentsecrets/err.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/home.h>
#include <agentsecrets/keychain_client.h>
#include <agentsecrets/project_file.h>
#include <agentsecrets/settings.h>
#include <agentsecrets/trust.h>
#include <agentsecrets/vault.h>

struct place {
	struct home home;
	struct trust trust;
	struct settings settings;
	struct config config;
	struct project_file file; /* directory NULL: found by -p */
	char project[UUID_TEXT + 1];
	char project_name[LABEL_MAX + 1];
	char environment[ENVIRONMENT_MAX + 1];
	char origin[URL_MAX_BYTES + 1]; /* or "embedded" */
	int storage_mode;
	const struct trust_workspace *workspace; /* in trust */
	struct keychain keychain;    /* not started before it is needed */
	struct err keychain_err;     /* why it cannot be used */
	bool keychain_told;	     /* the user was told so */
	const struct caller *caller; /* of whom to tell it; may be NULL */
};

#define PLACE_INIT                                                             \
	{                                                                      \
		.home = HOME_INIT, .trust = TRUST_INIT,                        \
		.file = PROJECT_FILE_INIT, .keychain = KEYCHAIN_INIT           \
	}
#define AUTO_PLACE __attribute__((cleanup(place_release)))

/**
 * Open the home of an initialised machine, with its settings.
 *
 * @return 0; -EXIT_ACCESS with the hint `init` when there is none
 */
int place_open_home(struct place *place, struct err *err);

/**
 * Open the home and read its account.
 *
 * @return 0; -EXIT_ACCESS with the hint `init` or `login` when there is none
 */
int place_open_account(
    struct place *place, struct account *account, struct err *err);

/**
 * Say why a command that needs the account cannot go on where there is no
 * account.json.
 *
 * @return -EXIT_ACCESS: the home is another client's (hint `init --adopt`),
 *         something is missing, or there is no account (hint `init`);
 *         -EXIT_FAILED when config.json is damaged
 */
int place_no_account(const struct home *home, struct err *err);

/**
 * Read account.json again, under `lock`: it may have changed since. One that
 * does not exist yet leaves `account` as it is.
 *
 * @return 0; -EXIT_FAILED when it is another's by now
 */
int place_reload_account(
    const struct place *place, struct account *account, struct err *err);

/**
 * Read what this machine trusts.
 *
 * @return 0; -EXIT_ACCESS when the machine is not set up, or logged in
 *         without the key (hint); -EXIT_UNSAFE when the file is damaged, or
 *         missing beside an account
 */
int place_load_trust(struct place *place, struct err *err);

/**
 * Find the project and check that the directory is trusted for it; on a
 * terminal an untrusted one is asked about.
 *
 * @return 0; -EXIT_ACCESS not initialised, not trusted, another server;
 *         -EXIT_FAILED no project here; -EXIT_UNSAFE when the project stands
 *         under another workspace than before
 */
int place_find(
    struct place *place, const struct caller *caller, struct err *err);

/**
 * Bind the directory of place->file to what the file says: the `directory`
 * and `project` lines. Takes `lock`; re-reads the trust file under it.
 */
int place_bind(struct place *place, struct err *err);

/** The same, when the caller holds `lock`. */
int place_bind_locked(struct place *place, struct err *err);

/**
 * Have the keychain ready: one helper a command, started at the first call. A
 * keychain that could not be used is not tried again.
 *
 * It is for those whose account has the store "keychain", or is about to.
 *
 * @return 0; -EXIT_ACCESS, -EXIT_FAILED: as keychain_start(); the trouble is
 *         in place->keychain.trouble
 */
int place_open_keychain(
    struct place *place, const struct caller *caller, struct err *err);

/** End what place_open_keychain() started: before another program takes over.
 */
void place_close_keychain(struct place *place);

/** Free what it holds, and end the keychain's helper. */
void place_release(struct place *place);

/** The environment in force: -e, project.json, config, development. */
int place_environment(char *out, const struct caller *caller,
    const struct project_file *file, const struct config *config,
    struct err *err);

/**
 * The name under which a stored secret stands in files and environments: its
 * lasting map entry, or itself.
 */
const char *place_outer_name(struct place *place, const char *stored);

/**
 * The stored name that somebody means: that of a live secret, else the one
 * that the lasting map has for the name that commands see, else the name in
 * capitals.
 *
 * @param out    NAME_MAX_BYTES + 1 bytes
 * @param vault  NULL: a secret of that name does not count
 * @return 0; -EXIT_USAGE when no secret can have it
 */
int place_stored_name(char *out, const char *given, struct place *place,
    struct vault *vault, struct err *err);

#endif
