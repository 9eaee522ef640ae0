/* audit: one line a start, whatever the names hold. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/audit.h>
#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

#include "store_fixture.h"

static const char *const names[] = {"DATABASE_URL", "STRIPE_KEY"};

static const struct audit_record plain = {
    .project = "shop",
    .project_id = "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    .environment = "production",
    .command = "/usr/bin/npm",
    .names = names,
    .names_n = 2,
};

static void
test_line(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	const time_t before = time(NULL);
	struct tm utc = {.tm_isdst = 0};
	char want[512];
	char timestamp[32] = "";
	struct stat st;
	struct err err;

	assert_int_equal(audit_append(&f->home, &plain, &err), 0);
	fixture_read(f, "audit.log", &text);
	assert_int_equal(sscanf(buf_text_view(&text),
			     "{\"timestamp\":\"%24[^\"]", timestamp),
	    1);
	assert_ptr_equal(
	    strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ", &utc), timestamp + 20);
	assert_in_range(timegm(&utc), before, before + 5);
	snprintf(want, sizeof(want),
	    "{\"timestamp\":\"%s\",\"event\":\"env\",\"project\":\"shop\","
	    "\"project_id\":\"%s\",\"environment\":\"production\","
	    "\"command\":\"npm\",\"pid\":%d,"
	    "\"secret_keys\":[\"DATABASE_URL\",\"STRIPE_KEY\"]}\n",
	    timestamp, plain.project_id, getpid());
	assert_string_equal(buf_text_view(&text), want);
	assert_int_equal(fstatat(f->home.fd, "audit.log", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
test_injection(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_JSON cJSON *json = NULL;
	struct audit_record record = plain;
	struct err err;

	record.command = "/x/a\nb\"\\\033[2J\xff";
	record.project = "p\r\n{\"event\":\"env\"}";
	record.names_n = 0;
	assert_int_equal(audit_append(&f->home, &record, &err), 0);
	fixture_read(f, "audit.log", &text);
	for (size_t i = 0; i + 1 < text.len; i++)
		assert_true(text.data[i] >= 0x20);
	assert_int_equal(
	    json_parse(&json, buf_text_view(&text), text.len, "x", &err), 0);
	assert_string_equal(
	    json_get_text(json, "command"), "a\nb\"\\\033[2J\xef\xbf\xbd");
}

static void
test_together(void **state)
{
	enum { CHILDREN = 4, ROUNDS = 50 };
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	size_t lines = 0;
	int status;
	char *line;

	for (int i = 0; i < CHILDREN; i++) {
		if (fork() == 0) {
			for (int n = 0; n < ROUNDS; n++) {
				if (audit_append(&f->home, &plain, NULL) < 0)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < CHILDREN; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	fixture_read(f, "audit.log", &text);
	for (line = (char *)text.data; *line != '\0'; lines++) {
		assert_true(text_has_prefix(line, "{\"timestamp\":\""));
		line = strchr(line, '\n');
		assert_non_null(line);
		line++;
	}
	assert_int_equal(lines, CHILDREN * ROUNDS);
}

static void
test_refuses(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	struct err err;

	fixture_write(f, "target", "x");
	assert_int_equal(symlinkat("target", f->home.fd, "audit.log"), 0);
	assert_int_equal(audit_append(&f->home, &plain, &err), -EXIT_FAILED);
	fixture_read(f, "target", &text);
	assert_string_equal(buf_text_view(&text), "x");
	assert_int_equal(unlinkat(f->home.fd, "audit.log", 0), 0);
	assert_int_equal(mkfifoat(f->home.fd, "audit.log", 0600), 0);
	assert_int_equal(audit_append(&f->home, &plain, &err), -EXIT_FAILED);
	assert_int_equal(unlinkat(f->home.fd, "audit.log", 0), 0);
	fixture_write(f, "audit.log", "");
	assert_int_equal(fchmodat(f->home.fd, "audit.log", 0622, 0), 0);
	assert_int_equal(audit_append(&f->home, &plain, &err), -EXIT_FAILED);
}

/* A line that is cut is an error, and not one of something earlier. */
static void
test_cut(void **state)
{
	struct fixture *f = *state;
	struct rlimit small = {100, 100};
	struct err err;
	int status;

	if (fork() == 0) {
		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &small) < 0)
			_exit(1);
		errno = ENOTTY;
		if (audit_append(&f->home, &plain, &err) != -EXIT_FAILED ||
		    strstr(err.text, "room for 100 of ") == NULL)
			_exit(2);
		/* Now nothing fits. */
		if (audit_append(&f->home, &plain, &err) != -EXIT_FAILED ||
		    err.sys != EFBIG)
			_exit(3);
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
}

struct seen {
	uint64_t numbers[8];
	char commands[8][32];
	size_t n;
};

static int
see(void *context, const struct audit_entry *entry, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	assert_true(seen->n < 8);
	seen->numbers[seen->n] = entry->number;
	snprintf(seen->commands[seen->n++], sizeof(seen->commands[0]), "%s",
	    entry->command);
	return text_equal(entry->command, "stop") ? -EXIT_CONFLICT : 0;
}

static void
test_read(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {.n = 0};
	struct audit_count count;
	struct err err;

	assert_int_equal(audit_read(&f->home, see, &seen, &count, &err), 0);
	assert_int_equal(count.lines + count.damaged + seen.n, 0);
	assert_int_equal(audit_append(&f->home, &plain, &err), 0);
	assert_int_equal(audit_append(&f->home, &plain, &err), 0);
	assert_int_equal(audit_read(&f->home, see, &seen, &count, &err), 0);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.numbers[1], 2);
	assert_string_equal(seen.commands[1], "npm");
	assert_int_equal(count.lines, 2);
	assert_int_equal(count.damaged, 0);
}

/* What is no entry costs itself and no other. */
static void
test_read_damaged(void **state)
{
#define ENTRY(command)                                                         \
	"{\"timestamp\":\"2026-11-24T21:10:08Z\",\"event\":\"env\","           \
	"\"command\":\"" command "\"}\n"
	static const char text[] =
	    "\n"
	    "garbage\n"
	    "[1]\n" ENTRY("a") "{\"timestamp\":\"2026-11-24T2" ENTRY(
		"b") "{\"timestamp\":\"2026-11-24 "
		     "21:10:08\",\"event\":\"env\"}\n"
		     "{\"timestamp\":\"2026-11-24T21:10:08Z\",\"event\":7}\n"
		     "{\"timestamp\":\"2026-11-24T21:10:08Z\",\"event\":"
		     "\"env\","
		     "\"secret_keys\":[7]}\n"
		     "\xff\n" ENTRY("c\\n{\\\"timestamp\\\":\\\"") ENTRY("stop")
			 ENTRY("d") "{\"timestamp\":\"2026-11-24T21:10:08Z\"";
	struct fixture *f = *state;
	struct seen seen = {.n = 0};
	struct audit_count count;
	struct err err;

	fixture_write(f, "audit.log", text);
	assert_int_equal(
	    audit_read(&f->home, see, &seen, &count, &err), -EXIT_CONFLICT);
	assert_int_equal(seen.n, 4);
	assert_string_equal(seen.commands[0], "a");
	assert_int_equal(seen.numbers[0], 4);
	assert_string_equal(seen.commands[1], "b");
	assert_int_equal(seen.numbers[1], 5);
	assert_string_equal(seen.commands[2], "c\n{\"timestamp\":\"");
	assert_int_equal(count.lines, 11);
	assert_int_equal(count.damaged, 8);
}

static void
test_read_refuses(void **state)
{
	struct fixture *f = *state;
	struct seen seen = {.n = 0};
	struct audit_count count;
	struct err err;

	fixture_write(f, "target", ENTRY("a"));
	assert_int_equal(symlinkat("target", f->home.fd, "audit.log"), 0);
	assert_int_equal(
	    audit_read(&f->home, see, &seen, &count, &err), -EXIT_FAILED);
	assert_int_equal(unlinkat(f->home.fd, "audit.log", 0), 0);
	assert_int_equal(mkfifoat(f->home.fd, "audit.log", 0600), 0);
	assert_int_equal(
	    audit_read(&f->home, see, &seen, &count, &err), -EXIT_FAILED);
	assert_int_equal(seen.n, 0);
}

static void
test_times(void **state)
{
	static const char *const wrong[] = {"", "2026-11-24",
	    "2026-11-24T21:10:08", "2026-11-24T21:10:08z",
	    "2026-11-24 21:10:08Z", "2026-13-24T21:10:08Z",
	    "2026-00-24T21:10:08Z", "2026-11-32T21:10:08Z",
	    "2026-11-00T21:10:08Z", "2026-11-24T24:10:08Z",
	    "2026-11-24T31:10:08Z", "2026-11-24T21:60:08Z",
	    "2026-11-24T21:10:70Z", "2026-11-24T21:10:08Zx"};
	char text[AUDIT_TIME + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(audit_time_is_sound(wrong[i]));
	assert_true(audit_time_is_sound("2026-11-24T23:59:60Z"));
	audit_time(text, 0);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	audit_time(text, 1709208000);
	assert_string_equal(text, "2024-02-29T12:00:00Z");
	audit_time(text, UINT64_C(253402300799));
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_line),
	    EACH(test_injection),
	    EACH(test_together),
	    EACH(test_refuses),
	    EACH(test_cut),
	    EACH(test_read),
	    EACH(test_read_damaged),
	    EACH(test_read_refuses),
	    EACH(test_times),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
