#include "config.h"

#include "minimum.h"

#include <stdlib.h>

uint32_t
minimum_version(const struct vault_row *row)
{
	uint32_t claimed = (uint32_t)row->blob[0] << 16 |
	    (uint32_t)row->blob[1] << 8 | row->blob[2];

	return claimed < row->version ? claimed : row->version;
}

int
minimum_check(const struct place *place, struct vault *vault, struct err *err)
{
	struct project_minimum *minimum = NULL;
	size_t n = 0;
	int rc = place->file.directory == NULL
	    ? 0
	    : project_file_minimum(
		  &place->file, place->environment, &minimum, &n, err);

	for (size_t i = 0; rc >= 0 && i < n; i++) {
		const struct project_minimum *least = &minimum[i];
		const struct vault_row *row = vault_find(vault, least->name);

		if (row == NULL || row->epoch < least->epoch ||
		    (row->epoch == least->epoch &&
			minimum_version(row) < least->version))
			rc = err_set(err, EXIT_UNSAFE,
			    "'%s' is %s project.json asks for", least->name,
			    row == NULL ? "not there, as" : "older than");
	}
	free(minimum);
	return rc < 0 ? err_hint(err, "run 'agentsecrets pull'") : 0;
}
