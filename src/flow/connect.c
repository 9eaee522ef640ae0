#include "config.h"

#include "connect.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#define SESSION_FILE "token.json"
/* What the file says when the session is in the keychain: other clients do so,
 * too. */
#define SESSION_ELSEWHERE "{}"

enum { SESSION_ENTRY_MAX = sizeof("user_tokens_") - 1 + HOME_DIGITS };

/* Read anew each time: another command may have changed the store. */
static int
store_in_force(enum key_store *out, const struct home *home, struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	int rc = account_load(&account, home, err);

	if (rc < 0)
		return rc;
	*out = account.store;
	return 0;
}

static off_t
file_size(const struct home *home)
{
	struct stat st;

	return fstatat(home->fd, SESSION_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0
	    ? st.st_size
	    : -1;
}

/*
 * Other clients have the session in the file or in the keychain, as their
 * version is, and say {} in the file for the latter. It is used where they
 * keep it: a refresh ends what another place has.
 */
static enum key_store
where_it_is(const struct home *home, enum key_store store)
{
	off_t size = file_size(home);

	if (size > (off_t)sizeof(SESSION_ELSEWHERE) - 1)
		return KEY_STORE_SEALED;
	return size == (off_t)sizeof(SESSION_ELSEWHERE) - 1 ? KEY_STORE_KEYCHAIN
							    : store;
}

static int
load(void *context, struct secret *out, struct err *err)
{
	struct place *place = context;
	enum key_store store;

	if (store_in_force(&store, &place->home, err) < 0 ||
	    session_load(place, store, place->caller, out, err) < 0)
		return -(int)err->status;
	/* An item may hold anything. A session of no possible length is none.
	 */
	if (out->len < sizeof(SESSION_ELSEWHERE) - 1 || out->len > SESSION_MAX)
		*out = (struct secret)SECRET_INIT;
	return 0;
}

static int
save(void *context, const struct secret *session, struct err *err)
{
	struct place *place = context;
	enum key_store store;

	if (store_in_force(&store, &place->home, err) < 0)
		return -(int)err->status;
	return session_save(place, where_it_is(&place->home, store), session,
	    place->caller, err);
}

static int
lock(void *context, struct err *err)
{
	const struct place *place = context;

	return home_lock(&place->home, "token.lock", err);
}

/*
 * The homes of a user share the keychain. That of the home in $HOME is the
 * name that other clients know.
 */
static void
session_entry(char out[SESSION_ENTRY_MAX + 1], const struct home *home)
{
	char digits[HOME_DIGITS + 1];

	if (!home_is_usual(home) && home_digits(digits, home))
		snprintf(out, SESSION_ENTRY_MAX + 1, "user_tokens_%s", digits);
	else
		snprintf(out, SESSION_ENTRY_MAX + 1, "user_tokens");
}

bool
session_is_kept(const struct home *home, enum key_store store)
{
	off_t size = file_size(home);

	return store == KEY_STORE_KEYCHAIN
	    ? size >= 0
	    : size >= (off_t)sizeof(SESSION_ELSEWHERE) - 1;
}

int
session_load(struct place *place, enum key_store store,
    const struct caller *caller, struct secret *out, struct err *err)
{
	char entry[SESSION_ENTRY_MAX + 1];
	const char *name = entry;

	if (where_it_is(&place->home, store) != KEY_STORE_KEYCHAIN)
		return home_read_secret(
		    &place->home, SESSION_FILE, out, SESSION_MAX, err);
	session_entry(entry, &place->home);
	if (place_open_keychain(place, caller, err) < 0) {
		if (store == KEY_STORE_KEYCHAIN)
			return -(int)err->status;
		err->status = EXIT_ACCESS;
		return err_prefix(err,
		    "not logged in: another client has moved the session to "
		    "the keychain");
	}
	return keychain_lookup(&place->keychain, &name, 1, out, err);
}

int
session_save_item(struct place *place, const struct secret *session,
    const struct caller *caller, struct err *err)
{
	char entry[SESSION_ENTRY_MAX + 1];

	session_entry(entry, &place->home);
	if (place_open_keychain(place, caller, err) < 0)
		return -(int)err->status;
	return keychain_store(&place->keychain, entry, session, err);
}

int
session_remove_item(
    struct place *place, const struct caller *caller, struct err *err)
{
	char entry[SESSION_ENTRY_MAX + 1];
	const char *name = entry;

	session_entry(entry, &place->home);
	if (place_open_keychain(place, caller, err) < 0)
		return -(int)err->status;
	return keychain_delete(&place->keychain, &name, 1, err);
}

static int
write_elsewhere(const struct home *home, struct err *err)
{
	return home_write(home, SESSION_FILE, SESSION_ELSEWHERE,
	    sizeof(SESSION_ELSEWHERE) - 1, err);
}

int
session_leave_file(const struct home *home, struct err *err)
{
	return file_size(home) > (off_t)sizeof(SESSION_ELSEWHERE) - 1
	    ? write_elsewhere(home, err)
	    : 0;
}

int
session_save(struct place *place, enum key_store store,
    const struct secret *session, const struct caller *caller, struct err *err)
{
	if (store != KEY_STORE_KEYCHAIN)
		return home_write(&place->home, SESSION_FILE, session->data,
		    session->len, err);
	/* The item first: the file may hold the session that it replaces. */
	if (session_save_item(place, session, caller, err) < 0)
		return -(int)err->status;
	return file_size(&place->home) == sizeof(SESSION_ELSEWHERE) - 1
	    ? 0
	    : write_elsewhere(&place->home, err);
}

int
session_begin(struct place *place, enum key_store store,
    const struct secret *session, const struct caller *caller, struct err *err)
{
	AUTO_FD int held = home_lock(&place->home, "token.lock", err);

	return held < 0 ? held
			: session_save(place, store, session, caller, err);
}

int
session_remove(struct place *place, bool with_item, const struct caller *caller,
    struct err *err)
{
	AUTO_FD int held = home_lock(&place->home, "token.lock", err);

	if (held < 0 || home_remove(&place->home, SESSION_FILE, err) < 0)
		return -(int)err->status;
	return with_item ? session_remove_item(place, caller, err) : 0;
}

int
connect_server(struct net *net, const struct home *home, const char *server,
    struct err *err)
{
	char data_dir[4096];
	int n;

	if (!text_equal(server, NET_EMBEDDED))
		return net_start(net, server, NULL, NULL, err);
	n = snprintf(data_dir, sizeof(data_dir), "%s/server", home->real);
	if (n < 0 || (size_t)n >= sizeof(data_dir))
		return err_set(
		    err, EXIT_FAILED, "the path '%s' is too long", home->real);
	return net_start(net, server, data_dir, NULL, err);
}

int
connect_account(struct net *net, struct place *place,
    const struct account *account, const struct caller *caller, struct err *err)
{
	struct net_session session = {
	    .context = place,
	    .load = load,
	    .save = save,
	    .lock = lock,
	};

	if (text_equal(account->server, NET_EMBEDDED))
		return connect_server(net, &place->home, NET_EMBEDDED, err);
	place->caller = caller;
	if (!session_is_kept(&place->home, account->store)) {
		err_set(
		    err, EXIT_ACCESS, "not logged in to '%s'", account->server);
		return err_hint(err, "run 'agentsecrets login'");
	}
	return net_start(net, account->server, NULL, &session, err);
}
