/* text: what reaches a terminal, and the questions asked of foreign bytes. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/nearest.h>
#include <agentsecrets/text.h>

static void
shows(const char *in, const char *want)
{
	char out[256];

	text_printable(out, sizeof(out), in, strlen(in), 60);
	assert_string_equal(out, want);
}

static void
test_printable(void **state)
{
	(void)state;
	shows("plain äöü", "plain äöü");
	shows("\033]52;c;x\007", "\\u{1b}]52;c;x\\u{7}");
	shows("a\nb\rc\t", "a\\u{a}b\\u{d}c\\u{9}");
	shows("\xc2\x9b"
	      "31m",
	    "\\u{9b}31m");
	shows("\xe2\x80\xae"
	      "evil",
	    "\\u{202e}evil");
	shows("\xff\xfe", "\\xff\\xfe");
	shows("\xed\xa0\x80", "\\xed\\xa0\\x80");
	shows("\xc0\xaf", "\\xc0\\xaf");
}

static void
test_printable_is_cut(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(text_printable(out, sizeof(out), "abcdef", 6, 3), 6);
	assert_string_equal(out, "abc…");
	text_printable(out, 4, "ab\033", 3, 60);
	assert_string_equal(out, "ab");
}

static void
test_uuid(void **state)
{
	(void)state;
	assert_true(text_is_uuid("3fa85f64-5717-4562-b3fc-2c963f66afa6"));
	assert_false(text_is_uuid("3FA85F64-5717-4562-b3fc-2c963f66afa6"));
	assert_false(text_is_uuid("3fa85f64-5717-4562-b3fc-2c963f66afa"));
	assert_false(text_is_uuid("3fa85f64-5717-4562-b3fc-2c963f66afa6/"));
	assert_false(text_is_uuid("../../../../etc/passwd-aaaaaaaaaaaaa"));
	assert_false(text_is_uuid(NULL));
}

static void
test_numbers(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(text_parse_u64("0", 10, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(text_parse_u64("10", 10, &n), 0);
	assert_int_equal(n, 10);
	assert_int_equal(text_parse_u64("11", 10, &n), -1);
	assert_int_equal(text_parse_u64("", 10, &n), -1);
	assert_int_equal(text_parse_u64("-1", 10, &n), -1);
	assert_int_equal(text_parse_u64("01", 10, &n), -1);
	assert_int_equal(text_parse_u64("1 ", 10, &n), -1);
	assert_int_equal(
	    text_parse_u64("18446744073709551615", UINT64_MAX, &n), 0);
	assert_int_equal(
	    text_parse_u64("18446744073709551616", UINT64_MAX, &n), -1);
}

static void
test_duration(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} good[] = {{"0", 0}, {"90", 90}, {"90s", 90}, {"30m", 1800},
	    {"12h", 43200}, {"7d", 604800}, {"2w", 1209600}, {"0h", 0},
	    {"36500d", UINT64_C(3153600000)}};
	static const char *const bad[] = {"", "h", "-1", "1.5h", "1 h", "h1",
	    "12H", "1h30m", "01h", "36501d", "18446744073709551615",
	    "99999999999999999999h"};
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(text_parse_duration(good[i].text, &n), 0);
		assert_int_equal(n, good[i].seconds);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(text_parse_duration(bad[i], &n), -1);
}

static void
test_hex(void **state)
{
	uint8_t bytes[2];
	char text[5];

	(void)state;
	assert_int_equal(text_hex_decode(bytes, 2, "0aFf"), 0);
	text_hex_encode(text, bytes, 2);
	assert_string_equal(text, "0aff");
	assert_int_equal(text_hex_decode(bytes, 2, "0af"), -1);
	assert_int_equal(text_hex_decode(bytes, 2, "0aFg"), -1);
	assert_int_equal(text_hex_decode(bytes, 2, "0aFf0"), -1);
}

static void
test_before_equals(void **state)
{
	(void)state;
	assert_int_equal(text_before_equals("NAME=a=b"), 4);
	assert_int_equal(text_before_equals("NAME"), 4);
	assert_int_equal(text_before_equals("=a"), 0);
	assert_int_equal(text_before_equals(""), 0);
}

static void
suggests(const char *wanted, const char *found)
{
	static const char *const words[] = {
	    "set", "get", "list", "delete", "environment", "STRIPE_KEY"};
	struct nearest nearest = {.wanted = wanted};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		nearest_offer(&nearest, words[i]);
	assert_string_equal(nearest.found, found);
}

static void
test_nearest(void **state)
{
	char longest[NEAREST_MAX + 2];

	(void)state;
	suggests("sett", "set");	      /* one too many */
	suggests("lst", "list");	      /* left out */
	suggests("lits", "list");	      /* swapped */
	suggests("DELETE", "delete");	      /* case */
	suggests("enviromet", "environment"); /* two */
	suggests("enviromt", "");	      /* three */
	suggests("stripe_ky", "STRIPE_KEY");
	suggests("let", "set"); /* the first of two */
	suggests("ge", "");	/* too short to tell */
	suggests("", "");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	suggests(longest, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_printable),
	    cmocka_unit_test(test_printable_is_cut),
	    cmocka_unit_test(test_uuid),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_duration),
	    cmocka_unit_test(test_hex),
	    cmocka_unit_test(test_before_equals),
	    cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
