#include "config.h"

#include "store_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

int
fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char path[FIXTURE_PATH];
	struct err err;

	assert_non_null(fixture);
	fixture->home = (struct home)HOME_INIT;
	strcpy(fixture->top, "/tmp/agentsecrets-store-XXXXXX");
	assert_non_null(mkdtemp(fixture->top));
	assert_int_equal(chmod(fixture->top, 0755), 0);
	fixture_path(path, fixture, "user");
	assert_int_equal(mkdir(path, 0755), 0);
	setenv("HOME", path, 1);
	unsetenv("AGENTSECRETS_HOME");
	unsetenv("SUDO_UID");
	umask(022);
	assert_int_equal(home_open(&fixture->home, true, &err), 1);
	*state = fixture;
	return 0;
}

static int
remove_entry(
    const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

int
fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	home_release(&fixture->home);
	assert_int_equal(chdir("/"), 0);
	nftw(fixture->top, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

char *
fixture_path(
    char out[FIXTURE_PATH], const struct fixture *fixture, const char *name)
{
	int n = snprintf(out, FIXTURE_PATH, "%s/%s", fixture->top, name);

	assert_true(n > 0 && n < FIXTURE_PATH);
	return out;
}

void
fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
	AUTO_FD int fd = openat(fixture->home.fd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
}

void
fixture_read(const struct fixture *fixture, const char *name, struct buf *out)
{
	AUTO_FD int fd = openat(fixture->home.fd, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	out->len = 0;
	assert_int_equal(fd_read_all(fd, out, 64 << 20, name, NULL), 0);
}

size_t
fixture_leftovers(const struct fixture *fixture)
{
	int copy =
	    openat(fixture->home.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fdopendir(copy);
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(listing);
	while ((entry = readdir(listing)) != NULL)
		n += entry->d_name[0] == '.' &&
		    !text_equal(entry->d_name, ".") &&
		    !text_equal(entry->d_name, "..");
	closedir(listing);
	return n;
}

void
fixture_seal(struct buf *out, const char *body)
{
	char digits[2 * HASH_BYTES + 1];
	uint8_t hash[HASH_BYTES];

	crypto_sha256(hash, body, strlen(body));
	text_hex_encode(digits, hash, sizeof(hash));
	out->len = 0;
	assert_int_equal(buf_printf(out, "%send %s\n", body, digits), 0);
}
