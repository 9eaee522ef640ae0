/*
 * A4: sealed boxes whose ephemeral key shows who made them. It is derived
 * from what sender and recipient alone share, so the recipient derives it
 * again and compares.
 */
#include "config.h"

#include <agentsecrets/envelope.h>

#include "bytes.h"

/* All of it secret, all of it short-lived: one piece of the arena. */
struct scratch {
	uint8_t shared[KEY_BYTES];
	uint8_t key[KEY_BYTES];
	uint8_t ephemeral[KEY_BYTES];
};

/* The two public keys of a box, in the order that the derivation has. */
struct ends {
	const uint8_t *sender;
	const uint8_t *recipient;
};

/*
 * Derive scratch->ephemeral. `private_key` is that of one end, `peer` the
 * public key of the other. @return 0, or -1 when `peer` is not sound
 */
static int
derive_ephemeral(struct scratch *scratch, const uint8_t *private_key,
    const uint8_t *peer, struct ends ends, const struct sealed_key_label *label,
    const uint8_t *workspace_key)
{
	const struct piece info[] = {
	    PIECE_LABEL("agentsecrets/asb/v2"),
	    {ends.sender, KEY_BYTES},
	    {ends.recipient, KEY_BYTES},
	};
	uint8_t epoch[4];
	const struct piece message[] = {
	    piece_text(label->workspace),
	    {epoch, sizeof(epoch)},
	    {workspace_key, KEY_BYTES},
	    piece_text(label->name),
	};

	if (!x25519_is_sound(peer) ||
	    x25519_shared(scratch->shared, private_key, peer) < 0)
		return -1;
	bytes_put_big(epoch, label->epoch);
	crypto_hkdf(scratch->key, KEY_BYTES, scratch->shared, KEY_BYTES, NULL,
	    0, info, 3);
	crypto_hmac(scratch->ephemeral, scratch->key, KEY_BYTES, message, 4);
	return 0;
}

int
sealed_key_seal(uint8_t out[SEALED_KEY], const uint8_t workspace_key[KEY_BYTES],
    const struct sealed_key_label *label, const uint8_t private_key[KEY_BYTES],
    const uint8_t recipient[KEY_BYTES], struct err *err)
{
	struct arena_mark before = arena_mark();
	struct scratch *scratch = arena_alloc(sizeof(*scratch), err);
	uint8_t own[KEY_BYTES];
	int rc;

	if (scratch == NULL)
		return -EXIT_FAILED;
	x25519_public(own, private_key);
	rc = derive_ephemeral(scratch, private_key, recipient,
	    (struct ends){own, recipient}, label, workspace_key);
	if (rc == 0)
		rc = sealed_box_seal(
		    out, workspace_key, recipient, scratch->ephemeral);
	arena_rewind(before);
	if (rc < 0)
		return err_set(err, EXIT_UNSAFE,
		    "cannot seal to a public key that is not sound");
	return 0;
}

static bool
is_from(struct scratch *scratch, const uint8_t *box,
    const struct sealed_key_label *label, const uint8_t *private_key,
    struct ends ends, const uint8_t *workspace_key)
{
	uint8_t ephemeral_public[KEY_BYTES];

	if (derive_ephemeral(scratch, private_key, ends.sender, ends, label,
		workspace_key) < 0)
		return false;
	x25519_public(ephemeral_public, scratch->ephemeral);
	return secret_equal(ephemeral_public, box, KEY_BYTES);
}

enum sealed_key_state
sealed_key_open(uint8_t workspace_key[KEY_BYTES], const uint8_t box[SEALED_KEY],
    const struct sealed_key_label *label, const uint8_t private_key[KEY_BYTES],
    const uint8_t (*candidates)[KEY_BYTES], size_t n, size_t *who)
{
	struct arena_mark before = arena_mark();
	struct scratch *scratch = arena_alloc(sizeof(*scratch), NULL);
	enum sealed_key_state state = SEALED_KEY_UNAUTHENTICATED;
	uint8_t own[KEY_BYTES];

	x25519_public(own, private_key);
	if (scratch == NULL ||
	    sealed_box_open(workspace_key, box, own, private_key) < 0) {
		secret_wipe(workspace_key, KEY_BYTES);
		state = SEALED_KEY_BROKEN;
		n = 0;
	}
	for (size_t i = 0; i < n && state != SEALED_KEY_FROM; i++) {
		if (is_from(scratch, box, label, private_key,
			(struct ends){candidates[i], own}, workspace_key)) {
			*who = i;
			state = SEALED_KEY_FROM;
		}
	}
	arena_rewind(before);
	return state;
}
