/* key-store: where copies of the keys, and the session, lie. */
#include "config.h"

#include "key_store.h"

#include <stdio.h>

#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>

#include "connect.h"
#include "key_copies.h"
#include "known_values.h"
#include "local.h"
#include "unlock.h"

int
key_store_choose(enum key_store *out, const enum key_store *wish,
    struct place *place, const struct caller *caller, struct err *err)
{
	char text[ERR_TEXT_MAX + 128];

	if (wish != NULL && *wish != KEY_STORE_KEYCHAIN) {
		*out = *wish;
		return 0;
	}
	if (place_open_keychain(place, caller, err) == 0) {
		*out = KEY_STORE_KEYCHAIN;
		return 0;
	}
	if (wish != NULL)
		return -(int)err->status;
	if (place->keychain.trouble != KEYCHAIN_NO_BUS &&
	    place->keychain.trouble != KEYCHAIN_NO_PROVIDER) {
		snprintf(text, sizeof(text),
		    "the keychain is not used: %s ('agentsecrets key-store "
		    "keychain' tries again)",
		    err->text);
		caller->notice(text);
	}
	*out = KEY_STORE_SEALED;
	return 0;
}

int
key_store_look(struct key_store_state *state, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;

	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	*state = (struct key_store_state){
	    account.store, account.is_moving, account.other_store};
	return 0;
}

/* A change of store under way. */
struct move {
	struct place *place;
	struct account *account;
	const struct caller *caller;
	const uint8_t *private_key; /* NULL: the target has no copies */
	const struct net_workspaces *shown;
};

/*
 * Write down where copies may lie, before some are made and after some are
 * gone: the note that a broken change leaves to the next one.
 */
static int
note(const struct move *move, enum key_store store, enum key_store other,
    struct err *err)
{
	AUTO_FD int lock = home_lock(&move->place->home, "lock", err);
	struct account *account = move->account;

	if (lock < 0 || place_reload_account(move->place, account, err) < 0)
		return -(int)err->status;
	account->store = store;
	account->is_moving = other != store;
	account->other_store = other;
	return account_save(account, &move->place->home, err);
}

/*
 * What lies in a store that is not in force: this one no longer, or not yet.
 * Without a keychain the session is the one in token.json.
 */
static int
clear(const struct move *move, enum key_store store, struct err *err)
{
	struct place *place = move->place;

	if (move->account->store == KEY_STORE_KEYCHAIN &&
	    session_leave_file(&place->home, err) < 0)
		return -(int)err->status;
	if (store == KEY_STORE_KEYCHAIN &&
	    (session_remove_item(place, move->caller, err) < 0 ||
		known_values_remove(place, move->account, move->caller, err) <
		    0))
		return -(int)err->status;
	return key_copies_remove(
	    place, move->account, store, move->caller, err);
}

static int
copy_session(const struct move *move, enum key_store target, struct err *err)
{
	struct place *place = move->place;
	enum key_store store = move->account->store;
	struct secret session = SECRET_INIT;

	if ((store == KEY_STORE_KEYCHAIN) == (target == KEY_STORE_KEYCHAIN) ||
	    !session_is_kept(&place->home, store))
		return 0;
	if (session_load(place, store, move->caller, &session, err) < 0)
		return -(int)err->status;
	if (session.len == 0)
		return 0;
	return target == KEY_STORE_KEYCHAIN
	    ? session_save_item(place, &session, move->caller, err)
	    : session_save(place, target, &session, move->caller, err);
}

static int
copy(const struct move *move, enum key_store target, struct err *err)
{
	struct place *place = move->place;

	if (copy_session(move, target, err) < 0) {
		/* Who leaves a keychain that is gone has to log in again. */
		if (target == KEY_STORE_KEYCHAIN ||
		    place->keychain.trouble == KEYCHAIN_WORKS)
			return -(int)err->status;
	}
	return key_copies_write(place, move->account, target, move->private_key,
	    move->shown, move->caller, err);
}

static int
clear_or_tell(const struct move *move, enum key_store store, struct err *err)
{
	const char *now = key_store_name(move->account->store);

	if (clear(move, store, err) == 0)
		return 0;
	err_prefix(err,
	    "the store is '%s' now, but what the %s held is still there", now,
	    store == KEY_STORE_KEYCHAIN ? "keychain" : "other one");
	return err_hint(err,
	    "run 'agentsecrets key-store %s' again when that is mended", now);
}

/* What a change that broke off has left, other than on the way we go. */
static int
finish_other(const struct move *move, enum key_store target, struct err *err)
{
	struct account *account = move->account;

	if (!account->is_moving || account->other_store == target)
		return 0;
	if (clear_or_tell(move, account->other_store, err) < 0)
		return -(int)err->status;
	return note(move, account->store, account->store, err);
}

/* What was left in the keychain did not follow: it counts as never seen. */
static int
forget_items(const struct move *move, struct err *err)
{
	const struct place *place = move->place;
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	if (lock < 0)
		return lock;
	for (size_t i = 0; i < place->trust.projects_n; i++) {
		if (local_forget(&place->home, place->trust.projects[i].id,
			NULL, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

/* New copies, then the store, then the old copies. */
static int
change(const struct move *move, enum key_store target, struct err *err)
{
	enum key_store old = move->account->store;

	if (finish_other(move, target, err) < 0 ||
	    (old != target && target == KEY_STORE_KEYCHAIN &&
		forget_items(move, err) < 0) ||
	    (old != target && note(move, old, target, err) < 0) ||
	    copy(move, target, err) < 0)
		return -(int)err->status;
	if (old == target)
		return 0;
	if (note(move, target, old, err) < 0 ||
	    clear_or_tell(move, old, err) < 0)
		return -(int)err->status;
	return note(move, target, target, err);
}

int
key_store_move(struct place *place, struct account *account,
    enum key_store target, const uint8_t *private_key,
    const struct net_workspaces *shown, const struct caller *caller,
    struct err *err)
{
	const struct move move = {place, account, caller, private_key, shown};
	AUTO_FD int lock = -1;

	/* A person is asked before anybody has to wait for the lock. One that
	 * cannot be used is told where it is needed. */
	if (account_may_have(account, KEY_STORE_KEYCHAIN))
		(void)place_open_keychain(place, caller, err);
	/* Nobody shall renew the session while it moves. */
	lock = home_lock(&place->home, "token.lock", err);
	if (lock < 0 || place_reload_account(place, account, err) < 0)
		return -(int)err->status;
	return change(&move, target, err);
}

int
key_store_run(
    enum key_store target, const struct caller *caller, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	uint8_t *private_key = NULL;

	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	/* Nothing was ever anywhere else. */
	if (target == KEY_STORE_SEALED && account.store == target &&
	    !account.is_moving)
		return 0;
	if (place_load_trust(&place, err) < 0 ||
	    (target == KEY_STORE_KEYCHAIN &&
		place_open_keychain(&place, caller, err) < 0) ||
	    (target != KEY_STORE_SEALED &&
		unlock_private_key(
		    &private_key, &place, &account, caller, err) < 0))
		return -(int)err->status;
	return key_store_move(
	    &place, &account, target, private_key, NULL, caller, err);
}
