/*
 * flow_log: what a user does with the log of what was started. As flow.h.
 */
#ifndef AGENTSECRETS_FLOW_LOG_H
#define AGENTSECRETS_FLOW_LOG_H

#include <agentsecrets/audit.h>
#include <agentsecrets/flow.h>

/* Which entries are wanted. */
struct log_filter {
	const char *project;	 /* name or id; NULL: any */
	const char *environment; /* NULL: any */
	const char
	    *since;	  /* "7d", "2026-11-24", "2026-11-24T21:10:08Z", NULL */
	const char *last; /* a number: only so many, the newest; NULL */
};

struct log_entry {
	uint64_t number; /* the line in audit.log */
	char timestamp[AUDIT_TIME + 1];
	char *event;
	char *project;
	char *project_id;
	char *environment;
	char *command;
	uint64_t pid;
	struct names names;
};

struct log_entries {
	struct log_entry *items; /* oldest first */
	size_t n;
	size_t room;
	uint64_t damaged;  /* lines that were left out */
	bool audit_is_off; /* by settings.json: nothing new comes */
};

#define LOG_ENTRIES_INIT                                                       \
	{                                                                      \
		.items = NULL                                                  \
	}
#define AUTO_LOG_ENTRIES __attribute__((cleanup(log_entries_release)))

/** Free them; a zeroed one is fine. */
void log_entries_release(struct log_entries *entries);

/**
 * The entries that the filter lets through.
 *
 * @return 0, also when there is no log; -EXIT_USAGE for a filter that means
 *         nothing; -EXIT_FAILED when the log cannot be read
 */
int log_list_run(const struct log_filter *filter, struct log_entries *entries,
    struct err *err);

/**
 * One entry.
 *
 * @param number   the line's; NULL: the newest
 * @param entries  gets that one
 * @return 0; -EXIT_USAGE when it is no number; -EXIT_FAILED when there is
 *         none, or it is damaged
 */
int log_show_run(
    const char *number, struct log_entries *entries, struct err *err);

struct log_export {
	struct buf text; /* the lines, when `file` is "-" */
	uint64_t entries;
	uint64_t damaged;
};

/**
 * Write entries as JSON lines, as they are in the log.
 *
 * @param file   "-": into `result->text`, for the caller to print
 * @param force  replace a file that exists
 * @param result its text is released by the caller
 */
int log_export_run(const struct log_filter *filter, const char *file,
    bool force, struct log_export *result, struct err *err);

#endif
