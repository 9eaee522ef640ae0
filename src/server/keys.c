#include "config.h"

#include "src/server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/fd.h>

enum { KEY_TEXT = 44, KEY_FILE_MAX = 4096 };

/* The key lasts before anything is written under it. */
static int
sync_directory(const char *path, struct err *err)
{
	AUTO_BUF struct buf copy = BUF_INIT;
	AUTO_FD int fd = -1;
	const char *name;

	if (buf_append(&copy, path, strlen(path) + 1) < 0)
		return err_memory(err);
	name = dirname((char *)copy.data);
	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		return err_sys(err, EXIT_FAILED, "cannot write '%s'", name);
	return 0;
}

/*
 * Written under another name and linked into place, so that a start that is
 * killed leaves no half a key, and two at once agree on one.
 */
static int
make(const char *path, struct err *err)
{
	AUTO_BUF struct buf temporary = BUF_INIT;
	AUTO_FD int fd = -1;
	char text[KEY_TEXT + 2];
	char id[UUID_TEXT + 1];
	const char *name;
	int rc = 0;

	crypto_random_uuid(id);
	if (buf_printf(&temporary, "%s.%s", path, id) < 0)
		return err_memory(err);
	name = buf_text_view(&temporary);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "cannot make '%s'", name);
	fernet_key_random(text);
	text[KEY_TEXT] = '\n';
	if (fd_write_all(fd, text, KEY_TEXT + 1) < 0 || fsync(fd) < 0)
		rc = err_sys(err, EXIT_FAILED, "cannot write '%s'", name);
	else if (link(name, path) < 0 && errno != EEXIST)
		rc = err_sys(err, EXIT_FAILED, "cannot make '%s'", path);
	explicit_bzero(text, sizeof(text));
	unlink(name);
	return rc < 0 ? rc : sync_directory(path, err);
}

static int
check_file(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, EXIT_FAILED, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, EXIT_FAILED, "'%s' is no regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(
		    err, EXIT_FAILED, "'%s' belongs to another user", path);
	if ((st.st_mode & 077) != 0) {
		err_set(err, EXIT_FAILED, "'%s' is open to other users", path);
		return err_hint(err, "chmod 600 '%s'", path);
	}
	return 0;
}

static int
parse(struct fernet_key keys[FERNET_KEYS_MAX], const struct buf *text,
    const char *path, struct err *err)
{
	const char *line = buf_text_view(text);
	int n = 0;
	int number = 0;

	while (*line != '\0') {
		const char *end = strchrnul(line, '\n');
		size_t len = (size_t)(end - line);

		number++;
		if (len > 0 && *line != '#') {
			if (n == FERNET_KEYS_MAX)
				return err_set(err, EXIT_FAILED,
				    "'%s' has more than %d keys", path,
				    FERNET_KEYS_MAX);
			if (fernet_key_parse(&keys[n], line, len) < 0)
				return err_set(err, EXIT_FAILED,
				    "'%s' line %d is no key", path, number);
			n++;
		}
		line = *end == '\0' ? end : end + 1;
	}
	if (n == 0)
		return err_set(err, EXIT_FAILED, "'%s' has no key", path);
	return n;
}

int
keys_load(struct fernet_key keys[FERNET_KEYS_MAX], const char *path,
    bool may_make, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_FD int fd = -1;
	char what[256];
	int rc;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT && may_make) {
		rc = make(path, err);
		if (rc < 0)
			return rc;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd < 0) {
		err_sys(
		    err, EXIT_FAILED, "cannot read the key file '%s'", path);
		return may_make ? -EXIT_FAILED
				: err_hint(err,
				      "the database exists: restore the key "
				      "file that belongs to it");
	}
	rc = check_file(fd, path, err);
	snprintf(what, sizeof(what), "'%s'", path);
	if (rc == 0)
		rc = fd_read_all(fd, &text, KEY_FILE_MAX, what, err);
	if (rc == 0)
		rc = parse(keys, &text, path, err);
	if (text.data != NULL)
		explicit_bzero(text.data, text.len);
	return rc;
}
