/*
 * go_keys: the cryptography of other AgentSecrets clients (protocol 4), for
 * tests. Words and base64 go in and out, a line each; what is made is test
 * data and nothing is wiped.
 *
 *	go_keys account <password     private, public, salt, blob
 *	go_keys workspace PUBLIC      key, key44, box
 *	go_keys seal KEY <value       a blob with a random nonce
 *	go_keys open KEY BLOB         the value, whoever sealed it
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/text.h>

enum { VALUE_ROOM = 1 << 18 };

static void
print(const char *name, const void *bytes, size_t len)
{
	static char text[2 * VALUE_ROOM];

	base64_encode(text, sizeof(text), bytes, len, BASE64_STANDARD);
	printf("%s%s%s\n", name, name[0] != '\0' ? " " : "", text);
}

static size_t
read_input(uint8_t *out)
{
	return fread(out, 1, VALUE_ROOM, stdin);
}

static int
account(struct err *err)
{
	static uint8_t typed[VALUE_ROOM];
	struct secret password = {typed, read_input(typed)};
	uint8_t public_key[KEY_BYTES];
	uint8_t salt[KEY_BYTES];
	uint8_t blob[PRIVATE_KEY_BLOB];
	char digits[2 * KEY_BYTES + 1];
	uint8_t *private_key = private_key_new(public_key, err);

	if (private_key == NULL ||
	    private_key_seal(blob, salt, private_key, &password, err) < 0)
		return -(int)err->status;
	text_hex_encode(digits, salt, sizeof(salt));
	print("private", private_key, KEY_BYTES);
	print("public", public_key, KEY_BYTES);
	printf("salt %s\n", digits);
	print("blob", blob, sizeof(blob));
	return 0;
}

static int
workspace(const uint8_t public_key[KEY_BYTES], struct err *err)
{
	uint8_t ephemeral[KEY_BYTES];
	uint8_t box[SEALED_KEY];
	uint8_t key[KEY_BYTES];
	char text[45];

	crypto_random(key, sizeof(key));
	crypto_random(ephemeral, sizeof(ephemeral));
	if (sealed_box_seal(box, key, public_key, ephemeral) < 0)
		return err_set(err, EXIT_FAILED, "an unsound public key");
	base64_encode(text, sizeof(text), key, sizeof(key), BASE64_URL_PADDED);
	print("key", key, sizeof(key));
	print("key44", text, 44);
	print("box", box, sizeof(box));
	return 0;
}

static int
seal(const uint8_t key[KEY_BYTES], struct err *err)
{
	static uint8_t blob[VALUE_ROOM + BLOB_OVERHEAD];
	static uint8_t value[VALUE_ROOM];
	size_t len = read_input(value);
	struct aead *aead;

	if (aead_new(&aead, key, err) < 0)
		return -(int)err->status;
	crypto_random(blob, NONCE_BYTES);
	aead_seal(aead, blob, NULL, 0, value, len, blob + NONCE_BYTES);
	print("", blob, len + BLOB_OVERHEAD);
	return 0;
}

static int
open_blob(const uint8_t key[KEY_BYTES], const char *text, struct err *err)
{
	static uint8_t blob[VALUE_ROOM];
	static uint8_t value[VALUE_ROOM];
	long len = base64_decode(
	    blob, sizeof(blob), text, strlen(text), BASE64_STANDARD);
	struct aead *aead;

	if (aead_new(&aead, key, err) < 0)
		return -(int)err->status;
	if (len < BLOB_OVERHEAD ||
	    aead_open(aead, blob, NULL, 0, blob + NONCE_BYTES,
		(size_t)len - NONCE_BYTES, value) < 0)
		return err_set(err, EXIT_FAILED, "it does not open");
	fwrite(value, 1, (size_t)len - BLOB_OVERHEAD, stdout);
	return 0;
}

static int
run(int argc, char **argv, struct err *err)
{
	uint8_t *key =
	    crypto_init(err) < 0 ? NULL : arena_alloc(KEY_BYTES, err);

	if (key == NULL)
		return -(int)err->status;
	if (argc == 2 && text_equal(argv[1], "account"))
		return account(err);
	if (argc < 3 || !base64_decode_key(key, argv[2], strlen(argv[2])))
		return err_set(err, EXIT_USAGE, "no such word, or no key");
	if (argc == 3 && text_equal(argv[1], "workspace"))
		return workspace(key, err);
	if (argc == 3 && text_equal(argv[1], "seal"))
		return seal(key, err);
	if (argc == 4 && text_equal(argv[1], "open"))
		return open_blob(key, argv[3], err);
	return err_set(err, EXIT_USAGE, "no such word");
}

int
main(int argc, char **argv)
{
	struct err err;

	if (run(argc, argv, &err) == 0)
		return 0;
	fprintf(stderr, "go_keys: %s\n", err.text);
	return 1;
}
