/* identity: the canonical forms of A1, and the password policy. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	return crypto_init(&err);
}

static int
tear_down(void **state)
{
	(void)state;
	arena_end();
	return 0;
}

/* ---- Origins ------------------------------------------------------------- */

static const char *const origins[][2] = {
    {"HTTPS://Secrets.Example.com:443/api/", "https://secrets.example.com"},
    {"https://secrets.example.com", "https://secrets.example.com"},
    {"https://secrets.example.com/", "https://secrets.example.com"},
    {"https://secrets.example.com:8443", "https://secrets.example.com:8443"},
    {"https://secrets.example.com:80", "https://secrets.example.com:80"},
    {"https://h:65535/a/b", "https://h:65535"},
    {"https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"},
    {"https://[2001:0db8:0:0:0:0:0:1]", "https://[2001:db8::1]"},
    {"https://[::1]:443", "https://[::1]"},
    {"https://192.0.2.1/", "https://192.0.2.1"},
    {"https://xn--exmple-cua.com", "https://xn--exmple-cua.com"},
    {"https://a-b.c1.example", "https://a-b.c1.example"},
    {"http://127.0.0.1", "http://127.0.0.1"},
    {"http://127.0.0.1:80/api", "http://127.0.0.1"},
    {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
    {"http://[::1]:443", "http://[::1]:443"},
    {"http://[0:0:0:0:0:0:0:1]", "http://[::1]"},
    {"HTTP://LocalHost:3000/", "http://localhost:3000"},
};

static void
test_origins(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(origins); i++) {
		char out[URL_MAX_BYTES + 1];
		char again[URL_MAX_BYTES + 1];
		struct err err = {0};

		if (origin_canonical(out, origins[i][0], &err) < 0)
			fail_msg("'%s': %s", origins[i][0], err.text);
		assert_string_equal(out, origins[i][1]);
		assert_int_equal(origin_canonical(again, out, &err), 0);
		assert_string_equal(again, out);
	}
}

static const char *const no_origins[] = {
    "https://u@h",
    "https://u:password@h",
    "https://h.",
    "https://secrets.example.com./",
    "https://exämple.com",
    "https://h?x=1",
    "https://h/#top",
    "https://h/?x=1",
    "https://",
    "https:///api",
    "https://:443",
    "https://h:",
    "https://h:0",
    "https://h:65536",
    "https://h:0443",
    "https://h:-1",
    "https://h:44x",
    "https://h:443:443",
    "https://.h",
    "https://a..b",
    "https://-a.b",
    "https://a-.b",
    "https://a_b.example",
    "https://a%2eb.example",
    "https://good.example\\.evil.example",
    "https://a b",
    "https://a\n",
    "https://127.1",
    "https://127.0.0.01",
    "https://2130706433",
    "https://0x7f.0.0.1",
    "https://0x7f000001",
    "https://256.1.1.1",
    "https://1.2.3.4.5",
    "https://[::1",
    "https://::1",
    "https://[::1]x",
    "https://[fe80::1%25eth0]",
    "https://[]",
    "https://[h]",
    "https://[127.0.0.1]",
    "secrets.example.com",
    "//secrets.example.com",
    "ftp://secrets.example.com",
    "httpss://secrets.example.com",
    "https//secrets.example.com",
    "https:/secrets.example.com",
    "",
    "http://secrets.example.com",
    "http://127.0.0.2",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://[::2]",
    "http://[::ffff:127.0.0.1]",
};

static void
test_no_origins(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(no_origins); i++) {
		char out[URL_MAX_BYTES + 1] = "as it was";
		struct err err = {0};

		if (origin_canonical(out, no_origins[i], &err) != -EXIT_USAGE)
			fail_msg("'%s' is taken as '%s'", no_origins[i], out);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_string_equal(out, "as it was");
		/* What stands in front of an '@' may be a password. */
		assert_null(strstr(err.text, "password@"));
	}
}

static void
test_plain_http(void **state)
{
	char out[URL_MAX_BYTES + 1];
	struct err err;

	(void)state;
	assert_int_equal(origin_canonical(out, "http://h", &err), -EXIT_USAGE);
	assert_string_equal(err.text, "'http://h' is not encrypted");
	assert_string_equal(
	    err.hint, "use https; http is for a server on this machine only");
}

static void
test_long_origins(void **state)
{
	char url[URL_MAX_BYTES + 2] = "https://";
	char out[URL_MAX_BYTES + 1];
	struct err err;

	(void)state;
	for (size_t i = 8; i <= URL_MAX_BYTES; i++)
		url[i] = i % 50 == 7 ? '.' : 'a';
	assert_int_equal(origin_canonical(out, url, &err), -EXIT_USAGE);
	url[URL_MAX_BYTES] = '\0';
	assert_int_equal(origin_canonical(out, url, &err), 0);
	assert_string_equal(out, url);
	/* A label has 63 characters. */
	assert_int_equal(snprintf(url, sizeof(url), "https://%.64s.example",
			     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
	    80);
	assert_int_equal(origin_canonical(out, url, &err), -EXIT_USAGE);
}

/* ---- E-mail -------------------------------------------------------------- */

static void
test_emails(void **state)
{
	static const char *const rows[][2] = {
	    {"alice@example.com", "alice@example.com"},
	    {"  Alice@Example.COM\r\n", "alice@example.com"},
	    {"a@b", "a@b"},
	    {"A.b+tag@sub.example.com", "a.b+tag@sub.example.com"},
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char out[EMAIL_MAX + 1];
		struct err err;

		assert_int_equal(email_canonical(out, rows[i][0], &err), 0);
		assert_string_equal(out, rows[i][1]);
	}
}

static void
test_no_emails(void **state)
{
	static const char *const rows[] = {"", "   ", "a@", "@b", "@bc", "ab@",
	    "abc", "a@b@c", "alice@exämple.com", "a b@c", "a\t@b", "a\x7f@b",
	    "a\xff@b"};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		char out[EMAIL_MAX + 1] = "as it was";
		struct err err = {0};

		if (email_canonical(out, rows[i], &err) != -EXIT_USAGE)
			fail_msg("'%s' is taken as '%s'", rows[i], out);
		assert_string_equal(out, "as it was");
		assert_string_not_equal(err.text, "");
	}
}

static void
test_long_emails(void **state)
{
	char email[EMAIL_MAX + 2];
	char out[EMAIL_MAX + 1];
	struct err err;

	(void)state;
	memset(email, 'a', sizeof(email));
	email[1] = '@';
	email[EMAIL_MAX + 1] = '\0';
	assert_int_equal(email_canonical(out, email, &err), -EXIT_USAGE);
	email[EMAIL_MAX] = '\0';
	assert_int_equal(email_canonical(out, email, &err), 0);
	assert_string_equal(out, email);
}

/* ---- Passwords ----------------------------------------------------------- */

static int
check(const char *text, size_t len, const char *email, struct err *err)
{
	struct arena_mark mark = arena_mark();
	struct secret password = {arena_copy(text, len, err), len};
	int rc;

	assert_non_null(password.data);
	*err = (struct err){0};
	rc = password_check(&password, email, err);
	arena_rewind(mark);
	return rc;
}

static void
assert_allowed(const char *text, const char *email)
{
	struct err err;

	if (check(text, strlen(text), email, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
}

static void
assert_refused(const char *text, size_t len, const char *email, const char *why)
{
	struct err err;

	assert_int_equal(check(text, len, email, &err), -EXIT_USAGE);
	assert_non_null(strstr(err.text, why));
	if (len > 3)
		assert_null(strstr(err.text, text));
}

#define REFUSED(text, email, why)                                              \
	assert_refused(text, sizeof(text) - 1, email, why)

static void
test_passwords(void **state)
{
	(void)state;
	assert_allowed("correct horse battery staple", "alice@example.com");
	assert_allowed("abcdeabcdeab", "");
	assert_allowed("abcde       ", "");
	/* Characters count, not bytes. */
	assert_allowed("äöüßéäöüßéäö", "");
	assert_allowed("with ali inside", "ali@example.com");
	assert_allowed("alice is no local part", "");
	assert_allowed("alice is no local part", "local:alice");
	REFUSED("", "", "too short");
	REFUSED("abcdeabcdea", "", "needs 12 characters");
	REFUSED("äöüßéäöüßéä", "", "needs 12 characters");
	REFUSED("abcdabcdabcdabcd", "", "5 different");
	REFUSED("aaaaaaaaaaaaaaaaaaaaaaa", "", "5 different");
	REFUSED("my name is alice!", "alice@example.com", "e-mail");
	REFUSED("my name is ALICE!", "alice@example.com", "e-mail");
	REFUSED("alice is my name", "alice@example.com", "e-mail");
	REFUSED("abcdeabcdeab\xff", "", "UTF-8");
	REFUSED("abcdeabcdeab\xed\xa0\x80", "", "UTF-8");
	REFUSED("abcdeab\0cdeab", "", "zero byte");
}

static void
test_long_passwords(void **state)
{
	char text[PASSWORD_MAX + 1];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	assert_int_equal(check(text, PASSWORD_MAX, "", &err), 0);
	assert_int_equal(check(text, PASSWORD_MAX + 1, "", &err), -EXIT_USAGE);
	assert_string_equal(err.text, "the password is longer than 1024 bytes");
}

static void
test_generated(void **state)
{
	struct secret first = SECRET_INIT;
	struct secret second = SECRET_INIT;
	struct err err;

	(void)state;
	assert_int_equal(password_generate(&first, &err), 0);
	assert_int_equal(password_generate(&second, &err), 0);
	assert_int_equal(first.len, 19);
	assert_true(arena_holds(first.data, 20));
	assert_string_not_equal((char *)first.data, (char *)second.data);
	for (size_t i = 0; i < first.len; i++) {
		const char *possible =
		    i % 5 == 4 ? "-" : "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

		assert_non_null(strchr(possible, first.data[i]));
	}
	assert_int_equal(password_check(&first, "alice@example.com", &err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_origins),
	    cmocka_unit_test(test_no_origins),
	    cmocka_unit_test(test_plain_http),
	    cmocka_unit_test(test_long_origins),
	    cmocka_unit_test(test_emails),
	    cmocka_unit_test(test_no_emails),
	    cmocka_unit_test(test_long_emails),
	    cmocka_unit_test(test_passwords),
	    cmocka_unit_test(test_long_passwords),
	    cmocka_unit_test(test_generated),
	};

	return cmocka_run_group_tests_name(
	    "identity", tests, set_up, tear_down);
}
