/* dotenv: the grammar, what is refused where, and that writing is reading. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/dotenv.h>

static struct secret
secret_of(const char *text, size_t len)
{
	return (struct secret){arena_copy(text, len, NULL), len};
}

static struct dotenv_entry
entry_of(const char *name, const char *value, size_t len)
{
	struct dotenv_entry entry = {.value = secret_of(value, len)};

	snprintf(entry.name, sizeof(entry.name), "%s", name);
	return entry;
}

/* Parse, and show it as "NAME<value>…". */
static void
reads(const char *text, const char *want)
{
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	struct secret source = secret_of(text, strlen(text));
	char got[1024] = "";
	struct err err;

	if (dotenv_parse(&dotenv, &source, "f", &err) != 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < dotenv.n; i++) {
		size_t len = strlen(got);
		const struct secret *value = &dotenv.items[i].value;

		assert_true(arena_holds(value->data, value->len + 1));
		assert_int_equal(value->data[value->len], 0);
		snprintf(got + len, sizeof(got) - len, "%s<%s>",
		    dotenv.items[i].name, (const char *)value->data);
	}
	assert_string_equal(got, want);
}

static void
refuses(const char *text, size_t len, const char *why)
{
	struct dotenv dotenv = {NULL, 7};
	struct secret source = secret_of(text, len);
	struct arena_mark before = arena_mark();
	struct arena_mark after;
	struct err err;

	assert_int_equal(
	    dotenv_parse(&dotenv, &source, ".env", &err), -EXIT_FAILED);
	after = arena_mark();
	assert_memory_equal(&before, &after, sizeof(before));
	assert_string_equal(err.text, why);
	assert_int_equal(dotenv.n, 7);
}

#define REFUSES(text, why) refuses(text, sizeof(text) - 1, why)

static void
test_unquoted(void **state)
{
	(void)state;
	reads("", "");
	reads("\n \t\n# c\n  # d", "");
	reads("A=1\nB=2", "A<1>B<2>");
	reads(" C = 3 ", "C<3>");
	reads("export B=2", "B<2>");
	reads("export \t B=2", "B<2>");
	reads("export=1\nexported=2", "export<1>exported<2>");
	reads("export = 1", "export<1>");
	reads("A=", "A<>");
	reads("A=\nB=", "A<>B<>");
	reads("A=a#b", "A<a#b>");
	reads("A=#b", "A<#b>");
	reads("A=a #b", "A<a>");
	reads("A=a\t# b # c", "A<a>");
	reads("A= # b", "A<>");
	reads("M=x=y", "M<x=y>");
	reads("V=$x ${A} `id` \\n \\", "V<$x ${A} `id` \\n \\>");
	reads("A=it's \"q\"", "A<it's \"q\">");
	reads("\xef\xbb\xbf"
	      "A=1",
	    "A<1>");
	reads("A=1\r\n\r\n#\r\nB=2\r\n", "A<1>B<2>");
	reads("_x9=1", "_x9<1>");
}

static void
test_quoted(void **state)
{
	(void)state;
	reads("A=\"q w\" ", "A<q w>");
	reads("A='s'# c\nB=\"s\" # c", "A<s>B<s>");
	reads("A=''\nB=\"\"", "A<>B<>");
	reads("A='a\\nb\\' # c", "A<a\\nb\\>");
	reads("A=\"a\\nb\\rc\\td\\\"e\\\\f\\$g\"", "A<a\nb\rc\td\"e\\f$g>");
	reads("A=\"\\d \\' \\a\"", "A<\\d \\' \\a>");
	reads("A=\"a\\\\\"", "A<a\\>");
	reads("A=\"a\\\\\\\"b\"", "A<a\\\"b>");
	reads("A=\"a\\\\n\"", "A<a\\n>");
	reads("A=\"x\ny # z\n\"\nB=1", "A<x\ny # z\n>B<1>");
	reads("A='x\n\ny'\nB=1", "A<x\n\ny>B<1>");
	reads("A=\"x\r\ny\"\r\nB='x\r\ny'\r\n", "A<x\ny>B<x\ny>");
	reads("A=`it's \"q\" \\n`", "A<it's \"q\" \\n>");
	reads("A=\"$x ${y} $(z)\"", "A<$x ${y} $(z)>");
}

static void
test_doubled(void **state)
{
	(void)state;
	reads("A=1\nB=2\nA=3\nC=4\nA=5", "B<2>C<4>A<5>");
	reads("A=1\na=2", "A<1>a<2>");
}

static void
test_refused(void **state)
{
	char name[NAME_MAX_BYTES + 4];

	(void)state;
	REFUSES("A=1\nfoo\n",
	    ".env:2:4: not an assignment: '=' is expected "
	    "behind the name");
	REFUSES("export A",
	    ".env:1:9: not an assignment: '=' is expected "
	    "behind the name");
	REFUSES("AA: y",
	    ".env:1:3: not an assignment: '=' is expected behind "
	    "the name");
	REFUSES("A=1\n\n  1N=x",
	    ".env:3:3: not an assignment: NAME=value is expected");
	REFUSES("=x", ".env:1:1: not an assignment: NAME=value is expected");
	REFUSES("O-P=x",
	    ".env:1:2: not an assignment: '=' is expected behind "
	    "the name");
	REFUSES("B=1\nA='x", ".env:2:3: the quote does not end");
	REFUSES("A=\"x\\\"", ".env:1:3: the quote does not end");
	REFUSES("A=\"x\\", ".env:1:3: the quote does not end");
	REFUSES("A=\"", ".env:1:3: the quote does not end");
	REFUSES("A='a' 'b'", ".env:1:7: text behind the closing quote");
	REFUSES("A='it\\'s'\n", ".env:1:8: text behind the closing quote");
	REFUSES("A='x\ny' z", ".env:2:4: text behind the closing quote");
	REFUSES("A=1\nB=x\0y",
	    ".env:2:4: a NUL byte, which no environment "
	    "can hold");
	REFUSES("A=1\rLD_PRELOAD=x",
	    ".env:1:4: a carriage return that ends no line");
	REFUSES(
	    "A='1' #\rB=x", ".env:1:8: a carriage return that ends no line");
	REFUSES(
	    "A=1\n# c\rB=x", ".env:2:4: a carriage return that ends no line");
	REFUSES(
	    "A='x\r\ny\rz'", ".env:2:2: a carriage return that ends no line");
	REFUSES(
	    "A=\"x\r\r\n\"", ".env:1:5: a carriage return that ends no line");
	/* The mark is no column. */
	REFUSES("\xef\xbb\xbf"
		"foo",
	    ".env:1:4: not an assignment: '=' is expected behind the name");
	memset(name, 'A', sizeof(name));
	memcpy(name + NAME_MAX_BYTES + 1, "=x", 3);
	refuses(name, strlen(name),
	    ".env:1:1: the name is longer than 255 "
	    "bytes");
}

static void
test_lines(void **state)
{
	AUTO_DOTENV struct dotenv dotenv = DOTENV_INIT;
	struct secret text = secret_of("\nA='1\n2'\n export B=1", 20);

	(void)state;
	assert_int_equal(dotenv_parse(&dotenv, &text, "f", NULL), 0);
	assert_int_equal(dotenv.items[0].line, 2);
	assert_int_equal(dotenv.items[0].column, 1);
	assert_int_equal(dotenv.items[1].line, 4);
	assert_int_equal(dotenv.items[1].column, 9);
}

/* Write `value` under the name A into `old`, and B=new when `more`. */
static void
becomes(const char *old, const char *value, bool more, const char *want)
{
	struct dotenv_entry entries[] = {
	    entry_of("B", "new", 3), entry_of("A", value, strlen(value))};
	struct secret text = secret_of(old, strlen(old));
	struct secret out = SECRET_INIT;
	struct err err;

	if (dotenv_update(&out, &text, more ? entries : entries + 1,
		more ? 2 : 1, "f", &err) != 0)
		fail_msg("%s", err.text);
	assert_true(arena_holds(out.data, out.len));
	assert_int_equal(out.len, strlen(want));
	assert_memory_equal(out.data, want, out.len);
}

static void
test_forms(void **state)
{
	(void)state;
	becomes("", "", false, "A=\n");
	becomes("", "aZ09_./:@%+,=-", false, "A=aZ09_./:@%+,=-\n");
	becomes("", "a b", false, "A='a b'\n");
	becomes("", "#$\"`\u00e4", false, "A='#$\"`\u00e4'\n");
	becomes("", "C:\\dir", false, "A='C:\\dir'\n");
	becomes("", "it's $x", false, "A=\"it's $x\"\n");
	becomes("", "a\nb\r", false, "A=\"a\\nb\\r\"\n");
	becomes("", "{\n\"k\": 1}", false, "A='{\n\"k\": 1}'\n");
	becomes("", "\\\\host\\", false, "A=\\\\host\\\n");
	becomes("", "say \"it's\"", false, "A=say \"it's\"\n");
	becomes("", "it's C:\\new", false, "A=it's C:\\new\n");
	becomes("", "${ $x ${a:b}", false, "A='${ $x ${a:b}'\n");
	becomes("", "a\nLD_PRELOAD=x", false, "A=\"a\\nLD_PRELOAD=x\"\n");
}

/* Everything but the harmless characters is quoted. */
static void
test_bare_characters(void **state)
{
	static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz"
				   "0123456789_./:@%+,=-";
	(void)state;
	for (int c = 1; c < 128; c++) {
		struct arena_mark mark = arena_mark();
		const char value[] = {'a', (char)c, 'b'};
		struct dotenv_entry entry = entry_of("A", value, 3);
		struct secret none = SECRET_INIT;
		struct secret out = SECRET_INIT;

		assert_int_equal(
		    dotenv_update(&out, &none, &entry, 1, "f", NULL), 0);
		if ((out.data[2] == 'a') != (strchr(bare, c) != NULL))
			fail_msg("byte %d", c);
		arena_rewind(mark);
	}
}

static void
replaces_export(void)
{
	struct dotenv_entry entry = entry_of("export", "v", 1);
	static const char old[] = "export \t= 1\n";
	struct secret text = secret_of(old, sizeof(old) - 1);
	struct secret out = SECRET_INIT;

	assert_int_equal(dotenv_update(&out, &text, &entry, 1, "f", NULL), 0);
	assert_int_equal(out.len, 9);
	assert_memory_equal(out.data, "export=v\n", 9);
}

static void
test_replace(void **state)
{
	(void)state;
	becomes(
	    "# c\nX = 1 # d\n\n", "v", true, "# c\nX = 1 # d\n\nA=v\nB=new\n");
	becomes("X=1", "v", true, "X=1\nA=v\nB=new\n");
	becomes("X=1\r\n", "v", true, "X=1\r\nA=v\r\nB=new\r\n");
	becomes("A=1\r\nX=1", "v w", true, "A='v w'\r\nX=1\r\nB=new\r\n");
	becomes(" export A =  1\nX=1", "v", false, " export A =  v\nX=1");
	becomes("A=1\nX=1\nA='2'\nX=2\n", "v", false, "X=1\nA=v\nX=2\n");
	becomes("A=v\nX=1\nA=2\n", "v", false, "X=1\nA=v\n");
	/* The same value keeps its line. */
	becomes("A=\"v\" # d", "v", false, "A=\"v\" # d");
	/* A comment may be part of an unquoted secret. */
	becomes("A=x # y\n", "v", false, "A=v\n");
	becomes("A='x#y' # y\n", "v", false, "A=v # y\n");
	becomes("A='x'#y\n", "v", false, "A=v #y\n");
	becomes("A='x' # y\n", "", false, "A='' # y\n");
	becomes("A='x' \n", "v", false, "A=v\n");
	becomes("A='x\ny'\nX=1\n", "v", false, "A=v\nX=1\n");
	/* With a blank python-dotenv would read the keyword. */
	replaces_export();
	/* No mark stands before what we write. */
	becomes("\ufeff"
		"A=1\nX=1\n",
	    "v", false, "A=v\nX=1\n");
	becomes("\ufeff"
		"A=1\nX=1\n",
	    "1", false,
	    "\ufeff"
	    "A=1\nX=1\n");
	becomes("\ufeff"
		"# c\nA=1\n",
	    "v", false,
	    "\ufeff"
	    "# c\nA=v\n");
	becomes("\ufeff", "v", false, "A=v\n");
}

static void
removes(const char *old, const char *want)
{
	struct dotenv_entry gone = entry_of("GONE", "", 0);
	struct secret text = secret_of(old, strlen(old));
	struct secret out;
	struct err err;

	gone.removed = true;
	if (dotenv_update(&out, &text, &gone, 1, "f", &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(out.len, strlen(want));
	assert_memory_equal(out.data, want, out.len);
}

static void
test_remove(void **state)
{
	(void)state;
	removes("A=1\nGONE=x\n# c\nGONE='y\nz' # d\nB=2", "A=1\n# c\nB=2");
	removes("A=1\n", "A=1\n");
	removes("", "");
}

static void
test_update_refuses(void **state)
{
	struct dotenv_entry name = entry_of("A\nB", "x", 1);
	struct dotenv_entry good = entry_of("A", "x", 1);
	struct secret none = SECRET_INIT;
	struct secret bad = secret_of("junk", 4);
	struct secret out = SECRET_INIT;
	struct err err;

	(void)state;
	assert_int_equal(
	    dotenv_update(&out, &none, &name, 1, "f", &err), -EXIT_FAILED);
	assert_int_equal(
	    dotenv_update(&out, &bad, &good, 1, "f", &err), -EXIT_FAILED);
	assert_non_null(strstr(err.text, "f:1:5: "));
	assert_null(out.data);
}

static void
unwritable(const char *value, size_t len, const char *want)
{
	struct dotenv_entry entries[] = {
	    entry_of("A", value, len), entry_of("B", "x", 1)};
	struct secret text = secret_of("A=old\n", 6);
	struct secret out = SECRET_INIT;
	const char *why = dotenv_unwritable(&entries[0].value);
	char line[256];
	struct err err;

	if (why == NULL || strcmp(why, want) != 0)
		fail_msg("'%s', not '%s'", why, want);
	assert_int_equal(
	    dotenv_update(&out, &text, entries, 2, "f", &err), -EXIT_FAILED);
	snprintf(line, sizeof(line),
	    "'A' cannot be written to 'f' so that every reader reads the same: "
	    "%s",
	    want);
	assert_string_equal(err.text, line);
	assert_null(out.data);
	/* To take it out needs no form. */
	entries[0].removed = true;
	assert_int_equal(dotenv_update(&out, &text, entries, 2, "f", &err), 0);
	assert_memory_equal(out.data, "B=x\n", 4);
}

#define UNWRITABLE(text, want) unwritable(text, sizeof(text) - 1, want)

static void
test_unwritable(void **state)
{
	static const char expands[] =
	    "it holds ${...}, which python-dotenv expands";
	static const char quotes[] =
	    "no quotes hold its quotes, backslashes or line ends";

	(void)state;
	UNWRITABLE("x\0y", "it holds a NUL byte");
	UNWRITABLE("\xff", "it is not UTF-8");
	UNWRITABLE("\xed\xa0\x80", "it is not UTF-8");
	UNWRITABLE("${A}", expands);
	UNWRITABLE("a ${}", expands);
	UNWRITABLE("${A:-}", expands);
	UNWRITABLE("${a\n b:-\n c:}", expands);
	UNWRITABLE("${a:b ${c}", expands);
	UNWRITABLE("\"it's\"", quotes);
	UNWRITABLE(" \\", quotes);
	UNWRITABLE("it's \"x\"\ny", quotes);
	UNWRITABLE("a\\\rb", quotes);
	UNWRITABLE("it's \"#\"", quotes);
	UNWRITABLE("it's \"x\" ", quotes);
	UNWRITABLE("it's \"\u2028'x'", quotes);
}

/* Many beginnings of a variable take no time that grows with their square. */
static void
test_unwritable_large(void **state)
{
	enum { N = 131000 };
	struct secret value = {arena_alloc(N, NULL), N};
	clock_t begin = clock();

	(void)state;
	for (size_t i = 0; i + 1 < N; i += 2)
		memcpy(value.data + i, "${", 2);
	assert_null(dotenv_unwritable(&value));
	memcpy(value.data + N - 4, ":x}y", 4);
	assert_null(dotenv_unwritable(&value));
	assert_true(clock() - begin < CLOCKS_PER_SEC);
}

/* What has the value is not written, so it is not refused either. */
static void
test_unwritable_kept(void **state)
{
	(void)state;
	becomes("A=\"\\\\\" # c\n", "\\", true, "A=\"\\\\\" # c\nB=new\n");
	becomes("A=${X}\n", "${X}", true, "A=${X}\nB=new\n");
	becomes("A=`'\"\n`\n", "'\"\n", true, "A=`'\"\n`\nB=new\n");
}

static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void
random_value(char *out, size_t len, uint32_t *seed)
{
	static const char nasty[] = "\"'`\\\\\n\r\t #$={}nrab\xc3\xa4\xff";

	for (size_t i = 0; i < len; i++) {
		uint32_t r = next_random(seed);

		out[i] = r % 8 == 0 ? (char)(r >> 8 & 0xff)
				    : nasty[(r >> 8) % (sizeof(nasty) - 1)];
		if (out[i] == '\0')
			out[i] = 'x';
	}
}

/* What is written is read back, whatever stood there before. */
static void
test_round_trip(void **state)
{
	enum { N = 5, ROUNDS = 20000 };
	const char *const names[N] = {"E", "D", "C", "B", "A"};
	uint32_t seed = 2463534242;
	struct secret text = SECRET_INIT;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		AUTO_DOTENV struct dotenv read = DOTENV_INIT;
		struct arena_mark mark = arena_mark();
		struct dotenv_entry entries[N];
		struct secret old = text;
		char value[24];
		char kept[4096];

		for (size_t i = 0; i < N; i++) {
			size_t len = next_random(&seed) % sizeof(value);

			do {
				random_value(value, len, &seed);
				entries[i] = entry_of(names[i], value, len);
				len -= len > 0;
			} while (dotenv_unwritable(&entries[i].value) != NULL);
		}
		/* Every tenth text is written into nothing. */
		if (round % 10 == 0)
			old.len = 0;
		assert_int_equal(
		    dotenv_update(&text, &old, entries, N, "f", NULL), 0);
		assert_int_equal(dotenv_parse(&read, &text, "f", NULL), 0);
		assert_int_equal(read.n, N);
		for (size_t i = 0; i < N; i++) {
			const struct dotenv_entry *got = &read.items[N - 1 - i];

			assert_string_equal(got->name, entries[i].name);
			assert_int_equal(got->value.len, entries[i].value.len);
			if (got->value.len > 0)
				assert_memory_equal(got->value.data,
				    entries[i].value.data, got->value.len);
		}
		assert_in_range(text.len, 1, sizeof(kept));
		memcpy(kept, text.data, text.len);
		arena_rewind(mark);
		text = secret_of(kept, text.len);
	}
}

/* 20,000 lines and 32 MiB take no time that grows with their square. */
static void
test_large(void **state)
{
	AUTO_DOTENV struct dotenv read = DOTENV_INIT;
	struct dotenv_entry *entries = calloc(SECRETS_MAX, sizeof(*entries));
	char *value = malloc(1500);
	struct secret text = SECRET_INIT;
	struct secret again = SECRET_INIT;
	clock_t begin;

	(void)state;
	assert_non_null(entries);
	assert_non_null(value);
	memset(value, '\'', 1500);
	for (size_t i = 0; i < SECRETS_MAX; i++) {
		snprintf(entries[i].name, sizeof(entries[i].name), "N%zu", i);
		entries[i].value = secret_of(value, 1500);
	}
	begin = clock();
	assert_int_equal(
	    dotenv_update(&text, &text, entries, SECRETS_MAX, "f", NULL), 0);
	assert_int_equal(
	    dotenv_update(&again, &text, entries, SECRETS_MAX, "f", NULL), 0);
	assert_int_equal(dotenv_parse(&read, &again, "f", NULL), 0);
	assert_true(clock() - begin < 10 * CLOCKS_PER_SEC);
	assert_int_equal(read.n, SECRETS_MAX);
	snprintf(entries[0].name, sizeof(entries[0].name), "ONE_MORE");
	assert_int_equal(
	    dotenv_update(&again, &text, entries, 1, "f", NULL), -EXIT_FAILED);
	free(entries);
	free(value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unquoted),
	    cmocka_unit_test(test_quoted),
	    cmocka_unit_test(test_doubled),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_bare_characters),
	    cmocka_unit_test(test_replace),
	    cmocka_unit_test(test_remove),
	    cmocka_unit_test(test_update_refuses),
	    cmocka_unit_test(test_unwritable),
	    cmocka_unit_test(test_unwritable_large),
	    cmocka_unit_test(test_unwritable_kept),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_large),
	};
	int failed = cmocka_run_group_tests_name("dotenv", tests, NULL, NULL);

	arena_end();
	return failed;
}
