/* resolve: what a person, or nobody, says about names with two values. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/flow/resolve.h"

/* What is typed, line by line; NULL is the end of the input. */
static const char *const *typed;
static bool is_person;
static char shown[4096]; /* notices and questions */
static size_t asked;

static bool
is_there(void)
{
	return is_person;
}

static int
line(const char *prompt, char *out, size_t out_len, struct err *err)
{
	size_t used = strlen(shown);

	asked++;
	snprintf(shown + used, sizeof(shown) - used, "%s\n", prompt);
	if (*typed == NULL)
		return err_set(err, EXIT_FAILED, "no answer was given");
	if (strlen(*typed) >= out_len) {
		typed++;
		return err_set(err, EXIT_USAGE, "the answer is too long");
	}
	snprintf(out, out_len, "%s", *typed++);
	return 0;
}

static void
notice(const char *text)
{
	size_t used = strlen(shown);

	snprintf(shown + used, sizeof(shown) - used, "%s\n", text);
}

static const struct asker asker = {.is_there = is_there, .line = line};
static const struct caller caller = {.ask = &asker, .notice = notice};

static const struct resolve_words words = {
    .what = "two values", .ours = "o", .theirs = "t", .hint = "say which"};

static void
fill(struct names *names, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const char name[] = {*letters, '\0'};

		assert_int_equal(names_add(names, name), 0);
	}
}

/* @param want  a letter a name: o, t, or anything else for undecided */
static void
expect(const struct resolver *resolver, const char *letters, const char *want)
{
	for (; *letters != '\0'; letters++, want++) {
		const char name[] = {*letters, '\0'};
		enum resolution choice = resolver_choice(resolver, name);

		assert_int_equal(choice == RESOLVE_OURS, *want == 'o');
		assert_int_equal(choice == RESOLVE_THEIRS, *want == 't');
	}
}

static int
decide(struct resolver *resolver, const char *letters,
    const char *const *answers, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;

	fill(&names, letters);
	typed = answers;
	asked = 0;
	shown[0] = '\0';
	return resolver_decide(resolver, &names, &caller, err);
}

static void
test_flags(void **state)
{
	AUTO_RESOLVER struct resolver ours =
	    RESOLVER_INIT(RESOLVE_OURS, &words);
	AUTO_RESOLVER struct resolver theirs =
	    RESOLVER_INIT(RESOLVE_THEIRS, &words);
	struct err err;

	(void)state;
	is_person = true;
	assert_int_equal(decide(&ours, "AB", NULL, &err), 0);
	expect(&ours, "ABC", "ooo");
	assert_int_equal(decide(&theirs, "AB", NULL, &err), 0);
	expect(&theirs, "ABC", "ttt");
	assert_int_equal(asked, 0);
	assert_string_equal(shown, "");
}

/* @param asks  how many questions were put before */
static void
refused(enum resolution how, const char *const *answers, size_t asks)
{
	AUTO_RESOLVER struct resolver resolver = RESOLVER_INIT(how, &words);
	struct err err;

	assert_int_equal(decide(&resolver, "", answers, &err), 0);
	assert_int_equal(
	    decide(&resolver, "AB", answers, &err), -EXIT_CONFLICT);
	assert_int_equal(asked, asks);
	assert_int_equal(err.status, EXIT_CONFLICT);
	assert_string_equal(err.text, "two values: A, B");
	assert_string_equal(err.hint, "say which");
}

static void
test_nobody(void **state)
{
	static const char *const none[] = {"M", NULL};

	(void)state;
	is_person = false;
	refused(RESOLVE_ASK, none, 0);
	is_person = true;
	refused(RESOLVE_REFUSE, none, 0);
}

static void
test_stopped(void **state)
{
	static const char *const end[] = {NULL};
	static const char *const quits[] = {"q", NULL};
	static const char *const late[] = {"m", "Q", NULL};

	(void)state;
	is_person = true;
	refused(RESOLVE_ASK, end, 1);
	refused(RESOLVE_ASK, quits, 1);
	refused(RESOLVE_ASK, late, 2);
}

static void
test_each(void **state)
{
	static const char *const answers[] = {"m", "t", "m", NULL};
	static const char *const more[] = {"t", NULL};
	AUTO_RESOLVER struct resolver resolver =
	    RESOLVER_INIT(RESOLVE_ASK, &words);
	struct err err;

	(void)state;
	is_person = true;
	assert_int_equal(decide(&resolver, "ABC", answers, &err), 0);
	expect(&resolver, "ABCD", "oto?");
	assert_string_equal(shown,
	    "two values: A, B, C\n"
	    "A: [m]ine (o), [t]heirs (t), [M] or [T] for all, [q]uit? \n"
	    "B: [m]ine (o), [t]heirs (t), [M] or [T] for all, [q]uit? \n"
	    "C: [m]ine (o), [t]heirs (t), [M] or [T] for all, [q]uit? \n");
	/* What comes again is not asked again. */
	assert_int_equal(decide(&resolver, "BCD", more, &err), 0);
	assert_int_equal(asked, 1);
	expect(&resolver, "ABCD", "otot");
}

static void
test_for_all(void **state)
{
	static const char *const mine[] = {"t", "M", NULL};
	static const char *const theirs[] = {"m", "T", NULL};
	AUTO_RESOLVER struct resolver one = RESOLVER_INIT(RESOLVE_ASK, &words);
	AUTO_RESOLVER struct resolver two = RESOLVER_INIT(RESOLVE_ASK, &words);
	struct err err;

	(void)state;
	is_person = true;
	assert_int_equal(decide(&one, "ABC", mine, &err), 0);
	expect(&one, "ABC", "too");
	assert_int_equal(decide(&two, "ABC", theirs, &err), 0);
	expect(&two, "ABC", "ott");
	assert_int_equal(asked, 2);
}

static void
test_asked_again(void **state)
{
	static const char *const answers[] = {
	    "", "x", "mine", "what is it that you want from me?", "t", NULL};
	AUTO_RESOLVER struct resolver resolver =
	    RESOLVER_INIT(RESOLVE_ASK, &words);
	struct err err;

	(void)state;
	is_person = true;
	assert_int_equal(decide(&resolver, "A", answers, &err), 0);
	assert_int_equal(asked, 5);
	expect(&resolver, "A", "t");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flags),
	    cmocka_unit_test(test_nobody),
	    cmocka_unit_test(test_stopped),
	    cmocka_unit_test(test_each),
	    cmocka_unit_test(test_for_all),
	    cmocka_unit_test(test_asked_again),
	};

	return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
