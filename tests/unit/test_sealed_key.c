/* envelope: sealed keys, numbers, what tokens and devices derive. */
#include "config.h"

#include <setjmp.h>
#include <sodium.h>
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
static const cJSON *keys;

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(crypto_init(&err), 0);
	vectors = vectors_load("crypto-vectors.json");
	keys = vectors_list(vectors, "keys");
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

/* ---- A4 ------------------------------------------------------------------ */

static void
check_sealed_key(const cJSON *entry)
{
	bool to_self = text_equal(vectors_text(entry, "case"), "A->A");
	struct vector_bytes own = vectors_key(vectors, "skA");
	struct vector_bytes their =
	    vectors_key(vectors, to_self ? "skA" : "skB");
	struct vector_bytes to = vectors_key(vectors, to_self ? "pkA" : "pkB");
	struct vector_bytes wsk = vectors_hex(entry, "wsk");
	struct vector_bytes want = vectors_base64(entry, "blob");
	struct vector_bytes a = vectors_key(vectors, "pkA");
	struct vector_bytes b = vectors_key(vectors, "pkB");
	const struct sealed_key_label label = {
	    vectors_text(keys, "ws"),
	    (uint32_t)vectors_number(entry, "epoch"),
	    vectors_text(entry, "name"),
	};
	uint8_t candidates[2][KEY_BYTES];
	uint8_t box[SEALED_KEY];
	uint8_t opened[KEY_BYTES];
	struct err err;
	size_t who = 9;

	memcpy(candidates[0], b.data, KEY_BYTES);
	memcpy(candidates[1], a.data, KEY_BYTES);
	assert_int_equal(
	    sealed_key_seal(box, wsk.data, &label, own.data, to.data, &err), 0);
	assert_int_equal(want.len, SEALED_KEY);
	assert_memory_equal(box, want.data, SEALED_KEY);
	assert_int_equal(sealed_key_open(opened, box, &label, their.data,
			     (const uint8_t(*)[KEY_BYTES])candidates, 2, &who),
	    SEALED_KEY_FROM);
	assert_int_equal(who, 1);
	assert_memory_equal(opened, wsk.data, KEY_BYTES);
	/* Any NaCl client opens it. */
	assert_int_equal(
	    crypto_box_seal_open(opened, box, SEALED_KEY, to.data, their.data),
	    0);
}

static void
test_sealed_key_vectors(void **state)
{
	const cJSON *entry;
	size_t n = 0;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "A4")) {
		check_sealed_key(entry);
		n++;
	}
	assert_int_equal(n, 4);
}

static void
test_sealed_key_steps(void **state)
{
	struct vector_bytes own = vectors_key(vectors, "skA");
	struct vector_bytes a = vectors_key(vectors, "pkA");
	struct vector_bytes b = vectors_key(vectors, "pkB");
	struct vector_bytes wsk = vectors_key(vectors, "wsk");
	/* 1795000000, big-endian */
	static const uint8_t epoch[] = {0x6a, 0xfd, 0x86, 0xc0};
	const struct piece info[] = {{"agentsecrets/asb/v2", 19},
	    {a.data, KEY_BYTES}, {b.data, KEY_BYTES}};
	const struct piece message[] = {{vectors_text(keys, "ws"), UUID_TEXT},
	    {epoch, 4}, {wsk.data, KEY_BYTES}, {"acme", 4}};
	uint8_t shared[KEY_BYTES];
	uint8_t key[KEY_BYTES];
	uint8_t ephemeral[KEY_BYTES];

	(void)state;
	assert_int_equal(x25519_shared(shared, own.data, b.data), 0);
	crypto_hkdf(key, sizeof(key), shared, KEY_BYTES, NULL, 0, info, 3);
	vectors_expect(key, sizeof(key), vectors, "A4_k");
	crypto_hmac(ephemeral, key, KEY_BYTES, message, 4);
	vectors_expect(ephemeral, sizeof(ephemeral), vectors, "A4_esk_A_to_B");
}

/* A case of A4_negative, made out of the first box. */
struct negative {
	struct vector_bytes box;
	struct vector_bytes candidate;
	struct sealed_key_label label;
};

static void
change_for_case(struct negative *it, const char *what)
{
	struct vector_bytes wsk = vectors_key(vectors, "wsk");
	struct vector_bytes to = vectors_key(vectors, "pkB");
	uint64_t byte;

	if (text_equal(what, "other workspace"))
		it->label.workspace = "3fa85f64-5717-4562-b3fc-2c963f66afa7";
	else if (text_equal(what, "other epoch"))
		it->label.epoch++;
	else if (text_equal(what, "other name"))
		it->label.name = "acmf";
	else if (text_equal(what, "sender not a candidate"))
		it->candidate = vectors_key(vectors, "pkB");
	else if (text_has_prefix(what, "ordinary sealed box"))
		crypto_box_seal(it->box.data, wsk.data, KEY_BYTES, to.data);
	else if (text_has_prefix(what, "bit 0 of byte ") &&
	    text_parse_u64(what + 14, SEALED_KEY - 1, &byte) == 0)
		it->box.data[byte] ^= 1;
	else
		fail_msg("unknown case '%s'", what);
}

static void
test_sealed_key_negative(void **state)
{
	const cJSON *first = vectors_list(vectors, "A4")->child;
	struct vector_bytes own = vectors_key(vectors, "skB");
	static const uint8_t zero[KEY_BYTES];
	const cJSON *entry;
	size_t n = 0;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "A4_negative")) {
		const char *what = vectors_text(entry, "case");
		bool opens = text_equal(
		    vectors_text(entry, "result"), "opens, unauthenticated");
		struct negative it = {
		    vectors_base64(first, "blob"),
		    vectors_key(vectors, "pkA"),
		    {vectors_text(keys, "ws"),
			(uint32_t)vectors_number(first, "epoch"),
			vectors_text(first, "name")},
		};
		uint8_t candidate[1][KEY_BYTES];
		uint8_t opened[KEY_BYTES];
		size_t who = 9;
		enum sealed_key_state found;

		change_for_case(&it, what);
		memcpy(candidate[0], it.candidate.data, KEY_BYTES);
		found = sealed_key_open(opened, it.box.data, &it.label,
		    own.data, (const uint8_t(*)[KEY_BYTES])candidate, 1, &who);
		if (found !=
		    (opens ? SEALED_KEY_UNAUTHENTICATED : SEALED_KEY_BROKEN))
			fail_msg("'%s' gives %d", what, found);
		assert_int_equal(who, 9);
		if (!opens)
			assert_memory_equal(opened, zero, KEY_BYTES);
		n++;
	}
	assert_int_equal(n, 9);
}

static void
test_sealed_key_unsound(void **state)
{
	struct vector_bytes own = vectors_key(vectors, "skA");
	struct vector_bytes to = vectors_key(vectors, "pkB");
	const struct sealed_key_label label = {vectors_text(keys, "ws"), 1, ""};
	static const uint8_t low[1][KEY_BYTES] = {{1}};
	struct vector_bytes wsk = vectors_key(vectors, "wsk");
	uint8_t box[SEALED_KEY];
	uint8_t opened[KEY_BYTES];
	struct err err;
	size_t who;

	(void)state;
	assert_int_equal(
	    sealed_key_seal(box, wsk.data, &label, own.data, low[0], &err),
	    -EXIT_UNSAFE);
	to.data[31] |= 0x80;
	assert_int_equal(
	    sealed_key_seal(box, wsk.data, &label, own.data, to.data, &err),
	    -EXIT_UNSAFE);
	/* As a candidate such a key made nothing. */
	to = vectors_key(vectors, "pkA");
	assert_int_equal(
	    sealed_key_seal(box, wsk.data, &label, own.data, to.data, &err), 0);
	assert_int_equal(
	    sealed_key_open(opened, box, &label, own.data, low, 1, &who),
	    SEALED_KEY_UNAUTHENTICATED);
	assert_int_equal(
	    sealed_key_open(opened, box, &label, own.data, NULL, 0, &who),
	    SEALED_KEY_UNAUTHENTICATED);
}

/* ---- A5, 3.1 --------------------------------------------------------------
 */

static void
check_fingerprint(
    const uint8_t *fingerprint, const char *key, const char *digits)
{
	const cJSON *list = vectors_list(vectors, "fingerprints");
	char text[DIGITS_TEXT + 1];

	vectors_expect(fingerprint, KEY_BYTES, list, key);
	fingerprint_digits(text, fingerprint);
	assert_string_equal(text, vectors_text(list, digits));
}

static void
test_fingerprints(void **state)
{
	const char *ws = vectors_text(keys, "ws");
	struct vector_bytes a = vectors_key(vectors, "pkA");
	struct vector_bytes b = vectors_key(vectors, "pkB");
	struct vector_bytes first = vectors_key(vectors, "wsk");
	struct vector_bytes second = vectors_key(vectors, "wsk_epoch2");
	uint8_t out[KEY_BYTES];

	(void)state;
	key_fingerprint(out, a.data);
	check_fingerprint(out, "key_A", "digits_A");
	key_fingerprint(out, b.data);
	check_fingerprint(out, "key_B", "digits_B");
	workspace_key_fingerprint(out, ws, 1795000000, first.data);
	check_fingerprint(out, "wsk_1", "digits_wsk_1");
	workspace_key_fingerprint(out, ws, 1796000000, second.data);
	check_fingerprint(out, "wsk_2", "digits_wsk_2");
}

static void
test_identity_line(void **state)
{
	const cJSON *entry = vectors_list(vectors, "identity_line");
	struct vector_bytes a = vectors_key(vectors, "pkA");
	char email[EMAIL_MAX + 1];
	char line[512];

	(void)state;
	identity_line(line, sizeof(line), a.data, vectors_text(entry, "email"));
	assert_string_equal(line, vectors_text(entry, "line"));
	assert_int_equal(strlen(line), vectors_number(entry, "chars"));
	memset(email, 'e', EMAIL_MAX);
	email[EMAIL_MAX] = '\0';
	identity_line(line, sizeof(line), a.data, email);
	assert_int_equal(strlen(line), 5 + 387);
}

static void
test_key_pairs(void **state)
{
	struct vector_bytes a = vectors_key(vectors, "skA");
	struct vector_bytes b = vectors_key(vectors, "skB");
	uint8_t out[KEY_BYTES];

	(void)state;
	x25519_public(out, a.data);
	vectors_expect(out, sizeof(out), keys, "pkA");
	x25519_public(out, b.data);
	vectors_expect(out, sizeof(out), keys, "pkB");
}

/* ---- 3.2, 3.4: what is derived for tokens and devices -------------------- */

static void
derive(
    uint8_t out[KEY_BYTES], const struct vector_bytes *seed, const char *label)
{
	const struct piece info = {label, strlen(label)};

	crypto_hkdf(out, KEY_BYTES, seed->data, seed->len, NULL, 0, &info, 1);
}

static void
test_token_keys(void **state)
{
	const cJSON *token = vectors_list(vectors, "token");
	struct vector_bytes seed = vectors_hex(token, "seed");
	struct vector_bytes maker = vectors_key(vectors, "skA");
	struct vector_bytes wsk = vectors_key(vectors, "wsk");
	struct vector_bytes want = vectors_base64(token, "sealed_key");
	const struct sealed_key_label label = {
	    vectors_text(keys, "ws"), 1795000000, ""};
	char bearer[64] = "asb1_";
	uint8_t out[KEY_BYTES];
	uint8_t public_key[KEY_BYTES];
	uint8_t box[SEALED_KEY];
	struct err err;

	(void)state;
	derive(out, &seed, "agentsecrets/token/bearer/v1");
	base64_encode(
	    bearer + 5, sizeof(bearer) - 5, out, KEY_BYTES, BASE64_URL);
	assert_string_equal(bearer, vectors_text(token, "bearer"));
	crypto_sha256(out, bearer, strlen(bearer));
	vectors_expect(out, sizeof(out), token, "bearer_sha256");
	derive(out, &seed, "agentsecrets/token/cache/v1");
	vectors_expect(out, sizeof(out), token, "cache_key");
	derive(out, &seed, "agentsecrets/token/x25519/v1");
	vectors_expect(out, sizeof(out), token, "sk");
	x25519_public(public_key, out);
	vectors_expect(public_key, KEY_BYTES, token, "pk");
	assert_int_equal(sealed_key_seal(box, wsk.data, &label, maker.data,
			     public_key, &err),
	    0);
	assert_memory_equal(box, want.data, SEALED_KEY);
}

/* Whether the four check bytes at the end of a token are right. */
static bool
token_is_sound(const cJSON *token, const char *key)
{
	const char *text = vectors_text(token, key);
	struct vector_bytes body = vectors_hex(token, "body");
	uint8_t raw[512];
	uint8_t hash[HASH_BYTES];
	long len = base64_decode(
	    raw, sizeof(raw), text + 5, strlen(text) - 5, BASE64_URL);
	const struct piece pieces[] = {{"asm1_", 5}, {raw, body.len}};

	assert_int_equal(strlen(text), vectors_number(token, "chars"));
	assert_int_equal(len, body.len + 4);
	crypto_sha256_pieces(hash, pieces, 2);
	return memcmp(hash, raw + body.len, 4) == 0;
}

static void
test_token_text(void **state)
{
	const cJSON *token = vectors_list(vectors, "token");

	(void)state;
	assert_true(token_is_sound(token, "token"));
	assert_false(token_is_sound(token, "mistyped"));
}

static void
test_device(void **state)
{
	const cJSON *device = vectors_list(vectors, "device");
	static const char label[] = "agentsecrets/device/v1";
	const char *email = vectors_text(device, "email");
	const struct piece pieces[] = {
	    {label, sizeof(label)}, {email, strlen(email)}};
	struct vector_bytes code = vectors_hex(device, "code10");
	struct vector_bytes nonce = vectors_hex(device, "nonce");
	struct vector_bytes payload = vectors_hex(device, "payload");
	struct vector_bytes bundle = vectors_base64(device, "bundle");
	uint8_t salt[HASH_BYTES];
	uint8_t out[48];
	uint8_t aad[sizeof(label) + 16];
	struct vector_bytes sealed;
	struct aead *aead;
	struct err err;

	(void)state;
	crypto_sha256_pieces(salt, pieces, 2);
	assert_int_equal(crypto_argon2id(out, sizeof(out), code.data, code.len,
			     salt, 16, 3, 65536, 4, &err),
	    0);
	vectors_expect(out, 16, device, "request_id");
	vectors_expect(out + 16, 32, device, "key");
	memcpy(aad, label, sizeof(label));
	memcpy(aad + sizeof(label), out, 16);
	assert_int_equal(aead_new(&aead, out + 16, &err), 0);
	aead_seal(aead, nonce.data, aad, sizeof(aad), payload.data, payload.len,
	    sealed.data);
	assert_memory_equal(bundle.data, nonce.data, NONCE_BYTES);
	assert_int_equal(bundle.len, NONCE_BYTES + payload.len + TAG_BYTES);
	assert_memory_equal(
	    bundle.data + NONCE_BYTES, sealed.data, payload.len + TAG_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sealed_key_vectors),
	    cmocka_unit_test(test_sealed_key_steps),
	    cmocka_unit_test(test_sealed_key_negative),
	    cmocka_unit_test(test_sealed_key_unsound),
	    cmocka_unit_test(test_fingerprints),
	    cmocka_unit_test(test_identity_line),
	    cmocka_unit_test(test_key_pairs),
	    cmocka_unit_test(test_token_keys),
	    cmocka_unit_test(test_token_text),
	    cmocka_unit_test(test_device),
	};

	return cmocka_run_group_tests_name(
	    "sealed_key", tests, set_up, tear_down);
}
