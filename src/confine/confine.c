#include "config.h"

#include <agentsecrets/confine.h>

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <agentsecrets/fd.h>

enum { MEBIBYTE = 1 << 20 };

/*
 * A thread's stack has the size that the caller's limit for stacks has, and
 * counts as data: one of a gigabyte would leave none.
 */
static void
cap_thread_stacks(void)
{
	enum { STACK_BYTES = 8 * MEBIBYTE };
	pthread_attr_t attributes;
	size_t bytes;

	if (pthread_getattr_default_np(&attributes) != 0)
		return;
	if (pthread_attr_getstacksize(&attributes, &bytes) == 0 &&
	    bytes > STACK_BYTES &&
	    pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0)
		pthread_setattr_default_np(&attributes);
	pthread_attr_destroy(&attributes);
}

void
confine_start(int keep_below, int parent_ends_us)
{
	struct rlimit none = {0, 0};
	pid_t parent = getppid();

	/* Sanitizers attach to the process when they look for leaks. */
#ifndef WITH_SANITIZERS
	prctl(PR_SET_DUMPABLE, 0);
#endif
	setrlimit(RLIMIT_CORE, &none);
	close_range((unsigned)keep_below, ~0U, 0);
	fd_open_standard();
	cap_thread_stacks();
	if (!parent_ends_us)
		return;
	/* SIGTERM, so that the server can take its socket away. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		raise(SIGTERM);
}

struct limit {
	int resource;
	const char *name;
	rlim_t value;
};

/* Lower a limit; one that is lower already stays. */
static int
apply_limit(const struct limit *limit, struct err *err)
{
	struct rlimit now;

	if (getrlimit(limit->resource, &now) < 0)
		return err_sys(err, EXIT_FAILED, "cannot read the limit '%s'",
		    limit->name);
	if (now.rlim_max > limit->value)
		now.rlim_max = limit->value;
	if (now.rlim_cur > now.rlim_max)
		now.rlim_cur = now.rlim_max;
	if (setrlimit(limit->resource, &now) < 0)
		return err_sys(
		    err, EXIT_FAILED, "cannot set the limit '%s'", limit->name);
	return 0;
}

/* A helper writes no file and holds an answer three times at most. */
static int
limit_helper(struct err *err)
{
	const struct limit limits[] = {
	    {RLIMIT_NOFILE, "open files", 64},
	/* A sanitizer reports into a file and reserves terabytes. */
#ifndef WITH_SANITIZERS
	    {RLIMIT_FSIZE, "file size", 0},
	    {RLIMIT_DATA, "data", 256 * MEBIBYTE},
#endif
	};

	/* A write to a file then fails instead of ending us. */
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (apply_limit(&limits[i], err) < 0)
			return -EXIT_FAILED;
	}
	return 0;
}

int
confine_self(enum confine_policy policy, struct err *err)
{
	const struct limit core = {RLIMIT_CORE, "core file", 0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(err, EXIT_FAILED, "cannot give up privileges");
	if (apply_limit(&core, err) < 0)
		return -EXIT_FAILED;
	return policy == CONFINE_SERVER ? 0 : limit_helper(err);
}
