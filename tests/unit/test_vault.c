/* vault: one text for one vault, and marks that never go down. */
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

#include <agentsecrets/fd.h>
#include <agentsecrets/vault.h>

#include "store_fixture.h"

#define PROJECT "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WORKSPACE "f47ac10b-58cc-4372-a567-0e02b2c3d479"
#define BLOB "AAABYv17U9YbK9dpB9Azjgmd7rfn4AO0vcjLow=="
#define TOMB "AAADo/zwaWlML4w0p3NbbZtkXIej8eb6CaVuoA=="
#define TITLE "agentsecrets-vault 1\n"
#define HEAD TITLE "project " PROJECT " " WORKSPACE " development embedded\n"
#define PULLED "pulled 1795000000 12\n"
#define ROW_A "secret A 1795000000 1 3 " BLOB "\n"
#define ROW_B "deleted B_2 1795000000 16777215 18446744073709551615 " TOMB "\n"
#define WHOLE HEAD PULLED ROW_A ROW_B

static int
parse(const char *text, size_t len)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	struct err err;

	return vault_parse(&vault, text, len, &err);
}

/* Parse a body under a right trailer. */
static int
parse_body(const char *body)
{
	AUTO_BUF struct buf text = BUF_INIT;

	fixture_seal(&text, body);
	return parse(buf_text_view(&text), text.len);
}

static void
test_round_trip(void **state)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_BUF struct buf again = BUF_INIT;
	struct err err;

	(void)state;
	fixture_seal(&text, WHOLE);
	assert_int_equal(
	    vault_parse(&vault, buf_text_view(&text), text.len, &err), 0);
	assert_string_equal(vault.project, PROJECT);
	assert_string_equal(vault.workspace, WORKSPACE);
	assert_string_equal(vault.environment, "development");
	assert_string_equal(vault.origin, "embedded");
	assert_int_equal(vault.pulled_at, 1795000000);
	assert_int_equal(vault.revision, 12);
	assert_int_equal(vault.rows_n, 2);
	assert_int_equal(vault_live(&vault), 1);
	assert_int_equal(vault_find(&vault, "A")->row, 3);
	assert_int_equal(vault_find(&vault, "A")->blob_len, 28);
	assert_true(vault_find(&vault, "B_2")->deleted);
	assert_int_equal(vault_find(&vault, "B_2")->version, 16777215);
	assert_true(vault_find(&vault, "B_2")->row == UINT64_MAX);
	assert_null(vault_find(&vault, "B"));
	assert_int_equal(vault_print(&again, &vault, &err), 0);
	assert_string_equal(buf_text_view(&again), buf_text_view(&text));
	assert_int_equal(parse_body(HEAD "pulled 0 0\n"), 0);
	assert_int_equal(
	    parse_body(HEAD PULLED "secret A 0 0 0 " BLOB "\n"), 0);
}

static void
test_damage(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT;

	(void)state;
	fixture_seal(&text, WHOLE);
	for (size_t i = 0; i < text.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			text.data[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(parse(buf_text_view(&text), text.len),
			    -EXIT_UNSAFE);
			text.data[i] ^= (uint8_t)(1 << bit);
		}
	}
	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(
		    parse(buf_text_view(&text), len), -EXIT_UNSAFE);
	assert_int_equal(buf_append_text(&text, "\n"), 0);
	assert_int_equal(parse(buf_text_view(&text), text.len), -EXIT_UNSAFE);
}

static const char *const malformed[] = {
    "",
    TITLE,
    HEAD,
    HEAD "pulled 1 2",
    "agentsecrets-vault 2\nproject " PROJECT " " WORKSPACE
    " development embedded\n" PULLED,
    HEAD HEAD PULLED,
    HEAD PULLED PULLED,
    PULLED HEAD,
    TITLE PULLED,
    HEAD PULLED "\n",
    HEAD PULLED "comment\n",
    HEAD PULLED ROW_A ROW_A,
    HEAD PULLED ROW_B ROW_A,
    HEAD PULLED "secret A 1 1 1 " BLOB "\r\n",
    HEAD PULLED "secret A 1 1 1 " BLOB " \n",
    HEAD PULLED "secret  A 1 1 1 " BLOB "\n",
    HEAD PULLED " secret A 1 1 1 " BLOB "\n",
    HEAD PULLED "secret A\t1 1 1 " BLOB "\n",
    HEAD PULLED "secret A 1 1 1 x " BLOB "\n",
    HEAD PULLED "secret A 1 1 " BLOB "\n",
    HEAD PULLED "Secret A 1 1 1 " BLOB "\n",
    HEAD PULLED "secret a 1 1 1 " BLOB "\n",
    HEAD PULLED "secret _A 1 1 1 " BLOB "\n",
    HEAD PULLED "secret A%20 1 1 1 " BLOB "\n",
    HEAD PULLED "secret A 01 1 1 " BLOB "\n",
    HEAD PULLED "secret A +1 1 1 " BLOB "\n",
    HEAD PULLED "secret A -1 1 1 " BLOB "\n",
    HEAD PULLED "secret A 4294967296 1 1 " BLOB "\n",
    HEAD PULLED "secret A 1 16777216 1 " BLOB "\n",
    HEAD PULLED "secret A 1 1 18446744073709551616 " BLOB "\n",
    HEAD PULLED "secret A 1 1 99999999999999999999999999999999 " BLOB "\n",
    HEAD PULLED "secret A 0 1 1 " BLOB "\n",
    HEAD PULLED "secret A 1 0 1 " BLOB "\n",
    HEAD PULLED "deleted A 0 1 1 " TOMB "\n",
    HEAD PULLED "secret A 1 1 1 \n",
    HEAD PULLED "secret A 1 1 1 AAAA\n",
    HEAD PULLED "deleted A 1 1 1 " TOMB "AAAA\n",
    HEAD PULLED "deleted A 1 1 1 AAABYv17U9YbK9dpB9Azjgmd7rfn4AO0vcjLowAA\n",
    /* not canonical: no padding, unused bits, the other alphabet */
    HEAD PULLED "secret A 1 1 1 AAABYv17U9YbK9dpB9Azjgmd7rfn4AO0vcjLow\n",
    HEAD PULLED "secret A 1 1 1 AAABYv17U9YbK9dpB9Azjgmd7rfn4AO0vcjLox==\n",
    HEAD PULLED "secret A 1 1 1 AAAB_v17U9YbK9dpB9Azjgmd7rfn4AO0vcjLow==\n",
    TITLE "project " PROJECT " " WORKSPACE " prod embedded\n" PULLED,
    TITLE "project " PROJECT " " WORKSPACE " development ftp://x\n" PULLED,
    TITLE "project x " WORKSPACE " development embedded\n" PULLED,
    TITLE "project " PROJECT " x development embedded\n" PULLED,
    TITLE "project " PROJECT " " WORKSPACE " development\n" PULLED,
    TITLE "project 3FA85F64-5717-4562-b3fc-2c963f66afa6 " WORKSPACE
	  " development embedded\n" PULLED,
    HEAD "pulled -1 0\n",
    HEAD "pulled 1\n",
};

static void
test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		if (parse_body(malformed[i]) != -EXIT_UNSAFE)
			fail_msg("accepted: %s", malformed[i]);
	}
}

static struct vault_row
row_of(const char *name, uint32_t epoch, uint32_t version, uint8_t *blob)
{
	struct vault_row row = {.epoch = epoch,
	    .version = version,
	    .row = 1,
	    .blob = blob,
	    .blob_len = BLOB_OVERHEAD};

	snprintf(row.name, sizeof(row.name), "%s", name);
	return row;
}

static void
put(struct vault *vault, const char *name, uint32_t epoch, uint32_t version,
    uint8_t fill)
{
	uint8_t blob[BLOB_OVERHEAD];
	struct vault_row row = row_of(name, epoch, version, blob);
	struct err err;

	memset(blob, fill, sizeof(blob));
	assert_int_equal(vault_put(vault, &row, &err), 0);
}

static void
holds(struct vault *vault, const char *name, uint8_t fill)
{
	const struct vault_row *row = vault_find(vault, name);

	assert_non_null(row);
	assert_int_equal(row->blob[0], fill);
	assert_int_equal(row->blob[BLOB_OVERHEAD - 1], fill);
}

static void
test_marks(void **state)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;

	(void)state;
	put(&vault, "B", 1, 1, 1);
	put(&vault, "B", 1, 3, 2);
	put(&vault, "B", 1, 2, 3);
	holds(&vault, "B", 2);
	put(&vault, "B", 2, 1, 4);
	put(&vault, "B", 1, 9, 5);
	holds(&vault, "B", 4);
	put(&vault, "B", 2, 1, 6);
	holds(&vault, "B", 6);
	/* The same while rows wait to be sorted in. */
	put(&vault, "A", 1, 5, 1);
	put(&vault, "A", 1, 4, 2);
	put(&vault, "B", 1, 1, 7);
	put(&vault, "A", 1, 5, 3);
	put(&vault, "A", 1, 4, 8);
	assert_int_equal(vault_live(&vault), 2);
	holds(&vault, "A", 3);
	holds(&vault, "B", 6);
}

static void
test_put_refuses(void **state)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	uint8_t blob[BLOB_OVERHEAD] = {0};
	struct vault_row row = row_of("a", 1, 1, blob);
	struct err err;

	(void)state;
	assert_int_equal(vault_put(&vault, &row, &err), -EXIT_FAILED);
	row = row_of("A", 1, 1 << 24, blob);
	assert_int_equal(vault_put(&vault, &row, &err), -EXIT_FAILED);
	row = row_of("A", 1, 1, blob);
	row.blob_len = BLOB_OVERHEAD - 1;
	assert_int_equal(vault_put(&vault, &row, &err), -EXIT_FAILED);
	row.blob_len = BLOB_MAX + 1;
	assert_int_equal(vault_put(&vault, &row, &err), -EXIT_FAILED);
	assert_int_equal(vault.rows_n, 0);
}

static double
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Rows come in any order, twice, and the result is sorted. */
static void
test_many(void **state)
{
	enum { ROWS = 10000, STEP = 7919 };
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_VAULT struct vault again = VAULT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	uint8_t blob[64 + BLOB_OVERHEAD] = {1};
	double begin;
	struct err err;

	(void)state;
	snprintf(vault.project, sizeof(vault.project), PROJECT);
	snprintf(vault.workspace, sizeof(vault.workspace), WORKSPACE);
	snprintf(vault.environment, sizeof(vault.environment), "staging");
	snprintf(vault.origin, sizeof(vault.origin), "https://a.example");
	begin = milliseconds();
	for (uint32_t i = 0; i < 2 * ROWS; i++) {
		struct vault_row row = row_of("", 7, 1 + i / ROWS, blob);

		row.blob_len = sizeof(blob);
		snprintf(row.name, sizeof(row.name), "SECRET_NAME_%u",
		    i * STEP % ROWS);
		assert_int_equal(vault_put(&vault, &row, &err), 0);
	}
	assert_int_equal(vault_live(&vault), ROWS);
	print_message("put %.1f ms, ", milliseconds() - begin);
	begin = milliseconds();
	assert_int_equal(vault_print(&text, &vault, &err), 0);
	print_message("print %.1f ms, ", milliseconds() - begin);
	begin = milliseconds();
	assert_int_equal(
	    vault_parse(&again, buf_text_view(&text), text.len, &err), 0);
	print_message(
	    "parse %.1f ms, %zu bytes\n", milliseconds() - begin, text.len);
	assert_int_equal(again.rows_n, ROWS);
	for (size_t i = 0; i < ROWS; i++) {
		assert_string_equal(again.rows[i].name, vault.rows[i].name);
		assert_int_equal(again.rows[i].version, 2);
	}
	assert_int_equal(
	    vault_find(&vault, "SECRET_NAME_77")->blob_len, sizeof(blob));
}

static void
test_files(void **state)
{
	struct fixture *f = *state;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_VAULT struct vault other = VAULT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct err err;

	assert_int_equal(vault_load(&vault, &f->home, PROJECT, WORKSPACE,
			     "development", &err),
	    0);
	assert_string_equal(vault.project, PROJECT);
	assert_string_equal(vault.workspace, WORKSPACE);
	assert_string_equal(vault.environment, "development");
	assert_int_equal(vault_save(&vault, &f->home, &err), -EXIT_FAILED);
	snprintf(vault.origin, sizeof(vault.origin), "embedded");
	put(&vault, "A", 1, 1, 9);
	assert_int_equal(vault_save(&vault, &f->home, &err), 0);
	assert_int_equal(vault_load(&other, &f->home, PROJECT, WORKSPACE,
			     "development", &err),
	    1);
	holds(&other, "A", 9);
	assert_int_equal(
	    vault_load(&other, &f->home, PROJECT, PROJECT, "development", &err),
	    -EXIT_UNSAFE);
	fixture_read(f, "vault/" PROJECT ".development", &text);
	fixture_write(f, "vault/" PROJECT ".staging", buf_text_view(&text));
	assert_int_equal(
	    vault_load(&other, &f->home, PROJECT, WORKSPACE, "staging", &err),
	    -EXIT_UNSAFE);
	fixture_write(
	    f, "vault/" WORKSPACE ".development", buf_text_view(&text));
	assert_int_equal(vault_load(&other, &f->home, WORKSPACE, WORKSPACE,
			     "development", &err),
	    -EXIT_UNSAFE);
	fixture_write(f, "vault/" PROJECT ".staging", "");
	assert_int_equal(
	    vault_load(&other, &f->home, PROJECT, WORKSPACE, "staging", &err),
	    -EXIT_UNSAFE);
	assert_non_null(strstr(err.text, PROJECT ".staging': damaged"));
	assert_true(err.hint[0] != '\0');
	assert_int_equal(vault_load(&other, &f->home, "../../etc/passwd",
			     WORKSPACE, "staging", &err),
	    -EXIT_FAILED);
	holds(&other, "A", 9);
}

static void
test_drop(void **state)
{
	const char *const names[] = {"0", "B", "BB", "D", "E"};
	AUTO_VAULT struct vault vault = VAULT_INIT;

	(void)state;
	vault_drop(&vault, names, 5);
	put(&vault, "C", 1, 5, 3);
	put(&vault, "A", 1, 1, 1);
	put(&vault, "D", 1, 1, 4);
	put(&vault, "B", 1, 1, 2);
	vault_drop(&vault, names, 5);
	vault_drop(&vault, names, 0);
	assert_int_equal(vault.rows_n, 2);
	holds(&vault, "A", 1);
	holds(&vault, "C", 3);
	/* The mark of one that is gone is gone with it. */
	put(&vault, "D", 1, 3, 5);
	vault_drop(&vault, names, 5);
	put(&vault, "D", 1, 2, 6);
	holds(&vault, "D", 6);
}

static void
test_local(void **state)
{
	struct fixture *f = *state;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_VAULT struct vault local = VAULT_INIT;
	AUTO_VAULT struct vault again = VAULT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	const char *name = "vault/" PROJECT ".development.local";
	struct err err;

	assert_int_equal(vault_load(&vault, &f->home, PROJECT, WORKSPACE,
			     "development", &err),
	    0);
	snprintf(vault.origin, sizeof(vault.origin), "embedded");
	assert_int_equal(
	    vault_local_load(&local, &f->home, &vault, NULL, &err), 0);
	assert_int_equal(local.rows_n, 0);
	put(&local, "A", 1, 1, 9);
	assert_int_equal(vault_local_save(&local, &f->home, NULL, &err), 0);
	/* Beside the vault, which it is not. */
	assert_int_equal(vault_load(&again, &f->home, PROJECT, WORKSPACE,
			     "development", &err),
	    0);
	assert_int_equal(
	    vault_local_load(&again, &f->home, &vault, NULL, &err), 1);
	holds(&again, "A", 9);
	/* One of another workspace is none. */
	snprintf(vault.workspace, sizeof(vault.workspace), PROJECT);
	assert_int_equal(
	    vault_local_load(&again, &f->home, &vault, NULL, &err), 0);
	assert_int_equal(again.rows_n, 0);
	assert_string_equal(again.workspace, PROJECT);
	snprintf(vault.workspace, sizeof(vault.workspace), WORKSPACE);
	/* Each copy has its own. */
	assert_int_equal(
	    vault_local_load(&again, &f->home, &vault, "/tmp/x", &err), 0);
	assert_int_equal(vault_local_save(&local, &f->home, "/tmp/x", &err), 0);
	/* The digits are those of sha256sum. */
	assert_int_equal(
	    home_read(&f->home,
		"vault/" PROJECT ".development.2e56aa36f538b33b.local", &text,
		4096, &err),
	    1);
	/* Without a row it still says that the copy was compared. */
	vault_drop(&local, &(const char *){"A"}, 1);
	assert_int_equal(vault_local_save(&local, &f->home, NULL, &err), 0);
	assert_int_equal(
	    vault_local_load(&again, &f->home, &vault, NULL, &err), 1);
	assert_int_equal(again.rows_n, 0);
	assert_int_equal(
	    vault_local_remove(&f->home, PROJECT, "development", NULL, &err),
	    0);
	assert_int_equal(
	    vault_local_load(&again, &f->home, &vault, NULL, &err), 0);
	assert_int_equal(
	    vault_local_load(&again, &f->home, &vault, "/tmp/x", &err), 1);
	fixture_write(f, name, "agentsecrets-vault 1\n");
	assert_int_equal(vault_local_load(&again, &f->home, &vault, NULL, &err),
	    -EXIT_UNSAFE);
	assert_non_null(strstr(err.text, ".development.local': damaged"));
	assert_non_null(strstr(err.hint, "diff"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_marks),
	    cmocka_unit_test(test_put_refuses),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test_setup_teardown(
		test_files, fixture_setup, fixture_teardown),
	    cmocka_unit_test(test_drop),
	    cmocka_unit_test_setup_teardown(
		test_local, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("vault", tests, NULL, NULL);
}
