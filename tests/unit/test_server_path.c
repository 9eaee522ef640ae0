/* The server's paths and addresses, before any handler sees them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "src/server/api/access.h"
#include "src/server/api/account.h"
#include "src/server/http/path.h"

static void
refuses(const char *target)
{
	struct path path = PATH_INIT;
	const char *why = NULL;

	if (path_parse(&path, target, &why) == 0)
		fail_msg("'%s' was taken", target);
	assert_non_null(why);
}

static void
test_refused(void **state)
{
	static const char *const targets[] = {"", "api", "//", "/a//b", "/a//",
	    "/.", "/..", "/a/%2e/", "/a/%2E%2e/", "/%00", "/a%00b", "/%", "/%4",
	    "/%zz", "/%ff", "/%c0%af", "/%ed%a0%80", "/a?b=%00", "/a?b=1&b=2",
	    "/1/2/3/4/5/6/7/8/9"};

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		refuses(targets[i]);
}

static void
test_cut_before_decoded(void **state)
{
	AUTO_PATH struct path path = PATH_INIT;
	const char *why = NULL;

	(void)state;
	assert_int_equal(
	    path_parse(&path, "/api/a%2Fb/%C3%A4/?x=1+2%26&y", &why), 0);
	assert_int_equal(path.segments_n, 3);
	assert_string_equal(path.segments[1], "a/b");
	assert_string_equal(path.segments[2], "ä");
	assert_string_equal(path_query(&path, "x"), "1 2&");
	assert_string_equal(path_query(&path, "y"), "");
	assert_null(path_query(&path, "z"));
}

static void
test_email(void **state)
{
	static const char *const bad[] = {"", "a", "@b", "a@", "a@b@c", "a b@c",
	    "ä@b.de", "a@b c", "<a@b.de>", "a\n@b.de", "local:x", "\"a\"@b.de"};
	char out[EMAIL_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(email_normalise(out, bad[i]), -1);
	assert_int_equal(email_normalise(out, " Al.Ice+x@EXAMPLE.com\n"), 0);
	assert_string_equal(out, "al.ice+x@example.com");
}

static void
test_unknown_roles_may_nothing(void **state)
{
	(void)state;
	for (int action = 0; action <= ACTION_END; action++) {
		assert_false(role_may("", (enum action)action));
		assert_false(role_may("root", (enum action)action));
		assert_false(role_may("Owner", (enum action)action));
	}
	assert_false(role_may("owner", ACTION_END));
	assert_true(role_may("owner", ACTION_SECRET_WRITE));
	assert_false(role_may("read_only", ACTION_SECRET_WRITE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_cut_before_decoded),
	    cmocka_unit_test(test_email),
	    cmocka_unit_test(test_unknown_roles_may_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
