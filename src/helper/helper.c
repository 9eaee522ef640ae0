#include "config.h"

#include <agentsecrets/helper.h>

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/spawn.h>
#include <agentsecrets/text.h>

enum { PATIENCE_MS = 2000, ENV_MAX = HELPER_VARIABLES_MAX + 6 };

extern char **environ;

/* Pass variables of our own environment on. @return how many `out` has then */
static size_t
pass_on(char **out, size_t n, const char *const *variables)
{
	for (; *variables != NULL && n < ENV_MAX - 1; variables++) {
		for (char **entry = environ; *entry != NULL; entry++) {
			if (!text_has_prefix(*entry, *variables))
				continue;
			/* An empty one is as good as none. */
			if ((*entry)[strlen(*variables)] != '\0')
				out[n++] = *entry;
			break;
		}
	}
	return n;
}

/* What a helper gets of our environment. No proxy: none is ever used. */
static void
minimal_environment(char *out[ENV_MAX], const char *const *variables)
{
	static const char *const always[] = {"HOME=", "XDG_RUNTIME_DIR=", NULL};
	static char path[] = "PATH=/usr/bin:/bin";
	static char lang[] = "LANG=C.UTF-8";
	static char lc_all[] = "LC_ALL=C.UTF-8";
	size_t n = 0;

	out[n++] = path;
	out[n++] = lang;
	out[n++] = lc_all;
	n = pass_on(out, n, always);
	if (variables != NULL)
		n = pass_on(out, n, variables);
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
helper_start(struct helper *helper, const char *name,
    const char *const *variables, struct err *err)
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
	minimal_environment(env, variables);
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
