/*
 * store_fixture: a home of its own for each test, in a temporary directory.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <stddef.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/home.h>

enum { FIXTURE_PATH = 256, OTHER_UID = 64123 };

struct fixture {
	char top[FIXTURE_PATH]; /* temporary, 0755; $HOME is top/user */
	struct home home;	/* top/user/.agentsecrets */
};

/* cmocka setup and teardown; *state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/** The path of a file below the top directory, in `out`. */
char *fixture_path(
    char out[FIXTURE_PATH], const struct fixture *fixture, const char *name);

/** Write a file of the home as a test wants it, or fail the test. */
void fixture_write(
    const struct fixture *fixture, const char *name, const char *text);

/** Read a file of the home as text, or fail the test. */
void fixture_read(
    const struct fixture *fixture, const char *name, struct buf *out);

/** How many entries of the home's directory begin with a dot. */
size_t fixture_leftovers(const struct fixture *fixture);

/** Append the trailer of vault and trust files to `body`. */
void fixture_seal(struct buf *out, const char *body);

#endif
