/*
 * name_report: names for one error, as "A, B and 7 more".
 */
#ifndef AGENTSECRETS_NAME_REPORT_H
#define AGENTSECRETS_NAME_REPORT_H

#include <stddef.h>

struct name_report {
	char text[1536]; /* leaves room for the rest of an error */
	size_t n;	 /* names added */
	size_t more;	 /* of them not shown */
	size_t len;	 /* of the names that are shown */
};

#define NAME_REPORT_INIT                                                       \
	{                                                                      \
		.text = "", .n = 0, .more = 0, .len = 0                        \
	}

void name_report_add(struct name_report *report, const char *name);

#endif
