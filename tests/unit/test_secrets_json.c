/* secrets_json: texts only, to the byte, and in the arena. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/json.h>
#include <agentsecrets/secrets_json.h>
#include <agentsecrets/text.h>

static struct secret
secret_of(const char *text, size_t len)
{
	return (struct secret){arena_copy(text, len, NULL), len};
}

/* Parse, and show it as "NAME:LINE<value>…". */
static void
reads(const char *text, const char *want)
{
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	struct secret source = secret_of(text, strlen(text));
	char got[1024] = "";
	struct err err;

	if (secrets_json_parse(&dotenv, &source, "f", &err) != 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < dotenv.n; i++) {
		const struct secret *value = &dotenv.items[i].value;
		size_t len = strlen(got);

		assert_true(arena_holds(value->data, value->len + 1));
		assert_int_equal(value->data[value->len], 0);
		assert_false(dotenv.items[i].removed);
		snprintf(got + len, sizeof(got) - len, "%s:%zu<%s>",
		    dotenv.items[i].name, dotenv.items[i].line,
		    (const char *)value->data);
	}
	assert_string_equal(got, want);
}

static void
refuses(const char *text, const char *why)
{
	struct dotenv dotenv = {NULL, 7};
	struct secret source = secret_of(text, strlen(text));
	struct arena_mark before = arena_mark();
	struct arena_mark after;
	struct err err;

	assert_int_equal(
	    secrets_json_parse(&dotenv, &source, "f", &err), -EXIT_FAILED);
	if (strstr(err.text, why) == NULL)
		fail_msg("'%s' is not '%s'", err.text, why);
	assert_null(strstr(err.text, "SECRET"));
	assert_int_equal(dotenv.n, 7);
	after = arena_mark();
	assert_int_equal(before.used, after.used);
}

static void
test_texts(void **state)
{
	(void)state;
	reads("{}", "");
	reads(" \t\r\n{ \n }\n", "");
	reads("{\"A\":\"1\"}", "A:1<1>");
	reads("{\n \"A\" : \"\" ,\n\n\"b_2\":\"x y\"\n}\n", "A:2<>b_2:4<x y>");
	/* As it stands; who uses it sees that it is doubled. */
	reads("{\"A\":\"1\",\"A\":\"2\"}", "A:1<1>A:1<2>");
	reads("{\"\\u0041B\":\"x\"}", "AB:1<x>");
}

static void
test_columns(void **state)
{
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	static const char text[] = "{\"A\":\"x\",\n  \"B\":\"\", \"C\":\"\"}";
	struct secret source = secret_of(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(secrets_json_parse(&dotenv, &source, "f", NULL), 0);
	assert_int_equal(dotenv.items[0].column, 2);
	assert_int_equal(dotenv.items[1].column, 3);
	assert_int_equal(dotenv.items[2].column, 11);
}

static void
test_escapes(void **state)
{
	(void)state;
	reads("{\"A\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "A:1<\"\\/\b\f\n\r\t>");
	reads("{\"A\":\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\uffff\"}",
	    "A:1<\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf>");
	reads("{\"A\":\"\\ud800\\udc00\\uDBFF\\uDFFF\"}",
	    "A:1<\xf0\x90\x80\x80\xf4\x8f\xbf\xbf>");
	reads("{\"A\":\"\xc3\xa4\\\\u0041\"}", "A:1<\xc3\xa4\\u0041>");
}

static void
test_refused(void **state)
{
	(void)state;
	refuses("", "f:1:1: it is not sound JSON: it ends too early");
	refuses("{\"A\":\"SECRET\"}\n x",
	    "f:2:2: it is not sound JSON: there is "
	    "something after its end");
	refuses("{\n\"A\":\"SECRET",
	    "f:2:5: it is not sound JSON: a string does "
	    "not end");
	refuses("{\"A\":\"SECRET\",}", "f:1:15: it is not sound JSON");
	refuses("{\"A\":\"\\u0000SECRET\"}", "\\u0000");
	refuses("{\"A\":\"\\ud800SECRET\"}", "surrogate");
	refuses("{\"A\":\"SECRET\xff\"}",
	    "f:1:13: it is not sound JSON: it is not UTF-8");
	refuses("{\"A\":\"SEC\nRET\"}",
	    "f:1:10: it is not sound JSON: a control character");
	refuses("\n [\"SECRET\"]", "f:2:2: it is no JSON object");
	refuses("\"SECRET\"", "f:1:1: it is no JSON object");
	refuses("{\n\"OK\":\"SECRET\",\n\"A\":1}",
	    "f:3:5: the value of 'A' is a number, not a text");
	refuses("{\"A\":-1.5e3}", "'A' is a number");
	refuses("{\"A\":true}", "'A' is a truth value");
	refuses("{\"A\":false}", "'A' is a truth value");
	refuses("{\"A\":null}", "'A' is null");
	refuses("{\"A\":[\"SECRET\"]}", "'A' is a list");
	refuses("{\"A\":{\"B\":\"SECRET\"}}", "'A' is an object");
	refuses("{\"1A\":\"SECRET\"}", "f:1:2: '1A' is not the name");
	refuses("{\"\":\"SECRET\"}", "f:1:2: '' is not the name");
	refuses("{\"A-B\":\"SECRET\"}", "'A-B' is not the name");
	refuses("{\"A=SECRET\":\"x\"}", "'A' is not the name");
	refuses("{\"A\\nB\":\"SECRET\"}", "is not the name");
}

static void
test_long_names(void **state)
{
	char text[600];

	(void)state;
	snprintf(text, sizeof(text), "{\"%0255d\":\"SECRET\"}", 0);
	refuses(text, "is not the name"); /* It begins with 0. */
	memset(text + 2, 'A', 255);
	text[257] = '"';
	{
		AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
		struct secret source = secret_of(text, strlen(text));

		assert_int_equal(
		    secrets_json_parse(&dotenv, &source, "f", NULL), 0);
		assert_int_equal(strlen(dotenv.items[0].name), 255);
	}
	snprintf(text, sizeof(text), "{\"%0256d\":\"SECRET\"}", 0);
	refuses(text, "more than 255 characters");
}

static void
test_many(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	struct arena_mark mark = arena_mark();
	struct secret source;

	(void)state;
	assert_int_equal(buf_append_text(&text, "{\"A\":\"1\""), 0);
	for (int i = 1; i < SECRETS_MAX; i++)
		assert_int_equal(buf_printf(&text, ",\"N%d\":\"x\"", i), 0);
	source = (struct secret){text.data, text.len};
	text.data[text.len++] = '}';
	source.len++;
	assert_int_equal(secrets_json_parse(&dotenv, &source, "f", NULL), 0);
	assert_int_equal(dotenv.n, SECRETS_MAX);
	arena_rewind(mark);
	text.len--;
	assert_int_equal(buf_append_text(&text, ",\"B\":\"1\"}"), 0);
	refuses(buf_text_view(&text), "more than 20000 names");
}

static void
test_print(void **state)
{
	struct dotenv_entry entries[3] = {
	    {.name = "A"}, {.name = "b"}, {.name = "C"}};
	struct secret out = SECRET_INIT;
	struct err err;

	(void)state;
	assert_int_equal(secrets_json_print(&out, entries, 0, &err), 0);
	assert_string_equal((const char *)out.data, "{}\n");
	entries[0].value = secret_of("a\"\\/\b\f\n\r\t\x01\x7f", 11);
	entries[1].value =
	    secret_of("\xc3\xa4\xc2\x9b\xe2\x80\xae\xf0\x9f\x98\x80", 11);
	assert_int_equal(secrets_json_print(&out, entries, 3, &err), 0);
	assert_true(arena_holds(out.data, out.len));
	assert_string_equal((const char *)out.data,
	    "{\n  \"A\": \"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\",\n"
	    "  \"b\": \"\xc3\xa4\\u009b\\u202e\xf0\x9f\x98\x80\",\n"
	    "  \"C\": \"\"\n}\n");
	out = (struct secret)SECRET_INIT;
	entries[1].value = secret_of("SECRET\xff", 7);
	assert_int_equal(
	    secrets_json_print(&out, entries, 3, &err), -EXIT_FAILED);
	assert_non_null(strstr(err.text, "the value of 'b' is not UTF-8"));
	assert_non_null(strstr(err.hint, "get b"));
	assert_null(strstr(err.text, "SECRET"));
	entries[1].value = secret_of("a\0b", 3);
	assert_int_equal(
	    secrets_json_print(&out, entries, 3, &err), -EXIT_FAILED);
	assert_null(out.data);
}

static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Characters of every length, and all that has an escape. */
static size_t
random_text(char *out, size_t pieces, uint32_t *seed)
{
	static const char *const texts[] = {"\"", "\\", "/", "\b", "\f", "\n",
	    "\r", "\t", "\x01", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f",
	    "\xc3\xa4", "\xdf\xbf", "\xe0\xa0\x80", "\xe2\x80\xae",
	    "\xef\xbb\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
	    "\xf4\x8f\xbf\xbf", "u", "n", "x", "{", "}", ",", ":"};
	size_t len = 0;

	for (size_t i = 0; i < pieces; i++) {
		const char *text = texts[next_random(seed) %
		    (sizeof(texts) / sizeof(texts[0]))];

		memcpy(out + len, text, strlen(text));
		len += strlen(text);
	}
	return len;
}

/* What is written is read back, by us and by cJSON. */
static void
test_round_trip(void **state)
{
	enum { N = 4, ROUNDS = 20000 };
	uint32_t seed = 2463534242;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		AUTO_DOTENV struct dotenv read = DOTENV_INIT;
		AUTO_JSON cJSON *json = NULL;
		struct arena_mark mark = arena_mark();
		struct dotenv_entry entries[N] = {{.name = "A"}, {.name = "B"},
		    {.name = "c"}, {.name = "D_4"}};
		struct secret text;

		for (size_t i = 0; i < N; i++) {
			char value[128];
			size_t len =
			    random_text(value, next_random(&seed) % 24, &seed);

			entries[i].value = secret_of(value, len);
		}
		assert_int_equal(
		    secrets_json_print(&text, entries, N, NULL), 0);
		assert_int_equal(
		    secrets_json_parse(&read, &text, "f", NULL), 0);
		assert_int_equal(json_parse(&json, (const char *)text.data,
				     text.len, "f", NULL),
		    0);
		assert_int_equal(read.n, N);
		for (size_t i = 0; i < N; i++) {
			const struct dotenv_entry *got = &read.items[i];
			const char *want = (const char *)entries[i].value.data;

			assert_string_equal(got->name, entries[i].name);
			assert_int_equal(got->line, i + 2);
			assert_int_equal(got->value.len, entries[i].value.len);
			assert_memory_equal(
			    got->value.data, want, got->value.len + 1);
			assert_string_equal(
			    json_get_text(json, entries[i].name), want);
		}
		arena_rewind(mark);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_print),
	    cmocka_unit_test(test_round_trip),
	};
	int failed =
	    cmocka_run_group_tests_name("secrets_json", tests, NULL, NULL);

	arena_end();
	return failed;
}
