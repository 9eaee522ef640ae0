/*
 * audit: ~/.agentsecrets/audit.log, one JSON object a line for each command
 * that was started with secrets. Names, never values; the command's base
 * name, never its arguments.
 */
#ifndef AGENTSECRETS_AUDIT_H
#define AGENTSECRETS_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include <agentsecrets/err.h>
#include <agentsecrets/home.h>

struct audit_record {
	const char *project; /* name */
	const char *project_id;
	const char *environment;
	const char *command;	  /* only its base name is written */
	const char *const *names; /* all of them are written */
	size_t names_n;
};

/**
 * Append one line with a single write.
 *
 * {"timestamp":"2026-01-02T03:04:05Z","event":"env","project":…,
 *  "project_id":…,"environment":…,"command":…,"pid":…,"secret_keys":[…]}
 *
 * The time is UTC; texts are escaped by json_print_text().
 *
 * @return 0; -EXIT_FAILED when audit.log cannot be written (what fitted of
 *         the line stays), is no regular file, is not ours, or others can write
 * it
 */
int audit_append(const struct home *home, const struct audit_record *record,
    struct err *err);

enum { AUDIT_TIME = 20 }; /* "2026-01-02T03:04:05Z" */

/** Write seconds since the epoch as such a time. */
void audit_time(char out[AUDIT_TIME + 1], uint64_t seconds);

/** Whether it is such a time. They sort as texts. */
bool audit_time_is_sound(const char *text);

/* One line of the log; views until the visitor returns. */
struct audit_entry {
	uint64_t number;  /* of the line, from 1 */
	const char *text; /* JSON, `len` bytes */
	size_t len;
	const char *timestamp; /* sound */
	const char *event;
	const char *project; /* this and what follows: "" when missing */
	const char *project_id;
	const char *environment;
	const char *command;
	uint64_t pid;	    /* 0 when missing */
	const cJSON *names; /* an array of texts, or NULL */
};

/** @return 0 to go on; anything else ends the reading and is its result */
typedef int audit_visitor(
    void *context, const struct audit_entry *entry, struct err *err);

struct audit_count {
	uint64_t lines;
	uint64_t damaged; /* no entry, or one behind a line that was cut */
};

/**
 * Show every entry of the log to a visitor, in the order of the file. What is
 * no entry is left out and counted; an entry that was appended to a line that
 * an earlier writer could not finish is found.
 *
 * @return 0, also when there is no log; what the visitor said; -EXIT_FAILED
 *         when the log cannot be read, or is no safe file of ours
 */
int audit_read(const struct home *home, audit_visitor *visit, void *context,
    struct audit_count *count, struct err *err);

#endif
