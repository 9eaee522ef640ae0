#include "config.h"

#include "results.h"

#include <stdio.h>

#include "output.h"

void
print_workspaces(const struct workspace_number *workspaces, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char made[32];

		format_time(made, workspaces[i].epoch);
		print_line("workspace   %s: key of %s, number %s",
		    workspaces[i].name, made, workspaces[i].number);
	}
}

void
json_out_workspaces(
    struct json_out *out, const struct workspace_number *workspaces, size_t n)
{
	json_out_list(out, "workspaces");
	for (size_t i = 0; i < n; i++) {
		AUTO_JSON_OUT struct json_out item = JSON_OUT_INIT;
		char made[32];

		format_time(made, workspaces[i].epoch);
		json_out_text(&item, "name", workspaces[i].name);
		json_out_text(&item, "made_at", made);
		json_out_text(&item, "key_number", workspaces[i].number);
		json_out_list_item(out, &item);
	}
	json_out_list_end(out);
}

static void
print_summary(const struct write_result *result)
{
	const struct flow_where *where = &result->where;
	char list[1024];
	char place[LABEL_MAX + 128];
	char environments[128];

	if (result->environments.n > 1)
		snprintf(place, sizeof(place), "%s of %s",
		    names_join(environments, sizeof(environments),
			&result->environments, result->environments.n),
		    where->project_name);
	else
		snprintf(place, sizeof(place), "%s/%s", where->project_name,
		    where->environment);
	if (result->written.n > 0)
		print_line("stored %s in %s",
		    names_join(list, sizeof(list), &result->written, 12),
		    place);
	if (result->deleted.n > 0)
		print_line("deleted %s from %s",
		    names_join(list, sizeof(list), &result->deleted, 12),
		    place);
	if (result->taken.n > 0)
		print_line("took %s from the server",
		    names_join(list, sizeof(list), &result->taken, 12));
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
	if (result->environments.n > 1)
		json_out_names(&out, "environments", &result->environments);
	else
		json_out_text(&out, "environment", result->where.environment);
	json_out_names(&out, "stored", &result->written);
	json_out_names(&out, "deleted", &result->deleted);
	json_out_names(&out, "taken", &result->taken);
	json_out_names(&out, "mapped", &result->mapped);
	json_out_number(&out, "unchanged", result->unchanged);
	return json_out_print(&out, err);
}
