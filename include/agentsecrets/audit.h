/*
 * audit: ~/.agentsecrets/audit.log, one JSON object a line for each command
 * that was started with secrets. Names, never values; the command's base
 * name, never its arguments.
 */
#ifndef AGENTSECRETS_AUDIT_H
#define AGENTSECRETS_AUDIT_H

#include <stddef.h>

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

#endif
