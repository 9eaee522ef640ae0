#include "config.h"

#include "results.h"

#include <stdio.h>

#include "output.h"

static void
print_summary(const struct write_result *result)
{
	char list[1024];
	const char *where = result->where.project_name;
	const char *environment = result->where.environment;

	if (result->written.n > 0)
		print_line("stored %s in %s/%s",
		    names_join(list, sizeof(list), &result->written, 12), where,
		    environment);
	if (result->deleted.n > 0)
		print_line("deleted %s from %s/%s",
		    names_join(list, sizeof(list), &result->deleted, 12), where,
		    environment);
	if (result->mapped.n > 0)
		print_line("project.json maps %s",
		    names_join(list, sizeof(list), &result->mapped, 12));
	if (result->unchanged > 0)
		print_line("%zu unchanged", result->unchanged);
}

int
print_written(const struct write_result *result, const struct common_args *args,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (!args->json) {
		if (!args->quiet)
			print_summary(result);
		return 0;
	}
	json_out_text(&out, "project", result->where.project_name);
	json_out_text(&out, "environment", result->where.environment);
	json_out_names(&out, "stored", &result->written);
	json_out_names(&out, "deleted", &result->deleted);
	json_out_names(&out, "mapped", &result->mapped);
	json_out_number(&out, "unchanged", result->unchanged);
	return json_out_print(&out, err);
}
