/* doctor: the programs that belong together, and where they lie. */
#include "config.h"

#include "doctor_check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/helper.h>
#include <agentsecrets/spawn.h>
#include <agentsecrets/text.h>

enum { PATIENCE_MS = 1000 };

static const char reinstall[] =
    "install agentsecrets anew: all its programs come from one release";

/* Whether somebody else could put another file in its place. */
static bool
others_may_change(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 &&
	    ((st.st_uid != 0 && st.st_uid != geteuid()) ||
		((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
		    (st.st_mode & S_ISVTX) == 0));
}

static void
check_changeable(struct doctor *doctor, const char *path)
{
	char directory[PATH_MAX];
	char *slash;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash != NULL && slash > directory)
		*slash = '\0';
	if (others_may_change(path))
		doctor_say(doctor, "owner", DOCTOR_WARNING,
		    "'%s' could be changed by other users", path);
	else if (others_may_change(directory))
		doctor_say(doctor, "owner", DOCTOR_WARNING,
		    "'%s', where agentsecrets lies, could be changed by other "
		    "users",
		    directory);
	else
		return;
	doctor_hint(doctor,
	    "make it belong to root or you, and run 'chmod go-w' on it");
}

/* A shell may find another one than the one that is looking. */
static void
check_path(struct doctor *doctor, const char *own)
{
	const char *path = getenv("PATH");
	char found[PATH_MAX];
	struct stat ours;
	struct stat theirs;

	if (path == NULL || stat(own, &ours) < 0)
		return;
	while (*path != '\0') {
		size_t len = strcspn(path, ":");

		snprintf(
		    found, sizeof(found), "%.*s/agentsecrets", (int)len, path);
		path += len + (path[len] == ':');
		if (len == 0 || access(found, X_OK) < 0 ||
		    stat(found, &theirs) < 0 || !S_ISREG(theirs.st_mode))
			continue;
		if (theirs.st_ino == ours.st_ino &&
		    theirs.st_dev == ours.st_dev)
			return;
		doctor_say(doctor, "path", DOCTOR_NOTE,
		    "a shell finds another one first: '%s'", found);
		doctor_hint(doctor, "remove one of the two, or change PATH");
		return;
	}
}

static void
check_launcher(struct doctor *doctor)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (len < 0) {
		doctor_say(doctor, "version", DOCTOR_WARNING,
		    "agentsecrets %s; /proc is not there, so the other "
		    "programs are looked for at a fixed place",
		    PACKAGE_VERSION);
		doctor_hint(doctor, "mount /proc");
		return;
	}
	own[len] = '\0';
	doctor_say(doctor, "version", DOCTOR_OK, "agentsecrets %s, '%s'",
	    PACKAGE_VERSION, own);
	check_changeable(doctor, own);
	check_path(doctor, own);
}

static void
check_version(struct doctor *doctor, const char *program, const char *path)
{
	char wanted[128];
	char line[128];
	struct err err;

	snprintf(wanted, sizeof(wanted), "%s %s", program, PACKAGE_VERSION);
	if (spawn_read(
		line, sizeof(line), path, "--version", PATIENCE_MS, &err) < 0) {
		doctor_say_err(doctor, program, DOCTOR_PROBLEM, &err);
		doctor_hint(doctor, "%s", reinstall);
	} else if (!text_equal(line, wanted)) {
		doctor_say(doctor, program, DOCTOR_PROBLEM,
		    "'%s' is '%s', not '%s'", path, line, wanted);
		doctor_hint(doctor, "%s", reinstall);
	} else {
		doctor_say(doctor, program, DOCTOR_OK, "%s, '%s'", line, path);
	}
}

static void
check_helper(struct doctor *doctor, const char *program)
{
	char path[PATH_MAX];
	struct err err;

	if (helper_find(path, program, &err) < 0)
		doctor_say_err(doctor, program, DOCTOR_PROBLEM, &err);
	else
		check_version(doctor, program, path);
}

static void
check_server(struct doctor *doctor)
{
	static const char program[] = "agentsecrets-server";
	char path[PATH_MAX];
	struct err err;

	if (spawn_find(path, "agentsecrets-server",
		BIN_DIR "/agentsecrets-server", &err) < 0)
		doctor_say_err(doctor, program, DOCTOR_PROBLEM, &err);
	else
		check_version(doctor, program, path);
}

void
doctor_program(struct doctor *doctor)
{
	check_launcher(doctor);
	check_helper(doctor, "agentsecrets-net");
	check_helper(doctor, "agentsecrets-keychain");
	check_server(doctor);
}
