#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include <agentsecrets/launch.h>

#include "refuse.h"

enum { STACK_WIPED = 64 << 10 }; /* deeper than anything we call */

static const char shell[] = "/bin/sh";

static int
failed(const struct launch *launch, int why, struct err *err)
{
	const char *command = launch->argv[0];

	if (why == ENOENT && launch_is_there(launch->path))
		return err_set(err, EXIT_CANNOT_RUN,
		    "'%s': its interpreter is missing", command);
	if (why == E2BIG)
		return err_set(err, EXIT_LAUNCHER,
		    "'%s': its arguments and environment are too large for "
		    "the kernel",
		    command);
	return launch_refuse(command, why, err);
}

/* Run a script without "#!". Only failure returns, with errno. */
static void
exec_by_shell(const struct launch *launch)
{
	size_t n = 0;
	size_t used = 0;
	char **argv;

	while (launch->argv[n] != NULL)
		n++;
	/* The shell, the script, argv[1]…, NULL. */
	if ((argv = calloc(n + 2, sizeof(*argv))) == NULL)
		return;
	/* execve(2) changes neither, whatever its prototype says. */
	argv[used++] = (char *)(uintptr_t)shell;
	argv[used++] = (char *)(uintptr_t)launch->path;
	for (size_t i = 1; i < n; i++)
		argv[used++] = launch->argv[i];
	execve(shell, argv, launch->envp);
	free(argv);
}

int
launch_exec(const struct launch *launch, const struct launch_state *state,
    struct err *err)
{
	struct rlimit core = state->core;
	int why;

	/* What earlier calls left below this frame. */
	sodium_stackzero(STACK_WIPED);
	launch_state_restore(state);
	if (launch->no_core) {
		core.rlim_max = core.rlim_max > 1 ? 1 : core.rlim_max;
		core.rlim_cur = core.rlim_max;
		setrlimit(RLIMIT_CORE, &core);
	}
	execve(launch->path, launch->argv, launch->envp);
	if (errno == ENOEXEC)
		exec_by_shell(launch);
	why = errno;
	/* We go on holding secrets. */
	core.rlim_cur = 0;
	setrlimit(RLIMIT_CORE, &core);
	return failed(launch, why, err);
}
