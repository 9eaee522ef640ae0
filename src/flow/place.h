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
#include <agentsecrets/project_file.h>
#include <agentsecrets/settings.h>
#include <agentsecrets/trust.h>

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
};

#define PLACE_INIT                                                             \
	{                                                                      \
		.home = HOME_INIT, .trust = TRUST_INIT,                        \
		.file = PROJECT_FILE_INIT                                      \
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

void place_release(struct place *place);

/** The environment in force: -e, project.json, config, development. */
int place_environment(char *out, const struct caller *caller,
    const struct project_file *file, const struct config *config,
    struct err *err);

/**
 * The name under which a stored secret stands in files and environments: its
 * lasting map entry, or itself.
 */
const char *place_outer_name(const struct place *place, const char *stored);

#endif
