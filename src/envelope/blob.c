/* A3: values that are bound to their place by the nonce they carry. */
#include "config.h"

#include <agentsecrets/envelope.h>

#include <string.h>

#include "bytes.h"

enum { VERSION_BYTES = 3 };

struct blob_key {
	struct aead *cipher;
	uint8_t bind[KEY_BYTES];
};

int
blob_key_new(struct blob_key **out, const uint8_t workspace_key[KEY_BYTES],
    struct err *err)
{
	const struct piece label = PIECE_LABEL("agentsecrets/bind/v1");
	struct arena_mark before = arena_mark();
	struct blob_key *key = arena_alloc(sizeof(*key), err);

	if (key == NULL)
		return -EXIT_FAILED;
	if (aead_new(&key->cipher, workspace_key, err) < 0) {
		arena_rewind(before);
		return -EXIT_FAILED;
	}
	crypto_hkdf(key->bind, sizeof(key->bind), workspace_key, KEY_BYTES,
	    NULL, 0, &label, 1);
	*out = key;
	return 0;
}

void
blob_key_wipe(struct blob_key *key)
{
	aead_wipe(key->cipher);
	secret_wipe(key, sizeof(*key));
}

/* version | HMAC(bind, version | f(context) | value), cut to twelve bytes */
static void
make_nonce(uint8_t nonce[NONCE_BYTES], const struct blob_key *key,
    const struct blob_place *place, uint32_t version, const void *value,
    size_t len)
{
	const struct piece kind = place->kind == BLOB_DELETED
	    ? PIECE_LABEL_0("agentsecrets/deleted/v1")
	    : PIECE_LABEL_0("agentsecrets/secret/v1");
	const struct piece parts[] = {
	    piece_text(place->project),
	    piece_text(place->environment),
	    piece_text(place->name),
	};
	uint8_t lengths[4][4];
	uint8_t big[4];
	uint8_t mac[HASH_BYTES];
	size_t context = kind.len;

	for (size_t i = 0; i < 3; i++) {
		bytes_put_little(lengths[i], (uint32_t)parts[i].len);
		context += sizeof(lengths[i]) + parts[i].len;
	}
	bytes_put_little(lengths[3], (uint32_t)context);
	bytes_put_big(big, version);
	memcpy(nonce, big + 1, VERSION_BYTES);

	const struct piece pieces[] = {
	    {nonce, VERSION_BYTES},
	    {lengths[3], 4},
	    kind,
	    {lengths[0], 4},
	    parts[0],
	    {lengths[1], 4},
	    parts[1],
	    {lengths[2], 4},
	    parts[2],
	    {value, len},
	};
	crypto_hmac(mac, key->bind, sizeof(key->bind), pieces,
	    sizeof(pieces) / sizeof(pieces[0]));
	memcpy(nonce + VERSION_BYTES, mac, NONCE_BYTES - VERSION_BYTES);
}

void
blob_seal(struct blob_key *key, const struct blob_place *place,
    uint32_t version, const void *value, size_t len, uint8_t *out)
{
	make_nonce(out, key, place, version, value, len);
	aead_seal(key->cipher, out, NULL, 0, value, len, out + NONCE_BYTES);
}

enum blob_state
blob_open(struct blob_key *key, const struct blob_place *place,
    const uint8_t *blob, size_t len, uint8_t *value, uint32_t *version)
{
	uint8_t nonce[NONCE_BYTES];
	uint32_t claimed;

	if (len < BLOB_OVERHEAD ||
	    aead_open(key->cipher, blob, NULL, 0, blob + NONCE_BYTES,
		len - NONCE_BYTES, value) < 0)
		return BLOB_BROKEN;
	claimed = (uint32_t)blob[0] << 16 | (uint32_t)blob[1] << 8 | blob[2];
	make_nonce(nonce, key, place, claimed, value, len - BLOB_OVERHEAD);
	/* Version 0 is what a random nonce may well begin with. */
	if (!secret_equal(nonce, blob, NONCE_BYTES) || claimed == 0)
		return BLOB_UNBOUND;
	*version = claimed;
	return BLOB_BOUND;
}
