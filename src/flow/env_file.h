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

/* An entry, and under which name its value is stored. */
struct env_name {
	const struct dotenv_entry *entry;
	char stored[NAME_MAX_BYTES + 1];
};

struct env_file {
	char path[4096];
	struct secret text; /* len 0: empty or missing */
	struct dotenv entries;
	struct env_name *names; /* of the entries; sorted by stored name */
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
 * @param place  whose map says which names are meant
 * @return 1; 0 when it does not exist; -EXIT_FAILED when it cannot be read,
 *         is no regular file, or does not parse; -EXIT_USAGE when a name in it
 *         is none of a secret
 */
int env_file_read(struct env_file *file, const char *path, struct place *place,
    struct err *err);

/** The path of the environment's own file in storage mode 2. */
int env_file_path(
    char *out, size_t out_len, const struct place *place, struct err *err);

/**
 * The entries that mean a secret: one, or several that differ in case.
 *
 * @param n  out: how many follow each other
 * @return the first; NULL
 */
const struct env_name *env_file_spellings(
    const struct env_file *file, const char *stored, size_t *n);

/**
 * The entry of a secret: the one that is spelled like `outer`, else the last
 * one in the file; or NULL.
 */
const struct dotenv_entry *env_file_find(
    const struct env_file *file, const char *stored, const char *outer);

/**
 * Add what env_file_write() takes to give a secret its line: one of another
 * case, which would be a second value of it, goes.
 *
 * @param entries  room for one of each secret, and one of each entry of the
 * file
 * @param outer    what a command calls it
 * @param value    data NULL: the line is taken out
 */
void env_file_entry(const struct env_file *file, struct dotenv_entry *entries,
    size_t *n, const char *stored, const char *outer,
    const struct secret *value);

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
