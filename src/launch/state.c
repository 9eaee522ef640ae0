#include "config.h"

#include <string.h>

#include <sys/auxv.h>
#include <sys/prctl.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/launch.h>

int
launch_state_enter(struct launch_state *state, struct err *err)
{
	memset(state, 0, sizeof(*state));
	if (getauxval(AT_SECURE) != 0)
		return err_set(err, EXIT_FAILED,
		    "refused: started with other rights than the caller's "
		    "(setuid, setgid or file capabilities)");
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(err, EXIT_FAILED, "cannot forbid core dumps");
	if (getrlimit(RLIMIT_CORE, &state->core) == 0) {
		struct rlimit none = {0, state->core.rlim_max};

		state->has_core = setrlimit(RLIMIT_CORE, &none) == 0;
	}
	if (fd_open_standard() < 0)
		return err_sys(err, EXIT_FAILED, "cannot open '/dev/null'");
	if (sigprocmask(SIG_SETMASK, NULL, &state->mask) < 0 ||
	    sigaction(SIGPIPE, NULL, &state->pipe) < 0)
		return err_sys(err, EXIT_FAILED, "cannot read signal state");
	return 0;
}

void
launch_state_restore(const struct launch_state *state)
{
	if (state->has_core)
		setrlimit(RLIMIT_CORE, &state->core);
	sigaction(SIGPIPE, &state->pipe, NULL);
	sigprocmask(SIG_SETMASK, &state->mask, NULL);
}
