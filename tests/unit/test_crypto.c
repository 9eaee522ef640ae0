/* crypto: every primitive against answers of independent implementations. */
#include "config.h"

#include <argon2.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "vectors.h"

static cJSON *vectors;

static int
set_up(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(crypto_init(&err), 0);
	vectors = vectors_load("vectors.json");
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

static bool
expects(const cJSON *entry, const char *want)
{
	return text_equal(vectors_text(entry, "expect"), want);
}

/* ---- Hashes -------------------------------------------------------------- */

static void
assert_hex(const uint8_t *bytes, size_t len, const char *want)
{
	char text[129];

	text_hex_encode(text, bytes, len);
	assert_string_equal(text, want);
}

static void
test_sha256(void **state)
{
	/* FIPS 180-4, examples "abc" and the empty message */
	const struct piece pieces[] = {{"a", 1}, {NULL, 0}, {"bc", 2}};
	uint8_t hash[HASH_BYTES];

	(void)state;
	crypto_sha256(hash, "abc", 3);
	assert_hex(hash, sizeof(hash),
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	crypto_sha256_pieces(hash, pieces, 3);
	assert_hex(hash, sizeof(hash),
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	crypto_sha256(hash, "", 0);
	assert_hex(hash, sizeof(hash),
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
}

static void
test_hmac(void **state)
{
	/* RFC 4231, test cases 2 and 6 (a key longer than a block) */
	const struct piece two[] = {
	    {"what do ya want ", 16}, {"for nothing?", 12}};
	const struct piece six = {
	    "Test Using Larger Than Block-Size Key - Hash Key First", 54};
	uint8_t key[131];
	uint8_t mac[HASH_BYTES];

	(void)state;
	crypto_hmac(mac, (const uint8_t *)"Jefe", 4, two, 2);
	assert_hex(mac, sizeof(mac),
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	crypto_hmac(mac, key, sizeof(key), &six, 1);
	assert_hex(mac, sizeof(mac),
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}

static void
test_hkdf_vectors(void **state)
{
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "hkdf_sha256")) {
		struct vector_bytes key = vectors_hex(entry, "ikm_hex");
		struct vector_bytes salt = vectors_hex(entry, "salt_hex");
		struct vector_bytes want = vectors_hex(entry, "out_hex");
		const char *info = vectors_text(entry, "info_utf8");
		const struct piece piece = {info, strlen(info)};
		uint8_t out[64];

		assert_int_equal(want.len, vectors_number(entry, "length"));
		crypto_hkdf(out, want.len, key.data, key.len, salt.data,
		    salt.len, &piece, 1);
		assert_memory_equal(out, want.data, want.len);
	}
}

static void
test_hkdf_rfc5869(void **state)
{
	uint8_t key[80];
	uint8_t salt[80];
	uint8_t info[80];
	uint8_t out[82];
	const struct piece pieces[] = {{info, 30}, {info + 30, 50}};

	(void)state;
	for (uint8_t i = 0; i < 80; i++) {
		key[i] = i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (uint8_t)(0xb0 + i);
	}
	/* Test case 2: more than two blocks. */
	crypto_hkdf(
	    out, sizeof(out), key, sizeof(key), salt, sizeof(salt), pieces, 2);
	assert_hex(out, 41,
	    "b11e398dc80327a1c8e7f78c596a4934"
	    "4f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271");
	assert_hex(out + 41, 41,
	    "cb41c65e590e09da3275600c2f09b836"
	    "7793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
	/* Test case 3: no salt, no info. */
	memset(key, 0x0b, 22);
	crypto_hkdf(out, 42, key, 22, NULL, 0, NULL, 0);
	assert_hex(out, 42,
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8");
}

/* ---- Argon2id ------------------------------------------------------------ */

/* The one vector with a secret and data, which we do not use: that the
 * library which is loaded is the one of RFC 9106. */
static void
check_library(const cJSON *entry)
{
	struct vector_bytes password = vectors_hex(entry, "password_hex");
	struct vector_bytes salt = vectors_hex(entry, "salt_hex");
	struct vector_bytes secret = vectors_hex(entry, "secret_hex");
	struct vector_bytes data = vectors_hex(entry, "ad_hex");
	struct vector_bytes want = vectors_hex(entry, "out_hex");
	uint8_t out[64];
	argon2_context context = {
	    .out = out,
	    .outlen = (uint32_t)want.len,
	    .pwd = password.data,
	    .pwdlen = (uint32_t)password.len,
	    .salt = salt.data,
	    .saltlen = (uint32_t)salt.len,
	    .secret = secret.data,
	    .secretlen = (uint32_t)secret.len,
	    .ad = data.data,
	    .adlen = (uint32_t)data.len,
	    .t_cost = (uint32_t)vectors_number(entry, "t_cost"),
	    .m_cost = (uint32_t)vectors_number(entry, "m_cost_kib"),
	    .lanes = (uint32_t)vectors_number(entry, "parallelism"),
	    .threads = 1,
	    .version = ARGON2_VERSION_13,
	};

	assert_int_equal(argon2id_ctx(&context), ARGON2_OK);
	assert_memory_equal(out, want.data, want.len);
}

static void
test_argon2id_vectors(void **state)
{
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "argon2id")) {
		struct vector_bytes password =
		    vectors_hex(entry, "password_hex");
		struct vector_bytes salt = vectors_hex(entry, "salt_hex");
		struct vector_bytes want = vectors_hex(entry, "out_hex");
		struct err err;
		uint8_t out[64];

		assert_string_equal(vectors_text(entry, "type"), "argon2id");
		if (json_get(entry, "secret_hex") != NULL) {
			check_library(entry);
			continue;
		}
		assert_int_equal(
		    crypto_argon2id(out, want.len, password.data, password.len,
			salt.data, salt.len,
			(uint32_t)vectors_number(entry, "t_cost"),
			(uint32_t)vectors_number(entry, "m_cost_kib"),
			(uint32_t)vectors_number(entry, "parallelism"), &err),
		    0);
		assert_memory_equal(out, want.data, want.len);
	}
}

/* The encoded form $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH */
static void
test_argon2id_encoded(void **state)
{
	const cJSON *entry = vectors_list(vectors, "argon2id_encoded_phc");
	const char *encoded = vectors_text(entry, "encoded");
	const char *password = vectors_text(entry, "password_utf8");
	const char *salt = strrchr(encoded, '$');
	char text[64];
	uint8_t raw[64];
	uint8_t out[32];
	struct err err;

	(void)state;
	base64_encode(text, sizeof(text), "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
	    16, BASE64_STANDARD);
	assert_memory_equal(salt - 22, text, 22);
	memset(raw, 1, 16);
	assert_int_equal(crypto_argon2id(out, sizeof(out), password,
			     strlen(password), raw, 16, 3, 65536, 4, &err),
	    0);
	base64_encode(text, sizeof(text), out, sizeof(out), BASE64_STANDARD);
	assert_memory_equal(salt + 1, text, 43);
}

static void
test_argon2id_refuses(void **state)
{
	struct err err;
	uint8_t out[32];

	(void)state;
	/* A salt of less than eight bytes, no lanes. */
	assert_int_equal(
	    crypto_argon2id(out, 32, "p", 1, "salt", 4, 1, 64, 1, &err),
	    -EXIT_FAILED);
	assert_int_equal(err.status, EXIT_FAILED);
	assert_int_equal(
	    crypto_argon2id(out, 32, "p", 1, "saltsalt", 8, 1, 64, 0, &err),
	    -EXIT_FAILED);
}

/* ---- AES-256-GCM --------------------------------------------------------- */

static void
check_gcm_ok(const cJSON *entry, struct aead *aead)
{
	struct vector_bytes nonce = vectors_hex(entry, "nonce_hex");
	struct vector_bytes aad = vectors_hex(entry, "aad_hex");
	struct vector_bytes plain = vectors_hex(entry, "plaintext_hex");
	struct vector_bytes text = vectors_hex(entry, "ciphertext_hex");
	struct vector_bytes tag = vectors_hex(entry, "tag_hex");
	struct vector_bytes joined =
	    vectors_base64(entry, "ciphertext_and_tag_b64");
	struct vector_bytes out;

	aead_seal(aead, nonce.data, aad.data, aad.len, plain.data, plain.len,
	    out.data);
	assert_memory_equal(out.data, text.data, text.len);
	assert_memory_equal(out.data + text.len, tag.data, tag.len);
	assert_int_equal(joined.len, plain.len + TAG_BYTES);
	assert_memory_equal(out.data, joined.data, joined.len);
	assert_int_equal(aead_open(aead, nonce.data, aad.data, aad.len,
			     joined.data, joined.len, out.data),
	    0);
	assert_memory_equal(out.data, plain.data, plain.len);
}

static void
check_gcm_fail(const cJSON *entry, struct aead *aead)
{
	struct vector_bytes nonce = vectors_hex(entry, "nonce_hex");
	struct vector_bytes aad = vectors_hex(entry, "aad_hex");
	struct vector_bytes sealed =
	    vectors_hex(entry, "ciphertext_and_tag_hex");
	struct vector_bytes out;

	/* What is shorter than a tag is not given to aead_open(). */
	if (sealed.len < TAG_BYTES)
		return;
	memset(out.data, 0xee, sealed.len);
	assert_int_equal(aead_open(aead, nonce.data, aad.data, aad.len,
			     sealed.data, sealed.len, out.data),
	    -1);
	for (size_t i = 0; i < sealed.len - TAG_BYTES; i++)
		assert_int_equal(out.data[i], 0);
}

static void
test_gcm_vectors(void **state)
{
	const cJSON *entry;
	size_t ok = 0;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "aes_256_gcm")) {
		struct vector_bytes key = vectors_hex(entry, "key_hex");
		struct arena_mark mark = arena_mark();
		struct aead *aead;
		struct err err;

		assert_int_equal(aead_new(&aead, key.data, &err), 0);
		assert_true(arena_holds(aead, 1));
		if (expects(entry, "ok")) {
			check_gcm_ok(entry, aead);
			ok++;
		} else {
			check_gcm_fail(entry, aead);
		}
		aead_wipe(aead);
		arena_rewind(mark);
	}
	assert_int_equal(ok, 6);
}

/* ---- X25519 and sealed boxes --------------------------------------------- */

static void
check_box_ok(const cJSON *entry, const struct vector_bytes *private_key,
    const struct vector_bytes *public_key, const struct vector_bytes *sealed)
{
	struct vector_bytes plain = vectors_hex(entry, "plaintext_hex");
	uint8_t out[KEY_BYTES];
	uint8_t any[KEY_BYTES];

	/* Our boxes hold a key; what else stands here libsodium opens. */
	if (plain.len != KEY_BYTES) {
		assert_int_equal(
		    crypto_box_seal_open(any, sealed->data, sealed->len,
			public_key->data, private_key->data),
		    0);
		assert_memory_equal(any, plain.data, plain.len);
		return;
	}
	assert_int_equal(sealed_box_open(out, sealed->data, public_key->data,
			     private_key->data),
	    0);
	assert_memory_equal(out, plain.data, KEY_BYTES);
}

static void
check_box_seal(const cJSON *entry, const struct vector_bytes *public_key,
    const struct vector_bytes *sealed)
{
	struct vector_bytes plain = vectors_hex(entry, "plaintext_hex");
	struct vector_bytes ephemeral =
	    vectors_hex(entry, "ephemeral_secret_key_hex");
	struct vector_bytes ephemeral_public =
	    vectors_hex(entry, "ephemeral_public_key_hex");
	uint8_t out[SEALED_KEY];

	x25519_public(out, ephemeral.data);
	assert_memory_equal(out, ephemeral_public.data, KEY_BYTES);
	if (plain.len != KEY_BYTES)
		return;
	assert_int_equal(sealed->len, SEALED_KEY);
	assert_int_equal(
	    sealed_box_seal(out, plain.data, public_key->data, ephemeral.data),
	    0);
	assert_memory_equal(out, sealed->data, SEALED_KEY);
}

static void
test_box_vectors(void **state)
{
	const cJSON *entry;
	size_t sealed_by_us = 0;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "crypto_box_seal")) {
		struct vector_bytes private_key =
		    vectors_hex(entry, "recipient_secret_key_hex");
		struct vector_bytes public_key =
		    vectors_hex(entry, "recipient_public_key_hex");
		struct vector_bytes sealed = vectors_hex(entry, "sealed_hex");
		uint8_t out[128];

		x25519_public(out, private_key.data);
		assert_memory_equal(out, public_key.data, KEY_BYTES);
		if (!expects(entry, "ok")) {
			assert_int_not_equal(
			    crypto_box_seal_open(out, sealed.data, sealed.len,
				public_key.data, private_key.data),
			    0);
			continue;
		}
		check_box_ok(entry, &private_key, &public_key, &sealed);
		if (json_get(entry, "ephemeral_secret_key_hex") != NULL) {
			check_box_seal(entry, &public_key, &sealed);
			sealed_by_us++;
		}
	}
	assert_int_equal(sealed_by_us, 3);
}

static void
test_box_damaged(void **state)
{
	uint8_t private_key[KEY_BYTES];
	uint8_t public_key[KEY_BYTES];
	uint8_t ephemeral[KEY_BYTES];
	uint8_t box[SEALED_KEY];
	uint8_t out[KEY_BYTES];
	static const uint8_t zero[KEY_BYTES];

	(void)state;
	crypto_random(private_key, sizeof(private_key));
	crypto_random(ephemeral, sizeof(ephemeral));
	x25519_public(public_key, private_key);
	assert_int_equal(
	    sealed_box_seal(box, private_key, public_key, ephemeral), 0);
	for (size_t i = 0; i < sizeof(box); i++) {
		box[i] ^= 1;
		memset(out, 0xee, sizeof(out));
		assert_int_equal(
		    sealed_box_open(out, box, public_key, private_key), -1);
		assert_memory_equal(out, zero, sizeof(zero));
		box[i] ^= 1;
	}
	assert_int_equal(
	    sealed_box_seal(box, private_key, zero, ephemeral), -1);
}

/* The points of order 1, 2, 4 and 8, and other spellings of them. */
static const char *const low_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

static void
test_unsound_keys(void **state)
{
	uint8_t private_key[KEY_BYTES];
	uint8_t key[KEY_BYTES];
	uint8_t out[KEY_BYTES];

	(void)state;
	crypto_random(private_key, sizeof(private_key));
	for (size_t i = 0; i < sizeof(low_order) / sizeof(*low_order); i++) {
		assert_int_equal(
		    text_hex_decode(key, sizeof(key), low_order[i]), 0);
		assert_false(x25519_is_sound(key));
		assert_int_equal(x25519_shared(out, private_key, key), -1);
		key[31] |= 0x80;
		assert_false(x25519_is_sound(key));
	}
	x25519_public(key, private_key);
	assert_true(x25519_is_sound(key));
	key[31] |= 0x80;
	assert_false(x25519_is_sound(key));
	/* 9 + p: the base point once more, as another string. */
	assert_int_equal(text_hex_decode(key, sizeof(key),
			     "f6ffffffffffffffffffffffffffffff"
			     "ffffffffffffffffffffffffffffff7f"),
	    0);
	assert_false(x25519_is_sound(key));
	key[0] = 0xeb;
	assert_true(x25519_is_sound(key));
}

static void
test_x25519_rfc7748(void **state)
{
	/* Section 6.1: Bob's private key, Alice's public key, their secret. */
	uint8_t bob[KEY_BYTES];
	uint8_t alice[KEY_BYTES];
	uint8_t out[KEY_BYTES];

	(void)state;
	assert_int_equal(text_hex_decode(bob, sizeof(bob),
			     "5dab087e624a8a4b79e17f8b83800ee6"
			     "6f3bb1292618b6fd1c2f8b27ff88e0eb"),
	    0);
	assert_int_equal(text_hex_decode(alice, sizeof(alice),
			     "8520f0098930a754748b7ddcb43ef75a"
			     "0dbf3a0d26381af4eba4a98eaa9b4e6a"),
	    0);
	assert_int_equal(x25519_shared(out, bob, alice), 0);
	assert_hex(out, sizeof(out),
	    "4a5d9d5ba4ce2de1728e3bf480350f25"
	    "e07e21c947d19e3376f09b3c1e161742");
}

/* ---- Base64, randomness -------------------------------------------------- */

static void
test_base64(void **state)
{
	static const struct {
		enum base64_kind kind;
		const char *text; /* of fb ff fe, then of fb ff, then fb */
		const char *shorter;
		const char *shortest;
	} rows[] = {
	    {BASE64_STANDARD, "+//+", "+/8=", "+w=="},
	    {BASE64_URL, "-__-", "-_8", "-w"},
	    {BASE64_URL_PADDED, "-__-", "-_8=", "-w=="},
	};
	char text[5];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const char *want[] = {
		    "", rows[i].shortest, rows[i].shorter, rows[i].text};

		for (size_t len = 0; len <= 3; len++) {
			uint8_t out[6];

			assert_int_equal(base64_encode(text, sizeof(text),
					     "\xfb\xff\xfe", len, rows[i].kind),
			    strlen(want[len]));
			assert_string_equal(text, want[len]);
			assert_int_equal(base64_encoded_size(len, rows[i].kind),
			    strlen(want[len]) + 1);
			assert_int_equal(base64_decode(out, sizeof(out), text,
					     strlen(text), rows[i].kind),
			    len);
			assert_memory_equal(out, "\xfb\xff\xfe", len);
		}
	}
	assert_int_equal(base64_encode(text, 4, "abc", 3, BASE64_URL), 0);
}

static void
test_base64_refuses(void **state)
{
	static const struct {
		enum base64_kind kind;
		const char *text;
	} rows[] = {
	    {BASE64_STANDARD, "+/9="},	   /* unused bits are not zero */
	    {BASE64_STANDARD, "+/8"},	   /* no padding */
	    {BASE64_STANDARD, "+/8=="},	   /* too much of it */
	    {BASE64_STANDARD, "+/8=\n"},   /* blanks */
	    {BASE64_STANDARD, " +/8="},	   /* blanks */
	    {BASE64_STANDARD, "-_8="},	   /* the other alphabet */
	    {BASE64_STANDARD, "+==="},	   /* six bits */
	    {BASE64_STANDARD, "="},	   /* nothing */
	    {BASE64_STANDARD, "AAAA=AAA"}, /* in the middle */
	    {BASE64_URL, "-_8="},	   /* padded */
	    {BASE64_URL, "-_9"},	   /* unused bits */
	    {BASE64_URL, "+/8"},	   /* the other alphabet */
	    {BASE64_URL, "-"},		   /* six bits */
	    {BASE64_URL_PADDED, "-_8"},	   /* not padded */
	};
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(base64_decode(out, sizeof(out), rows[i].text,
				     strlen(rows[i].text), rows[i].kind),
		    -1);
	/* More than there is room for; a zero byte inside. */
	assert_int_equal(base64_decode(out, 2, "AAAA", 4, BASE64_STANDARD), -1);
	assert_int_equal(
	    base64_decode(out, 16, "AA\0A", 4, BASE64_STANDARD), -1);
}

static void
test_key_text(void **state)
{
	/* RFC 4648's 62 and 63 in both alphabets. */
	static const char once[] =
	    "+/v/+/v/+/v/+/v/+/v/+/v/+/v/+/v/+/v/+/v/+/s=";
	static const char url[] =
	    "-_v_-_v_-_v_-_v_-_v_-_v_-_v_-_v_-_v_-_v_-_s=";
	struct arena_mark mark = arena_mark();
	uint8_t *key = arena_alloc(KEY_BYTES, NULL);
	uint8_t want[KEY_BYTES];
	uint8_t zero[KEY_BYTES] = {0};
	char text[64];

	(void)state;
	assert_int_equal(base64_decode(want, sizeof(want), once, strlen(once),
			     BASE64_STANDARD),
	    KEY_BYTES);
	assert_true(base64_decode_key(key, once, strlen(once)));
	assert_memory_equal(key, want, KEY_BYTES);
	/* The other alphabet occurs only inside (Fernet keys). */
	assert_false(base64_decode_key(key, url, strlen(url)));
	assert_memory_equal(key, zero, KEY_BYTES);
	for (size_t i = 0; i < 2; i++) {
		base64_encode(text, sizeof(text), i == 0 ? once : url, 44,
		    BASE64_STANDARD);
		assert_true(base64_decode_key(key, text, strlen(text)));
		assert_memory_equal(key, want, KEY_BYTES);
	}
	base64_encode(text, sizeof(text), want, 31, BASE64_STANDARD);
	assert_false(base64_decode_key(key, text, strlen(text)));
	memset(text, '!', 44);
	base64_encode(text, sizeof(text),
	    "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", 44,
	    BASE64_STANDARD);
	assert_false(base64_decode_key(key, text, strlen(text)));
	assert_false(base64_decode_key(key, "", 0));
	assert_memory_equal(key, zero, KEY_BYTES);
	arena_rewind(mark);
}

static void
test_uuid(void **state)
{
	char first[UUID_TEXT + 1];
	char second[UUID_TEXT + 1];

	(void)state;
	for (int i = 0; i < 100; i++) {
		crypto_random_uuid(first);
		crypto_random_uuid(second);
		assert_true(text_is_uuid(first));
		assert_int_equal(first[14], '4');
		assert_non_null(strchr("89ab", first[19]));
		assert_string_not_equal(first, second);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sha256),
	    cmocka_unit_test(test_hmac),
	    cmocka_unit_test(test_hkdf_vectors),
	    cmocka_unit_test(test_hkdf_rfc5869),
	    cmocka_unit_test(test_argon2id_vectors),
	    cmocka_unit_test(test_argon2id_encoded),
	    cmocka_unit_test(test_argon2id_refuses),
	    cmocka_unit_test(test_gcm_vectors),
	    cmocka_unit_test(test_box_vectors),
	    cmocka_unit_test(test_box_damaged),
	    cmocka_unit_test(test_unsound_keys),
	    cmocka_unit_test(test_x25519_rfc7748),
	    cmocka_unit_test(test_base64),
	    cmocka_unit_test(test_base64_refuses),
	    cmocka_unit_test(test_key_text),
	    cmocka_unit_test(test_uuid),
	};

	return cmocka_run_group_tests_name("crypto", tests, set_up, tear_down);
}
