#include "config.h"

#include <agentsecrets/audit.h>

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/json.h>

#include "plain_file.h"

enum { DAY = 86400 }; /* seconds */

static const char *
base_name(const char *command)
{
	const char *slash = strrchr(command, '/');

	return slash != NULL ? slash + 1 : command;
}

/* Append `,"key":"text"`. */
static int
put(struct buf *line, const char *key, const char *text)
{
	if (buf_printf(line, ",\"%s\":", key) < 0)
		return -1;
	return json_print_text(line, text, strlen(text));
}

/*
 * gmtime_r(3) and strftime(3) would open /etc/localtime at every start. The
 * year is counted from March, so that a leap day is its last; an era has 400
 * years.
 */
void
audit_time(char out[AUDIT_TIME + 1], uint64_t now)
{
	unsigned second = (unsigned)(now % DAY);
	unsigned days = (unsigned)(now / DAY) + 719468; /* since 0000-03-01 */
	unsigned era = days / 146097;
	unsigned of_era = days % 146097;
	unsigned year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153; /* 0: March */
	unsigned day = of_year - (153 * month + 2) / 5 + 1;
	char text[80];

	snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02uZ",
	    year + 400 * era + (month >= 10),
	    month < 10 ? month + 3 : month - 9, day, second / 3600,
	    second / 60 % 60, second % 60);
	memcpy(out, text, AUDIT_TIME);
	out[AUDIT_TIME] = '\0';
}

static int
print(struct buf *line, const struct audit_record *record)
{
	char now[AUDIT_TIME + 1];

	audit_time(now, (uint64_t)time(NULL));
	if (buf_append_text(line, "{\"timestamp\":\"") < 0 ||
	    buf_append_text(line, now) < 0 ||
	    buf_append_text(line, "\",\"event\":\"env\"") < 0 ||
	    put(line, "project", record->project) < 0 ||
	    put(line, "project_id", record->project_id) < 0 ||
	    put(line, "environment", record->environment) < 0 ||
	    put(line, "command", base_name(record->command)) < 0 ||
	    buf_printf(line, ",\"pid\":%d,\"secret_keys\":[", getpid()) < 0)
		return -1;
	for (size_t i = 0; i < record->names_n; i++) {
		const char *name = record->names[i];

		if ((i > 0 && buf_append_text(line, ",") < 0) ||
		    json_print_text(line, name, strlen(name)) < 0)
			return -1;
	}
	return buf_append_text(line, "]}\n");
}

int
audit_append(
    const struct home *home, const struct audit_record *record, struct err *err)
{
	AUTO_BUF struct buf line = BUF_INIT;
	AUTO_FD int fd = -1;
	char shown[PATH_MAX];
	struct stat st;
	ssize_t written;
	int rc;

	snprintf(shown, sizeof(shown), "%s/audit.log", home->path);
	if (print(&line, record) < 0)
		return err_memory(err);
	fd = plain_open(home->fd, "audit.log",
	    O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "cannot write '%s'", shown);
	rc = plain_check(fd, OWNER_ME, shown, &st, err);
	if (rc < 0)
		return rc;
	/* One write, so that lines of two processes do not mix. */
	written = write(fd, line.data, line.len);
	if (written < 0)
		return err_sys(err, EXIT_FAILED, "cannot write '%s'", shown);
	if ((size_t)written < line.len)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s': there was room for %zd of %zu bytes",
		    shown, written, line.len);
	return 0;
}
