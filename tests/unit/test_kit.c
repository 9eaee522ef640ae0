/* kit: a private key on paper, and every way to copy it down wrongly. */
#include "config.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/text.h>

#include "vectors.h"

static cJSON *vectors;
static const cJSON *kit;

struct lines {
	char text[KIT_GROUPS][64];
	const char *view[KIT_GROUPS];
};

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(crypto_init(&err), 0);
	vectors = vectors_load("crypto-vectors.json");
	kit = vectors_list(vectors, "kit");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	json_release(&vectors);
	arena_end();
	return 0;
}

static void
load(struct lines *lines)
{
	const cJSON *line;
	size_t n = 0;

	cJSON_ArrayForEach(line, vectors_list(kit, "lines")) {
		assert_true(n < KIT_GROUPS);
		assert_int_equal(strlen(line->valuestring), KIT_GROUP_TEXT);
		text_copy(lines->text[n], sizeof(lines->text[n]),
		    line->valuestring, KIT_GROUP_TEXT);
		lines->view[n] = lines->text[n];
		n++;
	}
	assert_int_equal(n, KIT_GROUPS);
}

static struct secret
passphrase(const char *text)
{
	struct err err;
	struct secret secret = {NULL, strlen(text)};

	secret.data = arena_copy(text, secret.len, &err);
	assert_non_null(secret.data);
	return secret;
}

static void
assert_opens(const struct lines *lines)
{
	struct secret phrase = passphrase(vectors_text(kit, "passphrase"));
	struct vector_bytes want = vectors_hex(kit, "private_key");
	uint8_t *out = NULL;
	struct err err;

	assert_int_equal(kit_open(&out, lines->view, &phrase, &err), 0);
	assert_true(arena_holds(out, KEY_BYTES));
	assert_memory_equal(out, want.data, KEY_BYTES);
}

static void
assert_mistyped(const struct lines *lines, const char *want)
{
	/* No passphrase: Argon2 would find none. */
	struct secret none = SECRET_INIT;
	uint8_t *out = NULL;
	struct err err = {0};

	assert_int_equal(kit_open(&out, lines->view, &none, &err), -EXIT_USAGE);
	assert_string_equal(err.text, want);
	assert_string_not_equal(err.hint, "");
	assert_null(out);
}

static void
test_vector(void **state)
{
	struct lines lines;

	(void)state;
	load(&lines);
	assert_opens(&lines);
}

static void
test_vector_steps(void **state)
{
	struct vector_bytes salt = vectors_hex(kit, "salt11");
	struct vector_bytes want = vectors_hex(kit, "argon2");
	const char *phrase = vectors_text(kit, "passphrase");
	uint8_t head[12] = {0x01};
	uint8_t key[KEY_BYTES];
	struct err err;

	(void)state;
	memcpy(head + 1, salt.data, 11);
	assert_int_equal(
	    crypto_argon2id(key, sizeof(key), phrase, strlen(phrase), head,
		sizeof(head), 3, 65536, 4, &err),
	    0);
	assert_memory_equal(key, want.data, KEY_BYTES);
}

/* Lower case, blanks for dashes, o for 0, i and l for 1. */
static void
test_as_people_type(void **state)
{
	struct lines lines;

	(void)state;
	load(&lines);
	for (size_t i = 0; i < KIT_GROUPS; i++) {
		bool odd = false;

		for (char *c = lines.text[i]; *c != '\0'; c++) {
			odd = !odd;
			if (*c == '-')
				*c = odd ? ' ' : '\t';
			else if (*c == '0')
				*c = odd ? 'o' : 'O';
			else if (*c == '1')
				*c = odd ? 'l' : 'I';
			else
				*c = (char)tolower(*c);
		}
	}
	assert_opens(&lines);
}

static void
test_without_dashes(void **state)
{
	struct lines lines;

	(void)state;
	load(&lines);
	for (size_t i = 0; i < KIT_GROUPS; i++) {
		char *to = lines.text[i];

		for (const char *from = to; *from != '\0'; from++) {
			if (*from != '-')
				*to++ = *from;
		}
		*to = '\0';
		assert_true(kit_is_group(lines.text[i]));
	}
	assert_opens(&lines);
}

/* The two that crypto-vectors.json lists, by what they say. */
static void
test_refused_vectors(void **state)
{
	const cJSON *refused = vectors_list(kit, "refused");
	struct lines lines;

	(void)state;
	assert_int_equal(cJSON_GetArraySize(refused), 2);
	load(&lines);
	lines.view[0] = lines.text[1];
	lines.view[1] = lines.text[0];
	assert_mistyped(&lines, "line 1 of the kit is mistyped");
	load(&lines);
	lines.text[0][5] = '3';
	assert_mistyped(&lines, "line 1 of the kit is mistyped");
}

static void
test_every_line_is_named(void **state)
{
	struct lines lines;
	char want[] = "line 1 of the kit is mistyped";

	(void)state;
	for (size_t i = 0; i < KIT_GROUPS; i++) {
		want[5] = (char)('1' + i);
		for (size_t at = 0; at < KIT_GROUP_TEXT; at++) {
			load(&lines);
			if (lines.text[i][at] == '-')
				continue;
			lines.text[i][at] =
			    lines.text[i][at] == '7' ? '8' : '7';
			assert_mistyped(&lines, want);
		}
		load(&lines);
		lines.text[i][KIT_GROUP_TEXT - 1] = '\0';
		assert_mistyped(&lines, want);
	}
}

/* A device code has the same looks and other check bits. */
static void
test_device_code(void **state)
{
	const cJSON *device = vectors_list(vectors, "device");
	struct lines lines;

	(void)state;
	assert_string_equal(vectors_text(device, "as_kit_line"), "refused");
	load(&lines);
	lines.view[0] = vectors_text(device, "code");
	assert_mistyped(&lines, "line 1 of the kit is mistyped");
}

static void
test_wrong_passphrase(void **state)
{
	struct secret wrong = passphrase("correct horse battery stable");
	struct lines lines;
	uint8_t *out = NULL;
	struct err err;

	(void)state;
	load(&lines);
	assert_int_equal(
	    kit_open(&out, lines.view, &wrong, &err), -EXIT_ACCESS);
	assert_null(out);
}

static void
test_round_trip(void **state)
{
	struct secret phrase = passphrase("one two three four five");
	char groups[2][KIT_GROUPS][KIT_GROUP_TEXT + 1];
	const char *view[KIT_GROUPS];
	uint8_t public_key[KEY_BYTES];
	uint8_t *private_key;
	uint8_t *out = NULL;
	struct err err;

	(void)state;
	private_key = private_key_new(public_key, &err);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    kit_seal(groups[i], private_key, &phrase, &err), 0);
	/* Each kit has a salt of its own. */
	assert_string_not_equal(groups[0][0], groups[1][0]);
	for (size_t i = 0; i < KIT_GROUPS; i++) {
		assert_int_equal(strlen(groups[0][i]), KIT_GROUP_TEXT);
		assert_true(kit_is_group(groups[0][i]));
		view[i] = groups[0][i];
	}
	assert_int_equal(kit_open(&out, view, &phrase, &err), 0);
	assert_memory_equal(out, private_key, KEY_BYTES);
}

static void
test_what_is_a_group(void **state)
{
	(void)state;
	assert_true(kit_is_group("0400-20G3-0G2G-C1R8-3HVP"));
	assert_true(kit_is_group("  040020g30g2gclr83hvp\r\n"));
	assert_false(kit_is_group("0400-20G3-0G2G-C1R8-3HV"));
	assert_false(kit_is_group("0400-20G3-0G2G-C1R8-3HVPP"));
	assert_false(kit_is_group("0400-20G3-0G2G-C1R8-3HVU"));
	assert_false(kit_is_group("0400-20G3-0G2G-C1R8-3HV@"));
	assert_false(kit_is_group(""));
	/* The other lines of the file. */
	assert_false(kit_is_group("agentsecrets recovery kit"));
	assert_false(kit_is_group("account alice@example.com"));
	assert_false(kit_is_group("server https://secrets.example.com"));
	assert_false(kit_is_group("server embedded"));
	assert_false(kit_is_group("key 87763 58010 83198 66530 85792 43946"));
	assert_false(kit_is_group("made 2026-01-31"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vector),
	    cmocka_unit_test(test_vector_steps),
	    cmocka_unit_test(test_as_people_type),
	    cmocka_unit_test(test_without_dashes),
	    cmocka_unit_test(test_refused_vectors),
	    cmocka_unit_test(test_every_line_is_named),
	    cmocka_unit_test(test_device_code),
	    cmocka_unit_test(test_wrong_passphrase),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_what_is_a_group),
	};

	return cmocka_run_group_tests_name("kit", tests, set_up, tear_down);
}
