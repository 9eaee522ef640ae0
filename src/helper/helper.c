#include "config.h"

#include <agentsecrets/helper.h>

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/spawn.h>
#include <agentsecrets/text.h>

enum { PATIENCE_MS = 2000, ENV_MAX = 8 };

extern char **environ;

/* What a helper gets of our environment. No proxy: none is ever used. */
static void
minimal_environment(char *out[ENV_MAX])
{
	static const char *const passed[] = {"HOME=", "XDG_RUNTIME_DIR="};
	static char path[] = "PATH=/usr/bin:/bin";
	static char lang[] = "LANG=C.UTF-8";
	static char lc_all[] = "LC_ALL=C.UTF-8";
	size_t n = 0;

	out[n++] = path;
	out[n++] = lang;
	out[n++] = lc_all;
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		for (char **entry = environ; *entry != NULL; entry++) {
			if (text_has_prefix(*entry, passed[i])) {
				out[n++] = *entry;
				break;
			}
		}
	}
	out[n] = NULL;
}

int
helper_find(char out[PATH_MAX], const char *name, struct err *err)
{
	char relative[PATH_MAX];
	char fallback[PATH_MAX];

	snprintf(
	    relative, sizeof(relative), "../libexec/agentsecrets/%s", name);
	snprintf(fallback, sizeof(fallback), "%s/%s", HELPER_DIR, name);
	return spawn_find(out, relative, fallback, err);
}

int
helper_start(struct helper *helper, const char *name, struct err *err)
{
	AUTO_FD int ours = -1;
	AUTO_FD int theirs = -1;
	char path[PATH_MAX];
	char *argv[] = {path, NULL};
	char *env[ENV_MAX];
	int pair[2];
	pid_t pid;

	if (helper_find(path, name, err) < 0)
		return -EXIT_FAILED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, EXIT_FAILED, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	minimal_environment(env);
	if (spawn_start(&pid, path, argv, env, theirs, err) < 0)
		return -EXIT_FAILED;
	*helper = (struct helper){pid, ours};
	ours = -1;
	return 0;
}

void
helper_stop(struct helper *helper)
{
	fd_close(&helper->fd);
	spawn_end(&helper->pid, PATIENCE_MS);
}
