/* doctor: the key store, and the copies of keys that it should have. */
#include "config.h"

#include "doctor_check.h"

#include "key_copies.h"
#include "key_store.h"
#include "unlock.h"

enum { SHOWN = 8 };

/* What each trouble of a keychain means: a password still opens the keys. */
static enum doctor_level
level_of(enum keychain_trouble trouble)
{
	switch (trouble) {
	case KEYCHAIN_NO_BUS:
	case KEYCHAIN_NO_PROVIDER:
	case KEYCHAIN_LOCKED:
		return DOCTOR_WARNING;
	default:
		/* Each command waits for it, or it may lose what it gets. */
		return DOCTOR_PROBLEM;
	}
}

static void
say_trouble(struct doctor *doctor, const struct err *err)
{
	doctor_say(doctor, "keychain", level_of(doctor->place.keychain.trouble),
	    "the keychain cannot be used, so commands need the password: %s",
	    err->text);
	doctor_hint(doctor, "%s",
	    err->hint[0] != '\0'
		? err->hint
		: "'agentsecrets key-store sealed' does without a keychain");
}

/*
 * Open it once for all groups. Without --repair nobody is asked to unlock it.
 */
static void
open_keychain(struct doctor *doctor)
{
	struct place *place = &doctor->place;
	struct err err;

	place->keychain.silent = !doctor->request->repair;
	if (place_open_keychain(place, doctor->caller, &err) < 0) {
		say_trouble(doctor, &err);
		return;
	}
	doctor->has_keychain = true;
	doctor_say(doctor, "keychain", DOCTOR_OK,
	    "the keychain '%s' answers and is unlocked",
	    place->keychain.collection);
}

/* The private key, without which no copy can be written. */
static int
get_private_key(struct doctor *doctor, uint8_t **key, struct err *err)
{
	if (!doctor->can_write)
		return err_set(
		    err, EXIT_FAILED, "the home cannot be written now");
	return unlock_private_key(
	    key, &doctor->place, &doctor->account, doctor->caller, err);
}

static int
mend_move(struct doctor *doctor, struct err *err)
{
	struct account *account = &doctor->account;
	uint8_t *key = NULL;

	if (account->store != KEY_STORE_SEALED &&
	    get_private_key(doctor, &key, err) < 0)
		return -(int)err->status;
	return key_store_move(&doctor->place, account, account->store, key,
	    NULL, doctor->caller, err);
}

/* A change of the store that was killed has copies in both. */
static void
check_move(struct doctor *doctor)
{
	const struct account *account = &doctor->account;
	const char *store = key_store_name(account->store);
	struct arena_mark mark;
	struct err err;

	if (!account->is_moving)
		return;
	doctor_say(doctor, "move", DOCTOR_WARNING,
	    "a change between the key stores '%s' and '%s' did not end", store,
	    key_store_name(account->other_store));
	doctor_hint(doctor,
	    "run 'agentsecrets key-store %s' (or '%s') to end it", store,
	    key_store_name(account->other_store));
	if (!doctor_may_mend(doctor))
		return;
	mark = arena_mark();
	if (mend_move(doctor, &err) < 0)
		doctor_not_mended(doctor, &err);
	else
		doctor_mended(
		    doctor, "the keys are in the store '%s' only", store);
	arena_rewind(mark);
}

static void
mend_copies(struct doctor *doctor)
{
	struct arena_mark mark = arena_mark();
	const struct account *account = &doctor->account;
	uint8_t *key = NULL;
	struct err err;

	if (get_private_key(doctor, &key, &err) < 0 ||
	    key_copies_write(&doctor->place, account, account->store, key, NULL,
		doctor->caller, &err) < 0)
		doctor_not_mended(doctor, &err);
	else
		doctor_mended(doctor,
		    "the store '%s' has all keys again, from account.json",
		    key_store_name(account->store));
	arena_rewind(mark);
}

static void
say_wrong(struct doctor *doctor, const struct names *wrong)
{
	char list[1024];
	const char *store = key_store_name(doctor->account.store);

	if (wrong->n == 0) {
		doctor_say(doctor, "copies", DOCTOR_OK,
		    "the store '%s' has the keys that this machine trusts",
		    store);
		return;
	}
	doctor_say(doctor, "copies", DOCTOR_WARNING,
	    "the store '%s' lacks, or has otherwise: %s; commands take the "
	    "password instead",
	    store, names_join(list, sizeof(list), wrong, SHOWN));
	doctor_hint(doctor, "run 'agentsecrets key-store %s'", store);
	if (doctor_may_mend(doctor))
		mend_copies(doctor);
}

static void
check_copies(struct doctor *doctor)
{
	AUTO_NAMES struct names wrong = NAMES_INIT;
	const struct account *account = &doctor->account;
	bool anothers;
	struct err err;

	if (key_copies_check(&wrong, &anothers, &doctor->place, account,
		doctor->caller, &err) < 0) {
		doctor_say_err(doctor, "copies", DOCTOR_PROBLEM, &err);
		if (err.hint[0] == '\0')
			doctor_hint(
			    doctor, "run 'agentsecrets key-store sealed'");
		return;
	}
	if (anothers) {
		doctor_say(doctor, "another_key", DOCTOR_WARNING,
		    "the keychain has the private key of another account "
		    "named '%s'",
		    account->email);
		doctor_hint(doctor,
		    "it stays there; 'agentsecrets key-store sealed' does "
		    "without the keychain");
	}
	say_wrong(doctor, &wrong);
}

/* Storing the newest value takes the others away. */
static int
mend_doubled(struct doctor *doctor, const char *name, struct err *err)
{
	struct keychain *keychain = &doctor->place.keychain;
	struct arena_mark mark = arena_mark();
	struct secret value = SECRET_INIT;
	int rc = keychain_lookup(keychain, &name, 1, &value, err);

	if (rc == 0 && value.data != NULL)
		rc = keychain_store(keychain, name, &value, err);
	arena_rewind(mark);
	return rc;
}

static void
check_doubled(struct doctor *doctor)
{
	AUTO_KEYCHAIN_NAMES struct keychain_names doubled = {NULL, 0};
	struct err err;

	if (keychain_doubled(&doctor->place.keychain, "", &doubled, &err) < 0) {
		doctor_say_err(doctor, "doubled", DOCTOR_PROBLEM, &err);
		doctor_hint(doctor, "run 'agentsecrets doctor' again");
		return;
	}
	for (size_t i = 0; i < doubled.n; i++) {
		doctor_say(doctor, "doubled", DOCTOR_WARNING,
		    "several items of the keychain are called '%s'; the "
		    "newest counts",
		    doubled.items[i]);
		if (!doctor_may_mend(doctor))
			continue;
		if (mend_doubled(doctor, doubled.items[i], &err) < 0)
			doctor_not_mended(doctor, &err);
		else
			doctor_mended(doctor,
			    "of several items '%s' the newest is left",
			    doubled.items[i]);
	}
}

void
doctor_keys(struct doctor *doctor)
{
	const struct account *account = &doctor->account;

	if (doctor->account_state <= 0 || !account->has_private_key)
		return;
	doctor_say(doctor, "store", DOCTOR_OK, "the key store is '%s'",
	    key_store_name(account->store));
	if (account->store == KEY_STORE_KEYCHAIN)
		open_keychain(doctor);
	check_move(doctor);
	if (!doctor->has_trust || account->store == KEY_STORE_SEALED ||
	    (account->store == KEY_STORE_KEYCHAIN && !doctor->has_keychain))
		return;
	check_copies(doctor);
	if (doctor->has_keychain)
		check_doubled(doctor);
}
