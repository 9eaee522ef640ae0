/*
 * dotenv_scan: where in a .env text which part stands. Nothing is copied, so
 * the reader and the writer can share it.
 */
#ifndef AGENTSECRETS_DOTENV_SCAN_H
#define AGENTSECRETS_DOTENV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/dotenv.h>
#include <agentsecrets/err.h>

struct dotenv_scan {
	const uint8_t *text;
	size_t len;
	size_t at;	  /* the next byte */
	size_t line;	  /* its line, from 1 */
	const char *what; /* the file's name */
};

/* An assignment, which may be several lines, or one other line. */
struct dotenv_part {
	size_t start;
	size_t end;	 /* behind the line end */
	size_t line;	 /* of `start` */
	bool is_foreign; /* blank or a comment; the rest is then 0 */
	size_t name;
	size_t name_len;
	size_t prefix_end; /* where the value with its quote begins */
	size_t value;	   /* inside the quotes */
	size_t value_len;
	uint8_t quote;	 /* ", ', ` or 0 */
	size_t tail;	 /* behind value and quote */
	size_t tail_end; /* before the line end */
};

/**
 * Begin at the first byte after a byte order mark.
 *
 * @return 0; -EXIT_FAILED when the text is too large or holds a NUL
 */
int dotenv_scan_init(struct dotenv_scan *scan, const struct secret *text,
    const char *what, struct err *err);

/** @return 1; 0 at the end; -EXIT_FAILED as dotenv_parse() */
int dotenv_scan_next(
    struct dotenv_scan *scan, struct dotenv_part *out, struct err *err);

/** The first byte from `at` on that is neither space nor tab. */
size_t dotenv_skip_blanks(const struct dotenv_scan *scan, size_t at);

/**
 * Write what the quoted or bare text means.
 *
 * @param out  part->value_len bytes
 * @return bytes written
 */
size_t dotenv_decode(uint8_t *out, const struct dotenv_scan *scan,
    const struct dotenv_part *part);

/**
 * For qsort(3) of pointers into one array of struct dotenv_entry: by name,
 * then as they stand in it.
 */
int dotenv_compare(const void *left, const void *right);

#endif
