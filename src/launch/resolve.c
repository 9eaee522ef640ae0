#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <agentsecrets/launch.h>
#include <agentsecrets/text.h>

#include "refuse.h"

int
launch_refuse(const char *command, int why, struct err *err)
{
	switch (why) {
	case EISDIR:
		return err_set(
		    err, EXIT_CANNOT_RUN, "'%s': is a directory", command);
	case EACCES:
		return err_set(
		    err, EXIT_CANNOT_RUN, "'%s': permission denied", command);
	case ENOENT:
		return err_set(err, EXIT_NOT_FOUND, "'%.*s': command not found",
		    text_before_equals(command), command);
	default:
		errno = why;
		return err_sys(err, EXIT_CANNOT_RUN, "'%.*s'",
		    text_before_equals(command), command);
	}
}

/* Why a file cannot be run: 0 or an errno; EISDIR for a directory. */
static int
obstacle(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	if (!S_ISREG(status.st_mode))
		return EACCES;
	/* As the kernel asks: by the effective ids. */
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return errno;
	return 0;
}

bool
launch_is_there(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) == 0;
}

/* Join; an element of PATH that is too long cannot be meant. */
static int
candidate(char *out, const char *element, size_t len, const char *command)
{
	size_t command_len = strlen(command);
	size_t slash = len > 0 ? 1 : 0;

	if (len + slash + command_len >= PATH_MAX)
		return -1;
	memcpy(out, element, len);
	memcpy(out + len, "/", slash);
	memcpy(out + len + slash, command, command_len + 1);
	return 0;
}

static int
search(char *out, const char *command, const char *path, struct err *err)
{
	char found[PATH_MAX];
	int worst = ENOENT;

	for (const char *element = path;;) {
		size_t len = strcspn(element, ":");

		if (candidate(found, element, len, command) == 0) {
			int why = obstacle(found);

			if (why == 0) {
				memcpy(out, found, strlen(found) + 1);
				return 0;
			}
			/* Where nothing can be seen nothing was found. */
			if (launch_is_there(found))
				worst = why;
		}
		if (element[len] == '\0')
			return launch_refuse(command, worst, err);
		element += len + 1;
	}
}

int
launch_resolve(
    char *out, const char *command, const char *path, struct err *err)
{
	char usual[256];
	size_t len = strlen(command);
	int why;

	if (len == 0)
		return launch_refuse(command, ENOENT, err);
	if (len >= PATH_MAX)
		return launch_refuse(command, ENAMETOOLONG, err);
	if (strchr(command, '/') == NULL) {
		if (path == NULL) {
			size_t n = confstr(_CS_PATH, usual, sizeof(usual));

			path = n > 0 && n <= sizeof(usual) ? usual
							   : "/bin:/usr/bin";
		}
		return search(out, command, path, err);
	}
	if ((why = obstacle(command)) != 0)
		return launch_refuse(command, why, err);
	memcpy(out, command, len + 1);
	return 0;
}
