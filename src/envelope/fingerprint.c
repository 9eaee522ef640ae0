/* A5 and 3.1: what people compare, read out or paste. */
#include "config.h"

#include <agentsecrets/envelope.h>

#include <stdio.h>
#include <string.h>

#include "bytes.h"

#define IDENTITY_PREFIX "asu1_"

enum { DIGIT_GROUPS = 6, GROUP_BYTES = 5, CHECK_BYTES = 4 };

void
key_fingerprint(uint8_t out[KEY_BYTES], const uint8_t public_key[KEY_BYTES])
{
	const struct piece pieces[] = {
	    PIECE_LABEL_0("agentsecrets/key/v2"),
	    {public_key, KEY_BYTES},
	};

	crypto_sha256_pieces(out, pieces, 2);
}

void
workspace_key_fingerprint(uint8_t out[KEY_BYTES], const char *workspace,
    uint32_t epoch, const uint8_t workspace_key[KEY_BYTES])
{
	uint8_t number[4];
	const struct piece pieces[] = {
	    PIECE_LABEL_0("agentsecrets/wsk/v2"),
	    piece_text(workspace),
	    {number, sizeof(number)},
	    {workspace_key, KEY_BYTES},
	};

	bytes_put_big(number, epoch);
	crypto_sha256_pieces(out, pieces, 4);
}

void
fingerprint_digits(
    char out[DIGITS_TEXT + 1], const uint8_t fingerprint[KEY_BYTES])
{
	char *at = out;

	for (size_t i = 0; i < DIGIT_GROUPS; i++) {
		uint64_t number = 0;

		for (size_t j = 0; j < GROUP_BYTES; j++)
			number = number << 8 | fingerprint[GROUP_BYTES * i + j];
		snprintf(at, 7, "%s%05u", i == 0 ? "" : " ",
		    (unsigned)(number % 100000));
		at += strlen(at);
	}
}

void
identity_line(char *out, size_t out_len, const uint8_t public_key[KEY_BYTES],
    const char *email)
{
	const size_t email_len = strnlen(email, EMAIL_MAX);
	uint8_t body[KEY_BYTES + EMAIL_MAX + CHECK_BYTES];
	const size_t body_len = KEY_BYTES + email_len;
	const struct piece pieces[] = {
	    PIECE_LABEL(IDENTITY_PREFIX), {body, body_len}};
	char text[2 * sizeof(body)];
	uint8_t hash[HASH_BYTES];

	memcpy(body, public_key, KEY_BYTES);
	memcpy(body + KEY_BYTES, email, email_len);
	crypto_sha256_pieces(hash, pieces, 2);
	memcpy(body + body_len, hash, CHECK_BYTES);
	base64_encode(
	    text, sizeof(text), body, body_len + CHECK_BYTES, BASE64_URL);
	snprintf(out, out_len, IDENTITY_PREFIX "%s", text);
}
