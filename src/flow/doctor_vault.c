/* doctor: the ciphertext of the last exchanges, file by file. */
#include "config.h"

#include "doctor_check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>
#include <agentsecrets/vault.h>

enum {
	FUTURE_SECONDS = 600,
	TWINS_MAX = 100,
	NAME = UUID_TEXT + 1 + ENVIRONMENT_MAX + 1 + HOME_DIGITS + 1,
};

#define LOCAL ".local"

/* A vault file by its name. */
struct vault_name {
	char project[UUID_TEXT + 1];
	char environment[ENVIRONMENT_MAX + 1];
	bool local; /* what the local copy was last brought to agree with */
};

/* What follows for a copy: ".local", or ".DIGITS.local". */
static bool
is_local(const char *rest)
{
	if (rest[0] == '.' &&
	    strspn(rest + 1, "0123456789abcdef") == HOME_DIGITS)
		rest += 1 + HOME_DIGITS;
	return text_equal(rest, LOCAL);
}

/* @return whether it is PROJECT.ENVIRONMENT, or that of a copy */
static bool
split(struct vault_name *out, const char *name)
{
	const char *environment;
	size_t len;

	if (strlen(name) <= UUID_TEXT || name[UUID_TEXT] != '.' ||
	    text_copy(out->project, sizeof(out->project), name, UUID_TEXT) < 0)
		return false;
	environment = name + UUID_TEXT + 1;
	len = strcspn(environment, ".");
	out->local = is_local(environment + len);
	if ((!out->local && environment[len] != '\0') ||
	    text_copy(out->environment, sizeof(out->environment), environment,
		len) < 0)
		return false;
	return text_is_uuid(out->project) &&
	    environment_is_known(out->environment);
}

/* What a person calls it. */
static const char *
project_name(const struct doctor *doctor, const char *id)
{
	const struct trust_project *known = doctor->has_trust
	    ? trust_project_find(&doctor->place.trust, id)
	    : NULL;

	return known != NULL ? known->name : id;
}

/*
 * Moving a damaged vault away loses its marks: until the next exchange this
 * machine cannot tell whether a server gives it older values. So a person
 * has to say so.
 */
static bool
has_consent(const struct doctor *doctor, const struct vault_name *name)
{
	const struct asker *ask = doctor->caller->ask;
	char question[2048];
	char shown[LABEL_MAX * 4];
	char answer[16];
	const char *project = project_name(doctor, name->project);

	if (doctor->request->yes)
		return true;
	if (!ask->is_there())
		return false;
	text_printable(shown, sizeof(shown), project, strlen(project), 60);
	snprintf(question, sizeof(question),
	    name->local
		? "What is known of the local copy of %s/%s is damaged. Move "
		  "the file aside? What the copy has then counts as changed "
		  "here. [y/N] "
		: "The stored secrets of %s/%s are damaged. Move the file "
		  "aside and fetch them anew? This machine then cannot tell "
		  "whether the server gives older ones. [y/N] ",
	    shown, name->environment);
	return ask->line(question, answer, sizeof(answer), NULL) == 0 &&
	    (text_equal(answer, "y") || text_equal(answer, "yes"));
}

/* Rename it to NAME.damaged-DATE, in the same directory. */
static int
rename_aside(int dir, const char *name, char *to, size_t to_len)
{
	time_t now = time(NULL);
	char date[32] = "";
	struct tm tm;
	int rc = -1;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(date, sizeof(date), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(to, to_len, "%s.damaged-%s", name, date);
	/* More than one a second: a number as well. */
	for (int i = 2; i < TWINS_MAX; i++) {
		rc = renameat2(dir, name, dir, to, RENAME_NOREPLACE);
		if (rc == 0 || errno != EEXIST)
			break;
		snprintf(to, to_len, "%s.damaged-%s-%d", name, date, i);
	}
	return rc < 0 ? -1 : fsync(dir);
}

static int
move_aside(struct doctor *doctor, const char *name, char *to, size_t to_len,
    struct err *err)
{
	AUTO_FD int lock = home_lock(&doctor->place.home, "lock", err);
	AUTO_FD int dir = -1;

	if (lock < 0)
		return lock;
	dir = openat(doctor->place.home.fd, "vault",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || rename_aside(dir, name, to, to_len) < 0)
		return err_sys(err, EXIT_FAILED, "cannot move it aside");
	return 0;
}

static void
mend_damaged(
    struct doctor *doctor, const char *file, const struct vault_name *name)
{
	char to[NAME + sizeof(LOCAL ".damaged-20260102T030405Z-99")];
	struct err err;

	if (!doctor->can_write)
		err_set(&err, EXIT_FAILED, "the home cannot be written now");
	else if (!has_consent(doctor, name))
		err_set(&err, EXIT_FAILED,
		    "it needs your word; give --repair --yes to have the file "
		    "moved aside, and fetched anew");
	else if (move_aside(doctor, file, to, sizeof(to), &err) == 0) {
		doctor_mended(doctor,
		    "the damaged vault of %s/%s is now 'vault/%s'; %s",
		    project_name(doctor, name->project), name->environment, to,
		    name->local
			? "look at 'agentsecrets diff' before the next 'push'"
			: "the next 'env' or 'pull' fetches anew, without its "
			  "marks against older values");
		return;
	}
	doctor_not_mended(doctor, &err);
}

/* What the file says it is, against its name and the trust file. */
static bool
is_misplaced(const struct doctor *doctor, const struct vault *vault,
    const struct vault_name *name)
{
	const struct trust_project *known = doctor->has_trust
	    ? trust_project_find(&doctor->place.trust, name->project)
	    : NULL;

	return !text_equal(vault->project, name->project) ||
	    !text_equal(vault->environment, name->environment) ||
	    (known != NULL && !text_equal(vault->workspace, known->workspace));
}

static void
say_vault(
    struct doctor *doctor, struct vault *vault, const struct vault_name *name)
{
	const char *project = project_name(doctor, name->project);
	uint64_t now = (uint64_t)time(NULL);

	if (name->local)
		return; /* the values tell which of them are behind */
	if (is_misplaced(doctor, vault, name)) {
		doctor_say(doctor, "place", DOCTOR_PROBLEM,
		    "the vault of %s/%s is that of another project, "
		    "environment or workspace",
		    project, name->environment);
		doctor_hint(doctor,
		    "move '%s/vault/%s.%s' away; 'agentsecrets pull' fetches "
		    "it anew",
		    doctor->place.home.path, name->project, name->environment);
	} else if (vault->pulled_at > now + FUTURE_SECONDS) {
		doctor_say(doctor, "time", DOCTOR_WARNING,
		    "the vault of %s/%s was written in the future: this "
		    "machine's clock was or is wrong",
		    project, name->environment);
		doctor_hint(doctor,
		    "look at the clock; 'agentsecrets pull' "
		    "writes the time anew");
	} else {
		doctor_say(doctor, "file", DOCTOR_OK, "%s/%s has %zu secrets",
		    project, name->environment, vault_live(vault));
	}
}

static void
check_vault(struct doctor *doctor, const char *file)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct vault_name name;
	char path[sizeof("vault/" LOCAL) + NAME];
	struct err err;
	int rc;

	if (strstr(file, ".damaged-") != NULL) {
		doctor_say(doctor, "aside", DOCTOR_NOTE,
		    "'%s/vault/%s' was moved aside", doctor->place.home.path,
		    file);
		doctor_hint(doctor, "remove it when nothing is missing");
	}
	if (!split(&name, file))
		return;
	snprintf(path, sizeof(path), "vault/%s", file);
	rc = home_read(&doctor->place.home, path, &text, VAULT_FILE_MAX, &err);
	if (rc < 0)
		doctor_say_err(doctor, "file", DOCTOR_PROBLEM, &err);
	if (rc <= 0)
		return;
	if (vault_parse(&vault, buf_text_view(&text), text.len, &err) == 0) {
		say_vault(doctor, &vault, &name);
		return;
	}
	doctor_say(doctor, name.local ? "local" : "file", DOCTOR_PROBLEM,
	    "the stored secrets of %s/%s cannot be used: '%s/%s' is %s",
	    project_name(doctor, name.project), name.environment,
	    doctor->place.home.path, path, err.text);
	doctor_hint(doctor,
	    "put it back from a backup; or 'agentsecrets doctor --repair' "
	    "moves it aside%s",
	    name.local ? "" : ", to be fetched anew");
	if (doctor_may_mend(doctor))
		mend_damaged(doctor, file, &name);
}

void
doctor_vault(struct doctor *doctor)
{
	AUTO_NAMES struct names files = NAMES_INIT;
	int fd = doctor->place.home.fd < 0
	    ? -1
	    : openat(doctor->place.home.fd, "vault",
		  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *one;

	if (listing == NULL) {
		fd_close(&fd);
		return;
	}
	/* A list first: mending renames. */
	while ((one = readdir(listing)) != NULL) {
		if (names_add(&files, one->d_name) < 0)
			doctor->report->failed = true;
	}
	closedir(listing);
	names_sort(&files);
	for (size_t i = 0; i < files.n; i++)
		check_vault(doctor, files.items[i]);
}
