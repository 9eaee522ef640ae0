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
