/* doctor: variables of the environment that matter, and password files. */
#include "config.h"

#include "doctor_check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "server_choice.h"

extern char **environ;

enum shown { SHOW_NAME, SHOW_VALUE };

/* What is read, and whether its value is for everybody's eyes. */
static const struct {
	const char *name;
	enum shown shown;
} known[] = {
    {"AGENTSECRETS_ACTIVE", SHOW_VALUE},
    {"AGENTSECRETS_DEBUG", SHOW_VALUE},
    {"AGENTSECRETS_ENV", SHOW_VALUE},
    {"AGENTSECRETS_HOME", SHOW_VALUE},
    {"AGENTSECRETS_PASSWORD_FILE", SHOW_NAME},
    {"AGENTSECRETS_PROJECT", SHOW_VALUE},
    {"AGENTSECRETS_SERVER_URL", SHOW_NAME}, /* it may hold a password */
    {"AGENTSECRETS_STORAGE_MODE", SHOW_VALUE},
    {"AGENTSECRETS_TOKEN", SHOW_NAME},
    {"AGENTSECRETS_TOKEN_FILE", SHOW_NAME},
};

static void
say_known(struct doctor *doctor, size_t i, const char *value)
{
	if (known[i].shown == SHOW_NAME)
		doctor_say(doctor, "variable", DOCTOR_NOTE, "%s is set",
		    known[i].name);
	else if (value[0] != '\0')
		doctor_say(doctor, "variable", DOCTOR_NOTE, "%s is '%s'",
		    known[i].name, value);
}

/* A variable that begins as ours do; `entry` is NAME=value. */
static void
check_own(struct doctor *doctor, const char *entry)
{
	size_t len = strcspn(entry, "=");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].name) == len &&
		    strncmp(known[i].name, entry, len) == 0) {
			say_known(doctor, i,
			    entry[len] == '=' ? entry + len + 1 : "");
			return;
		}
	}
	doctor_say(doctor, "unknown", DOCTOR_WARNING,
	    "%.*s is set, but nothing reads it", (int)len, entry);
	doctor_hint(doctor,
	    "look for a typing error; "
	    "'man agentsecrets' lists the variables");
}

static void
check_values(struct doctor *doctor)
{
	const struct caller *caller = doctor->caller;
	char server[URL_MAX_BYTES + 1];
	struct err err;

	if (caller->environment != NULL &&
	    !environment_is_known(caller->environment)) {
		doctor_say(doctor, "environment", DOCTOR_PROBLEM,
		    "'%.*s' is no environment",
		    text_before_equals(caller->environment),
		    caller->environment);
		doctor_hint(
		    doctor, "it is one of development, staging, production");
	}
	if (caller->storage_mode != NULL &&
	    !text_equal(caller->storage_mode, "1") &&
	    !text_equal(caller->storage_mode, "2")) {
		doctor_say(doctor, "storage_mode", DOCTOR_PROBLEM,
		    "AGENTSECRETS_STORAGE_MODE is neither 1 nor 2");
		doctor_hint(doctor, "unset it");
	}
	if (caller->server != NULL &&
	    server_normalise(server, caller->server, &err) < 0) {
		doctor_say_err(doctor, "server_url", DOCTOR_PROBLEM, &err);
		doctor_hint(doctor, "correct or unset AGENTSECRETS_SERVER_URL");
	}
}

/* What others expect to have an effect, and what has one that few expect. */
static void
check_foreign(struct doctor *doctor)
{
	static const char *const proxies[] = {
	    "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	static const char *const loader[] = {
	    "LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH"};

	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
		if (getenv(proxies[i]) == NULL)
			continue;
		doctor_say(doctor, "proxy", DOCTOR_NOTE,
		    "%s is set, but agentsecrets never uses a proxy",
		    proxies[i]);
		doctor_hint(doctor, "the server has to be reachable directly");
		break;
	}
	for (size_t i = 0; i < sizeof(loader) / sizeof(loader[0]); i++) {
		if (getenv(loader[i]) == NULL)
			continue;
		doctor_say(doctor, "loader", DOCTOR_NOTE,
		    "%s is set: what it names runs inside agentsecrets",
		    loader[i]);
		doctor_hint(doctor, "unset it, unless you set it on purpose");
	}
}

void
doctor_environment(struct doctor *doctor)
{
	for (char **entry = environ; *entry != NULL; entry++) {
		if (text_has_prefix(*entry, "AGENTSECRETS_"))
			check_own(doctor, *entry);
	}
	check_values(doctor);
	check_foreign(doctor);
}

void
doctor_password(struct doctor *doctor)
{
	const char *path = doctor->caller->password_file;
	struct stat st;

	if (path == NULL || text_equal(path, "-"))
		return;
	/* A pipe of `<(…)` is read once, and not by us. */
	if (stat(path, &st) < 0 || access(path, R_OK) < 0) {
		doctor_say(doctor, "file", DOCTOR_PROBLEM,
		    "the password file '%.*s' cannot be read",
		    text_before_equals(path), path);
		doctor_hint(doctor,
		    "correct --password-file or "
		    "AGENTSECRETS_PASSWORD_FILE");
	} else if (S_ISDIR(st.st_mode)) {
		doctor_say(doctor, "file", DOCTOR_PROBLEM,
		    "the password file '%s' is a directory", path);
		doctor_hint(doctor, "name a file");
	} else if (S_ISREG(st.st_mode) && st.st_size == 0) {
		doctor_say(doctor, "file", DOCTOR_PROBLEM,
		    "the password file '%s' is empty", path);
		doctor_hint(doctor, "write the account password into it");
	} else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
		doctor_say(doctor, "file", DOCTOR_WARNING,
		    "the password file '%s' is open to other users "
		    "(mode %04o)",
		    path, (unsigned)st.st_mode & 07777);
		doctor_hint_mode(doctor, 0600, path);
	} else if (S_ISREG(st.st_mode)) {
		doctor_say(doctor, "file", DOCTOR_OK,
		    "the password file '%s' is yours alone", path);
	}
}
