/*
 * forge: seal a value that the program itself would not, with the workspace
 * key of a home.
 *
 *	forge PROJECT ENVIRONMENT VERSION NAME... <value
 *
 * Prints each name and its blob in base64. AGENTSECRETS_HOME has one workspace,
 * whose password is in AGENTSECRETS_PASSWORD_FILE. VERSION "deleted:N" makes a
 * tombstone, "unbound" a blob with a random nonce, as other clients do. What is
 * forged is test data: nothing is wiped here.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/account.h>
#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/home.h>

enum { VALUE_ROOM = 4 << 20 };

static int
read_password(struct secret *out, struct err *err)
{
	static char text[PASSWORD_MAX + 2];
	const char *path = getenv("AGENTSECRETS_PASSWORD_FILE");
	FILE *file = path != NULL ? fopen(path, "re") : NULL;

	if (file == NULL || fgets(text, sizeof(text), file) == NULL)
		return err_set(err, EXIT_FAILED, "no password file");
	fclose(file);
	out->data = (uint8_t *)text;
	out->len = strcspn(text, "\r\n");
	return 0;
}

static int
workspace_key(uint8_t **out, struct err *err)
{
	AUTO_HOME struct home home = HOME_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	struct secret password = SECRET_INIT;
	struct sealed_key_label label;
	uint8_t *private_key = NULL;
	size_t who = 0;

	if (home_open(&home, false, err) <= 0 ||
	    account_load(&account, &home, err) <= 0 ||
	    account.workspaces_n != 1 || read_password(&password, err) < 0)
		return err_set(err, EXIT_FAILED, "no such home");
	label = (struct sealed_key_label){account.workspaces[0].id,
	    account.workspaces[0].epoch, account.workspaces[0].name};
	if (private_key_open(&private_key, account.private_key,
		account.key_salt, &password, account.public_key, err) < 0 ||
	    (*out = arena_alloc(KEY_BYTES, err)) == NULL)
		return -(int)err->status;
	if (sealed_key_open(*out, account.workspaces[0].sealed_key, &label,
		private_key, (const uint8_t(*)[KEY_BYTES])account.public_key, 1,
		&who) != SEALED_KEY_FROM)
		return err_set(err, EXIT_FAILED, "the key does not open");
	return 0;
}

struct keys {
	struct blob_key *blobs;
	struct aead *plain;
};

static void
print_blob(const struct keys *keys, const struct blob_place *place,
    const char *version, const uint8_t *value, size_t len)
{
	static uint8_t blob[VALUE_ROOM + BLOB_OVERHEAD];
	static char text[sizeof(blob) * 2];
	const char *number = strchr(version, ':');

	number = number != NULL ? number + 1 : version;
	if (strcmp(version, "unbound") == 0) {
		crypto_random(blob, NONCE_BYTES);
		aead_seal(
		    keys->plain, blob, NULL, 0, value, len, blob + NONCE_BYTES);
	} else {
		blob_seal(keys->blobs, place,
		    (uint32_t)strtoul(number, NULL, 10), value, len, blob);
	}
	base64_encode(
	    text, sizeof(text), blob, len + BLOB_OVERHEAD, BASE64_STANDARD);
	printf("%s %s\n", place->name, text);
}

static int
forge(char **argv, struct err *err)
{
	static uint8_t value[VALUE_ROOM];
	size_t len = fread(value, 1, sizeof(value), stdin);
	struct blob_place place = {
	    .kind = BLOB_SECRET, .project = argv[1], .environment = argv[2]};
	struct keys keys;
	uint8_t *bytes = NULL;

	if (crypto_init(err) < 0 || workspace_key(&bytes, err) < 0 ||
	    blob_key_new(&keys.blobs, bytes, err) < 0 ||
	    aead_new(&keys.plain, bytes, err) < 0)
		return -(int)err->status;
	if (strchr(argv[3], ':') != NULL)
		place.kind = BLOB_DELETED;
	for (char **name = argv + 4; *name != NULL; name++) {
		place.name = *name;
		print_blob(&keys, &place, argv[3], value, len);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct err err;

	if (argc < 5) {
		fputs("usage: forge PROJECT ENVIRONMENT VERSION NAME...\n",
		    stderr);
		return 2;
	}
	if (forge(argv, &err) == 0)
		return 0;
	fprintf(stderr, "forge: %s\n", err.text);
	return 1;
}
