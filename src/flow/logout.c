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
#include "place.h"

int
lock_run(struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;

	/* A damaged account.json must not keep keys in memory. */
	if (place_open_home(&place, err) < 0)
		return -(int)err->status;
	session_cache_clear(&place.home);
	return 0;
}

int
logout_run(const struct caller *caller, bool *unreachable, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct err ignored;

	*unreachable = false;
	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	session_cache_clear(&place.home);
	if (text_equal(account.server, NET_EMBEDDED) ||
	    !session_is_kept(&place.home))
		return session_remove(&place.home, err);
	*unreachable =
	    connect_account(&net, &place, &account, caller, &ignored) < 0 ||
	    net_log_out(&net, &ignored) < 0;
	return session_remove(&place.home, err);
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

/* Everything of the account but account.json. */
static int
remove_all(
    const struct home *home, const struct account *account, struct err *err)
{
	if (session_remove(home, err) < 0 ||
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
forget_run(struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	struct config none = {.storage_mode = 0};
	AUTO_FD int lock = -1;

	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	session_cache_clear(&place.home);
	none.storage_mode = place.config.storage_mode;
	if (config_save(&none, &place.home, err) < 0)
		return -(int)err->status;
	lock = home_lock(&place.home, "lock", err);
	if (lock < 0 || remove_all(&place.home, &account, err) < 0)
		return -(int)err->status;
	return home_remove(&place.home, "account.json", err);
}
