#include "config.h"

#include "known_values.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/vault.h>

#include "items.h"
#include "local.h"

static const char *const environments[] = {
    "development", "staging", "production"};

/* @return 1 when the home has something of the environment; 0; a failure */
static int
load_rows(struct vault *vault, struct vault *local, const struct place *place,
    const struct trust_project *project, struct err *err)
{
	int has_vault = vault_load(vault, &place->home, project->id,
	    project->workspace, place->environment, err);
	int has_local = has_vault < 0
	    ? has_vault
	    : vault_local_load(local, &place->home, vault, err);

	return has_local < 0 ? has_local : has_vault > 0 || has_local > 0;
}

static int
remove_of(struct place *place, const struct trust_project *project,
    const struct caller *caller, struct err *err)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_VAULT struct vault local = VAULT_INIT;
	AUTO_NAMES struct names names = NAMES_INIT;
	int rc = load_rows(&vault, &local, place, project, err);

	if (rc <= 0 || items_names(&names, place, caller, err) < 0)
		return rc <= 0 ? rc : -(int)err->status;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.items[i];

		if ((vault_find(&vault, name) != NULL ||
			vault_find(&local, name) != NULL) &&
		    items_remove(place, name, caller, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

int
known_values_remove(
    struct place *place, const struct caller *caller, struct err *err)
{
	for (size_t i = 0; i < place->trust.projects_n; i++) {
		const struct trust_project *project = &place->trust.projects[i];

		snprintf(
		    place->project, sizeof(place->project), "%s", project->id);
		for (size_t j = 0; j < 3; j++) {
			snprintf(place->environment, sizeof(place->environment),
			    "%s", environments[j]);
			if (remove_of(place, project, caller, err) < 0)
				return -(int)err->status;
		}
	}
	return 0;
}

int
known_values_begin(struct place *place, struct err *err)
{
	for (size_t i = 0; i < place->trust.projects_n; i++) {
		const struct trust_project *project = &place->trust.projects[i];

		snprintf(
		    place->project, sizeof(place->project), "%s", project->id);
		for (size_t j = 0; j < 3; j++) {
			AUTO_VAULT struct vault vault = VAULT_INIT;
			int rc = vault_load(&vault, &place->home, project->id,
			    project->workspace, environments[j], err);

			if (rc < 0 ||
			    (rc > 0 && local_begin(place, &vault, err) < 0))
				return -(int)err->status;
		}
	}
	return 0;
}
