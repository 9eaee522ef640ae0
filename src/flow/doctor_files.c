/* doctor: the files of the home that are neither account nor vault. */
#include "config.h"

#include "doctor_check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/fd.h>

static void
check_settings(struct doctor *doctor)
{
	struct err err;

	if (settings_load(&doctor->place.settings, &doctor->place.home, &err) <
	    0) {
		doctor_say(
		    doctor, "settings.json", DOCTOR_PROBLEM, "%s", err.text);
		doctor_hint(doctor,
		    "correct '%s/settings.json', or remove it: without it "
		    "everything is as by default",
		    doctor->place.home.path);
		return;
	}
	doctor->has_settings = true;
	doctor_say(
	    doctor, "settings.json", DOCTOR_OK, "settings.json is sound");
	if (doctor->place.settings.hardening_required &&
	    arena_kind() == ARENA_PLAIN) {
		doctor_say(doctor, "hardening", DOCTOR_PROBLEM,
		    "settings.json requires memory that is never swapped, "
		    "which this machine does not give: 'env' refuses to start "
		    "anything");
		doctor_hint(doctor,
		    "raise the limit of locked memory "
		    "(ulimit -l), or set \"hardening\" to "
		    "\"auto\"");
	}
	if (doctor->place.settings.session_cache == 0) {
		doctor_say(doctor, "session_cache", DOCTOR_NOTE,
		    "every command asks for the password: session_cache is 0");
		doctor_hint(
		    doctor, "set it to seconds, or remove it, to change that");
	}
}

static void
check_config(struct doctor *doctor)
{
	struct err err;

	doctor->has_config =
	    config_load(&doctor->place.config, &doctor->place.home, &err) == 0;
	if (doctor->has_config) {
		doctor_say(
		    doctor, "config.json", DOCTOR_OK, "config.json is sound");
		return;
	}
	doctor_say(doctor, "config.json", DOCTOR_PROBLEM, "%s", err.text);
	doctor_hint(doctor,
	    "correct '%s/config.json', or move it away: the account is not in "
	    "it",
	    doctor->place.home.path);
}

/*
 * Each line is written at once, but a full disk may cut one: the next would
 * be joined to it.
 */
static void
check_audit(struct doctor *doctor)
{
	AUTO_FD int fd = openat(doctor->place.home.fd, "audit.log",
	    O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	char end = '\n';
	struct err err;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	if (st.st_size > 0 && pread(fd, &end, 1, st.st_size - 1) == 1 &&
	    end != '\n') {
		doctor_say(doctor, "audit.log", DOCTOR_WARNING,
		    "the last line of '%s/audit.log' is cut off",
		    doctor->place.home.path);
		if (!doctor_may_mend(doctor))
			return;
		if (fd_write_all(fd, "\n", 1) < 0) {
			err_sys(&err, EXIT_FAILED, "cannot write it");
			doctor_not_mended(doctor, &err);
		} else {
			doctor_mended(doctor,
			    "the cut line of '%s/audit.log' "
			    "is ended",
			    doctor->place.home.path);
		}
		return;
	}
	doctor_say(doctor, "audit.log", DOCTOR_OK, "audit.log has %lld KiB",
	    (long long)st.st_size >> 10);
}

void
doctor_files(struct doctor *doctor)
{
	if (doctor->place.home.fd < 0)
		return;
	check_settings(doctor);
	check_config(doctor);
	check_audit(doctor);
}
