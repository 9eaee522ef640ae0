/* doctor: a clock that is wrong makes sessions and certificates fail. */
#include "config.h"

#include "doctor_check.h"

#include <time.h>

/* No release is older than this: 2026-01-01. Later than 2100 is as wrong. */
static const time_t EARLIEST = 1767225600;
static const time_t LATEST = 4102444800;

void
doctor_clock_at(struct doctor *doctor, time_t now)
{
	char text[32] = "?";
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	if (now >= EARLIEST && now < LATEST) {
		doctor_say(doctor, "date", DOCTOR_OK, "%s UTC", text);
		return;
	}
	doctor_say(doctor, "date", DOCTOR_PROBLEM,
	    "this machine's clock is wrong: it says %s UTC", text);
	doctor_hint(doctor,
	    "set the clock, as with 'timedatectl set-ntp true'; "
	    "until then certificates and sessions fail");
}

void
doctor_clock(struct doctor *doctor)
{
	doctor_clock_at(doctor, time(NULL));
}
