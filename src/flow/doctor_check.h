/*
 * doctor_check: what the groups of `doctor` share. A group is one function; it
 * says what it finds, hands what it read on to the groups after it, and can
 * rely on nothing that an earlier one should have read.
 */
#ifndef DOCTOR_CHECK_H
#define DOCTOR_CHECK_H

#include <time.h>

#include <agentsecrets/account.h>
#include <agentsecrets/doctor.h>

#include "place.h"

struct doctor {
	const struct doctor_request *request;
	const struct caller *caller;
	struct doctor_report *report;
	const char *group;
	struct place place; /* home.fd is -1 where there is none of use */
	bool can_write;	    /* nothing hinders a change of the home's files */
	bool has_settings;
	bool has_config;
	struct account account;
	int account_state; /* 1 read, 0 there is none, < 0 damaged */
	bool has_trust;
	bool has_keychain; /* the store is the keychain, and it is open */
};

/** Add a finding to the group at work. */
void doctor_say(struct doctor *doctor, const char *name,
    enum doctor_level level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Add a finding that is an error of another room, hint included. */
void doctor_say_err(struct doctor *doctor, const char *name,
    enum doctor_level level, const struct err *err);

/** What to do about the last finding. */
void doctor_hint(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * The hint that a path is to get another mode: a command, where a shell takes
 * the path as it stands.
 */
void doctor_hint_mode(struct doctor *doctor, unsigned mode, const char *path);

/**
 * The last finding can be mended: its hint names --repair where it has none.
 *
 * @return whether to mend it now
 */
bool doctor_may_mend(struct doctor *doctor);

/** The last finding is mended: say what was done. It is no finding any more. */
void doctor_mended(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** The last finding could not be mended, and stays. */
void doctor_not_mended(struct doctor *doctor, const struct err *err);

/* The groups, in the order in which they run. */
void doctor_program(struct doctor *doctor);
void doctor_environment(struct doctor *doctor);
void doctor_clock(struct doctor *doctor);
void doctor_clock_at(struct doctor *doctor, time_t now);
void doctor_memory(struct doctor *doctor);
void doctor_crypto(struct doctor *doctor);
void doctor_home(struct doctor *doctor);
void doctor_files(struct doctor *doctor);
void doctor_account(struct doctor *doctor);
void doctor_keys(struct doctor *doctor);
void doctor_vault(struct doctor *doctor);
void doctor_project(struct doctor *doctor);
void doctor_values(struct doctor *doctor);
void doctor_server(struct doctor *doctor);
void doctor_password(struct doctor *doctor);

#endif
