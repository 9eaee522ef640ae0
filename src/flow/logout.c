/* logout, and forgetting the account on this machine. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/account.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/session_cache.h>
#include <agentsecrets/text.h>

#include "connect.h"
#include "key_copies.h"
#include "known_values.h"
#include "place.h"

int
lock_run(enum key_store *store, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;

	/* A damaged account.json must not keep keys in memory. */
	if (place_open_home(&place, err) < 0)
		return -(int)err->status;
	session_cache_clear(&place.home);
	(void)account_load(&account, &place.home, NULL);
	*store = account.store;
	return 0;
}

static void
keep_first(struct logout_result *result, const struct err *failure)
{
	if (result->keychain_left)
		return;
	result->keychain_left = true;
	result->keychain_err = *failure;
}

/* What lies here besides account.json and the vault. */
static int
remove_copies(struct place *place, const struct account *account,
    const struct caller *caller, struct logout_result *result, struct err *err)
{
	bool in_keychain = account_may_have(account, KEY_STORE_KEYCHAIN);

	/* A person is asked before anybody has to wait for the lock. */
	if (in_keychain)
		(void)place_open_keychain(place, caller, err);
	if (session_remove(place, in_keychain, caller, err) < 0 ||
	    (in_keychain &&
		key_copies_remove(
		    place, account, KEY_STORE_KEYCHAIN, caller, err) < 0)) {
		/* A keychain that is out of reach keeps nobody from going. */
		if (place->keychain.trouble == KEYCHAIN_WORKS)
			return -(int)err->status;
		keep_first(result, err);
	}
	return account_may_have(account, KEY_STORE_CONFIG)
	    ? config_keys_remove(&place->home, err)
	    : 0;
}

int
logout_run(
    const struct caller *caller, struct logout_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct err ignored;

	result->server_told = true;
	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	session_cache_clear(&place.home);
	/* It names the workspaces; without it those of account.json do. */
	(void)trust_load(&place.trust, &place.home, &ignored);
	if (!text_equal(account.server, NET_EMBEDDED) &&
	    session_is_kept(&place.home, account.store))
		result->server_told = connect_account(&net, &place, &account,
					  caller, &ignored) == 0 &&
		    net_log_out(&net, &ignored) == 0;
	return remove_copies(&place, &account, caller, result, err);
}

int
forget_look(struct forget_subject *subject, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;

	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	snprintf(subject->email, sizeof(subject->email), "%s", account.email);
	subject->has_key = account.has_private_key;
	subject->kit_exported = account.kit_exported;
	subject->embedded = text_equal(account.server, NET_EMBEDDED);
	return 0;
}

/* Remove a flat directory of our own files, then itself. */
static int
remove_directory(const struct home *home, const char *name, struct err *err)
{
	int fd = openat(
	    home->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		fd_close(&fd);
		return errno == ENOENT
		    ? 0
		    : err_sys(err, EXIT_FAILED, "cannot open '%s/%s'",
			  home->path, name);
	}
	while ((entry = readdir(dir)) != NULL) {
		if (!text_equal(entry->d_name, ".") &&
		    !text_equal(entry->d_name, ".."))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	return unlinkat(home->fd, name, AT_REMOVEDIR) == 0
	    ? 0
	    : err_sys(
		  err, EXIT_FAILED, "cannot remove '%s/%s'", home->path, name);
}

/* Neither a keychain nor a damaged home keeps anybody from forgetting. */
static void
forget_values(struct place *place, const struct account *account,
    const struct caller *caller, struct logout_result *result)
{
	struct err failure;

	if (account_may_have(account, KEY_STORE_KEYCHAIN) &&
	    (trust_load(&place->trust, &place->home, &failure) < 0 ||
		known_values_remove(place, NULL, caller, &failure) < 0))
		keep_first(result, &failure);
}

/* Everything of the account but account.json. */
static int
remove_all(struct place *place, const struct account *account, struct err *err)
{
	const struct home *home = &place->home;

	if (session_remove(place, false, NULL, err) < 0 ||
	    remove_directory(home, "vault", err) < 0 ||
	    home_remove(home, "account.pending", err) < 0)
		return -(int)err->status;
	if (text_equal(account->server, NET_EMBEDDED) &&
	    remove_directory(home, "server", err) < 0)
		return -(int)err->status;
	return home_remove(home, "trust", err);
}

/* account.json goes last: a run that dies earlier is repeated. */
int
forget_run(
    const struct caller *caller, struct logout_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	struct config none = {.storage_mode = 0};
	AUTO_FD int lock = -1;

	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	session_cache_clear(&place.home);
	forget_values(&place, &account, caller, result);
	none.storage_mode = place.config.storage_mode;
	/* Whatever the store: another client may have left keys there. */
	if (config_keys_remove(&place.home, err) < 0 ||
	    config_save(&none, &place.home, err) < 0)
		return -(int)err->status;
	lock = home_lock(&place.home, "lock", err);
	if (lock < 0 || remove_all(&place, &account, err) < 0)
		return -(int)err->status;
	return home_remove(&place.home, "account.json", err);
}
