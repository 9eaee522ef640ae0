/* envelope: the auth secret, the private key, blobs, to the byte. */
#include "config.h"

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

static struct secret
secret_of(const char *text)
{
	struct err err;
	struct secret secret = {NULL, strlen(text)};

	secret.data = arena_copy(text, secret.len, &err);
	assert_non_null(secret.data);
	return secret;
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
	vectors_expect(salt, sizeof(salt), a1, "salt_a");
	assert_int_equal(
	    crypto_argon2id(key, sizeof(key), password, strlen(password), salt,
		sizeof(salt), 3, 65536, 4, &err),
	    0);
	vectors_expect(key, sizeof(key), a1, "mk");
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
	struct vector_bytes private_key = vectors_key(vectors, "skA");
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
	struct vector_bytes key = vectors_key(vectors, "wsk");
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
	struct vector_bytes key = vectors_key(vectors, "wsk");
	uint8_t bind[KEY_BYTES];

	(void)state;
	crypto_hkdf(
	    bind, sizeof(bind), key.data, KEY_BYTES, NULL, 0, &label, 1);
	vectors_expect(bind, sizeof(bind), vectors, "A3_kb");
}

static void
test_blob_vectors(void **state)
{
	struct blob_key *key = workspace_blob_key();
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "A3")) {
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
	cJSON_ArrayForEach(entry, vectors_list(vectors, "A3_negative")) {
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
	};

	return cmocka_run_group_tests_name(
	    "envelope", tests, set_up, tear_down);
}
