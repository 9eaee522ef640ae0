/*
 * dotenv_value: how one value is written in a .env text.
 */
#ifndef AGENTSECRETS_DOTENV_VALUE_H
#define AGENTSECRETS_DOTENV_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/arena.h>

/* Counts, and writes where there is somewhere to write to. */
struct dotenv_sink {
	uint8_t *data; /* NULL: only count */
	size_t len;
	uint8_t last; /* byte that was put, or 0 */
};

void dotenv_put(struct dotenv_sink *sink, const void *bytes, size_t len);

void dotenv_put_text(struct dotenv_sink *sink, const char *text);

/** Whether it is UTF-8 without a NUL. */
bool dotenv_is_text(const struct secret *value);

/**
 * Write a value in the first form that holds it; an empty one is nothing.
 *
 * @param value  dotenv_unwritable() has nothing against it
 */
void dotenv_put_value(struct dotenv_sink *sink, const struct secret *value);

#endif
