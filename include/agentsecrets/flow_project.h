/*
 * flow_project: what a user does with projects, and with directories that mean
 * one. As flow.h.
 */
#ifndef AGENTSECRETS_FLOW_PROJECT_H
#define AGENTSECRETS_FLOW_PROJECT_H

#include <agentsecrets/flow.h>

struct project_bound {
	char name[LABEL_MAX + 1];
	char workspace_name[LABEL_MAX + 1];
	char before[LABEL_MAX + 1]; /* what the directory meant before; "" */
};

/**
 * Make a project in the selected workspace and bind the working directory.
 *
 * @return 0; -EXIT_USAGE for an impossible name; -EXIT_CONFLICT when it is
 *         taken; -EXIT_FAILED in $HOME itself
 */
int project_create_run(const char *name, const struct caller *caller,
    struct project_bound *bound, struct err *err);

/**
 * Bind the working directory to a project that exists.
 *
 * @param name  name or id
 * @return 0; -EXIT_FAILED when there is none; -EXIT_ACCESS when its
 *         workspace's key is not here
 */
int project_use_run(const char *name, const struct caller *caller,
    struct project_bound *bound, struct err *err);

struct project_item {
	char id[UUID_TEXT + 1];
	char name[LABEL_MAX + 1];
	char workspace[LABEL_MAX + 1];
	char description[LABEL_MAX + 1];
};

struct project_items {
	struct project_item *items; /* free() */
	size_t n;
};

/** Ask the server for the projects; sorted by name. */
int project_list_run(
    const struct caller *caller, struct project_items *list, struct err *err);

struct project_change {
	const char *name;	 /* NULL: stays */
	const char *description; /* NULL: stays; "": none */
};

struct project_updated {
	char name[LABEL_MAX + 1];
	char before[LABEL_MAX + 1]; /* its name until now */
	char description[LABEL_MAX + 1];
	bool changed;
};

/**
 * Change name or description of the project, at the server and here. Where
 * neither is given both are asked for.
 *
 * @return 0; -EXIT_USAGE for an impossible name or description, or when
 *         neither is given and nobody can be asked; -EXIT_CONFLICT when the
 *         name is taken; -EXIT_FAILED when the server has no such project
 */
int project_update_run(const struct project_change *change,
    const struct caller *caller, struct project_updated *result,
    struct err *err);

struct project_deleted {
	char name[LABEL_MAX + 1];
	char workspace_name[LABEL_MAX + 1];
	size_t secrets[3];  /* of each environment, as environment_names */
	bool was_gone;	    /* the server had none: only this machine did */
	char unbound[4096]; /* the directory whose project.json named it; "" */
};

/**
 * Delete a project with all its secrets, at the server and here: vault,
 * trust, and the binding of this directory.
 *
 * @param name  name or id; NULL: the project of this directory
 * @param yes   do not ask for its name
 * @return 0; -EXIT_USAGE when nobody can be asked; -EXIT_FAILED when there is
 *         none, or another name was typed
 */
int project_delete_run(const char *name, bool yes, const struct caller *caller,
    struct project_deleted *result, struct err *err);

struct project_pinned {
	struct flow_where where;
	size_t names;
	bool has_versions; /* as asked for */
	bool changed;
};

/**
 * Write the names of an environment into project.json, so that `env` gives
 * out these and no others, and bind the directory to it.
 *
 * @param versions  the versions of this moment as well, as the least allowed
 * @return 0; -EXIT_FAILED when the environment has no secrets; -EXIT_USAGE
 *         outside of the project's directory; -EXIT_UNSAFE when the vault is
 *         older than project.json asks for
 */
int project_pin_run(bool versions, const struct caller *caller,
    struct project_pinned *result, struct err *err);

/** Take what project_pin_run() wrote out again. */
int project_unpin_run(const struct caller *caller,
    struct project_pinned *result, struct err *err);

struct directory_trust {
	char path[4096];
	char project_name[LABEL_MAX + 1];
	char workspace_name[LABEL_MAX + 1];
	bool changed;
};

/** Trust what project.json says here (or stop trusting it). */
int trust_run(bool remove, struct directory_trust *result, struct err *err);

#endif
