/* doctor: what this directory means, and the files beside it. */
#include "config.h"

#include "doctor_check.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/text.h>
#include <agentsecrets/vault.h>

#include "env_file.h"
#include "exchange.h"
#include "place.h"

enum { DAY = 86400, OLD_DAYS = 30, SHOWN_NAMES = 8 };

static bool
nobody_is_there(void)
{
	return false;
}

/* @return whether commands would find their place here */
static bool
find(struct doctor *doctor, struct place *place)
{
	static const struct asker nobody = {.is_there = nobody_is_there};
	struct caller silent = *doctor->caller;
	enum doctor_level level;
	struct err err;
	int rc;

	silent.ask = &nobody;
	rc = place_find(place, &silent, &err);
	if (rc == 0) {
		doctor_say(doctor, "place", DOCTOR_OK, "this is %s/%s",
		    place->project_name, place->environment);
		return true;
	}
	level = rc == -EXIT_UNSAFE || doctor->caller->project != NULL
	    ? DOCTOR_PROBLEM
	    : DOCTOR_WARNING;
	doctor_say_err(doctor, "place", level, &err);
	if (err.hint[0] == '\0')
		doctor_hint(doctor,
		    "look at .agentsecrets/project.json, then "
		    "run 'agentsecrets trust'");
	return false;
}

/* @return whether there is a project to look at */
static bool
is_here(struct doctor *doctor)
{
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	struct err err;
	int rc;

	if (doctor->caller->project != NULL)
		return true;
	rc = project_file_find(&file, NULL, &err);
	if (rc < 0) {
		doctor_say(
		    doctor, "project.json", DOCTOR_PROBLEM, "%s", err.text);
		doctor_hint(doctor,
		    "correct it, or take it from the version control again");
	} else if (rc == 0 || file.project[0] == '\0') {
		doctor_say(doctor, "place", DOCTOR_NOTE,
		    "this directory belongs to no project");
		doctor_hint(doctor,
		    "run 'agentsecrets project create NAME' or 'agentsecrets "
		    "project use NAME' where yours lies");
	}
	return rc > 0 && file.project[0] != '\0';
}

static void
check_age(
    struct doctor *doctor, const struct place *place, const struct vault *vault)
{
	uint64_t now = (uint64_t)time(NULL);
	uint64_t age = now > vault->pulled_at ? now - vault->pulled_at : 0;

	if (vault->pulled_at == 0) {
		doctor_say(doctor, "age", DOCTOR_OK,
		    "all secrets here were stored from here");
		return;
	}
	if (age >= place->settings.max_age) {
		doctor_say(doctor, "age", DOCTOR_NOTE,
		    "the secrets here are older than max_age: 'env' asks the "
		    "server first");
		return;
	}
	if (age < (uint64_t)OLD_DAYS * DAY) {
		doctor_say(doctor, "age", DOCTOR_OK,
		    "the secrets here were fetched %llu days ago",
		    (unsigned long long)age / DAY);
		return;
	}
	doctor_say(doctor, "age", DOCTOR_NOTE,
	    "the secrets here were fetched %llu days ago; 'env' takes them as "
	    "they were then",
	    (unsigned long long)age / DAY);
	doctor_hint(doctor, "run 'agentsecrets pull'");
}

/* What the list of names wants and the vault does not have. */
static void
check_names(
    struct doctor *doctor, const struct place *place, struct vault *vault)
{
	AUTO_NAMES struct names missing = NAMES_INIT;
	struct text_list wanted = {NULL, 0};
	char shown[1024];
	struct err err;

	if (place->file.directory == NULL ||
	    project_file_names(
		&place->file, place->environment, &wanted, &err) <= 0)
		return;
	for (size_t i = 0; i < wanted.n; i++) {
		const struct vault_row *row =
		    vault_find(vault, wanted.items[i]);

		if ((row == NULL || row->deleted) &&
		    names_add(&missing, wanted.items[i]) < 0)
			doctor->report->failed = true;
	}
	free((void *)(uintptr_t)wanted.items);
	if (missing.n == 0)
		return;
	names_sort(&missing);
	doctor_say(doctor, "names", DOCTOR_WARNING,
	    "project.json wants secrets that are not here: %s",
	    names_join(shown, sizeof(shown), &missing, SHOWN_NAMES));
	doctor_hint(doctor,
	    "run 'agentsecrets pull'; what is missing then has "
	    "to be set");
}

static void
check_vault(struct doctor *doctor, const struct place *place)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	struct err err;
	int rc = exchange_load(&vault, place, &err);

	if (rc < 0)
		return; /* the group of the vaults says why */
	if (rc == 0) {
		doctor_say(doctor, "age", DOCTOR_NOTE,
		    "the secrets of %s/%s were never fetched here",
		    place->project_name, place->environment);
		doctor_hint(doctor, "run 'agentsecrets pull'");
		return;
	}
	check_age(doctor, place, &vault);
	check_names(doctor, place, &vault);
}

static void
check_mode(struct doctor *doctor, const char *path, mode_t mode)
{
	struct err err;

	if ((mode & 077) == 0)
		return;
	doctor_say(doctor, "env_mode", DOCTOR_WARNING,
	    "'%s' holds values, and is open to other users (mode %04o)", path,
	    (unsigned)mode & 07777);
	doctor_hint_mode(doctor, 0600, path);
	if (!doctor_may_mend(doctor))
		return;
	if (chmod(path, 0600) < 0) {
		err_sys(&err, EXIT_FAILED, "cannot change its mode");
		doctor_not_mended(doctor, &err);
	} else {
		doctor_mended(doctor, "'%s' had mode %04o and has 0600 now",
		    path, (unsigned)mode & 07777);
	}
}

static void
check_ignored(
    struct doctor *doctor, const struct place *place, const char *environment)
{
	const char *directory = place->file.directory;
	struct err err;

	if (env_file_is_ignored(place, environment))
		return;
	doctor_say(doctor, "gitignore", DOCTOR_WARNING,
	    "'%s/.gitignore' has no line '.env.%s', so the values could be "
	    "committed",
	    directory, environment);
	doctor_hint(doctor, "add that line");
	if (!doctor_may_mend(doctor))
		return;
	if (env_file_ignore(place, environment, &err) < 0)
		doctor_not_mended(doctor, &err);
	else
		doctor_mended(doctor,
		    "'%s/.gitignore' has a line '.env.%s' "
		    "now",
		    directory, environment);
}

/* Storage mode 2: values lie beside the project, in plain. */
static void
check_files(struct doctor *doctor, const struct place *place)
{
	static const char *const environments[] = {
	    "development", "staging", "production"};

	if (place->storage_mode != 2 || place->file.directory == NULL)
		return;
	for (size_t i = 0; i < 3; i++) {
		char path[PATH_MAX];
		struct stat st;

		snprintf(path, sizeof(path), "%s/.env.%s",
		    place->file.directory, environments[i]);
		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		check_mode(doctor, path, st.st_mode);
		check_ignored(doctor, place, environments[i]);
	}
}

void
doctor_project(struct doctor *doctor)
{
	AUTO_PLACE struct place place = PLACE_INIT;

	/* What no command can do without is told by other groups. */
	if (doctor->place.home.fd < 0 || !is_here(doctor) ||
	    doctor->account_state <= 0 || !doctor->has_trust ||
	    !doctor->has_settings || !doctor->has_config ||
	    !find(doctor, &place))
		return;
	check_vault(doctor, &place);
	check_files(doctor, &place);
}
