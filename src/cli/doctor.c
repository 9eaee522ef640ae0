/* doctor: what is found, a line or two each. */
#include "config.h"

#include <agentsecrets/doctor.h>

#include <stdio.h>

#include "command.h"
#include "output.h"

struct doctor_args {
	struct common_args common;
	bool repair;
	bool yes;
};

static const struct option doctor_options[] = {
    {0, "repair", OPTION_FLAG, NULL, "mend what can be mended without loss",
	offsetof(struct doctor_args, repair)},
    {'y', "yes", OPTION_FLAG, NULL, "with --repair: do not ask",
	offsetof(struct doctor_args, yes)},
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static void
print_check(const struct doctor_check *check)
{
	print_line("%-8s %-11s %s",
	    check->repaired ? "mended" : doctor_level_name(check->level),
	    check->group, check->text);
	if (check->hint != NULL)
		print_line("%-8s %-11s > %s", "", "", check->hint);
}

/* What can be mended, once there is something to be mended. */
static size_t
repairable(const struct doctor_report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n; i++)
		n += report->checks[i].repairable;
	return n;
}

static void
print_summary(const struct doctor_report *report, bool repaired)
{
	size_t problems = doctor_count(report, DOCTOR_PROBLEM);
	size_t warnings = doctor_count(report, DOCTOR_WARNING);
	size_t mendable = repairable(report);

	print_line("%zu problem%s, %zu warning%s", problems,
	    problems == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	if (mendable > 0 && !repaired)
		print_line(
		    "'agentsecrets doctor --repair' mends %zu of the findings",
		    mendable);
}

static void
print_report(const struct doctor_report *report, const struct doctor_args *args)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct doctor_check *check = &report->checks[i];

		if (!args->common.quiet || check->level >= DOCTOR_WARNING)
			print_check(check);
	}
	if (!args->common.quiet)
		print_summary(report, args->repair);
}

static int
print_report_json(const struct doctor_report *report, struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	json_out_list(&out, "checks");
	for (size_t i = 0; i < report->n; i++) {
		const struct doctor_check *check = &report->checks[i];
		AUTO_JSON_OUT struct json_out item = JSON_OUT_INIT;

		json_out_text(&item, "group", check->group);
		json_out_text(&item, "name", check->name);
		json_out_text(&item, "level", doctor_level_name(check->level));
		json_out_text(&item, "text", check->text);
		json_out_text(
		    &item, "hint", check->hint != NULL ? check->hint : "");
		json_out_bool(&item, "repairable", check->repairable);
		json_out_bool(&item, "repaired", check->repaired);
		json_out_list_item(&out, &item);
	}
	json_out_list_end(&out);
	json_out_number(&out, "problems", doctor_count(report, DOCTOR_PROBLEM));
	return json_out_print(&out, err);
}

static int
doctor(struct invocation *invocation, struct err *err)
{
	const struct doctor_args *args = invocation->args;
	const struct doctor_request request = {
	    .repair = args->repair,
	    .yes = args->yes,
	    .state = invocation->launch,
	};
	AUTO_DOCTOR_REPORT struct doctor_report report = DOCTOR_REPORT_INIT;

	if (doctor_run(&request, &invocation->caller, &report, err) < 0)
		return -(int)err->status;
	if (args->common.json && print_report_json(&report, err) < 0)
		return -(int)err->status;
	if (!args->common.json)
		print_report(&report, args);
	return doctor_count(&report, DOCTOR_PROBLEM) > 0 ? EXIT_FAILED : 0;
}

const struct command command_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "look for what is wrong on this machine, and mend it",
    COMMAND_OPTIONS(doctor_options),
    .args_size = sizeof(struct doctor_args),
    .run = doctor,
};
