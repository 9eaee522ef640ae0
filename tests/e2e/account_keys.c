/*
 * account_keys: what the account of this home must never show to a server.
 *
 *	account_keys PASSWORD FOLDER
 *
 * Opens account.json with the password in that file and writes the raw bytes
 * of the private key, of the first workspace's key and of the log-in secret
 * into files of FOLDER, for a scanner to look for.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/account.h>
#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/home.h>

static struct err err;

static void
need(int ok)
{
	if (ok)
		return;
	fprintf(stderr, "account_keys: %s\n", err.text);
	exit(1);
}

static void
put(const char *folder, const char *name, const void *bytes, size_t len)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	need(file_write(path, bytes, len, 0600, true, &err) == 0);
}

static void
read_password(struct secret *out, const char *path)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	need(fd >= 0 && arena_read(fd, out, PASSWORD_MAX, path, &err) == 0);
}

int
main(int argc, char **argv)
{
	AUTO_HOME struct home home = HOME_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	struct secret password = SECRET_INIT;
	struct secret auth = SECRET_INIT;
	uint8_t workspace_key[KEY_BYTES];
	const struct account_workspace *box;
	struct sealed_key_label label;
	uint8_t *private_key;
	size_t who;

	if (argc != 3) {
		fputs("usage: account_keys PASSWORD FOLDER\n", stderr);
		return 2;
	}
	need(crypto_init(&err) == 0);
	read_password(&password, argv[1]);
	need(home_open(&home, false, &err) == 1 &&
	    account_load(&account, &home, &err) == 1 &&
	    account.workspaces_n > 0);
	need(private_key_open(&private_key, account.private_key,
		 account.key_salt, &password, account.public_key, &err) == 0);
	box = &account.workspaces[0];
	label = (struct sealed_key_label){box->id, box->epoch, box->name};
	need(sealed_key_open(workspace_key, box->sealed_key, &label,
		 private_key, (const uint8_t(*)[KEY_BYTES])account.public_key,
		 1, &who) == SEALED_KEY_FROM);
	put(argv[2], "private-key", private_key, KEY_BYTES);
	put(argv[2], "workspace-key", workspace_key, KEY_BYTES);
	if (account.auth_origin[0] != '\0') {
		need(auth_secret(&auth, &password, account.auth_origin,
			 account.email, &err) == 0);
		put(argv[2], "log-in-secret", auth.data, auth.len);
	}
	arena_end();
	return 0;
}
