/* doctor: the report, and what no test of a whole machine can make true. */
#include "config.h"

#include "src/flow/doctor_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct doctor_request request;
static struct doctor_report report;
static struct doctor doctor = {
    .request = &request, .report = &report, .group = "group"};

static int
clean(void **state)
{
	(void)state;
	doctor_report_release(&report);
	request = (struct doctor_request){.repair = false};
	return 0;
}

static void
a_clock_is_right_between_two_dates(void **state)
{
	static const struct {
		time_t now;
		enum doctor_level level;
	} cases[] = {
	    {0, DOCTOR_PROBLEM},
	    {1767225599, DOCTOR_PROBLEM},
	    {1767225600, DOCTOR_OK},
	    {1800000000, DOCTOR_OK},
	    {4102444799, DOCTOR_OK},
	    {4102444800, DOCTOR_PROBLEM},
	    {INT64_MAX, DOCTOR_PROBLEM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		doctor_clock_at(&doctor, cases[i].now);
		assert_int_equal(report.n, i + 1);
		assert_int_equal(report.checks[i].level, cases[i].level);
		assert_int_equal(report.checks[i].hint != NULL,
		    cases[i].level == DOCTOR_PROBLEM);
	}
	assert_string_equal(report.checks[0].text,
	    "this machine's clock is wrong: it says 1970-01-01 00:00:00 UTC");
}

static void
a_finding_names_repair_and_is_none_once_mended(void **state)
{
	struct doctor_check *check;

	(void)state;
	doctor_say(&doctor, "name", DOCTOR_PROBLEM, "broken: %s", "x");
	assert_false(doctor_may_mend(&doctor));
	check = &report.checks[0];
	assert_string_equal(check->group, "group");
	assert_string_equal(check->text, "broken: x");
	assert_non_null(strstr(check->hint, "--repair"));
	assert_true(check->repairable);
	assert_int_equal(doctor_count(&report, DOCTOR_PROBLEM), 1);

	request.repair = true;
	assert_true(doctor_may_mend(&doctor));
	doctor_mended(&doctor, "mended");
	assert_string_equal(check->text, "mended");
	assert_null(check->hint);
	assert_true(check->repaired);
	assert_false(check->repairable);
	assert_int_equal(doctor_count(&report, DOCTOR_PROBLEM), 0);
	assert_int_equal(doctor_count(&report, DOCTOR_OK), 1);
}

static void
what_cannot_be_mended_stays_and_says_why(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, EXIT_FAILED, "no room");
	request.repair = true;
	doctor_say(&doctor, "name", DOCTOR_WARNING, "open");
	doctor_hint(&doctor, "close it");
	assert_true(doctor_may_mend(&doctor));
	assert_string_equal(report.checks[0].hint, "close it");
	doctor_not_mended(&doctor, &err);
	assert_string_equal(report.checks[0].hint, "not mended: no room");
	assert_int_equal(report.checks[0].level, DOCTOR_WARNING);
	assert_false(report.checks[0].repaired);
}

static void
a_report_grows(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		doctor_say(&doctor, "name", DOCTOR_OK, "%d", i);
	assert_int_equal(report.n, 1000);
	assert_string_equal(report.checks[999].text, "999");
	assert_false(report.failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		a_clock_is_right_between_two_dates, clean),
	    cmocka_unit_test_teardown(
		a_finding_names_repair_and_is_none_once_mended, clean),
	    cmocka_unit_test_teardown(
		what_cannot_be_mended_stays_and_says_why, clean),
	    cmocka_unit_test_teardown(a_report_grows, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
