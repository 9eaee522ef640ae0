/* envelope: blobs, sealed keys, the auth secret and numbers, to the byte. */
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

static struct vector_bytes
key_of(const char *name)
{
	struct vector_bytes key = vectors_hex(keys, name);

	assert_int_equal(key.len, KEY_BYTES);
	return key;
}

static struct secret
secret_of(const char *text)
{
	struct err err;
	struct secret secret = {NULL, strlen(text)};

	secret.data = arena_copy(text, secret.len, &err);
	assert_non_null(secret.data);
	return secret;
}

static void
assert_hex_at(
    const uint8_t *bytes, size_t len, const cJSON *json, const char *key)
{
	struct vector_bytes want = vectors_hex(json, key);

	assert_int_equal(want.len, len);
	assert_memory_equal(bytes, want.data, len);
}

/* ---- A1 ------------------------------------------------------------------ */

static void
check_auth(const char *origin, const char *email, const char *want)
{
	const cJSON *a1 = vectors_list(vectors, "A1");
	struct secret password = secret_of(vectors_text(a1, "password"));
	struct arena_mark mark = arena_mark();
	struct secret secret = SECRET_INIT;
	struct err err;

	assert_int_equal(
	    auth_secret(&secret, &password, origin, email, &err), 0);
	assert_int_equal(secret.len, AUTH_SECRET_TEXT);
	assert_true(arena_holds(secret.data, secret.len + 1));
	assert_string_equal((const char *)secret.data, want);
	/* Nothing but the secret stays. */
	assert_true(arena_mark().used - mark.used <= AUTH_SECRET_TEXT + 1 + 15);
}

static void
test_auth_secret(void **state)
{
	const cJSON *a1 = vectors_list(vectors, "A1");
	const cJSON *origin = vectors_list(vectors, "A1_other_origin");
	const cJSON *email = vectors_list(vectors, "A1_other_email");

	(void)state;
	check_auth(vectors_text(a1, "origin"), vectors_text(a1, "email"),
	    vectors_text(a1, "password_field"));
	check_auth(vectors_text(origin, "origin"), vectors_text(a1, "email"),
	    vectors_text(origin, "password_field"));
	check_auth(vectors_text(a1, "origin"), vectors_text(email, "email"),
	    vectors_text(email, "password_field"));
}

static void
test_auth_steps(void **state)
{
	static const char label[] = "agentsecrets/auth-salt/v1";
	const cJSON *a1 = vectors_list(vectors, "A1");
	const char *origin = vectors_text(a1, "origin");
	const char *email = vectors_text(a1, "email");
	const char *password = vectors_text(a1, "password");
	const struct piece salted[] = {{label, sizeof(label)},
	    {origin, strlen(origin) + 1}, {email, strlen(email)}};
	uint8_t salt[HASH_BYTES];
	uint8_t key[KEY_BYTES];
	struct err err;

	(void)state;
	crypto_sha256_pieces(salt, salted, 3);
	assert_hex_at(salt, sizeof(salt), a1, "salt_a");
	assert_int_equal(
	    crypto_argon2id(key, sizeof(key), password, strlen(password), salt,
		sizeof(salt), 3, 65536, 4, &err),
	    0);
	assert_hex_at(key, sizeof(key), a1, "mk");
}

/* ---- A2 ------------------------------------------------------------------ */

static void
test_private_key(void **state)
{
	struct secret password = secret_of("correct horse battery staple");
	struct secret wrong = secret_of("correct horse battery stable");
	uint8_t public_key[KEY_BYTES];
	uint8_t other[KEY_BYTES];
	uint8_t blob[PRIVATE_KEY_BLOB];
	uint8_t salt[KEY_BYTES];
	uint8_t *opened = NULL;
	uint8_t *private_key;
	struct err err;

	(void)state;
	private_key = private_key_new(public_key, &err);
	assert_true(arena_holds(private_key, KEY_BYTES));
	assert_int_equal(
	    private_key_seal(blob, salt, private_key, &password, &err), 0);
	assert_int_equal(
	    private_key_open(&opened, blob, salt, &wrong, public_key, &err),
	    -EXIT_ACCESS);
	assert_null(opened);
	assert_int_equal(
	    private_key_open(&opened, blob, salt, &password, public_key, &err),
	    0);
	assert_true(arena_holds(opened, KEY_BYTES));
	assert_memory_equal(opened, private_key, KEY_BYTES);
	/* The right password, and a key that is not the account's. */
	opened = NULL;
	private_key_new(other, &err);
	assert_int_equal(
	    private_key_open(&opened, blob, salt, &password, other, &err),
	    -EXIT_UNSAFE);
	assert_null(opened);
	blob[PRIVATE_KEY_BLOB - 1] ^= 1;
	assert_int_equal(
	    private_key_open(&opened, blob, salt, &password, public_key, &err),
	    -EXIT_ACCESS);
}

/* The blob is the reference's: Argon2id, then AES-GCM with nothing beside. */
static void
test_private_key_is_the_public_format(void **state)
{
	struct secret password = secret_of("correct horse battery staple");
	struct vector_bytes private_key = key_of("skA");
	uint8_t blob[2][PRIVATE_KEY_BLOB];
	uint8_t salt[2][KEY_BYTES];
	uint8_t key[KEY_BYTES];
	uint8_t plain[KEY_BYTES];
	struct aead *aead;
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(private_key_seal(blob[i], salt[i],
				     private_key.data, &password, &err),
		    0);
	/* Salt and nonce are fresh each time. */
	assert_memory_not_equal(salt[0], salt[1], KEY_BYTES);
	assert_memory_not_equal(blob[0], blob[1], NONCE_BYTES);
	assert_int_equal(
	    crypto_argon2id(key, sizeof(key), password.data, password.len,
		salt[0], KEY_BYTES, 3, 65536, 4, &err),
	    0);
	assert_int_equal(aead_new(&aead, key, &err), 0);
	assert_int_equal(
	    aead_open(aead, blob[0], NULL, 0, blob[0] + NONCE_BYTES,
		PRIVATE_KEY_BLOB - NONCE_BYTES, plain),
	    0);
	assert_memory_equal(plain, private_key.data, KEY_BYTES);
}

/* ---- A3 ------------------------------------------------------------------ */

static struct blob_place
place_of(const cJSON *entry)
{
	return (struct blob_place){
	    .kind = text_equal(vectors_text(entry, "kind"), "deleted")
		? BLOB_DELETED
		: BLOB_SECRET,
	    .project = vectors_text(keys, "project"),
	    .environment = vectors_text(entry, "environment"),
	    .name = vectors_text(entry, "name"),
	};
}

static struct blob_key *
workspace_blob_key(void)
{
	struct vector_bytes key = key_of("wsk");
	struct blob_key *out;
	struct err err;

	assert_int_equal(blob_key_new(&out, key.data, &err), 0);
	assert_true(arena_holds(out, 1));
	return out;
}

static void
test_bind_key(void **state)
{
	const struct piece label = {"agentsecrets/bind/v1", 20};
	struct vector_bytes key = key_of("wsk");
	uint8_t bind[KEY_BYTES];

	(void)state;
	crypto_hkdf(
	    bind, sizeof(bind), key.data, KEY_BYTES, NULL, 0, &label, 1);
	assert_hex_at(bind, sizeof(bind), vectors, "A3_kb");
}

static void
test_blob_vectors(void **state)
{
	struct blob_key *key = workspace_blob_key();
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "A3"))
	{
		struct blob_place place = place_of(entry);
		struct vector_bytes value = vectors_hex(entry, "value_hex");
		struct vector_bytes nonce = vectors_hex(entry, "nonce");
		struct vector_bytes blob = vectors_base64(entry, "blob");
		uint32_t version = (uint32_t)vectors_number(entry, "ver");
		struct vector_bytes out;
		uint32_t found = 0;

		blob_seal(
		    key, &place, version, value.data, value.len, out.data);
		assert_int_equal(blob.len, value.len + BLOB_OVERHEAD);
		assert_memory_equal(out.data, blob.data, blob.len);
		assert_memory_equal(out.data, nonce.data, NONCE_BYTES);
		assert_int_equal(blob_open(key, &place, blob.data, blob.len,
				     out.data, &found),
		    BLOB_BOUND);
		assert_int_equal(found, version);
		assert_memory_equal(out.data, value.data, value.len);
	}
	blob_key_wipe(key);
}

/* The first blob's place, changed as the case says. */
static struct blob_place
place_for_case(const char *what)
{
	struct blob_place place = place_of(vectors_list(vectors, "A3")->child);

	if (text_equal(what, "other name"))
		place.name = "DATABASE_URI";
	else if (text_equal(what, "other environment"))
		place.environment = "staging";
	else if (text_equal(what, "other project"))
		place.project = "7d9f0c1e-0000-4000-8000-000000000002";
	else if (text_equal(what, "as tombstone"))
		place.kind = BLOB_DELETED;
	return place;
}

static void
test_blob_negative(void **state)
{
	const cJSON *first = vectors_list(vectors, "A3")->child;
	struct blob_key *key = workspace_blob_key();
	const cJSON *entry;
	size_t n = 0;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "A3_negative"))
	{
		const char *what = vectors_text(entry, "case");
		const char *result = vectors_text(entry, "result");
		struct blob_place place = place_for_case(what);
		bool own = json_get(entry, "blob") != NULL;
		struct vector_bytes blob =
		    vectors_base64(own ? entry : first, "blob");
		bool opens = text_equal(result, "opens, unbound");
		struct vector_bytes value;
		uint32_t version = 77;
		enum blob_state found = blob_open(
		    key, &place, blob.data, blob.len, value.data, &version);

		assert_true(opens || text_equal(result, "fails to open"));
		if (found != (opens ? BLOB_UNBOUND : BLOB_BROKEN))
			fail_msg("'%s' gives %d", what, found);
		assert_int_equal(version, 77);
		for (size_t i = 0; !opens && i < blob.len - BLOB_OVERHEAD; i++)
			assert_int_equal(value.data[i], 0);
		n++;
	}
	assert_int_equal(n, 9);
}

static void
test_blob_every_bit(void **state)
{
	struct blob_key *key = workspace_blob_key();
	struct blob_place place = place_for_case("");
	uint8_t blob[BLOB_OVERHEAD + 5];
	uint8_t value[5];
	uint32_t version;

	(void)state;
	blob_seal(key, &place, 5, "value", 5, blob);
	for (size_t bit = 0; bit < 8 * sizeof(blob); bit++) {
		blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(
		    blob_open(key, &place, blob, sizeof(blob), value, &version),
		    BLOB_BROKEN);
		blob[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < sizeof(blob); len++)
		assert_int_equal(
		    blob_open(key, &place, blob, len, value, &version),
		    BLOB_BROKEN);
	assert_int_equal(
	    blob_open(key, &place, blob, sizeof(blob), value, &version),
	    BLOB_BOUND);
	assert_int_equal(version, 5);
}

/* f(x) keeps the parts apart: moving a letter over is another place. */
static void
test_blob_parts_do_not_run_together(void **state)
{
	struct blob_key *key = workspace_blob_key();
	struct blob_place place = place_for_case("");
	uint8_t blob[2][BLOB_OVERHEAD];

	(void)state;
	place.environment = "staging";
	place.name = "A";
	blob_seal(key, &place, 1, "", 0, blob[0]);
	place.environment = "stagin";
	place.name = "gA";
	blob_seal(key, &place, 1, "", 0, blob[1]);
	assert_memory_not_equal(blob[0], blob[1], NONCE_BYTES);
}

/* ---- A4 ------------------------------------------------------------------ */

static void
check_sealed_key(const cJSON *entry)
{
	bool to_self = text_equal(vectors_text(entry, "case"), "A->A");
	struct vector_bytes own = key_of("skA");
	struct vector_bytes their = key_of(to_self ? "skA" : "skB");
	struct vector_bytes to = key_of(to_self ? "pkA" : "pkB");
	struct vector_bytes wsk = vectors_hex(entry, "wsk");
	struct vector_bytes want = vectors_base64(entry, "blob");
	struct vector_bytes a = key_of("pkA");
	struct vector_bytes b = key_of("pkB");
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
	cJSON_ArrayForEach(entry, vectors_list(vectors, "A4"))
	{
		check_sealed_key(entry);
		n++;
	}
	assert_int_equal(n, 4);
}

static void
test_sealed_key_steps(void **state)
{
	struct vector_bytes own = key_of("skA");
	struct vector_bytes a = key_of("pkA");
	struct vector_bytes b = key_of("pkB");
	struct vector_bytes wsk = key_of("wsk");
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
	assert_hex_at(key, sizeof(key), vectors, "A4_k");
	crypto_hmac(ephemeral, key, KEY_BYTES, message, 4);
	assert_hex_at(ephemeral, sizeof(ephemeral), vectors, "A4_esk_A_to_B");
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
	struct vector_bytes wsk = key_of("wsk");
	struct vector_bytes to = key_of("pkB");
	uint64_t byte;

	if (text_equal(what, "other workspace"))
		it->label.workspace = "3fa85f64-5717-4562-b3fc-2c963f66afa7";
	else if (text_equal(what, "other epoch"))
		it->label.epoch++;
	else if (text_equal(what, "other name"))
		it->label.name = "acmf";
	else if (text_equal(what, "sender not a candidate"))
		it->candidate = key_of("pkB");
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
	struct vector_bytes own = key_of("skB");
	static const uint8_t zero[KEY_BYTES];
	const cJSON *entry;
	size_t n = 0;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "A4_negative"))
	{
		const char *what = vectors_text(entry, "case");
		bool opens = text_equal(
		    vectors_text(entry, "result"), "opens, unauthenticated");
		struct negative it = {
		    vectors_base64(first, "blob"),
		    key_of("pkA"),
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
	struct vector_bytes own = key_of("skA");
	struct vector_bytes to = key_of("pkB");
	const struct sealed_key_label label = {vectors_text(keys, "ws"), 1, ""};
	static const uint8_t low[1][KEY_BYTES] = {{1}};
	struct vector_bytes wsk = key_of("wsk");
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
	to = key_of("pkA");
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

	assert_hex_at(fingerprint, KEY_BYTES, list, key);
	fingerprint_digits(text, fingerprint);
	assert_string_equal(text, vectors_text(list, digits));
}

static void
test_fingerprints(void **state)
{
	const char *ws = vectors_text(keys, "ws");
	struct vector_bytes a = key_of("pkA");
	struct vector_bytes b = key_of("pkB");
	struct vector_bytes first = key_of("wsk");
	struct vector_bytes second = key_of("wsk_epoch2");
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
	struct vector_bytes a = key_of("pkA");
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
	struct vector_bytes a = key_of("skA");
	struct vector_bytes b = key_of("skB");
	uint8_t out[KEY_BYTES];

	(void)state;
	x25519_public(out, a.data);
	assert_hex_at(out, sizeof(out), keys, "pkA");
	x25519_public(out, b.data);
	assert_hex_at(out, sizeof(out), keys, "pkB");
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
	struct vector_bytes maker = key_of("skA");
	struct vector_bytes wsk = key_of("wsk");
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
	assert_hex_at(out, sizeof(out), token, "bearer_sha256");
	derive(out, &seed, "agentsecrets/token/cache/v1");
	assert_hex_at(out, sizeof(out), token, "cache_key");
	derive(out, &seed, "agentsecrets/token/x25519/v1");
	assert_hex_at(out, sizeof(out), token, "sk");
	x25519_public(public_key, out);
	assert_hex_at(public_key, KEY_BYTES, token, "pk");
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
	assert_hex_at(out, 16, device, "request_id");
	assert_hex_at(out + 16, 32, device, "key");
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
	    cmocka_unit_test(test_auth_secret),
	    cmocka_unit_test(test_auth_steps),
	    cmocka_unit_test(test_private_key),
	    cmocka_unit_test(test_private_key_is_the_public_format),
	    cmocka_unit_test(test_bind_key),
	    cmocka_unit_test(test_blob_vectors),
	    cmocka_unit_test(test_blob_negative),
	    cmocka_unit_test(test_blob_every_bit),
	    cmocka_unit_test(test_blob_parts_do_not_run_together),
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
	    "envelope", tests, set_up, tear_down);
}
