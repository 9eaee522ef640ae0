/*
 * option: one table per command describes its options; parsing, --help and
 * the checks against manual and completions all read that table.
 *
 * Parsing stops at the first operand, so that what follows belongs to the
 * launched command; "--" ends it too and is dropped. Options of the other
 * commands may stand after operands (`permute`).
 */
#ifndef AGENTSECRETS_OPTION_H
#define AGENTSECRETS_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/err.h>

enum option_kind {
	OPTION_FLAG,	 /* bool: given or not */
	OPTION_TEXT,	 /* const char *: the last one given wins */
	OPTION_LIST,	 /* struct option_list: every one given */
	OPTION_OPTIONAL, /* struct option_optional: --x or --x=VALUE */
};

struct option_list {
	const char **items; /* views into argv */
	size_t n;
};

struct option_optional {
	bool given;
	const char *text; /* NULL when given without a value */
};

struct option {
	char letter;	  /* 0: no short form */
	const char *name; /* long form without "--" */
	enum option_kind kind;
	const char *metavar; /* NULL for a flag */
	const char *help;    /* one line, lower case */
	size_t offset;	     /* into the command's own struct of arguments */
};

struct operands {
	char **items; /* views into argv */
	size_t n;
};

/**
 * Parse `argv` by the table.
 *
 * @param options   table of `n` entries
 * @param permute   operands and options may be mixed
 * @param argv      argv[0] is skipped; reordered when `permute`
 * @param args      the struct that the offsets point into, zeroed by the
 *                  caller; release with option_release()
 * @param operands  what is left; views into argv
 * @return 0; -EXIT_USAGE for an unknown option, a missing or unwanted value
 */
int option_parse(const struct option *options, size_t n, bool permute, int argc,
    char **argv, void *args, struct operands *operands, struct err *err);

/** Free the lists inside `args`. */
void option_release(const struct option *options, size_t n, void *args);

#endif
