#include "config.h"

#include "known_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>
#include <agentsecrets/vault.h>

enum {
	PREFIX_MAX = sizeof("Secret_") + UUID_TEXT + ENVIRONMENT_MAX + 2,
};

/* Those of the entries below a prefix whose rest is the name of a row. */
static int
remove_below(struct place *place, const char *prefix, struct vault *vault,
    struct vault *local, struct err *err)
{
	AUTO_KEYCHAIN_NAMES struct keychain_names found = {NULL, 0};
	const char **names;
	size_t n = 0;
	int rc;

	if (keychain_names(&place->keychain, prefix, &found, err) < 0)
		return -(int)err->status;
	names = calloc(found.n + 1, sizeof(*names));
	if (names == NULL)
		return err_memory(err);
	for (size_t i = 0; i < found.n; i++) {
		const char *name = found.items[i] + strlen(prefix);

		if (vault_find(vault, name) != NULL ||
		    vault_find(local, name) != NULL)
			names[n++] = found.items[i];
	}
	rc = n > 0 ? keychain_delete(&place->keychain, names, n, err) : 0;
	free(names);
	return rc;
}

static int
remove_of(struct place *place, const struct trust_project *project,
    const char *environment, struct err *err)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_VAULT struct vault local = VAULT_INIT;
	char prefix[PREFIX_MAX];
	int has_vault = vault_load(&vault, &place->home, project->id,
	    project->workspace, environment, err);
	int has_local = has_vault < 0
	    ? has_vault
	    : vault_local_load(&local, &place->home, &vault, err);

	if (has_local < 0 || (has_vault == 0 && has_local == 0))
		return has_local;
	snprintf(prefix, sizeof(prefix), "%s:%s:", project->id, environment);
	if (remove_below(place, prefix, &vault, &local, err) < 0)
		return -(int)err->status;
	if (!text_equal(environment, "development"))
		return 0;
	/* What the first clients called them, who had no environments. */
	snprintf(prefix, sizeof(prefix), "Secret_%s_", project->id);
	return remove_below(place, prefix, &vault, &local, err);
}

int
known_values_remove(
    struct place *place, const struct caller *caller, struct err *err)
{
	static const char *const environments[] = {
	    "development", "staging", "production"};

	if (place_open_keychain(place, caller, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < place->trust.projects_n; i++) {
		for (size_t j = 0; j < 3; j++) {
			if (remove_of(place, &place->trust.projects[i],
				environments[j], err) < 0)
				return -(int)err->status;
		}
	}
	return 0;
}
