#include "config.h"

#include "name_report.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/text.h>

enum { MORE_MAX = 32 }; /* " and 18446744073709551615 more" */

void
name_report_add(struct name_report *report, const char *name)
{
	size_t room = sizeof(report->text) - MORE_MAX - report->len;
	const char *between = report->n > 0 ? ", " : "";
	const int shown = text_before_equals(name);

	report->n++;
	/* Once one does not fit none is shown, so that the count is right. */
	if (report->more == 0 && strlen(between) + (size_t)shown < room) {
		report->len += (size_t)snprintf(report->text + report->len,
		    room, "%s%.*s", between, shown, name);
		return;
	}
	report->more++;
	snprintf(report->text + report->len, MORE_MAX, "%s%zu more",
	    report->len > 0 ? " and " : "", report->more);
}
