/* environment list, and list --all-envs: what each environment has. */
#include "config.h"

#include <agentsecrets/flow_environment.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "environments.h"
#include "place.h"

int
environment_list_run(const struct caller *caller,
    struct environment_counts *counts, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ENVIRONMENT_VAULTS struct environment_vaults vaults = {
	    {VAULT_INIT}};

	if (place_find(&place, caller, err) < 0 ||
	    environment_vaults_ready(&vaults, false, &place, caller, err) < 0)
		return -(int)err->status;
	memcpy(counts->project_name, place.project_name,
	    sizeof(counts->project_name));
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		counts->secrets[i] = vault_live(&vaults.list[i]);
		if (text_equal(environment_names[i], place.environment))
			counts->active = i;
	}
	return 0;
}

void
coverage_release(struct coverage *coverage)
{
	names_release(&coverage->names);
	free(coverage->has);
}

static int
gather_names(
    struct names *out, struct environment_vaults *vaults, struct err *err)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		const struct vault *vault = &vaults->list[i];

		for (size_t k = 0; k < vault->rows_n; k++) {
			if (!vault->rows[k].deleted &&
			    names_add(out, vault->rows[k].name) < 0)
				return err_memory(err);
		}
	}
	names_sort(out);
	return 0;
}

int
coverage_run(bool remote, const struct caller *caller,
    struct coverage *coverage, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ENVIRONMENT_VAULTS struct environment_vaults vaults = {
	    {VAULT_INIT}};
	const struct names *names = &coverage->names;

	if (place_find(&place, caller, err) < 0 ||
	    environment_vaults_ready(&vaults, remote, &place, caller, err) <
		0 ||
	    gather_names(&coverage->names, &vaults, err) < 0)
		return -(int)err->status;
	memcpy(coverage->project_name, place.project_name,
	    sizeof(coverage->project_name));
	coverage->has = calloc(names->n + 1, sizeof(*coverage->has));
	if (coverage->has == NULL)
		return err_memory(err);
	for (size_t i = 0; i < names->n * ENVIRONMENTS_N; i++) {
		struct vault *vault = &vaults.list[i % ENVIRONMENTS_N];
		const struct vault_row *row =
		    vault_find(vault, names->items[i / ENVIRONMENTS_N]);

		coverage->has[i / ENVIRONMENTS_N][i % ENVIRONMENTS_N] =
		    row != NULL && !row->deleted;
	}
	return 0;
}
