#include "config.h"

#include "founding.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

static void
name_workspace(struct founding *founding)
{
	struct account_workspace *workspace = &founding->workspace;

	if (founding->embedded)
		snprintf(workspace->name, sizeof(workspace->name), "Personal");
	else
		snprintf(workspace->name, sizeof(workspace->name),
		    "%.240s's workspace", founding->account.first_name);
}

static int
make_keys(struct founding *founding, struct err *err)
{
	struct account *account = &founding->account;
	struct account_workspace *workspace = &founding->workspace;
	struct sealed_key_label label;

	founding->private_key = private_key_new(account->public_key, err);
	if (founding->private_key == NULL)
		return -(int)err->status;
	crypto_random(founding->workspace_key, KEY_BYTES);
	crypto_random_uuid(workspace->id);
	workspace->epoch = (uint32_t)time(NULL);
	name_workspace(founding);
	label = (struct sealed_key_label){
	    workspace->id, workspace->epoch, workspace->name};
	account->has_public_key = true;
	account->has_private_key = true;
	if (sealed_key_seal(workspace->sealed_key, founding->workspace_key,
		&label, founding->private_key, account->public_key, err) < 0 ||
	    private_key_seal(account->private_key, account->key_salt,
		founding->private_key, &founding->password, err) < 0)
		return -(int)err->status;
	return account_workspace_put(account, workspace, err);
}

static bool
is_the_same(const struct founding *founding, const struct account *pending)
{
	return text_equal(founding->account.server, pending->server) &&
	    (founding->embedded ||
		text_equal(founding->account.email, pending->email)) &&
	    pending->has_private_key && pending->workspaces_n == 1;
}

static int
open_workspace(struct founding *founding, struct err *err)
{
	const struct account_workspace *workspace = &founding->workspace;
	const uint8_t(*me)[KEY_BYTES] =
	    (const uint8_t(*)[KEY_BYTES]) & founding->account.public_key;
	const struct sealed_key_label label = {
	    workspace->id, workspace->epoch, workspace->name};
	size_t who;

	if (sealed_key_open(founding->workspace_key, workspace->sealed_key,
		&label, founding->private_key, me, 1, &who) == SEALED_KEY_FROM)
		return 0;
	err_set(err, EXIT_FAILED,
	    "the workspace key in account.pending does not open");
	return err_hint(err, "remove the file to begin anew");
}

static int
take_up(struct founding *founding, const struct account *pending,
    const struct home *home, struct err *err)
{
	struct account *account = &founding->account;

	if (private_key_open(&founding->private_key, pending->private_key,
		pending->key_salt, &founding->password, pending->public_key,
		err) < 0) {
		if (err->status != EXIT_ACCESS)
			return -(int)err->status;
		err_set(err, EXIT_ACCESS,
		    "an 'init' that broke off was given another password");
		return err_hint(err,
		    "give that one, or remove '%s/account.pending' to begin "
		    "anew",
		    home->path);
	}
	founding->resumed = true;
	founding->workspace = pending->workspaces[0];
	memcpy(account->email, pending->email, sizeof(account->email));
	memcpy(account->public_key, pending->public_key, KEY_BYTES);
	memcpy(account->key_salt, pending->key_salt, KEY_BYTES);
	memcpy(account->private_key, pending->private_key, PRIVATE_KEY_BLOB);
	account->has_public_key = true;
	account->has_private_key = true;
	if (open_workspace(founding, err) < 0)
		return -(int)err->status;
	return account_workspace_put(account, &founding->workspace, err);
}

int
founding_keys(
    struct founding *founding, const struct home *home, struct err *err)
{
	AUTO_ACCOUNT struct account pending = ACCOUNT_INIT;
	AUTO_FD int lock = -1;
	int found = account_pending_load(&pending, home, err);

	if (found < 0)
		return found;
	founding->workspace_key = arena_alloc(KEY_BYTES, err);
	if (founding->workspace_key == NULL)
		return -(int)err->status;
	if (found > 0 && is_the_same(founding, &pending))
		return take_up(founding, &pending, home, err);
	if (found > 0) {
		/* Its account may be registered: nobody else has its keys. */
		err_set(err, EXIT_FAILED,
		    "an 'init' for '%s' at '%s' broke off", pending.email,
		    pending.server);
		return err_hint(err,
		    "finish that one, or remove '%s/account.pending' to begin "
		    "anew",
		    home->path);
	}
	if (make_keys(founding, err) < 0)
		return -(int)err->status;
	lock = home_lock(home, "lock", err);
	return lock < 0 ? lock
			: account_pending_save(&founding->account, home, err);
}

bool
founding_is_known(
    const struct founding *founding, const struct net_workspaces *workspaces)
{
	const struct account_workspace *ours = &founding->workspace;

	for (size_t i = 0; i < workspaces->n; i++) {
		const struct net_workspace *one = &workspaces->items[i];

		if (text_equal(one->id, ours->id) && one->has_key &&
		    memcmp(one->sealed_key, ours->sealed_key, SEALED_KEY) == 0)
			return true;
	}
	return false;
}

void
founding_release(struct founding *founding)
{
	account_release(&founding->account);
	trust_release(&founding->trust);
}
