/* log list, show, export. */
#include "config.h"

#include <stdio.h>

#include <agentsecrets/flow_log.h>
#include <agentsecrets/text.h>

#include "command.h"
#include "grid.h"
#include "output.h"

struct log_args {
	struct common_args common;
	const char *since;
	const char *last;
	bool force;
};

/* Project and environment of the options only: a variable that says where
 * commands work is no filter. */
#define FILTER_OPTIONS                                                         \
	{'p', "project", OPTION_TEXT, "PROJECT",                               \
	    "only what was started with that project's secrets",               \
	    COMMON_OFFSET(project)},                                           \
	    {'e', "environment", OPTION_TEXT, "NAME", "only that environment", \
		COMMON_OFFSET(environment)},                                   \
	    {0, "since", OPTION_TEXT, "TIME",                                  \
		"no older: 12h, 7d, 2026-11-24, 2026-11-24T21:10:08Z",         \
		offsetof(struct log_args, since)},                             \
	{                                                                      \
		'n', "last", OPTION_TEXT, "N", "only the newest N",            \
		    offsetof(struct log_args, last)                            \
	}

static struct log_filter
filter_of(const struct log_args *args)
{
	return (struct log_filter){args->common.project,
	    args->common.environment, args->since, args->last};
}

static void
tell_damaged(uint64_t damaged, const struct caller *caller)
{
	char text[96];

	if (damaged == 0)
		return;
	snprintf(text, sizeof(text),
	    "warning: %llu damaged line%s of audit.log %s left out",
	    (unsigned long long)damaged, damaged == 1 ? "" : "s",
	    damaged == 1 ? "is" : "are");
	caller->notice(text);
}

static void
entry_json(struct json_out *out, const struct log_entry *entry)
{
	json_out_number(out, "number", entry->number);
	json_out_text(out, "timestamp", entry->timestamp);
	json_out_text(out, "event", entry->event);
	json_out_text(out, "project", entry->project);
	json_out_text(out, "project_id", entry->project_id);
	json_out_text(out, "environment", entry->environment);
	json_out_text(out, "command", entry->command);
	json_out_number(out, "pid", entry->pid);
	json_out_names(out, "secret_keys", &entry->names);
}

/* ---- list -------------------------------------------------------------- */

static const struct option list_options[] = {
    FILTER_OPTIONS,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_HELP,
};

static int
print_json(const struct log_entries *entries, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_list(&out, "entries");
	for (size_t i = 0; i < entries->n; i++) {
		AUTO_JSON_OUT struct json_out item = JSON_OUT_INIT;

		entry_json(&item, &entries->items[i]);
		json_out_list_item(&out, &item);
	}
	json_out_list_end(&out);
	json_out_number(&out, "damaged", entries->damaged);
	return json_out_print(&out, err);
}

/* The command comes last: it may hold blanks. */
static void
print_entries(const struct log_entries *entries)
{
	for (size_t i = 0; i < entries->n; i++) {
		const struct log_entry *one = &entries->items[i];

		print_line("%llu  %s  %s/%s  %zu secret%s  %s",
		    (unsigned long long)one->number, one->timestamp,
		    one->project, one->environment, one->names.n,
		    one->names.n == 1 ? "" : "s", one->command);
	}
}

static int
print_table(const struct log_entries *entries, struct err *err)
{
	static const char *const titles[] = {"Number", "Time", "Project",
	    "Environment", "Secrets", "Command", NULL};
	AUTO_GRID struct grid grid;

	grid_begin(&grid, titles);
	for (size_t i = 0; i < entries->n; i++) {
		const struct log_entry *one = &entries->items[i];

		grid_number(&grid, one->number);
		grid_cell(&grid, one->timestamp);
		grid_cell(&grid, one->project);
		grid_cell(&grid, one->environment);
		grid_number(&grid, one->names.n);
		grid_cell(&grid, one->command);
	}
	return grid_print(&grid, err);
}

static int
list(struct invocation *invocation, struct err *err)
{
	const struct log_args *args = invocation->args;
	const struct caller *caller = &invocation->caller;
	const struct log_filter filter = filter_of(args);
	AUTO_LOG_ENTRIES struct log_entries entries = LOG_ENTRIES_INIT;

	if (log_list_run(&filter, &entries, err) < 0)
		return -(int)err->status;
	tell_damaged(entries.damaged, caller);
	if (entries.audit_is_off)
		caller->notice("warning: \"audit\" is off in settings.json: "
			       "nothing new is written down");
	if (args->common.json)
		return print_json(&entries, err);
	if (args->common.table)
		return print_table(&entries, err);
	print_entries(&entries);
	return 0;
}

const struct command command_log_list = {
    .name = "log list",
    .operands = "",
    .summary = "print what was started with secrets, newest last",
    COMMAND_OPTIONS(list_options),
    .args_size = sizeof(struct log_args),
    .run = list,
};

/* ---- show -------------------------------------------------------------- */

static const struct option show_options[] = {
    OPTION_JSON,
    OPTION_HELP,
};

static void
print_entry(const struct log_entry *entry)
{
	print_line("number       %llu", (unsigned long long)entry->number);
	print_line("time         %s", entry->timestamp);
	print_line("event        %s", entry->event);
	print_line("project      %s (%s)", entry->project, entry->project_id);
	print_line("environment  %s", entry->environment);
	print_line("command      %s", entry->command);
	print_line("process      %llu", (unsigned long long)entry->pid);
	print_prefixed("secret      ", &entry->names);
}

static int
show(struct invocation *invocation, struct err *err)
{
	const struct common_args *args = invocation->args;
	const struct operands *operands = &invocation->operands;
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;
	AUTO_LOG_ENTRIES struct log_entries entries = LOG_ENTRIES_INIT;

	if (log_show_run(
		operands->n > 0 ? operands->items[0] : NULL, &entries, err) < 0)
		return -(int)err->status;
	if (args->json) {
		entry_json(&out, &entries.items[0]);
		return json_out_print(&out, err);
	}
	print_entry(&entries.items[0]);
	return 0;
}

const struct command command_log_show = {
    .name = "log show",
    .operands = "[NUMBER]",
    .summary = "show one start, by its number in the list; else the newest",
    COMMAND_OPTIONS(show_options),
    .args_size = sizeof(struct common_args),
    .operands_most = 1,
    .run = show,
};

/* ---- export ------------------------------------------------------------ */

static const struct option export_options[] = {
    FILTER_OPTIONS,
    {'f', "force", OPTION_FLAG, NULL, "replace FILE",
	offsetof(struct log_args, force)},
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print_exported(const struct log_args *args, const char *file,
    const struct log_export *result, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (text_equal(file, "-"))
		return print_text(&result->text, err);
	if (args->common.json) {
		json_out_text(&out, "file", file);
		json_out_number(&out, "entries", result->entries);
		json_out_number(&out, "damaged", result->damaged);
		return json_out_print(&out, err);
	}
	if (!args->common.quiet)
		print_line("wrote %llu entr%s to '%s'",
		    (unsigned long long)result->entries,
		    result->entries == 1 ? "y" : "ies", file);
	return 0;
}

static int
export_log(struct invocation *invocation, struct err *err)
{
	const struct log_args *args = invocation->args;
	const struct log_filter filter = filter_of(args);
	const char *file = invocation->operands.items[0];
	struct log_export result = {.text = BUF_INIT};
	int rc;

	if (args->common.json && text_equal(file, "-"))
		return err_set(err, EXIT_USAGE,
		    "--json tells what was written to a file: with '-' the "
		    "entries are printed, as JSON");
	rc = log_export_run(&filter, file, args->force, &result, err);
	if (rc == 0) {
		tell_damaged(result.damaged, &invocation->caller);
		rc = print_exported(args, file, &result, err);
	}
	buf_release(&result.text);
	return rc;
}

const struct command command_log_export = {
    .name = "log export",
    .operands = "FILE|-",
    .summary = "write the log as JSON lines",
    COMMAND_OPTIONS(export_options),
    .args_size = sizeof(struct log_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = export_log,
};
