#include "config.h"

#include "connect.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#define SESSION_FILE "token.json"

static int
load(void *context, struct secret *out, struct err *err)
{
	const struct place *place = context;

	return home_read_secret(
	    &place->home, SESSION_FILE, out, SESSION_MAX, err);
}

static int
save(void *context, const struct secret *session, struct err *err)
{
	const struct place *place = context;

	return session_save(&place->home, session, err);
}

static int
lock(void *context, struct err *err)
{
	const struct place *place = context;

	return home_lock(&place->home, "token.lock", err);
}

int
session_save(
    const struct home *home, const struct secret *session, struct err *err)
{
	return home_write(home, SESSION_FILE, session->data, session->len, err);
}

bool
session_is_kept(const struct home *home)
{
	struct stat st;

	return fstatat(home->fd, SESSION_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_size > 2;
}

int
session_begin(
    const struct home *home, const struct secret *session, struct err *err)
{
	AUTO_FD int held = home_lock(home, "token.lock", err);

	return held < 0 ? held : session_save(home, session, err);
}

int
session_remove(const struct home *home, struct err *err)
{
	AUTO_FD int held = home_lock(home, "token.lock", err);

	return held < 0 ? held : home_remove(home, SESSION_FILE, err);
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

	(void)caller;
	if (text_equal(account->server, NET_EMBEDDED))
		return connect_server(net, &place->home, NET_EMBEDDED, err);
	if (!session_is_kept(&place->home)) {
		err_set(
		    err, EXIT_ACCESS, "not logged in to '%s'", account->server);
		return err_hint(err, "run 'agentsecrets login'");
	}
	return net_start(net, account->server, NULL, &session, err);
}
