/* standing: three sides, and the base of a local copy that is behind. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>

#include "src/flow/standing.h"

#define PROJECT "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WORKSPACE "f47ac10b-58cc-4372-a567-0e02b2c3d479"

static struct workspace_key key = {.epoch = 7};

/* The four places where a value may be; each has one letter, or none. */
struct four {
	struct vault vault;
	struct vault behind;
	struct vault remote;
	struct item item;
};

static void
begin(struct vault *vault)
{
	*vault = (struct vault)VAULT_INIT;
	snprintf(vault->project, sizeof(vault->project), PROJECT);
	snprintf(vault->workspace, sizeof(vault->workspace), WORKSPACE);
	snprintf(vault->environment, sizeof(vault->environment), "development");
}

/* A row for A: '.' none, '-' a deleted one, else that letter. */
static void
put(struct vault *vault, char letter, uint32_t epoch)
{
	struct blob_place place = {
	    BLOB_SECRET, vault->project, vault->environment, "A"};
	uint8_t blob[BLOB_OVERHEAD + 1] = {0};
	struct vault_row row = {.name = "A",
	    .deleted = letter == '-',
	    .epoch = epoch,
	    .version = (uint32_t)letter,
	    .blob = blob,
	    .blob_len = sizeof(blob)};
	struct err err;

	if (letter == '.')
		return;
	if (row.deleted)
		row.blob_len--;
	else
		blob_seal(key.blobs, &place, row.version,
		    (const uint8_t *)&letter, 1, blob);
	assert_int_equal(vault_put(vault, &row, &err), 0);
}

/*
 * @param states  local, behind, vault, remote; local is of the keychain:
 *                '-' or '.' when there is no item
 */
static enum standing
compare(const char states[4], uint32_t behind_epoch)
{
	struct four four;
	char value = states[0];
	struct items items = {&four.item, 0};
	struct place place = PLACE_INIT;
	struct sides sides = {.key = &key,
	    .place = &place,
	    .items = &items,
	    .base = &four.vault,
	    .behind = &four.behind,
	    .remote = &four.remote};
	enum standing standing;
	struct secret remote;
	struct err err;

	begin(&four.vault);
	begin(&four.behind);
	begin(&four.remote);
	if (value != '.' && value != '-') {
		four.item =
		    (struct item){.name = "A", .value = {(uint8_t *)&value, 1}};
		items.n = 1;
	}
	put(&four.behind, states[1], behind_epoch);
	put(&four.vault, states[2], key.epoch);
	put(&four.remote, states[3], key.epoch);
	assert_int_equal(standing_of(&sides, "A", &standing, &remote, &err), 0);
	assert_int_equal(
	    remote.data != NULL, states[3] != '.' && states[3] != '-');
	vault_release(&four.vault);
	vault_release(&four.behind);
	vault_release(&four.remote);
	return standing;
}

static const struct {
	const char *states; /* local, behind, vault, remote */
	enum standing standing;
} cases[] = {
    /* No row of .local: the vault is the base. */
    {"....", STANDING_SAME},
    {"...a", STANDING_ONLY_REMOTE},
    {"a...", STANDING_ONLY_LOCAL},
    {"a..a", STANDING_SAME},
    {"a..b", STANDING_CHANGED_BOTH},
    {"a.aa", STANDING_SAME},
    {"a.ab", STANDING_CHANGED_THERE},
    {"b.aa", STANDING_CHANGED_HERE},
    {"b.ac", STANDING_CHANGED_BOTH},
    {"b.ab", STANDING_SAME},
    {"a.a-", STANDING_DELETED_THERE},
    {"a.a.", STANDING_DELETED_THERE},
    {"b.a-", STANDING_CHANGED_BOTH},
    {"a.--", STANDING_ONLY_LOCAL},
    {"..aa", STANDING_ONLY_REMOTE},
    {"..ab", STANDING_ONLY_REMOTE},
    {"..--", STANDING_SAME},
    /* The vault moved from a to b, and the copy did not: it is behind. */
    {"aabb", STANDING_CHANGED_THERE},
    {"babb", STANDING_SAME},
    {"cabb", STANDING_CHANGED_BOTH},
    {"aabc", STANDING_CHANGED_THERE},
    {"aab-", STANDING_DELETED_THERE},
    {"cab-", STANDING_CHANGED_BOTH},
    {".abb", STANDING_ONLY_REMOTE},
    /* Back to what the copy has. */
    {"caba", STANDING_CHANGED_HERE},
    {"aaba", STANDING_SAME},
    /* The copy did not have the name. */
    {".-aa", STANDING_ONLY_REMOTE},
    {"a-aa", STANDING_SAME},
    {"b-aa", STANDING_CHANGED_BOTH},
    {"b-a-", STANDING_ONLY_LOCAL},
    /* The vault deleted it. */
    {"aa--", STANDING_DELETED_THERE},
    {"ba--", STANDING_CHANGED_BOTH},
    {".a--", STANDING_SAME},
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum standing got = compare(cases[i].states, key.epoch);

		if (got != cases[i].standing)
			fail_msg("%s is %d, not %d", cases[i].states, (int)got,
			    (int)cases[i].standing);
	}
}

/* What was sealed under an older key is not known: nothing is overwritten. */
static void
test_older_key(void **state)
{
	(void)state;
	assert_int_equal(compare("aabb", 6), STANDING_CHANGED_BOTH);
	assert_int_equal(compare("babb", 6), STANDING_SAME);
}

/*
 * An empty item is a value, but one of a name that is behind is what a
 * provider left that was killed while it wrote.
 */
static void
test_half_written(void **state)
{
	struct four four;
	struct items items = {&four.item, 1};
	struct place place = PLACE_INIT;
	struct sides sides = {.key = &key,
	    .place = &place,
	    .items = &items,
	    .base = &four.vault,
	    .behind = &four.behind,
	    .remote = &four.vault};
	uint8_t nothing = 0;
	enum standing standing;
	struct secret remote;
	struct err err;

	(void)state;
	begin(&four.vault);
	begin(&four.behind);
	four.item = (struct item){.name = "A", .value = {&nothing, 0}};
	put(&four.vault, 'b', key.epoch);
	assert_int_equal(standing_of(&sides, "A", &standing, &remote, &err), 0);
	assert_int_equal(standing, STANDING_CHANGED_HERE);
	put(&four.behind, 'a', key.epoch);
	assert_int_equal(standing_of(&sides, "A", &standing, &remote, &err), 0);
	assert_int_equal(standing, STANDING_ONLY_REMOTE);
	vault_release(&four.vault);
	vault_release(&four.behind);
}

static void
test_names(void **state)
{
	struct item list[] = {{.name = "B"}, {.name = "C"}};
	struct items items = {list, 2};
	struct vault vault;
	struct vault remote;
	struct place place = PLACE_INIT;
	struct sides sides = {.key = &key,
	    .place = &place,
	    .items = &items,
	    .base = &vault,
	    .remote = &remote};
	AUTO_NAMES struct names names = NAMES_INIT;
	char joined[64];
	struct err err;

	(void)state;
	begin(&vault);
	begin(&remote);
	put(&vault, 'a', key.epoch);
	put(&remote, 'b', key.epoch);
	assert_int_equal(standing_names(&names, &sides, &err), 0);
	assert_string_equal(
	    names_join(joined, sizeof(joined), &names, 9), "A, B, C");
	vault_release(&vault);
	vault_release(&remote);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_older_key),
	    cmocka_unit_test(test_half_written),
	    cmocka_unit_test(test_names),
	};
	static const uint8_t bytes[KEY_BYTES] = {1, 2, 3};
	struct err err;

	if (crypto_init(&err) < 0 || blob_key_new(&key.blobs, bytes, &err) < 0)
		return 1;
	return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
