/* fernet: the published vectors, and every way a token can be wrong. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/fernet.h>

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
	return 0;
}

static struct fernet_key
parse_key(const char *text)
{
	struct fernet_key key;

	assert_int_equal(fernet_key_parse(&key, text, strlen(text)), 0);
	return key;
}

static void
assert_opens(const struct fernet_key *key, const char *token, const void *want,
    size_t len)
{
	AUTO_BUF struct buf out = BUF_INIT;

	assert_int_equal(fernet_open(&out, key, 1, token, strlen(token)), 0);
	assert_int_equal(out.len, len);
	assert_memory_equal(buf_text_view(&out), want, len);
}

static void
assert_refuses(const struct fernet_key *key, const char *token, size_t len)
{
	AUTO_BUF struct buf out = BUF_INIT;

	assert_int_equal(fernet_open(&out, key, 1, token, len), -1);
	assert_int_equal(out.len, 0);
}

static void
test_vectors(void **state)
{
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(vectors, "fernet")) {
		AUTO_BUF struct buf out = BUF_INIT;
		struct fernet_key key =
		    parse_key(vectors_text(entry, "key_b64url"));
		struct vector_bytes signing =
		    vectors_hex(entry, "signing_key_hex");
		struct vector_bytes encryption =
		    vectors_hex(entry, "encryption_key_hex");
		struct vector_bytes iv = vectors_hex(entry, "iv_hex");
		struct vector_bytes plain = vectors_hex(entry, "plaintext_hex");
		const char *token = vectors_text(entry, "token");

		assert_string_equal(vectors_text(entry, "expect"), "ok");
		assert_memory_equal(key.signing, signing.data, 16);
		assert_memory_equal(key.encryption, encryption.data, 16);
		assert_int_equal(
		    fernet_seal(&out, &key, vectors_number(entry, "timestamp"),
			iv.data, plain.data, plain.len),
		    0);
		assert_string_equal(buf_text_view(&out), token);
		assert_opens(&key, token, plain.data, plain.len);
	}
}

static void
test_spec_generate(void **state)
{
	const cJSON *spec = vectors_list(vectors, "fernet_spec");
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(spec, "generate")) {
		AUTO_BUF struct buf out = BUF_INIT;
		struct fernet_key key =
		    parse_key(vectors_text(entry, "secret"));
		const char *plain = vectors_text(entry, "src");
		const cJSON *byte;
		uint8_t iv[16];
		size_t n = 0;

		cJSON_ArrayForEach(byte, vectors_list(entry, "iv")) {
			assert_true(n < sizeof(iv));
			iv[n++] = (uint8_t)byte->valueint;
		}
		assert_int_equal(
		    fernet_seal(&out, &key, vectors_number(entry, "now_unix"),
			iv, plain, strlen(plain)),
		    0);
		assert_string_equal(
		    buf_text_view(&out), vectors_text(entry, "token"));
	}
}

static void
test_spec_verify(void **state)
{
	const cJSON *spec = vectors_list(vectors, "fernet_spec");
	const cJSON *entry;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(spec, "verify")) {
		struct fernet_key key =
		    parse_key(vectors_text(entry, "secret"));
		const char *plain = vectors_text(entry, "src");

		assert_opens(
		    &key, vectors_text(entry, "token"), plain, strlen(plain));
	}
}

/* Two of the invalid ones are only too old or from the future: we set no
 * time limit, so they open; they are told by what they say. */
static void
test_spec_invalid(void **state)
{
	const cJSON *spec = vectors_list(vectors, "fernet_spec");
	const cJSON *entry;
	size_t refused = 0;
	size_t n = 0;

	(void)state;
	cJSON_ArrayForEach(entry, vectors_list(spec, "invalid")) {
		AUTO_BUF struct buf out = BUF_INIT;
		struct fernet_key key =
		    parse_key(vectors_text(entry, "secret"));
		const char *token = vectors_text(entry, "token");
		const char *why = vectors_text(entry, "desc");
		bool timely = strstr(why, "TTL") == NULL &&
		    strstr(why, "clock skew") == NULL;
		int rc = fernet_open(&out, &key, 1, token, strlen(token));

		if (rc != (timely ? -1 : 0))
			fail_msg("'%s' gives %d", why, rc);
		refused += rc < 0;
		n++;
	}
	assert_int_equal(n, 8);
	assert_int_equal(refused, 6);
}

static void
test_every_bit_counts(void **state)
{
	AUTO_BUF struct buf token = BUF_INIT;
	struct fernet_key key;
	char text[45];

	(void)state;
	fernet_key_random(text);
	key = parse_key(text);
	assert_int_equal(
	    fernet_seal(&token, &key, 1, NULL, "0123456789", 10), 0);
	assert_opens(&key, buf_text_view(&token), "0123456789", 10);
	for (size_t i = 0; i < token.len; i++) {
		char *at = (char *)token.data + i;
		char was = *at;

		*at = was == 'A' ? 'B' : 'A';
		assert_refuses(&key, buf_text_view(&token), token.len);
		*at = was;
		assert_refuses(&key, buf_text_view(&token), i);
	}
	assert_int_equal(buf_append_text(&token, "A"), 0);
	assert_refuses(&key, buf_text_view(&token), token.len);
}

/* What only somebody with the key can make: signed, and still wrong. */
static void
assert_refuses_signed(
    const struct fernet_key *key, const uint8_t *raw, size_t len)
{
	const struct piece body = {raw, len};
	uint8_t whole[256];
	char token[512];
	size_t token_len;

	memcpy(whole, raw, len);
	crypto_hmac(whole + len, key->signing, sizeof(key->signing), &body, 1);
	token_len = base64_encode(
	    token, sizeof(token), whole, len + HASH_BYTES, BASE64_URL_PADDED);
	assert_refuses(key, token, token_len);
}

static void
test_signed_and_wrong(void **state)
{
	/* 25 bytes of head and one block, whose last byte is the padding. */
	enum { BODY = 25 + 16, IV_END = 24 };
	AUTO_BUF struct buf token = BUF_INIT;
	struct fernet_key key;
	uint8_t raw[128];
	char text[45];

	(void)state;
	fernet_key_random(text);
	key = parse_key(text);
	assert_int_equal(
	    fernet_seal(&token, &key, 1, NULL, "fifteen letters", 15), 0);
	assert_int_equal(base64_decode(raw, sizeof(raw), buf_text_view(&token),
			     token.len, BASE64_URL_PADDED),
	    BODY + HASH_BYTES);
	/* Padding 1 becomes 0, 17, 2 after a byte that is not 2. */
	for (size_t i = 0; i < 3; i++) {
		const uint8_t change[] = {0x01, 0x10, 0x03};

		raw[IV_END] ^= change[i];
		assert_refuses_signed(&key, raw, BODY);
		raw[IV_END] ^= change[i];
	}
	raw[0] = 0x81;
	assert_refuses_signed(&key, raw, BODY);
	raw[0] = 0x80;
	for (size_t len = 0; len < BODY + 16; len++) {
		if (len != BODY)
			assert_refuses_signed(&key, raw, len);
	}
}

static void
test_rotated_keys(void **state)
{
	AUTO_BUF struct buf token = BUF_INIT;
	AUTO_BUF struct buf out = BUF_INIT;
	struct fernet_key keys[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char text[45];

		fernet_key_random(text);
		keys[i] = parse_key(text);
	}
	assert_int_equal(buf_append_text(&token, "before "), 0);
	assert_int_equal(fernet_seal(&token, &keys[1], 1, NULL, "x", 1), 0);
	/* Both append to what is there. */
	assert_int_equal(buf_append_text(&out, "and "), 0);
	assert_int_equal(fernet_open(&out, keys, 3, buf_text_view(&token) + 7,
			     token.len - 7),
	    0);
	assert_string_equal(buf_text_view(&out), "and x");
	assert_int_equal(fernet_open(&out, &keys[2], 1,
			     buf_text_view(&token) + 7, token.len - 7),
	    -1);
	assert_int_equal(fernet_open(&out, NULL, 0, buf_text_view(&token) + 7,
			     token.len - 7),
	    -1);
	assert_string_equal(buf_text_view(&out), "and x");
}

static void
test_lengths(void **state)
{
	static uint8_t plain[100];
	struct fernet_key key;
	char text[45];

	(void)state;
	fernet_key_random(text);
	key = parse_key(text);
	memset(plain, 'p', sizeof(plain));
	for (size_t len = 0; len <= sizeof(plain); len++) {
		AUTO_BUF struct buf token = BUF_INIT;

		assert_int_equal(
		    fernet_seal(&token, &key, 1, NULL, plain, len), 0);
		assert_opens(&key, buf_text_view(&token), plain, len);
	}
}

static void
test_keys_refused(void **state)
{
	struct fernet_key key;
	char text[46] = {0};

	(void)state;
	fernet_key_random(text);
	assert_int_equal(strlen(text), 44);
	assert_int_equal(fernet_key_parse(&key, text, 43), -1);
	text[44] = '=';
	assert_int_equal(fernet_key_parse(&key, text, 45), -1);
	text[43] = 'A';
	assert_int_equal(fernet_key_parse(&key, text, 44), -1);
	assert_int_equal(fernet_key_parse(&key, "", 0), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_spec_generate),
	    cmocka_unit_test(test_spec_verify),
	    cmocka_unit_test(test_spec_invalid),
	    cmocka_unit_test(test_every_bit_counts),
	    cmocka_unit_test(test_signed_and_wrong),
	    cmocka_unit_test(test_rotated_keys),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_keys_refused),
	};

	return cmocka_run_group_tests_name("fernet", tests, set_up, tear_down);
}
