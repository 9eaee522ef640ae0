#include "config.h"

#include <agentsecrets/home.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "plain_file.h"
#include "replace.h"

/* Parts of "DIRECTORY/NAME" or "NAME". */
struct place {
	char directory[NAME_MAX + 1]; /* "" for the home itself */
	const char *name;	      /* a view */
};

static int
refuse_sudo(const char *path, struct err *err)
{
	err_set(err, EXIT_UNSAFE,
	    "cannot use '%s' under sudo: it is of another user", path);
	return err_hint(err, "run the command without sudo");
}

/* Under `sudo -E` a new home would be root's in somebody else's directory. */
static int
check_parent(const char *path, const char *parent, struct err *err)
{
	struct stat st;

	if (getenv("SUDO_UID") == NULL || stat(parent, &st) < 0 ||
	    st.st_uid == geteuid())
		return 0;
	return refuse_sudo(path, err);
}

static int
check_owner(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, EXIT_FAILED, "cannot read '%s'", path);
	if (st.st_uid != geteuid()) {
		if (getenv("SUDO_UID") != NULL)
			return refuse_sudo(path, err);
		return err_set(err, EXIT_FAILED,
		    "cannot use '%s': it belongs to another user (uid %u)",
		    path, (unsigned)st.st_uid);
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		err_set(err, EXIT_FAILED,
		    "cannot use '%s': other users may write it", path);
		return err_hint(err, "run 'chmod 700 %s'", path);
	}
	return 0;
}

int
home_path(char **out, struct err *err)
{
	const char *path = getenv("AGENTSECRETS_HOME");
	const char *user = getenv("HOME");

	if (path != NULL && path[0] != '\0') {
		*out = strdup(path);
		return *out != NULL ? 0 : err_memory(err);
	}
	if (user == NULL || user[0] != '/') {
		err_set(err, EXIT_FAILED,
		    "cannot find the home directory: HOME is not set");
		return err_hint(err, "set HOME or AGENTSECRETS_HOME");
	}
	if (asprintf(out, "%s/.agentsecrets", user) < 0) {
		*out = NULL;
		return err_memory(err);
	}
	return check_parent(*out, user, err);
}

/* Whether only a symbolic link could make it other than the real path. */
static bool
is_normal(const char *path)
{
	if (path[0] != '/')
		return false;
	while (*path != '\0') {
		size_t len = strcspn(++path, "/");

		if (len == 0 || (len == 1 && path[0] == '.') ||
		    (len == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += len;
	}
	return true;
}

/*
 * Open the directory and learn its real path. Where no component is a link
 * it is the path itself, and readlink(2) need not ask about each.
 *
 * @return 0, or -1 with errno
 */
static int
open_path(struct home *home)
{
	const char *path = home->path;

	if (is_normal(path))
		home->fd =
		    plain_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	if (home->fd >= 0) {
		home->real = strdup(path);
	} else {
		home->fd =
		    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		home->real = home->fd >= 0 ? realpath(path, NULL) : NULL;
	}
	return home->real != NULL ? 0 : -1;
}

static int
open_directory(struct home *home, bool make, struct err *err)
{
	int rc = open_path(home);

	if (rc < 0 && errno == ENOENT && !make)
		return 0;
	if (rc < 0 && errno == ENOENT) {
		if (mkdir(home->path, 0700) < 0 && errno != EEXIST)
			return err_sys(
			    err, EXIT_FAILED, "cannot make '%s'", home->path);
		rc = open_path(home);
	}
	if (rc < 0 && (errno == ENOTDIR || errno == ELOOP))
		return err_set(err, EXIT_FAILED,
		    "cannot use '%s': it is not a directory", home->path);
	if (rc < 0)
		return err_sys(
		    err, EXIT_FAILED, "cannot open '%s'", home->path);
	return 1;
}

static int
find(struct home *home, bool make, bool check, struct err *err)
{
	AUTO_HOME struct home local = HOME_INIT;
	int rc = home_path(&local.path, err);
	int found;

	if (rc < 0)
		return rc;
	found = open_directory(&local, make, err);
	if (found < 0)
		return found;
	rc = found > 0 && check ? check_owner(local.fd, local.path, err) : 0;
	if (rc < 0)
		return rc;
	*home = local;
	local = (struct home)HOME_INIT;
	return found;
}

int
home_open(struct home *home, bool make, struct err *err)
{
	return find(home, make, true, err);
}

int
home_look(struct home *home, struct err *err)
{
	return find(home, false, false, err);
}

bool
home_leftover(int dir, const char *entry, bool remove)
{
	return replace_leftover(dir, entry, remove);
}

void
home_release(struct home *home)
{
	fd_close(&home->fd);
	free(home->path);
	free(home->real);
	*home = (struct home)HOME_INIT;
}

/* The name of a file as messages show it. */
static const char *
show(char out[PATH_MAX], const struct home *home, const char *name)
{
	snprintf(out, PATH_MAX, "%s/%s", home->path, name);
	return out;
}

int
home_read(const struct home *home, const char *name, struct buf *out,
    size_t max, struct err *err)
{
	char shown[PATH_MAX];

	if (home->fd < 0)
		return 0;
	return plain_read_file(
	    out, home->fd, name, OWNER_ME, max, show(shown, home, name), err);
}

int
home_read_secret(const struct home *home, const char *name, struct secret *out,
    size_t max, struct err *err)
{
	AUTO_FD int fd = -1;
	struct arena_mark mark = arena_mark();
	char shown[PATH_MAX];
	struct secret secret = SECRET_INIT;
	int rc;

	if (home->fd < 0)
		return 0;
	rc = plain_open_read(&fd, &secret.len, home->fd, name, OWNER_ME, max,
	    show(shown, home, name), err);
	if (rc <= 0)
		return rc;
	secret.data = arena_alloc(secret.len + 1, err);
	if (secret.data == NULL)
		return -EXIT_FAILED;
	rc = plain_read(fd, secret.data, secret.len, shown, err);
	if (rc < 0) {
		arena_rewind(mark);
		return rc;
	}
	*out = secret;
	return 1;
}

static int
split(struct place *out, const char *name, const char *shown, struct err *err)
{
	const char *slash = strchr(name, '/');

	out->directory[0] = '\0';
	out->name = slash != NULL ? slash + 1 : name;
	if (slash != NULL &&
	    text_copy(out->directory, sizeof(out->directory), name,
		(size_t)(slash - name)) < 0)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': its name is too long", shown);
	return 0;
}

/*
 * Open the directory of a place.
 *
 * @param held  keeps the descriptor where it is not the home's own
 * @return a view, or -1 with errno
 */
static int
open_place(const struct home *home, const struct place *place, int *held)
{
	if (place->directory[0] == '\0')
		return home->fd;
	*held =
	    plain_open(home->fd, place->directory, O_RDONLY | O_DIRECTORY, 0);
	return *held;
}

/*
 * A home that was made otherwise, or is older, is closed to others before
 * something new lies in it. Where that cannot be done (FAT has one mode for
 * all) the files' own mode has to do.
 */
static void
tighten(const struct home *home)
{
	struct stat st;

	if (fstat(home->fd, &st) == 0 && (st.st_mode & 077) != 0)
		(void)fchmod(home->fd, st.st_mode & 07700);
}

int
home_write(const struct home *home, const char *name, const void *bytes,
    size_t len, struct err *err)
{
	const struct replace_rules rules = {.mode = 0600, .exact = true};
	AUTO_FD int held = -1;
	char shown[PATH_MAX];
	struct place place;
	int dir;
	int rc = split(&place, name, show(shown, home, name), err);

	if (rc < 0)
		return rc;
	tighten(home);
	dir = open_place(home, &place, &held);
	if (dir < 0 && errno == ENOENT &&
	    (mkdirat(home->fd, place.directory, 0700) == 0 ||
		errno == EEXIST) &&
	    fsync(home->fd) == 0)
		dir = open_place(home, &place, &held);
	if (dir < 0)
		return err_sys(err, EXIT_FAILED, "cannot write '%s'", shown);
	return replace_file(dir, place.name, bytes, len, rules, shown, err);
}

int
home_remove(const struct home *home, const char *name, struct err *err)
{
	AUTO_FD int held = -1;
	char shown[PATH_MAX];
	struct place place;
	int dir;
	int rc = split(&place, name, show(shown, home, name), err);

	if (rc < 0)
		return rc;
	dir = open_place(home, &place, &held);
	if (dir >= 0 && unlinkat(dir, place.name, 0) == 0 && fsync(dir) == 0)
		return 0;
	if (errno == ENOENT)
		return 0;
	return err_sys(err, EXIT_FAILED, "cannot remove '%s'", shown);
}

int
home_lock(const struct home *home, const char *name, struct err *err)
{
	AUTO_FD int fd = plain_open(
	    home->fd, name, O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY, 0600);
	char shown[PATH_MAX];
	struct stat st;
	int locked;
	int rc;

	show(shown, home, name);
	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "cannot open '%s'", shown);
	rc = plain_check(fd, OWNER_ME, shown, &st, err);
	if (rc < 0)
		return rc;
	do
		locked = flock(fd, LOCK_EX);
	while (locked < 0 && errno == EINTR);
	if (locked < 0)
		return err_sys(err, EXIT_FAILED, "cannot lock '%s'", shown);
	locked = fd;
	fd = -1;
	return locked;
}

bool
home_digits(char out[HOME_DIGITS + 1], const struct home *home)
{
	uint8_t hash[HASH_BYTES];
	char digits[2 * HASH_BYTES + 1];

	if (home->real == NULL)
		return false;
	crypto_sha256(hash, home->real, strlen(home->real));
	text_hex_encode(digits, hash, sizeof(hash));
	snprintf(out, HOME_DIGITS + 1, "%.*s", HOME_DIGITS, digits);
	return true;
}

bool
home_is_usual(const struct home *home)
{
	const char *user = getenv("HOME");
	char *path = NULL;
	char *real = NULL;
	bool same = false;

	if (user != NULL && asprintf(&path, "%s/.agentsecrets", user) >= 0) {
		real = realpath(path, NULL);
		same = real != NULL && home->real != NULL &&
		    text_equal(real, home->real);
		free(path);
	}
	free(real);
	return same;
}

int
file_check_new(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return 0; /* file_write() says what hinders it */
	if (!S_ISREG(st.st_mode))
		return err_set(err, EXIT_FAILED,
		    "cannot write '%.*s': it is not a regular file",
		    text_before_equals(path), path);
	err_set(err, EXIT_FAILED, "cannot write '%.*s': it exists already",
	    text_before_equals(path), path);
	return err_hint(err, "--force replaces it");
}

int
file_write(const char *path, const void *bytes, size_t len, unsigned mode,
    bool replace, struct err *err)
{
	const struct replace_rules rules = {
	    .mode = (mode_t)mode, .only_new = !replace};
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	AUTO_FD int dir = -1;
	char parent[PATH_MAX] = ".";

	if (slash != NULL &&
	    text_copy(parent, sizeof(parent), path,
		slash == path ? 1 : (size_t)(slash - path)) < 0)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': its name is too long", path);
	if (name[0] == '\0' || text_equal(name, ".") || text_equal(name, ".."))
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': it is not a regular file", path);
	dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, EXIT_FAILED, "cannot write '%s'", path);
	return replace_file(dir, name, bytes, len, rules, path, err);
}
