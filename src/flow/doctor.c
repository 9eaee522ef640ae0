/* doctor: the report, and the groups one after the other. */
#include "config.h"

#include "doctor_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <agentsecrets/text.h>

static struct doctor_check *
last(struct doctor *doctor)
{
	struct doctor_report *report = doctor->report;

	return report->n > 0 ? &report->checks[report->n - 1] : NULL;
}

/* Replace a text of a check. What does not fit into memory is left out. */
__attribute__((format(printf, 3, 0))) static void
replace(struct doctor *doctor, char **text, const char *format, va_list args)
{
	char *made;

	if (vasprintf(&made, format, args) < 0) {
		doctor->report->failed = true;
		return;
	}
	free(*text);
	*text = made;
}

static bool
make_room(struct doctor_report *report)
{
	size_t room = report->room > 0 ? 2 * report->room : 64;
	struct doctor_check *checks;

	if (report->n < report->room)
		return true;
	checks = reallocarray(report->checks, room, sizeof(*checks));
	if (checks == NULL) {
		report->failed = true;
		return false;
	}
	report->checks = checks;
	report->room = room;
	return true;
}

void
doctor_say(struct doctor *doctor, const char *name, enum doctor_level level,
    const char *format, ...)
{
	struct doctor_report *report = doctor->report;
	va_list args;

	if (!make_room(report))
		return;
	report->checks[report->n++] = (struct doctor_check){
	    .group = doctor->group, .name = name, .level = level};
	va_start(args, format);
	replace(doctor, &last(doctor)->text, format, args);
	va_end(args);
}

void
doctor_say_err(struct doctor *doctor, const char *name, enum doctor_level level,
    const struct err *err)
{
	doctor_say(doctor, name, level, "%s", err->text);
	if (err->hint[0] != '\0')
		doctor_hint(doctor, "%s", err->hint);
	else if (level >= DOCTOR_WARNING)
		doctor_hint(doctor, "mend that, and look again");
}

void
doctor_hint(struct doctor *doctor, const char *format, ...)
{
	struct doctor_check *check = last(doctor);
	va_list args;

	if (check == NULL)
		return;
	va_start(args, format);
	replace(doctor, &check->hint, format, args);
	va_end(args);
}

void
doctor_hint_mode(struct doctor *doctor, unsigned mode, const char *path)
{
	if (text_is_plain_word(path))
		doctor_hint(doctor, "run 'chmod %o %s'", mode, path);
	else
		doctor_hint(doctor, "change its mode to %04o", mode);
}

bool
doctor_may_mend(struct doctor *doctor)
{
	struct doctor_check *check = last(doctor);

	if (check == NULL)
		return false;
	check->repairable = true;
	if (check->hint == NULL)
		doctor_hint(doctor, "run 'agentsecrets doctor --repair'");
	return doctor->request->repair;
}

void
doctor_mended(struct doctor *doctor, const char *format, ...)
{
	struct doctor_check *check = last(doctor);
	va_list args;

	if (check == NULL)
		return;
	check->level = DOCTOR_OK;
	check->repairable = false;
	check->repaired = true;
	free(check->hint);
	check->hint = NULL;
	va_start(args, format);
	replace(doctor, &check->text, format, args);
	va_end(args);
}

void
doctor_not_mended(struct doctor *doctor, const struct err *err)
{
	struct doctor_check *check = last(doctor);

	if (check == NULL)
		return;
	check->repairable = false;
	doctor_hint(doctor, "not mended: %s%s%s", err->text,
	    err->hint[0] != '\0' ? "; " : "", err->hint);
}

int
doctor_run(const struct doctor_request *request, const struct caller *caller,
    struct doctor_report *report, struct err *err)
{
	static const struct {
		const char *name;
		void (*look)(struct doctor *doctor);
	} groups[] = {
	    {"program", doctor_program},
	    {"environment", doctor_environment},
	    {"clock", doctor_clock},
	    {"memory", doctor_memory},
	    {"crypto", doctor_crypto},
	    {"home", doctor_home},
	    {"files", doctor_files},
	    {"account", doctor_account},
	    {"keys", doctor_keys},
	    {"vault", doctor_vault},
	    {"server", doctor_server},
	    {"project", doctor_project},
	    {"values", doctor_values},
	    {"password", doctor_password},
	};
	struct doctor doctor = {
	    .request = request,
	    .caller = caller,
	    .report = report,
	    .place = PLACE_INIT,
	    .account = ACCOUNT_INIT,
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		doctor.group = groups[i].name;
		groups[i].look(&doctor);
	}
	account_release(&doctor.account);
	place_release(&doctor.place);
	return report->failed ? err_memory(err) : 0;
}

size_t
doctor_count(const struct doctor_report *report, enum doctor_level level)
{
	size_t n = 0;

	for (size_t i = 0; i < report->n; i++)
		n += report->checks[i].level == level;
	return n;
}

const char *
doctor_level_name(enum doctor_level level)
{
	static const char *const names[] = {"ok", "note", "warning", "problem"};

	return names[level];
}

void
doctor_report_release(struct doctor_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		free(report->checks[i].text);
		free(report->checks[i].hint);
	}
	free(report->checks);
	*report = (struct doctor_report)DOCTOR_REPORT_INIT;
}
