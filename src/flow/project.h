/*
 * project: what init and the commands on projects share.
 */
#ifndef PROJECT_H
#define PROJECT_H

#include <agentsecrets/flow_project.h>
#include <agentsecrets/net_client.h>

#include "place.h"

/**
 * Choose the first project's name: the flag, else a question on a terminal
 * with the directory's name as the answer to Enter.
 *
 * @param out  LABEL_MAX + 1 bytes
 * @return 1; 0 when there is to be none; -EXIT_USAGE
 */
int project_name_for_init(
    char *out, const char *given, const struct caller *caller, struct err *err);

/** Whether a project may be called so. @return 0; -EXIT_USAGE */
int project_check_name(const char *name, struct err *err);

/** Fill the error for a name that the workspace has. @return -EXIT_CONFLICT */
int project_name_taken(
    const char *workspace, const char *name, struct err *err);

/**
 * Find the project of that name or identifier; of a name that several
 * workspaces have, the one in the selected workspace.
 *
 * @param out  a view
 * @return 1; 0 when there is none; -EXIT_FAILED when several could be meant
 */
int project_find_listed(const struct net_project **out,
    const struct net_projects *projects, const char *wanted,
    const struct place *place, struct err *err);

/** Remove the vault files of all environments. The caller holds `lock`. */
int project_remove_vaults(
    const struct home *home, const char *project, struct err *err);

#endif
