/* merge: every combination of a few states, in one table. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/merge.h>

/* '.' no value, '?' unknown, 'e' the empty one, any other letter a value. */
static struct merge_side
side_of(const char *letter)
{
	struct merge_side side = {
	    .state = MERGE_VALUE, .value = {(uint8_t *)(uintptr_t)letter, 1}};

	if (*letter == '.')
		return (struct merge_side){.state = MERGE_NONE};
	if (*letter == '?')
		return (struct merge_side){.state = MERGE_UNKNOWN};
	if (*letter == 'e')
		side.value = (struct secret)SECRET_INIT;
	return side;
}

static const struct {
	const char *states; /* here, base, there */
	enum standing merged;
	enum standing restored;
} cases[] = {
    {"...", STANDING_SAME, STANDING_SAME},
    {".a.", STANDING_SAME, STANDING_SAME},
    {".?.", STANDING_SAME, STANDING_SAME},
    {"a.a", STANDING_SAME, STANDING_SAME},
    {"aba", STANDING_SAME, STANDING_SAME},
    {"a?a", STANDING_SAME, STANDING_SAME},
    {"e.e", STANDING_SAME, STANDING_SAME},
    {"a..", STANDING_ONLY_LOCAL, STANDING_ONLY_LOCAL},
    {"e..", STANDING_ONLY_LOCAL, STANDING_ONLY_LOCAL},
    {"..a", STANDING_ONLY_REMOTE, STANDING_ONLY_REMOTE},
    {"..e", STANDING_ONLY_REMOTE, STANDING_ONLY_REMOTE},
    {"baa", STANDING_CHANGED_HERE, STANDING_CHANGED_HERE},
    {"eaa", STANDING_CHANGED_HERE, STANDING_CHANGED_HERE},
    {"aab", STANDING_CHANGED_THERE, STANDING_CHANGED_THERE},
    {"aae", STANDING_CHANGED_THERE, STANDING_CHANGED_THERE},
    {".aa", STANDING_DELETED_HERE, STANDING_ONLY_REMOTE},
    {".ee", STANDING_DELETED_HERE, STANDING_ONLY_REMOTE},
    {"aa.", STANDING_DELETED_THERE, STANDING_DELETED_THERE},
    {"a.b", STANDING_CHANGED_BOTH, STANDING_CHANGED_BOTH},
    {"abc", STANDING_CHANGED_BOTH, STANDING_CHANGED_BOTH},
    {"aeb", STANDING_CHANGED_BOTH, STANDING_CHANGED_BOTH},
    {"ba.", STANDING_CHANGED_BOTH, STANDING_CHANGED_BOTH},
    {".ab", STANDING_CHANGED_BOTH, STANDING_ONLY_REMOTE},
    {"a?b", STANDING_CHANGED_BOTH, STANDING_CHANGED_BOTH},
    {"a?.", STANDING_CHANGED_BOTH, STANDING_CHANGED_BOTH},
    {".?a", STANDING_CHANGED_BOTH, STANDING_ONLY_REMOTE},
    /* Of a side that cannot be compared: as if there were none. */
    {"aa?", STANDING_DELETED_THERE, STANDING_DELETED_THERE},
    {"?.?", STANDING_SAME, STANDING_SAME},
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct merge_side here = side_of(cases[i].states);
		struct merge_side base = side_of(cases[i].states + 1);
		struct merge_side there = side_of(cases[i].states + 2);
		enum standing merged = merge_compare(&here, &base, &there);
		enum standing restored = merge_restore(&here, &base, &there);

		if (merged != cases[i].merged || restored != cases[i].restored)
			fail_msg("%s is %d and %d", cases[i].states,
			    (int)merged, (int)restored);
	}
}

/* What begins alike is not the same. */
static void
test_lengths(void **state)
{
	uint8_t text[] = "ab";
	struct merge_side one = {MERGE_VALUE, {text, 1}};
	struct merge_side two = {MERGE_VALUE, {text, 2}};

	(void)state;
	assert_int_equal(
	    merge_compare(&one, &two, &two), STANDING_CHANGED_HERE);
	assert_int_equal(
	    merge_compare(&one, &one, &two), STANDING_CHANGED_THERE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
