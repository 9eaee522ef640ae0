/*
 * 3.3: the recovery kit. Sixty bytes, 0x01 | salt 11 | sealed private key 48,
 * in six lines of ten; each line carries 20 bits that tell a slip of the pen.
 */
#include "config.h"

#include <agentsecrets/envelope.h>

#include <string.h>

#include "bytes.h"
#include "crockford.h"
#include "stretch.h"

enum {
	FORMAT = 0x01,
	HEAD = 12, /* format and salt: Argon2id's salt, and authenticated */
	RAW = HEAD + LOCKED_KEY,
	LINE = RAW / KIT_GROUPS,
	LINE_CHARACTERS = 20,
	LINE_CHECKED = 13, /* bytes that 20 characters take up */
};

#define AAD_LABEL "agentsecrets/kit/v1"
enum { AAD = sizeof(AAD_LABEL) + HEAD };

/* Each salt is used once, so the nonce may be the same in every kit. */
static const uint8_t zero_nonce[NONCE_BYTES];

static struct password_lock
kit_lock(
    uint8_t aad[AAD], const uint8_t head[HEAD], const struct secret *passphrase)
{
	memcpy(aad, AAD_LABEL, sizeof(AAD_LABEL));
	memcpy(aad + sizeof(AAD_LABEL), head, HEAD);
	return (struct password_lock){
	    .password = passphrase,
	    .salt = head,
	    .salt_len = HEAD,
	    .nonce = zero_nonce,
	    .aad = aad,
	    .aad_len = AAD,
	};
}

/* Ten bytes and the first 20 bits of their check, the rest zero. */
static void
add_check(uint8_t out[LINE_CHECKED], const uint8_t ten[LINE], size_t index)
{
	const uint8_t number = (uint8_t)index;
	const struct piece pieces[] = {
	    PIECE_LABEL_0("agentsecrets/line/v1"),
	    PIECE_LABEL("K"),
	    {&number, 1},
	    {ten, LINE},
	};
	uint8_t hash[HASH_BYTES];

	crypto_sha256_pieces(hash, pieces, 4);
	memcpy(out, ten, LINE);
	memcpy(out + LINE, hash, LINE_CHECKED - LINE);
	out[LINE_CHECKED - 1] &= 0xf0;
}

int
kit_seal(char groups[KIT_GROUPS][KIT_GROUP_TEXT + 1],
    const uint8_t private_key[KEY_BYTES], const struct secret *passphrase,
    struct err *err)
{
	uint8_t raw[RAW] = {FORMAT};
	uint8_t aad[AAD];
	struct password_lock lock;
	int rc;

	crypto_random(raw + 1, HEAD - 1);
	lock = kit_lock(aad, raw, passphrase);
	rc = password_lock_seal(&lock, raw + HEAD, private_key, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < KIT_GROUPS; i++) {
		uint8_t checked[LINE_CHECKED];

		add_check(checked, raw + LINE * i, i);
		crockford_encode(groups[i], checked, LINE_CHARACTERS);
	}
	return 0;
}

static int
read_line(uint8_t ten[LINE], const char *text, size_t index)
{
	uint8_t typed[LINE_CHECKED];
	uint8_t right[LINE_CHECKED];

	if (crockford_decode(typed, LINE_CHARACTERS, text) < 0)
		return -1;
	add_check(right, typed, index);
	if (memcmp(typed, right, sizeof(right)) != 0)
		return -1;
	memcpy(ten, typed, LINE);
	return 0;
}

static int
read_lines(
    uint8_t raw[RAW], const char *const groups[KIT_GROUPS], struct err *err)
{
	for (size_t i = 0; i < KIT_GROUPS; i++) {
		if (read_line(raw + LINE * i, groups[i], i) == 0)
			continue;
		err_set(
		    err, EXIT_USAGE, "line %zu of the kit is mistyped", i + 1);
		return err_hint(err,
		    "compare its 20 characters and its place with the sheet");
	}
	if (raw[0] != FORMAT)
		return err_set(err, EXIT_USAGE,
		    "the kit has format %u, which is newer than this program",
		    raw[0]);
	return 0;
}

int
kit_open(uint8_t **out, const char *const groups[KIT_GROUPS],
    const struct secret *passphrase, struct err *err)
{
	struct arena_mark before = arena_mark();
	uint8_t raw[RAW];
	uint8_t aad[AAD];
	struct password_lock lock;
	uint8_t *private_key;
	int rc = read_lines(raw, groups, err);

	if (rc < 0)
		return rc;
	private_key = arena_alloc(KEY_BYTES, err);
	if (private_key == NULL)
		return -EXIT_FAILED;
	lock = kit_lock(aad, raw, passphrase);
	rc = password_lock_open(&lock, private_key, raw + HEAD, err);
	if (rc == 1) {
		*out = private_key;
		return 0;
	}
	arena_rewind(before);
	if (rc == 0)
		rc = err_set(
		    err, EXIT_ACCESS, "cannot open the kit: wrong passphrase");
	return rc;
}

bool
kit_is_group(const char *line)
{
	uint8_t bytes[LINE_CHECKED];

	return crockford_decode(bytes, LINE_CHARACTERS, line) == 0;
}
