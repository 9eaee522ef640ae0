/*
 * .agentsecrets/project.json, which comes with any clone: read, asked
 * everything that it can answer, written, and read again.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/project_file.h>
#include <agentsecrets/text.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/agentsecrets-fuzz-project.XXXXXX";
static char inner[sizeof(folder) + 16];
static char file[sizeof(folder) + 32];

static void
clean(void)
{
	unlink(file);
	rmdir(inner);
	rmdir(folder);
}

static void
prepare(void)
{
	if (mkdtemp(folder) == NULL)
		abort();
	snprintf(inner, sizeof(inner), "%s/.agentsecrets", folder);
	snprintf(file, sizeof(file), "%s/project.json", inner);
	if (mkdir(inner, 0700) < 0 || atexit(clean) != 0)
		abort();
}

static void
put(const uint8_t *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void
ask(const struct project_file *project)
{
	struct text_list names = {NULL, 0};
	struct project_minimum *minimum = NULL;
	size_t n = 0;
	struct err err;

	if (project_file_names(project, "development", &names, &err) == 1)
		free((void *)(uintptr_t)names.items);
	if (project_file_minimum(project, "production", &minimum, &n, &err) ==
	    1)
		free(minimum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct project_file first = PROJECT_FILE_INIT;
	struct project_file second = PROJECT_FILE_INIT;
	struct err err;

	if (inner[0] == '\0')
		prepare();
	put(data, size);
	if (project_file_open(&first, folder, &err) == 1) {
		ask(&first);
		if (project_file_save(&first, &err) < 0 ||
		    project_file_open(&second, folder, &err) != 1 ||
		    !text_equal(first.rules, second.rules) ||
		    !text_equal(first.project, second.project))
			abort();
	}
	project_file_release(&first);
	project_file_release(&second);
	return 0;
}
