/*
 * env_file: .env files on disk, read into the arena and written from it.
 */
#ifndef ENV_FILE_H
#define ENV_FILE_H

#include <agentsecrets/arena.h>
#include <agentsecrets/dotenv.h>
#include <agentsecrets/err.h>

#include "exchange.h"
#include "place.h"

struct env_file {
	char path[4096];
	struct secret text; /* len 0: empty or missing */
	struct dotenv entries;
	bool exists;
};

#define ENV_FILE_INIT                                                          \
	{                                                                      \
		.entries = DOTENV_INIT                                         \
	}
#define AUTO_ENV_FILE __attribute__((cleanup(env_file_release)))

/**
 * Read and parse a file.
 *
 * @return 1; 0 when it does not exist; -EXIT_FAILED when it cannot be read,
 *         is no regular file, or does not parse
 */
int env_file_read(struct env_file *file, const char *path, struct err *err);

/** The path of the environment's own file in storage mode 2. */
int env_file_path(
    char *out, size_t out_len, const struct place *place, struct err *err);

/** The entry of that name (as written in the file), or NULL. */
const struct dotenv_entry *env_file_find(
    const struct env_file *file, const char *name);

/** Write entries into the file (0600, atomic), keeping its other lines. */
int env_file_write(const struct env_file *file,
    const struct dotenv_entry *entries, size_t n, struct err *err);

/** Whether .gitignore beside the environment's own file has its name. */
bool env_file_is_ignored(const struct place *place, const char *environment);

/** Make sure that it has. @return 0; -EXIT_FAILED */
int env_file_ignore(
    const struct place *place, const char *environment, struct err *err);

void env_file_release(struct env_file *file);

#endif
