/*
 * Runs a fuzz target over files instead of inventing inputs: with any
 * compiler, one TAP line a file. Without arguments the files are the target's
 * own seeds in $srcdir/tests/fuzz/corpus.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Exactly as many bytes as the file has, so that a sanitizer sees the end. */
static int
replay(const char *path)
{
	struct stat status;
	uint8_t *data;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	data = malloc(status.st_size > 0 ? (size_t)status.st_size : 1);
	got = data != NULL ? read(fd, data, (size_t)status.st_size) : -1;
	close(fd);
	if (got == status.st_size)
		LLVMFuzzerTestOneInput(data, (size_t)got);
	free(data);
	return got == status.st_size ? 0 : -1;
}

static int
replay_all(char *const *paths, int count)
{
	int failed = 0;

	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		/* Before the call: a crash leaves the name of its file. */
		printf("# %s\n", paths[i]);
		fflush(stdout);
		if (replay(paths[i]) < 0) {
			printf("not ok %d - %s\n", i + 1, strerror(errno));
			failed = 1;
		} else {
			printf("ok %d\n", i + 1);
		}
	}
	return failed;
}

static int
is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *source = getenv("srcdir");
	const char *name = strrchr(argv[0], '/');
	struct dirent **entries;
	char **paths;
	char *folder;
	int count, failed;

	if (argc > 1)
		return replay_all(argv + 1, argc - 1);
	if (asprintf(&folder, "%s/tests/fuzz/corpus/%s",
		source != NULL ? source : ".",
		name != NULL ? name + 1 : argv[0]) < 0)
		return 1;
	count = scandir(folder, &entries, is_seed, alphasort);
	paths = count > 0 ? calloc((size_t)count, sizeof(*paths)) : NULL;
	if (paths == NULL) {
		printf("1..1\nnot ok 1 - no seeds in %s\n", folder);
		free(folder);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		if (asprintf(&paths[i], "%s/%s", folder, entries[i]->d_name) <
		    0)
			return 1;
		free(entries[i]);
	}
	failed = replay_all(paths, count);
	for (int i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
	free(entries);
	free(folder);
	return failed;
}
