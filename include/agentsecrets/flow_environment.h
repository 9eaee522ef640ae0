/*
 * flow_environment: what a user does with the environments of a project as a
 * whole. As flow.h. An environment is development, staging or production;
 * another word is -EXIT_USAGE before anything is looked at.
 */
#ifndef AGENTSECRETS_FLOW_ENVIRONMENT_H
#define AGENTSECRETS_FLOW_ENVIRONMENT_H

#include <agentsecrets/flow.h>
#include <agentsecrets/names.h>

struct environment_switched {
	char project_name[LABEL_MAX + 1]; /* "": written to config.json */
	char environment[ENVIRONMENT_MAX + 1];
	char before[ENVIRONMENT_MAX + 1];     /* what was in force */
	char overridden[ENVIRONMENT_MAX + 1]; /* by AGENTSECRETS_ENV; "" */
	char file[4096]; /* storage mode 2: where its values are; "" */
	bool changed;
};

/**
 * Make an environment the one that this directory means: in its project.json,
 * or, where no project is, in config.json for every directory that names none.
 *
 * @param result  zeroed before
 * @return 0; -EXIT_ACCESS when this home is not set up, or the directory is
 *         not trusted; -EXIT_FAILED when the file cannot be written
 */
int environment_switch_run(const char *environment, const struct caller *caller,
    struct environment_switched *result, struct err *err);

struct environment_counts {
	char project_name[LABEL_MAX + 1];
	size_t secrets[ENVIRONMENTS_N]; /* as environment_names */
	size_t active;			/* the index of the one in force */
};

/**
 * Count the secrets of each environment, by its vault; the server is asked
 * for those that have none yet.
 *
 * @return 0; as list_run()
 */
int environment_list_run(const struct caller *caller,
    struct environment_counts *counts, struct err *err);

struct environments_diff {
	char project_name[LABEL_MAX + 1];
	struct names only_from; /* sorted, like the others */
	struct names only_to;
	struct names differing;
};

/** Free the lists; a zeroed one is fine. */
void environments_diff_release(struct environments_diff *result);

/**
 * Compare two environments as the server has them now; nothing is recorded.
 *
 * @param result  zeroed before
 * @return 0; -EXIT_USAGE also when both are the same one; -EXIT_UNSAFE when
 *         the server's answer is refused or a value does not open
 */
int environments_diff_run(const char *from, const char *to,
    const struct caller *caller, struct environments_diff *result,
    struct err *err);

struct environment_copy_request {
	const char *from;
	const char *to;
	const char *const *names; /* as given, in any case */
	size_t n;		  /* 0: every secret that `from` has */
	bool each; /* RESOLVE_ASK asks for each name, not once for all */
	/* Of names with other values: OURS keeps that of `to`. */
	enum resolution resolution;
};

struct environment_copied {
	char project_name[LABEL_MAX + 1];
	struct names added; /* sorted, like the others */
	struct names changed;
	struct names kept; /* `to` has another value, and keeps it */
	size_t unchanged;
};

/** Free the lists; a zeroed one is fine. */
void environment_copied_release(struct environment_copied *result);

/**
 * Bring secrets of one environment into another, sealed anew for it, in one
 * write; what only `to` has stays. The local copy of `to` follows.
 *
 * @param result  zeroed before
 * @return 0; -EXIT_USAGE also when both are the same one; -EXIT_FAILED when
 *         `from` lacks a name that was given, or as write_changes();
 *         -EXIT_CONFLICT naming what has another value in `to`, where nobody
 *         decides; -EXIT_UNSAFE when a value does not open. Nothing is written
 *         then
 */
int environment_copy_run(const struct environment_copy_request *request,
    const struct caller *caller, struct environment_copied *result,
    struct err *err);

struct environment_cleaned {
	char project_name[LABEL_MAX + 1];
	struct names deleted;
};

/**
 * Delete every secret of an environment, in one write.
 *
 * @param yes     do not ask for its name
 * @param result  zeroed before; release `deleted`
 * @return 0; -EXIT_USAGE also when nobody can be asked; -EXIT_FAILED when
 *         another name was typed, or as write_changes(); -EXIT_CONFLICT when
 *         somebody writes at the same time
 */
int environment_clean_run(const char *environment, bool yes,
    const struct caller *caller, struct environment_cleaned *result,
    struct err *err);

/* Which environments have each name of a project. */
struct coverage {
	char project_name[LABEL_MAX + 1];
	struct names names;	     /* of all of them, sorted */
	bool (*has)[ENVIRONMENTS_N]; /* by the index of the name; free() */
};

/** Free the lists; a zeroed one is fine. */
void coverage_release(struct coverage *coverage);

/**
 * The names of all environments, by the vaults; the server is asked for those
 * that have none yet.
 *
 * @param remote    ask the server for all of them first
 * @param coverage  zeroed before
 * @return 0; as list_run()
 */
int coverage_run(bool remote, const struct caller *caller,
    struct coverage *coverage, struct err *err);

#endif
