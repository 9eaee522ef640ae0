/*
 * secret_json: JSON files that may hold keys or values. Their text, and what
 * cJSON makes of it, lie in the arena while they are needed.
 */
#ifndef SECRET_JSON_H
#define SECRET_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/home.h>
#include <agentsecrets/json.h>

/* The whole document of one operation, in the arena. */
struct secret_json {
	struct arena_mark mark;
	cJSON *json;
	size_t text_len;
	bool found;
};

#define AUTO_SECRET_JSON __attribute__((cleanup(secret_json_release)))

/**
 * Begin: from here to secret_json_release() cJSON has no memory but the
 * arena. What is to outlive the document is allocated before.
 */
void secret_json_begin(struct secret_json *document);

/** Go back to where secret_json_begin() was: all of it is wiped. */
void secret_json_release(struct secret_json *document);

/** Give cJSON its memory back and leave the document in the arena. */
void secret_json_keep(struct secret_json *document);

/**
 * Parse a text of the arena that must be one object; none at all is an empty
 * one.
 *
 * @return 0; -EXIT_FAILED
 */
int secret_json_parse(struct secret_json *document, const struct secret *text,
    const char *shown, struct err *err);

/**
 * Read a file of the home; `found` tells whether there is one.
 *
 * @param max  most bytes
 * @return 0, also when there is none: an empty object; -EXIT_FAILED
 */
int secret_json_read(struct secret_json *document, const struct home *home,
    const char *file, size_t max, struct err *err);

/**
 * Replace the file.
 *
 * @return 0; -EXIT_FAILED, the old file is as it was
 */
int secret_json_write(const struct secret_json *document,
    const struct home *home, const char *file, struct err *err);

#endif
