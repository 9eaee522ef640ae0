/* libsodium's base64 takes canonical text only, and no table look-ups. */
#include "config.h"

#include <agentsecrets/crypto.h>

#include <sodium.h>

static int
variant(enum base64_kind kind)
{
	switch (kind) {
	case BASE64_URL:
		return sodium_base64_VARIANT_URLSAFE_NO_PADDING;
	case BASE64_URL_PADDED:
		return sodium_base64_VARIANT_URLSAFE;
	case BASE64_STANDARD:
	default:
		return sodium_base64_VARIANT_ORIGINAL;
	}
}

size_t
base64_encoded_size(size_t len, enum base64_kind kind)
{
	return sodium_base64_encoded_len(len, variant(kind));
}

size_t
base64_encode(char *out, size_t out_len, const void *bytes, size_t len,
    enum base64_kind kind)
{
	size_t size = base64_encoded_size(len, kind);

	if (size > out_len)
		return 0;
	sodium_bin2base64(out, out_len, bytes, len, variant(kind));
	return size - 1;
}

long
base64_decode(uint8_t *out, size_t out_len, const char *text, size_t text_len,
    enum base64_kind kind)
{
	size_t len;

	if (sodium_base642bin(out, out_len, text, text_len, NULL, &len, NULL,
		variant(kind)) != 0)
		return -1;
	return (long)len;
}
