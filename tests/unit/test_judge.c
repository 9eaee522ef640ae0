/* judge: what a server shows against what was seen, strict and compat (A6). */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/crypto.h>

#include "src/flow/judge.h"

#define PROJECT "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WORKSPACE "f47ac10b-58cc-4372-a567-0e02b2c3d479"

enum { EPOCH = 1795000000, ROWS = 4 };

/* A vault, what a server shows, and a key that both know. */
struct world {
	struct blob_key *key;
	struct aead *plain;
	struct vault vault;
	struct vault *view;
	struct seen seen;
	struct net_row rows[ROWS];
	uint8_t blobs[ROWS][64];
	struct net_list list;
	struct vault accepted;
	struct judged judged;
	struct err err;
};

static int
set_up(void **state)
{
	static struct world world;
	struct world *w = &world;
	uint8_t key[KEY_BYTES];

	*w = (struct world){.view = &w->vault};
	if (crypto_init(&w->err) < 0)
		return -1;
	crypto_random(key, sizeof(key));
	if (blob_key_new(&w->key, key, &w->err) < 0 ||
	    aead_new(&w->plain, key, &w->err) < 0)
		return -1;
	snprintf(w->vault.project, sizeof(w->vault.project), PROJECT);
	snprintf(w->vault.workspace, sizeof(w->vault.workspace), WORKSPACE);
	snprintf(w->vault.environment, sizeof(w->vault.environment), "staging");
	w->seen = (struct seen){&w->view, 1};
	w->list.rows.items = w->rows;
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	vault_release(&w->vault);
	vault_release(&w->accepted);
	judged_release(&w->judged);
	arena_end();
	return 0;
}

static size_t
bound(struct world *w, uint8_t *out, const char *environment, const char *name,
    uint32_t version, const char *value)
{
	struct blob_place place = {BLOB_SECRET, PROJECT, environment, name};

	blob_seal(w->key, &place, version, value, strlen(value), out);
	return strlen(value) + BLOB_OVERHEAD;
}

/* As a client that knows nothing of places seals. */
static size_t
unbound(struct world *w, uint8_t *out, const char *value)
{
	crypto_random(out, NONCE_BYTES);
	aead_seal(
	    w->plain, out, NULL, 0, value, strlen(value), out + NONCE_BYTES);
	return strlen(value) + BLOB_OVERHEAD;
}

/* The server shows one more row, whose blob is in w->blobs already. */
static void
show(struct world *w, const char *name, size_t len)
{
	struct net_row *row = &w->rows[w->list.rows.n];

	*row = (struct net_row){.version = 7, .blob_len = len};
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->blob = w->blobs[w->list.rows.n++];
}

static void
keep(struct world *w, const char *name, uint32_t epoch, uint32_t version,
    const uint8_t *blob, size_t len)
{
	struct vault_row row = {.epoch = epoch,
	    .version = version,
	    .blob = (uint8_t *)(uintptr_t)blob,
	    .blob_len = len};

	snprintf(row.name, sizeof(row.name), "%s", name);
	assert_int_equal(vault_put(&w->vault, &row, &w->err), 0);
}

static int
judge_now(struct world *w, bool compat)
{
	struct judge judge = {
	    &w->vault, w->key, EPOCH, compat ? &w->seen : NULL};

	vault_release(&w->accepted);
	judged_release(&w->judged);
	return judge_list(&judge, &w->list, &w->accepted, &w->judged, &w->err);
}

static void
refused(struct world *w, bool compat, const char *why)
{
	assert_int_equal(judge_now(w, compat), -EXIT_UNSAFE);
	if (strstr(w->err.text, why) == NULL)
		fail_msg("'%s' is not '%s'", w->err.text, why);
}

static void
expect_mark(struct world *w, const char *name, uint32_t epoch, uint32_t version)
{
	const struct vault_row *row = vault_find(&w->accepted, name);

	assert_non_null(row);
	assert_int_equal(row->epoch, epoch);
	assert_int_equal(row->version, version);
}

static void
test_strict(void **state)
{
	struct world *w = *state;

	show(w, "A", unbound(w, w->blobs[0], "legacy"));
	refused(w, false, "was not made for this name");
	w->list.rows.n = 0;
	show(w, "A", bound(w, w->blobs[0], "staging", "A", 3, "ours"));
	assert_int_equal(judge_now(w, false), 0);
	expect_mark(w, "A", EPOCH, 3);
	w->list.rows.n = 0;
	keep(w, "A", EPOCH, 3, w->blobs[0], 32);
	refused(w, false, "holds back secrets");
}

/* Taken with the mark that is there; (0,0) where none is. */
static void
test_unbound(void **state)
{
	struct world *w = *state;
	uint8_t old[64];

	keep(w, "B", EPOCH, 9, old, bound(w, old, "staging", "B", 9, "ours"));
	show(w, "A", unbound(w, w->blobs[0], "legacy"));
	show(w, "B", unbound(w, w->blobs[1], "theirs"));
	assert_int_equal(judge_now(w, true), 0);
	assert_int_equal(w->judged.unbound.n, 2);
	expect_mark(w, "A", 0, 0);
	expect_mark(w, "B", EPOCH, 9);
	/* The bound one of that version again would be a rollback. */
	w->list.rows.n = 1;
	memcpy(w->blobs[1], old, sizeof(old));
	keep(w, "B", EPOCH, 9, w->blobs[0], 34);
	show(w, "B", 32);
	w->rows[0] = w->rows[1];
	w->list.rows.n = 1;
	refused(w, true, "of the same version");
}

/* A bound blob always beats one that is not. */
static void
test_bound_over_unbound(void **state)
{
	struct world *w = *state;
	uint8_t old[64];

	keep(w, "A", 0, 0, old, unbound(w, old, "legacy"));
	show(w, "A", bound(w, w->blobs[0], "staging", "A", 1, "ours"));
	assert_int_equal(judge_now(w, true), 0);
	expect_mark(w, "A", EPOCH, 1);
	assert_int_equal(w->judged.unbound.n, 0);
}

static void
test_relabelled(void **state)
{
	struct world *w = *state;
	size_t len = unbound(w, w->blobs[0], "legacy");

	/* Seen under another name. */
	keep(w, "A", 0, 0, w->blobs[0], len);
	show(w, "B", len);
	refused(w, true, "'B' is that of another name");
	/* Unchanged where it was. */
	w->list.rows.n = 0;
	show(w, "A", len);
	assert_int_equal(judge_now(w, true), 0);
	expect_mark(w, "A", 0, 0);
	/* What is shown beside it counts as seen: see seen_gather(). */
	vault_release(&w->vault);
	snprintf(w->vault.project, sizeof(w->vault.project), PROJECT);
	snprintf(w->vault.environment, sizeof(w->vault.environment), "staging");
	memcpy(w->blobs[1], w->blobs[0], sizeof(w->blobs[0]));
	show(w, "B", len);
	keep(w, "B", 0, 0, w->blobs[1], len);
	refused(w, true, "'A' is that of another name");
}

/* A value that was bound to one place does not pass for one of no place. */
static void
test_bound_elsewhere(void **state)
{
	struct world *w = *state;
	uint8_t old[64];
	struct blob_place grave = {BLOB_DELETED, PROJECT, "staging", "B"};

	keep(w, "A", EPOCH, 1, old, bound(w, old, "staging", "A", 1, "one"));
	show(w, "A", bound(w, w->blobs[0], "staging", "A", 1, "one"));
	show(w, "B", bound(w, w->blobs[1], "staging", "A", 9, "other"));
	refused(w, true, "'B' is that of another name");
	bound(w, w->blobs[1], "production", "B", 9, "other");
	refused(w, true, "'B' is that of another name or environment");
	blob_seal(w->key, &grave, 2, NULL, 0, w->blobs[1]);
	w->rows[1].blob_len = BLOB_OVERHEAD;
	refused(w, true, "'B' is that of another name");
}

static void
test_broken(void **state)
{
	struct world *w = *state;

	show(w, "A", unbound(w, w->blobs[0], "legacy"));
	w->blobs[0][NONCE_BYTES] ^= 1;
	refused(w, true, "does not open");
	w->rows[0].blob_len = BLOB_OVERHEAD - 1;
	refused(w, true, "does not open");
	/* A tombstone is bound or none. */
	w->blobs[0][NONCE_BYTES] ^= 1;
	w->rows[0].blob_len = unbound(w, w->blobs[0], "");
	w->rows[0].deleted = true;
	refused(w, true, "was not made for this name");
}

/* Other clients leave no tombstone. The name goes, its mark stays. */
static void
test_gone(void **state)
{
	struct world *w = *state;
	const struct vault_row *row;
	uint8_t blob[64];

	keep(w, "A", EPOCH, 5, blob, bound(w, blob, "staging", "A", 5, "x"));
	keep(w, "B", 0, 0, blob, unbound(w, blob, "y"));
	show(w, "A", 0);
	w->rows[0].deleted = true;
	assert_int_equal(judge_now(w, true), 0);
	assert_int_equal(w->judged.unproven.n, 2);
	row = vault_find(&w->accepted, "A");
	assert_true(row != NULL && row->deleted);
	assert_int_equal(row->row, 7);
	expect_mark(w, "A", EPOCH, 5);
	row = vault_find(&w->accepted, "B");
	assert_true(row != NULL && row->deleted);
	expect_mark(w, "B", 0, 0);
	/* The old value does not come back. */
	for (size_t i = 0; i < w->accepted.rows_n; i++)
		assert_int_equal(
		    vault_put(&w->vault, &w->accepted.rows[i], &w->err), 0);
	w->list.rows.n = 0;
	show(w, "A", bound(w, w->blobs[0], "staging", "A", 5, "x"));
	refused(w, true, "of the same version");
}

/* A name that was never seen here: its row is needed to write it again. */
static void
test_gone_before(void **state)
{
	struct world *w = *state;
	const struct vault_row *row;

	show(w, "A", 0);
	w->rows[0].deleted = true;
	assert_int_equal(judge_now(w, false), 0);
	assert_int_equal(w->accepted.rows_n, 0);
	assert_int_equal(judge_now(w, true), 0);
	assert_int_equal(w->judged.unproven.n, 0);
	row = vault_find(&w->accepted, "A");
	assert_true(row != NULL && row->deleted);
	assert_int_equal(row->row, 7);
	expect_mark(w, "A", 0, 0);
	show(w, "A", bound(w, w->blobs[1], "staging", "A", 1, "x"));
	refused(w, true, "sent 'A' twice");
}

static void
expect_older(struct world *w, size_t i, const char *name, uint32_t seen,
    uint32_t served, bool deleted)
{
	const struct older_row *one = &w->judged.older.items[i];

	assert_true(i < w->judged.older.n);
	assert_string_equal(one->name, name);
	assert_int_equal(one->seen, seen);
	assert_int_equal(one->served, served);
	assert_int_equal(one->deleted, deleted);
}

static int
judge_restored(struct world *w, bool compat)
{
	struct judge judge = {
	    &w->vault, w->key, EPOCH, compat ? &w->seen : NULL};

	vault_release(&w->accepted);
	judged_release(&w->judged);
	w->judged.may_be_older = true;
	return judge_list(&judge, &w->list, &w->accepted, &w->judged, &w->err);
}

/* A restored server: older ones are taken under their marks, and told. */
static void
test_older(void **state)
{
	struct world *w = *state;
	uint8_t known[64];
	size_t len = bound(w, known, "staging", "A", 5, "mine");

	keep(w, "A", EPOCH, 5, known, len);
	len = bound(w, known, "staging", "B", 2, "mine");
	keep(w, "B", EPOCH, 2, known, len);
	show(w, "A", bound(w, w->blobs[0], "staging", "A", 3, "x"));
	show(w, "C", bound(w, w->blobs[1], "staging", "C", 1, "x"));
	refused(w, false, "'A' is older than one that was seen");
	assert_non_null(strstr(w->err.hint, "accept-rollback"));
	for (int compat = 0; compat < 2; compat++) {
		assert_int_equal(judge_restored(w, compat), 0);
		assert_int_equal(w->judged.older.n, 2);
		expect_older(w, 0, "A", 5, 3, false);
		expect_older(w, 1, "B", 2, 0, true);
		expect_mark(w, "A", EPOCH, 5);
		expect_mark(w, "B", EPOCH, 2);
		expect_mark(w, "C", EPOCH, 1);
		assert_true(vault_find(&w->accepted, "B")->deleted);
		assert_memory_equal(vault_find(&w->accepted, "A")->blob,
		    w->blobs[0], w->rows[0].blob_len);
	}
	/* Another value of the version that was seen, and a deletion. */
	w->list.rows.n = 0;
	show(w, "A", bound(w, w->blobs[0], "staging", "A", 5, "x"));
	show(w, "B", bound(w, w->blobs[1], "staging", "B", 3, "x"));
	assert_int_equal(judge_restored(w, false), 0);
	assert_int_equal(w->judged.older.n, 1);
	expect_older(w, 0, "A", 5, 5, false);
}

/* Whatever else is wrong is refused all the same, and nothing is accepted. */
static void
test_older_and_worse(void **state)
{
	struct world *w = *state;
	uint8_t known[64];
	size_t len = bound(w, known, "staging", "A", 5, "mine");

	keep(w, "A", EPOCH, 5, known, len);
	show(w, "A", bound(w, w->blobs[0], "staging", "B", 3, "x"));
	assert_int_equal(judge_restored(w, false), -EXIT_UNSAFE);
	assert_non_null(strstr(w->err.text, "not made for this name"));
	bound(w, w->blobs[0], "production", "A", 3, "x");
	assert_int_equal(judge_restored(w, true), -EXIT_UNSAFE);
	assert_non_null(strstr(w->err.text, "relabelled"));
	bound(w, w->blobs[0], "staging", "A", 3, "x");
	w->blobs[0][20] ^= 1;
	assert_int_equal(judge_restored(w, true), -EXIT_UNSAFE);
	assert_non_null(strstr(w->err.text, "does not open"));
	bound(w, w->blobs[0], "staging", "A", 3, "x");
	w->rows[1] = w->rows[0];
	w->list.rows.n = 2;
	assert_int_equal(judge_restored(w, false), -EXIT_UNSAFE);
	assert_string_equal(w->err.text, "the server sent 'A' twice");
	/* Another key's mark is not this one's. */
	w->list.rows.n = 1;
	keep(w, "A", EPOCH + 1, 5, known, len);
	assert_int_equal(judge_restored(w, false), -EXIT_UNSAFE);
}

/* All that is refused is named; why, of the first. */
static void
test_all_are_named(void **state)
{
	struct world *w = *state;

	show(w, "B", bound(w, w->blobs[0], "staging", "A", 1, "x"));
	show(w, "A", bound(w, w->blobs[1], "staging", "B", 1, "x"));
	show(w, "C", bound(w, w->blobs[2], "staging", "C", 1, "x"));
	assert_int_equal(judge_now(w, false), -EXIT_UNSAFE);
	assert_string_equal(w->err.text,
	    "A, B: the server's value of 'B' was not made for this name, "
	    "project and environment");
}

/* The versions that a history proves; NULL: it is refused for that. */
static void
expect_history(
    struct world *w, bool compat, const char *why, const uint32_t wanted[ROWS])
{
	const struct judge judge = {
	    &w->vault, w->key, EPOCH, compat ? &w->seen : NULL};
	uint32_t versions[ROWS];
	int rc = judge_history(&judge, "A", &w->list.rows, versions, &w->err);

	assert_int_equal(rc, why != NULL ? -EXIT_UNSAFE : 0);
	if (why != NULL && strstr(w->err.text, why) == NULL)
		fail_msg("'%s' is not '%s'", w->err.text, why);
	for (size_t i = 0; why == NULL && i < w->list.rows.n; i++)
		assert_int_equal(versions[i], wanted[i]);
}

static void
show_versions(struct world *w, const uint32_t versions[ROWS])
{
	w->list.rows.n = 0;
	for (size_t i = 0; i < ROWS && versions[i] != 0; i++)
		show(w, "A",
		    bound(w, w->blobs[i], "staging", "A", versions[i], "x"));
}

static void
test_history(void **state)
{
	struct world *w = *state;
	uint8_t known[64];
	size_t len = bound(w, known, "staging", "A", 5, "mine");

	show_versions(w, (uint32_t[ROWS]){9, 7, 2, 1});
	expect_history(w, false, NULL, (uint32_t[ROWS]){9, 7, 2, 1});
	show_versions(w, (uint32_t[ROWS]){9, 2, 7});
	expect_history(w, false, "shows version 7 of 'A' among older", NULL);
	show_versions(w, (uint32_t[ROWS]){9, 7, 7});
	expect_history(w, false, "shows version 7 of 'A' twice", NULL);
	show_versions(w, (uint32_t[ROWS]){7, 9});
	expect_history(w, false, "shows version 9 of 'A' among older", NULL);
	/* The newest against the mark; former ones have none. */
	keep(w, "A", EPOCH, 5, known, len);
	show_versions(w, (uint32_t[ROWS]){6, 5, 4});
	expect_history(w, false, NULL, (uint32_t[ROWS]){6, 5, 4});
	show_versions(w, (uint32_t[ROWS]){4, 3});
	expect_history(w, false, "older than one that was seen", NULL);
	show_versions(w, (uint32_t[ROWS]){5, 3});
	expect_history(w, false, "of the same version", NULL);
	/* What was accepted below its mark proves its own version. */
	len = bound(w, known, "staging", "A", 3, "x");
	keep(w, "A", EPOCH, 5, known, len);
	show_versions(w, (uint32_t[ROWS]){3, 2});
	expect_history(w, false, NULL, (uint32_t[ROWS]){3, 2});
}

static void
test_history_of_another(void **state)
{
	struct world *w = *state;

	show_versions(w, (uint32_t[ROWS]){9, 7});
	snprintf(w->rows[1].name, sizeof(w->rows[1].name), "B");
	expect_history(w, false, "history of another name than 'A'", NULL);
	show_versions(w, (uint32_t[ROWS]){9, 7});
	bound(w, w->blobs[1], "staging", "B", 7, "x");
	expect_history(w, false, "not made for this name", NULL);
	bound(w, w->blobs[1], "production", "A", 7, "x");
	expect_history(w, true, "relabelled", NULL);
	w->blobs[1][20] ^= 1;
	expect_history(w, true, "does not open", NULL);
	/* A value is no tombstone. */
	bound(w, w->blobs[1], "staging", "A", 7, "x");
	w->rows[1].deleted = true;
	expect_history(w, true, "not made for this name", NULL);
}

/* Unbound values have no version, and who wrote after one may know less. */
static void
test_history_compat(void **state)
{
	struct world *w = *state;

	show_versions(w, (uint32_t[ROWS]){1, 9, 5});
	w->rows[1].blob_len = unbound(w, w->blobs[1], "theirs");
	expect_history(w, false, "not made for this name", NULL);
	expect_history(w, true, NULL, (uint32_t[ROWS]){1, 0, 5});
	w->rows[1].deleted = true;
	w->rows[1].blob_len = 0;
	expect_history(w, false, NULL, (uint32_t[ROWS]){1, 0, 5});
	w->rows[1].deleted = false;
	expect_history(w, true, "holds back the value of 'A'", NULL);
	/* A deletion that proves nothing, of what is live here. */
	show_versions(w, (uint32_t[ROWS]){5});
	keep(w, "A", EPOCH, 5, w->blobs[0], w->rows[0].blob_len);
	w->rows[0].deleted = true;
	w->rows[0].blob_len = 0;
	expect_history(w, false, "holds back the value of 'A'", NULL);
	expect_history(w, true, NULL, (uint32_t[ROWS]){0});
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_strict),
	    EACH(test_unbound),
	    EACH(test_bound_over_unbound),
	    EACH(test_relabelled),
	    EACH(test_bound_elsewhere),
	    EACH(test_broken),
	    EACH(test_gone),
	    EACH(test_gone_before),
	    EACH(test_older),
	    EACH(test_older_and_worse),
	    EACH(test_all_are_named),
	    EACH(test_history),
	    EACH(test_history_of_another),
	    EACH(test_history_compat),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
