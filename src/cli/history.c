/* history: what a secret held before. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>

#include <agentsecrets/flow_history.h>
#include <agentsecrets/text.h>

#include "command.h"
#include "grid.h"
#include "output.h"
#include "results.h"

struct history_args {
	struct common_args common;
	const char *restore;
};

static const struct option history_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "restore", OPTION_TEXT, "N", "write what version N held as the newest",
	offsetof(struct history_args, restore)},
    OPTION_PASSWORD,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static const char *
state_of(const struct history_result *result, size_t i)
{
	if (result->items[i].deleted)
		return "deleted";
	return i == 0 ? "current" : "former";
}

/* "-" for a blob that is bound to no name, and for a time that is not told. */
static void
version_text(char out[16], const struct history_version *one)
{
	if (one->version == 0)
		snprintf(out, 16, "-");
	else
		snprintf(out, 16, "%u", one->version);
}

static void
time_text(char out[32], const struct history_version *one)
{
	format_time(out, one->written_at);
	if (out[0] == '\0')
		snprintf(out, 32, "-");
}

static int
print_json(const struct history_result *result, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_text(&out, "project", result->where.project_name);
	json_out_text(&out, "environment", result->where.environment);
	json_out_text(&out, "name", result->name);
	json_out_list(&out, "versions");
	for (size_t i = 0; i < result->n; i++) {
		const struct history_version *one = &result->items[i];
		AUTO_JSON_OUT struct json_out item = JSON_OUT_INIT;
		char time[32];

		format_time(time, one->written_at);
		json_out_number(&item, "version", one->version);
		json_out_text(&item, "written_at", time);
		json_out_bool(&item, "current", i == 0);
		json_out_bool(&item, "deleted", one->deleted);
		json_out_list_item(&out, &item);
	}
	json_out_list_end(&out);
	return json_out_print(&out, err);
}

static int
print_table(const struct history_result *result, struct err *err)
{
	static const char *const titles[] = {
	    "Version", "Written", "State", NULL};
	AUTO_GRID struct grid grid;

	grid_begin(&grid, titles);
	for (size_t i = 0; i < result->n; i++) {
		char version[16];
		char time[32];

		version_text(version, &result->items[i]);
		time_text(time, &result->items[i]);
		grid_cell(&grid, version);
		grid_cell(&grid, time);
		grid_cell(&grid, state_of(result, i));
	}
	return grid_print(&grid, err);
}

static void
print_lines(const struct history_result *result)
{
	for (size_t i = 0; i < result->n; i++) {
		char version[16];
		char time[32];

		version_text(version, &result->items[i]);
		time_text(time, &result->items[i]);
		print_line("%s  %s  %s", version, time, state_of(result, i));
	}
}

static int
show(const char *name, const struct history_args *args,
    const struct caller *caller, struct err *err)
{
	struct history_result result = {.n = 0};
	int rc = history_run(name, caller, &result, err);

	if (rc == 0 && args->common.json)
		rc = print_json(&result, err);
	else if (rc == 0 && args->common.table)
		rc = print_table(&result, err);
	else if (rc == 0)
		print_lines(&result);
	history_result_release(&result);
	return rc;
}

static int
restore(const char *name, const struct history_args *args,
    const struct caller *caller, struct err *err)
{
	struct write_result result = {.unchanged = 0};
	uint64_t version;
	int rc;

	if (text_parse_u64(args->restore, UINT32_MAX, &version) < 0 ||
	    version == 0)
		return err_set(err, EXIT_USAGE,
		    "--restore takes the number of a version, as 'history' "
		    "shows it");
	rc = restore_run(name, (uint32_t)version, caller, &result, err);
	if (rc == 0)
		rc = print_written(&result, &args->common, err);
	write_result_release(&result);
	return rc;
}

static int
history(struct invocation *invocation, struct err *err)
{
	const struct history_args *args = invocation->args;
	const char *name = invocation->operands.items[0];

	return args->restore != NULL
	    ? restore(name, args, &invocation->caller, err)
	    : show(name, args, &invocation->caller, err);
}

const struct command command_history = {
    .name = "secrets history",
    .short_name = "history",
    .operands = "KEY",
    .summary = "show what a secret held before, without values; bring it back",
    COMMAND_OPTIONS(history_options),
    .args_size = sizeof(struct history_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = history,
};
