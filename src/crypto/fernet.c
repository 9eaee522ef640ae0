/* version 0x80 | time 8 | iv 16 | AES-128-CBC, PKCS #7 | HMAC-SHA256 */
#include "config.h"

#include <agentsecrets/fernet.h>

#include <nettle/aes.h>
#include <nettle/base64.h>
#include <nettle/cbc.h>
#include <string.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>

enum {
	VERSION_BYTE = 0x80,
	TIME_AT = 1,
	IV_AT = 9,
	TEXT_AT = 25,
	BLOCK = AES_BLOCK_SIZE,
	LEAST = TEXT_AT + BLOCK + HASH_BYTES,
	KEY_TEXT = 44,
};

int
fernet_key_parse(struct fernet_key *out, const char *text, size_t len)
{
	uint8_t key[KEY_BYTES + 1];

	if (len != KEY_TEXT ||
	    base64_decode(key, sizeof(key), text, len, BASE64_URL_PADDED) !=
		KEY_BYTES)
		return -1;
	memcpy(out->signing, key, sizeof(out->signing));
	memcpy(out->encryption, key + sizeof(out->signing),
	    sizeof(out->encryption));
	secret_wipe(key, sizeof(key));
	return 0;
}

void
fernet_key_random(char text[KEY_TEXT + 1])
{
	uint8_t key[KEY_BYTES];

	crypto_random(key, sizeof(key));
	base64_encode(text, KEY_TEXT + 1, key, sizeof(key), BASE64_URL_PADDED);
	secret_wipe(key, sizeof(key));
}

static void
sign(uint8_t out[HASH_BYTES], const struct fernet_key *key,
    const uint8_t *bytes, size_t len)
{
	const struct piece all = {bytes, len};

	crypto_hmac(out, key->signing, sizeof(key->signing), &all, 1);
}

/* Fill `raw` with a token of `padded` bytes of ciphertext. */
static void
build(uint8_t *raw, const struct fernet_key *key, uint64_t time,
    const uint8_t *iv, const void *bytes, size_t len, size_t padded)
{
	struct CBC_CTX(struct aes128_ctx, AES_BLOCK_SIZE) state;
	uint8_t *text = raw + TEXT_AT;

	raw[0] = VERSION_BYTE;
	for (size_t i = 0; i < 8; i++)
		raw[TIME_AT + i] = (uint8_t)(time >> (56 - 8 * i));
	if (iv != NULL)
		memcpy(raw + IV_AT, iv, BLOCK);
	else
		crypto_random(raw + IV_AT, BLOCK);
	if (len > 0)
		memcpy(text, bytes, len);
	memset(text + len, (int)(padded - len), padded - len);
	aes128_set_encrypt_key(&state.ctx, key->encryption);
	CBC_SET_IV(&state, raw + IV_AT);
	CBC_ENCRYPT(&state, aes128_encrypt, padded, text, text);
	secret_wipe(&state, sizeof(state));
	sign(text + padded, key, raw, TEXT_AT + padded);
}

int
fernet_seal(struct buf *out, const struct fernet_key *key, uint64_t time,
    const uint8_t *iv, const void *bytes, size_t len)
{
	AUTO_BUF struct buf raw = BUF_INIT;
	const size_t padded = len + BLOCK - len % BLOCK;
	const size_t raw_len = TEXT_AT + padded + HASH_BYTES;
	const size_t size = base64_encoded_size(raw_len, BASE64_URL_PADDED);

	if (buf_reserve(&raw, raw_len) < 0 || buf_reserve(out, size) < 0)
		return -1;
	build(raw.data, key, time, iv, bytes, len, padded);
	out->len += base64_encode((char *)out->data + out->len, size, raw.data,
	    raw_len, BASE64_URL_PADDED);
	return 0;
}

static const struct fernet_key *
find_key(const struct fernet_key *keys, size_t n, const uint8_t *raw,
    size_t signed_len)
{
	const struct fernet_key *found = NULL;
	uint8_t tag[HASH_BYTES];

	for (size_t i = 0; i < n && found == NULL; i++) {
		sign(tag, &keys[i], raw, signed_len);
		if (secret_equal(tag, raw + signed_len, HASH_BYTES))
			found = &keys[i];
	}
	return found;
}

/*
 * The length without padding, or -1. Only somebody with the key gets here:
 * the signature was right.
 */
static long
unpadded(const uint8_t *text, size_t len)
{
	size_t pad = text[len - 1];

	if (pad == 0 || pad > BLOCK)
		return -1;
	for (size_t i = 1; i <= pad; i++) {
		if (text[len - i] != pad)
			return -1;
	}
	return (long)(len - pad);
}

static long
decrypt(
    uint8_t *text, size_t len, const struct fernet_key *key, const uint8_t *iv)
{
	struct CBC_CTX(struct aes128_ctx, AES_BLOCK_SIZE) state;

	aes128_set_decrypt_key(&state.ctx, key->encryption);
	CBC_SET_IV(&state, iv);
	CBC_DECRYPT(&state, aes128_decrypt, len, text, text);
	secret_wipe(&state, sizeof(state));
	return unpadded(text, len);
}

/*
 * A token is no secret, so it may be decoded by table: a list of a hundred
 * spends a third of its time here otherwise. nettle skips blanks; a token of
 * the right length has none.
 */
static long
decode_token(uint8_t *out, const char *token, size_t len)
{
	struct base64_decode_ctx state;
	size_t n = len;

	base64url_decode_init(&state);
	if (!base64_decode_update(&state, &n, out, len, token) ||
	    !base64_decode_final(&state) ||
	    base64_encoded_size(n, BASE64_URL_PADDED) != len + 1)
		return -1;
	return (long)n;
}

int
fernet_open(struct buf *out, const struct fernet_key *keys, size_t keys_n,
    const char *token, size_t len)
{
	AUTO_BUF struct buf raw = BUF_INIT;
	const struct fernet_key *key;
	size_t text_len;
	long n;

	if (buf_reserve(&raw, len + BASE64_DECODE_LENGTH(1)) < 0)
		return -1;
	n = decode_token(raw.data, token, len);
	if (n < LEAST || raw.data[0] != VERSION_BYTE)
		return -1;
	text_len = (size_t)n - TEXT_AT - HASH_BYTES;
	key = find_key(keys, keys_n, raw.data, (size_t)n - HASH_BYTES);
	if (key == NULL || text_len % BLOCK != 0)
		return -1;
	n = decrypt(raw.data + TEXT_AT, text_len, key, raw.data + IV_AT);
	if (n < 0)
		return -1;
	return buf_append(out, raw.data + TEXT_AT, (size_t)n);
}
