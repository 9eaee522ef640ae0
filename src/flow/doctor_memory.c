/* doctor: where secrets lie while a command of ours runs. */
#include "config.h"

#include "doctor_check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/launch.h>
#include <agentsecrets/session_cache.h>

enum { LOCK_WANTED = 1 << 20 }; /* bytes */

static void
check_arena(struct doctor *doctor)
{
	struct arena_mark mark = arena_mark();
	struct err err;

	if (arena_alloc(1, &err) == NULL) {
		doctor_say_err(doctor, "arena", DOCTOR_PROBLEM, &err);
		return;
	}
	arena_rewind(mark);
	switch (arena_kind()) {
	case ARENA_SECRET:
		doctor_say(doctor, "arena", DOCTOR_OK,
		    "secrets lie in memory that only agentsecrets can read "
		    "(memfd_secret)");
		return;
	case ARENA_LOCKED:
		doctor_say(doctor, "arena", DOCTOR_NOTE,
		    "secrets lie in locked memory: this kernel gives none "
		    "that root cannot read (memfd_secret)");
		doctor_hint(doctor,
		    "with Linux 5.14 or later, boot with "
		    "'secretmem.enable=1'");
		return;
	default:
		doctor_say(doctor, "arena", DOCTOR_WARNING,
		    "secrets lie in ordinary memory, which may be written to "
		    "swap: locking it is refused");
		doctor_hint(doctor,
		    "raise the limit of locked memory "
		    "(ulimit -l, LimitMEMLOCK= in systemd)");
	}
}

static void
check_limit(struct doctor *doctor)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	if (limit.rlim_cur == RLIM_INFINITY)
		doctor_say(doctor, "locked", DOCTOR_OK,
		    "any amount of memory may be locked");
	else if (limit.rlim_cur >= LOCK_WANTED)
		doctor_say(doctor, "locked", DOCTOR_OK,
		    "%llu KiB of memory may be locked",
		    (unsigned long long)limit.rlim_cur >> 10);
	else {
		doctor_say(doctor, "locked", DOCTOR_WARNING,
		    "only %llu KiB of memory may be locked: many secrets do "
		    "not fit",
		    (unsigned long long)limit.rlim_cur >> 10);
		doctor_hint(doctor,
		    "raise it (ulimit -l, LimitMEMLOCK= in "
		    "systemd)");
	}
}

/* Whether the kernel hands the memory of crashed programs to another one. */
static bool
has_crash_handler(void)
{
	AUTO_FD int fd =
	    open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
	char first = '\0';

	return fd >= 0 && read(fd, &first, 1) == 1 && first == '|';
}

/* Ours cannot leave one; that of a command is the caller's choice. */
static void
check_core(struct doctor *doctor)
{
	const struct launch_state *state = doctor->request->state;
	bool handler = has_crash_handler();

	if (prctl(PR_GET_DUMPABLE) != 0)
		doctor_say(doctor, "core", DOCTOR_WARNING,
		    "agentsecrets could leave a core file");
	if (!handler && (!state->has_core || state->core.rlim_cur == 0)) {
		doctor_say(
		    doctor, "core", DOCTOR_OK, "a crash leaves no core file");
		return;
	}
	doctor_say(doctor, "core", DOCTOR_NOTE,
	    "a command that crashes leaves its secrets in a core file%s",
	    handler ? ", with the system's crash handler" : "");
	doctor_hint(doctor, "'agentsecrets env --no-core' forbids it");
}

static void
check_keyring(struct doctor *doctor)
{
	struct err err;

	if (session_cache_check(&err) < 0) {
		doctor_say(doctor, "keyring", DOCTOR_WARNING,
		    "the password is needed every time: %s", err.text);
		doctor_hint(doctor,
		    "in a container, allow the system calls add_key and "
		    "keyctl, or give --password-file");
	} else {
		doctor_say(doctor, "keyring", DOCTOR_OK,
		    "the kernel keeps unlocked keys for a while");
	}
}

void
doctor_memory(struct doctor *doctor)
{
	check_arena(doctor);
	check_limit(doctor);
	check_core(doctor);
	check_keyring(doctor);
}
