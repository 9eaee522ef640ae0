/*
 * account_keys: the keys of the home in AGENTSECRETS_HOME, as raw bytes in
 * files of a folder, for a search that must not find them anywhere.
 *
 *	account_keys PASSWORD_FILE FOLDER
 *
 * Makes FOLDER/private_key and FOLDER/workspace_key.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <agentsecrets/account.h>
#include <agentsecrets/arena.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>

static int
put(const char *folder, const char *name, const uint8_t key[KEY_BYTES])
{
	char path[4096];
	AUTO_FD int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd >= 0 && write(fd, key, KEY_BYTES) == KEY_BYTES ? 0 : -1;
}

static int
open_keys(const char *password_file, const char *folder, struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	struct home home = HOME_INIT;
	struct secret password = SECRET_INIT;
	struct sealed_key_label label;
	const struct account_workspace *workspace;
	AUTO_FD int fd = open(password_file, O_RDONLY | O_CLOEXEC);
	uint8_t key[KEY_BYTES];
	uint8_t *private_key;
	size_t who;

	if (arena_read(fd, &password, PASSWORD_MAX, "password", err) < 0 ||
	    home_open(&home, false, err) < 0 ||
	    account_load(&account, &home, err) < 0)
		return -1;
	home_release(&home);
	if (account.workspaces_n == 0)
		return err_set(err, EXIT_FAILED, "no workspace");
	if (private_key_open(&private_key, account.private_key,
		account.key_salt, &password, account.public_key, err) < 0)
		return -1;
	workspace = &account.workspaces[0];
	label = (struct sealed_key_label){
	    workspace->id, workspace->epoch, workspace->name};
	if (sealed_key_open(key, workspace->sealed_key, &label, private_key,
		(const uint8_t(*)[KEY_BYTES])account.public_key, 1,
		&who) == SEALED_KEY_BROKEN)
		return err_set(err, EXIT_FAILED, "the key does not open");
	if (put(folder, "private_key", private_key) < 0 ||
	    put(folder, "workspace_key", key) < 0)
		return err_set(err, EXIT_FAILED, "cannot write '%s'", folder);
	return 0;
}

int
main(int argc, char **argv)
{
	struct err err;
	int status = 0;

	if (argc != 3) {
		fputs("usage: account_keys PASSWORD_FILE FOLDER\n", stderr);
		return 2;
	}
	if (open_keys(argv[1], argv[2], &err) < 0) {
		fprintf(stderr, "account_keys: %s\n", err.text);
		status = 1;
	}
	arena_end();
	return status;
}
