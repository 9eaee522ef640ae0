/*
 * doctor: look at everything that commands rest on, and say of each thing
 * what it is and what to do about it. Nothing is changed unless that is asked
 * for, and no value, key or token is ever part of what is said.
 */
#ifndef AGENTSECRETS_DOCTOR_H
#define AGENTSECRETS_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/err.h>
#include <agentsecrets/flow.h>

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_NOTE,	/* worth knowing; nothing to do */
	DOCTOR_WARNING, /* works, but should not stay so */
	DOCTOR_PROBLEM, /* some command does not work */
};

struct doctor_check {
	const char *group; /* both are literals that programs may rely on */
	const char *name;
	enum doctor_level level;
	bool repairable; /* --repair mends it */
	bool repaired;	 /* it just did: `text` says how */
	char *text;	 /* one line; foreign bytes are in it as they are */
	char *hint;	 /* what to do, or NULL */
};

struct doctor_report {
	struct doctor_check *checks; /* in the order of looking */
	size_t n;
	size_t room;
	bool failed; /* memory ran out */
};

#define DOCTOR_REPORT_INIT                                                     \
	{                                                                      \
		NULL, 0, 0, false                                              \
	}
#define AUTO_DOCTOR_REPORT __attribute__((cleanup(doctor_report_release)))

struct doctor_request {
	bool repair; /* mend what can be mended without loss */
	bool yes;    /* and what needs a person's consent, too */
	const struct launch_state *state;
};

/**
 * Look at everything.
 *
 * Works in any state of the machine: what cannot be looked at is a finding,
 * not a failure, and no group of checks needs another one to have gone well.
 * A server is waited for three seconds, a key store five.
 *
 * @param report  DOCTOR_REPORT_INIT; the caller releases it
 * @return 0, whatever was found; -EXIT_FAILED when memory ran out
 */
int doctor_run(const struct doctor_request *request,
    const struct caller *caller, struct doctor_report *report, struct err *err);

/** How many checks have that level. */
size_t doctor_count(
    const struct doctor_report *report, enum doctor_level level);

/** "ok", "note", "warning" or "problem". */
const char *doctor_level_name(enum doctor_level level);

/** Free what it holds; a zeroed one is fine. */
void doctor_report_release(struct doctor_report *report);

#endif
