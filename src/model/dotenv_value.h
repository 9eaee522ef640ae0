/*
 * dotenv_value: how one value is written in a .env text.
 */
#ifndef AGENTSECRETS_DOTENV_VALUE_H
#define AGENTSECRETS_DOTENV_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/arena.h>

/*
 * Stands behind a quoted value that ends in a backslash. Other readers take
 * the closing quote for an escaped one; here they find the next, and not in
 * the following lines.
 */
#define DOTENV_GUARD " # \""

/* Counts, and writes where there is somewhere to write to. */
struct dotenv_sink {
	uint8_t *data; /* NULL: only count */
	size_t len;
	uint8_t last; /* byte that was put, or 0 */
};

void dotenv_put(struct dotenv_sink *sink, const void *bytes, size_t len);

void dotenv_put_text(struct dotenv_sink *sink, const char *text);

/** Write a value in the first form that holds it; an empty one is nothing. */
void dotenv_put_value(struct dotenv_sink *sink, const struct secret *value);

#endif
