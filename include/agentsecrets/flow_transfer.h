/*
 * flow_transfer: bringing secrets in from a file, and taking them out into
 * one. As flow.h.
 */
#ifndef AGENTSECRETS_FLOW_TRANSFER_H
#define AGENTSECRETS_FLOW_TRANSFER_H

#include <agentsecrets/flow.h>

struct import_request {
	const char *file;   /* "-": standard input */
	const char *format; /* "dotenv" or "json"; NULL: by name or content */
	bool force;	    /* write over what somebody else changed */
	bool dry_run;	    /* only say what would be written */
};

struct import_result {
	struct flow_where where;
	struct names added;
	struct names changed; /* had another value here */
	struct names mapped;  /* "name=STORED" that project.json now keeps */
	size_t unchanged;
};

/** Free the lists; a zeroed one is fine. */
void import_result_release(struct import_result *result);

/**
 * Store what a file has, all of it or nothing, as `set` does. What the file
 * lacks stays.
 *
 * @return 0; -EXIT_USAGE for an unknown format, an impossible name or one
 *         given twice; -EXIT_FAILED when the file cannot be read or does not
 *         parse; -EXIT_CONFLICT; and what keys and server add
 */
int import_run(const struct import_request *request,
    const struct caller *caller, struct import_result *result, struct err *err);

struct export_request {
	const char *file;
	const char *format; /* as of import; NULL: by name, else dotenv */
	bool force;	    /* replace a file that exists */
};

struct export_result {
	struct flow_where where;
	size_t secrets;
	const char *format; /* the one that was used */
};

/**
 * Write every secret of the vault into a file of mode 0600, under the names
 * that a command would find.
 *
 * @return 0; -EXIT_USAGE for an unknown format, or standard output;
 *         -EXIT_FAILED when the file exists or cannot be written, or JSON
 *         cannot hold a value
 */
int export_run(const struct export_request *request,
    const struct caller *caller, struct export_result *result, struct err *err);

#endif
