#include "config.h"

#include "replace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

enum { TAG_TEXT = 16 }; /* hex digits in the name of a temporary file */

/* A file that is gone again unless it was renamed. */
struct temporary {
	int dir;
	int fd;
	char name[NAME_MAX + 1];
};

static void
temporary_release(struct temporary *temporary)
{
	int saved = errno;

	if (temporary->fd >= 0 && temporary->name[0] != '\0')
		unlinkat(temporary->dir, temporary->name, 0);
	fd_close(&temporary->fd);
	errno = saved;
}

/* @return the length of the name behind the '.'; 0: no temporary file */
static size_t
name_length(const char *entry)
{
	const size_t end = 1 + TAG_TEXT + strlen(".tmp");
	size_t len = strlen(entry);
	const char *tag;

	if (entry[0] != '.' || len < 2 + end)
		return 0;
	tag = entry + len - end;
	if (tag[0] != '.' || strspn(tag + 1, "0123456789abcdef") != TAG_TEXT ||
	    !text_equal(tag + 1 + TAG_TEXT, ".tmp"))
		return 0;
	return len - end - 1;
}

static bool
is_leftover(const char *entry, const char *name)
{
	size_t len = name_length(entry);

	return len > 0 && len == strlen(name) &&
	    strncmp(entry + 1, name, len) == 0;
}

bool
replace_leftover(int dir, const char *entry, bool remove)
{
	AUTO_FD int fd = -1;
	struct stat st;

	if (name_length(entry) == 0)
		return false;
	fd = openat(dir, entry,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	return !remove || unlinkat(dir, entry, 0) == 0;
}

static void
sweep(int dir, const char *name)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;

	if (listing == NULL) {
		fd_close(&copy);
		return;
	}
	while ((entry = readdir(listing)) != NULL) {
		if (is_leftover(entry->d_name, name))
			replace_leftover(dir, entry->d_name, true);
	}
	closedir(listing);
}

static int
create(struct temporary *out, int dir, const char *name, mode_t mode)
{
	uint8_t tag[TAG_TEXT / 2];
	char tag_text[TAG_TEXT + 1];
	int n;

	if (getrandom(tag, sizeof(tag), 0) != (ssize_t)sizeof(tag))
		return -1;
	text_hex_encode(tag_text, tag, sizeof(tag));
	n = snprintf(
	    out->name, sizeof(out->name), ".%s.%s.tmp", name, tag_text);
	if (n < 0 || (size_t)n >= sizeof(out->name)) {
		out->name[0] = '\0';
		errno = ENAMETOOLONG;
		return -1;
	}
	out->dir = dir;
	out->fd = openat(dir, out->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (out->fd < 0)
		return -1;
	/* Where locks do not work nothing is swept either. */
	(void)flock(out->fd, LOCK_EX | LOCK_NB);
	return 0;
}

/* Look at what is there now. @return 1, 0 when nothing is, or an error */
static int
look(int dir, const char *name, struct stat *st, bool only_new,
    const char *shown, struct err *err)
{
	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_sys(err, EXIT_FAILED, "cannot write '%s'", shown);
	}
	if (only_new)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': it exists already", shown);
	if (!S_ISREG(st->st_mode))
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': it is not a regular file", shown);
	return 1;
}

/* FAT cannot link, NFS and old kernels cannot rename without replacing. */
static int
publish_new(struct temporary *temporary, const char *name)
{
	if (renameat2(temporary->dir, temporary->name, temporary->dir, name,
		RENAME_NOREPLACE) == 0) {
		temporary->name[0] = '\0';
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS && errno != EPERM)
		return -1;
	/* The temporary name goes when the file is closed. */
	return linkat(temporary->dir, temporary->name, temporary->dir, name, 0);
}

/* Give the finished file its name. */
static int
publish(struct temporary *temporary, const char *name, bool only_new)
{
	if (only_new) {
		if (publish_new(temporary, name) < 0)
			return -1;
	} else {
		if (renameat(temporary->dir, temporary->name, temporary->dir,
			name) < 0)
			return -1;
		temporary->name[0] = '\0';
	}
	/* Some file systems cannot sync a directory: EINVAL. */
	return fsync(temporary->dir) < 0 && errno != EINVAL ? -1 : 0;
}

/* @return 0, or -1 with errno */
static int
write_once(int dir, const char *name, const void *bytes, size_t len,
    struct replace_rules rules)
{
	__attribute__((cleanup(temporary_release))) struct temporary new = {
	    .fd = -1};

	if (create(&new, dir, name, rules.mode) < 0 ||
	    (rules.exact && fchmod(new.fd, rules.mode) < 0) ||
	    fd_write_all(new.fd, bytes, len) < 0 || fsync(new.fd) < 0)
		return -1;
	return publish(&new, name, rules.only_new);
}

int
replace_file(int dir, const char *name, const void *bytes, size_t len,
    struct replace_rules rules, const char *shown, struct err *err)
{
	struct stat st;
	int rc = look(dir, name, &st, rules.only_new, shown, err);

	if (rc < 0)
		return rc;
	if (rc > 0 && !rules.exact) {
		rules.mode &= st.st_mode;
		rules.exact = true;
	}
	sweep(dir, name);
	rc = write_once(dir, name, bytes, len, rules);
	/* Before our flock(2), another writer may take the file for a dead
	 * one's and remove it. */
	if (rc < 0 && errno == ENOENT)
		rc = write_once(dir, name, bytes, len, rules);
	if (rc < 0)
		return err_sys(err, EXIT_FAILED, "cannot write '%s'", shown);
	return 0;
}
