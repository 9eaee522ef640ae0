#include "config.h"

#include "plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

enum { COMPONENT_MAX = 255 };

/* Component by component, where the kernel or a filter lacks openat2(2). */
static int
walk(int dir, const char *path, int flags, mode_t mode)
{
	AUTO_FD int held = -1;

	if (path[0] == '/') {
		held = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (held < 0)
			return -1;
		dir = held;
		path++;
	}
	for (;;) {
		const char *slash = strchr(path, '/');
		char name[COMPONENT_MAX + 1];
		int next;

		if (slash == NULL)
			return openat(
			    dir, path, flags | O_NOFOLLOW | O_CLOEXEC, mode);
		if (text_copy(
			name, sizeof(name), path, (size_t)(slash - path)) < 0) {
			errno = ENAMETOOLONG;
			return -1;
		}
		next = openat(
		    dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -1;
		fd_close(&held);
		held = next;
		dir = next;
		path = slash + 1;
	}
}

int
plain_open(int dir, const char *path, int flags, mode_t mode)
{
	const struct open_how how = {
	    .flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
	    .mode = mode,
	    .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return walk(dir, path, flags, mode);
	return (int)fd;
}

int
plain_check(int fd, enum plain_owner owner, const char *shown, struct stat *st,
    struct err *err)
{
	bool root_too = owner == OWNER_ME_OR_ROOT;
	mode_t others = S_IWOTH;

	if (fstat(fd, st) < 0)
		return err_sys(err, EXIT_FAILED, "cannot read '%s'", shown);
	if (!S_ISREG(st->st_mode))
		return err_set(err, EXIT_FAILED,
		    "cannot use '%s': it is not a regular file", shown);
	/* What geteuid(2) says, without a system call for each file. */
	if (st->st_uid != getauxval(AT_EUID) && !(root_too && st->st_uid == 0))
		return err_set(err, EXIT_FAILED,
		    "cannot use '%s': it belongs to another user (uid %u)",
		    shown, (unsigned)st->st_uid);
	/* A clone made with umask 002 is writable for one's own group. */
	if (!root_too || st->st_gid != getauxval(AT_EGID))
		others |= S_IWGRP;
	if ((st->st_mode & others) != 0) {
		err_set(err, EXIT_FAILED,
		    "cannot use '%s': other users may write it", shown);
		return err_hint(err, "run 'chmod go-w %s'", shown);
	}
	return 0;
}

int
plain_open_read(int *fd, size_t *len, int dir, const char *path,
    enum plain_owner owner, size_t max, const char *shown, struct err *err)
{
	/* O_NONBLOCK: a FIFO must not make us wait for a writer. */
	AUTO_FD int opened =
	    plain_open(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;
	int rc;

	if (opened < 0 && errno == ENOENT)
		return 0;
	if (opened < 0 && errno == ELOOP)
		return err_set(err, EXIT_FAILED,
		    "cannot use '%s': it is reached by a symbolic link", shown);
	if (opened < 0)
		return err_sys(err, EXIT_FAILED, "cannot read '%s'", shown);
	rc = plain_check(opened, owner, shown, &st, err);
	if (rc < 0)
		return rc;
	if (st.st_size < 0 || (uintmax_t)st.st_size > max)
		return err_set(err, EXIT_FAILED,
		    "cannot use '%s': it is larger than %zu bytes", shown, max);
	*len = (size_t)st.st_size;
	*fd = opened;
	opened = -1;
	return 1;
}

int
plain_read(int fd, void *out, size_t len, const char *shown, struct err *err)
{
	if (len > 0 && fd_read_exact(fd, out, len) != 1)
		return err_sys(err, EXIT_FAILED, "cannot read '%s'", shown);
	return 0;
}

int
plain_read_file(struct buf *out, int dir, const char *path,
    enum plain_owner owner, size_t max, const char *shown, struct err *err)
{
	AUTO_FD int fd = -1;
	AUTO_BUF struct buf text = BUF_INIT;
	size_t len;
	int rc = plain_open_read(&fd, &len, dir, path, owner, max, shown, err);

	if (rc <= 0)
		return rc;
	if (buf_reserve(&text, len) < 0)
		return err_memory(err);
	rc = plain_read(fd, text.data, len, shown, err);
	if (rc < 0)
		return rc;
	text.len = len;
	text.data[len] = '\0';
	buf_release(out);
	*out = text;
	text = (struct buf)BUF_INIT;
	return 1;
}
