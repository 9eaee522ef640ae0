/* A key as text, in the two forms that clients write. */
#include "config.h"

#include <agentsecrets/crypto.h>

#include <string.h>

#include <agentsecrets/arena.h>

enum { KEY_TEXT = 44 };

/* The text of 32 bytes, or of the 44 bytes that are such a text. */
static bool
decode_key(uint8_t *key, uint8_t *scratch, const char *text, size_t text_len)
{
	const char *inner = (const char *)scratch;
	long len = base64_decode(
	    scratch, KEY_TEXT + 1, text, text_len, BASE64_STANDARD);

	if (len == KEY_BYTES) {
		memcpy(key, scratch, KEY_BYTES);
		return true;
	}
	return len == KEY_TEXT &&
	    (base64_decode(key, KEY_BYTES, inner, KEY_TEXT, BASE64_STANDARD) ==
		    KEY_BYTES ||
		base64_decode(key, KEY_BYTES, inner, KEY_TEXT,
		    BASE64_URL_PADDED) == KEY_BYTES);
}

bool
base64_decode_key(uint8_t *key, const char *text, size_t text_len)
{
	struct arena_mark mark = arena_mark();
	uint8_t *scratch = arena_alloc(KEY_TEXT + 1, NULL);
	bool found =
	    scratch != NULL && decode_key(key, scratch, text, text_len);

	if (!found)
		secret_wipe(key, KEY_BYTES);
	arena_rewind(mark);
	return found;
}
