/*
 * unwritable: names whose values no .env file can hold so that every reader
 * reads the same bytes. Everything else is written; then they are told.
 */
#ifndef UNWRITABLE_H
#define UNWRITABLE_H

#include <stdbool.h>

#include <agentsecrets/flow.h>

struct unwritable {
	struct names names;
	const char *why; /* of the first */
	char path[4096]; /* of the file */
};

#define UNWRITABLE_INIT                                                        \
	{                                                                      \
		.names = NAMES_INIT                                            \
	}
#define AUTO_UNWRITABLE __attribute__((cleanup(unwritable_release)))

void unwritable_release(struct unwritable *unwritable);

/**
 * Remember a name.
 *
 * @param value  dotenv_unwritable() has something against it
 * @return 1; -EXIT_FAILED when memory is out
 */
int unwritable_note(struct unwritable *unwritable, const char *name,
    const struct secret *value, struct err *err);

/** Which file it is about. */
void unwritable_in(struct unwritable *unwritable, const char *path);

/**
 * Say which names were left out, and why.
 *
 * @param stored  the server has the values
 * @return 0 when there is none; -EXIT_FAILED "'A' cannot be written to …"
 */
int unwritable_report(
    const struct unwritable *unwritable, bool stored, struct err *err);

#endif
