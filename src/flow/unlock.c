#include "config.h"

#include "unlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/session_cache.h>
#include <agentsecrets/text.h>

#include "key_copies.h"

static void
drop_line_end(struct secret *secret)
{
	if (secret->len > 0 && secret->data[secret->len - 1] == '\n')
		secret->len--;
	if (secret->len > 0 && secret->data[secret->len - 1] == '\r')
		secret->len--;
}

int
password_read_file(struct secret *out, const char *path, struct err *err)
{
	char what[512];
	AUTO_FD int fd = -1;
	int from = STDIN_FILENO;

	snprintf(what, sizeof(what), "password file '%s'", path);
	if (!text_equal(path, "-")) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return err_sys(err, EXIT_ACCESS,
			    "cannot read password file '%.*s'",
			    text_before_equals(path), path);
		from = fd;
	}
	if (arena_read(from, out, PASSWORD_MAX + 2, what, err) < 0)
		return -(int)err->status;
	drop_line_end(out);
	if (out->len == 0)
		return err_set(err, EXIT_ACCESS, "%s is empty", what);
	return 0;
}

int
password_get(struct secret *out, const struct caller *caller,
    const char *prompt, struct err *err)
{
	if (caller->password_file != NULL)
		return password_read_file(out, caller->password_file, err);
	if (!caller->ask->is_there()) {
		err_set(err, EXIT_ACCESS,
		    "locked: the account password is needed, and there is no "
		    "terminal");
		return err_hint(err,
		    "run 'agentsecrets unlock' first, or give "
		    "--password-file FILE");
	}
	return caller->ask->secret(prompt, out, err);
}

/* A password that was made here is shown once and never stored. */
static int
offer_generated(
    struct secret *out, const struct caller *caller, struct err *err)
{
	if (password_generate(out, err) < 0 ||
	    caller->ask->show("Password: ", out, err) < 0)
		return -(int)err->status;
	return caller->ask->line(
	    "Write it down, then press Enter. ", NULL, 0, err);
}

int
password_new(struct secret *out, const char *file, const char *flag,
    const char *prompt, const char *email, const struct caller *caller,
    struct err *err)
{
	struct secret again = SECRET_INIT;
	char question[128];

	if (file != NULL) {
		if (password_read_file(out, file, err) < 0)
			return -(int)err->status;
		return password_check(out, email, err);
	}
	if (!caller->ask->is_there())
		return err_set(err, EXIT_USAGE,
		    "a password is needed, and there is no terminal: give %s",
		    flag);
	snprintf(question, sizeof(question),
	    "%s (empty: make one for me): ", prompt);
	if (caller->ask->secret(question, out, err) < 0)
		return -(int)err->status;
	if (out->len == 0)
		return offer_generated(out, caller, err);
	if (password_check(out, email, err) < 0)
		return -(int)err->status;
	if (caller->ask->secret("Once more: ", &again, err) < 0)
		return -(int)err->status;
	if (!secret_same(&again, out))
		return err_set(err, EXIT_USAGE, "the two did not match");
	return 0;
}

/* Whether the key is on this machine at all, and whose it is said to be. */
static int
check_private_key(
    const struct place *place, const struct account *account, struct err *err)
{
	if (!account->has_private_key) {
		err_set(err, EXIT_ACCESS,
		    "this machine does not have the key of '%s'",
		    account->email);
		return err_hint(err,
		    "run 'agentsecrets key import KIT' with your recovery "
		    "kit");
	}
	if (memcmp(account->public_key, place->trust.me, KEY_BYTES) != 0)
		return err_set(err, EXIT_UNSAFE,
		    "account.json and the trust file name different keys");
	return 0;
}

/* A person who mistyped is asked again; a file would say the same again. */
static int
open_with_password(uint8_t **out, const struct place *place,
    const struct account *account, const struct caller *caller, struct err *err)
{
	enum { TRIES = 3 };
	char prompt[EMAIL_MAX + 32];
	bool local = text_has_prefix(account->email, "local:");

	snprintf(prompt, sizeof(prompt), "Password%s%s: ", local ? "" : " of ",
	    local ? "" : account->email);
	for (int left = TRIES - 1;; left--) {
		struct arena_mark mark = arena_mark();
		struct secret password = SECRET_INIT;
		int rc;

		if (password_get(&password, caller, prompt, err) < 0)
			return -(int)err->status;
		rc = private_key_open(out, account->private_key,
		    account->key_salt, &password, place->trust.me, err);
		if (rc != -EXIT_ACCESS || caller->password_file != NULL ||
		    left == 0)
			return rc;
		arena_rewind(mark);
		caller->notice("wrong password, once more");
	}
}

/*
 * The keychain cannot be asked. With a password at hand that is a line for the
 * user; with none it is why we stop.
 */
static int
do_without_keychain(
    struct place *place, const struct caller *caller, struct err *err)
{
	char text[ERR_TEXT_MAX + 64];

	if (place->keychain.trouble == KEYCHAIN_WORKS)
		return -(int)err->status;
	if (caller->password_file == NULL && !caller->ask->is_there()) {
		err->status = EXIT_ACCESS;
		return err_hint(err,
		    "the account password opens the keys without it: give "
		    "--password-file FILE");
	}
	if (!place->keychain_told) {
		snprintf(text, sizeof(text),
		    "warning: the keychain is not used: %s", err->text);
		caller->notice(text);
	}
	place->keychain_told = true;
	return 0;
}

int
unlock_private_key(uint8_t **out, struct place *place,
    const struct account *account, const struct caller *caller, struct err *err)
{
	uint8_t *key;
	int rc;

	if (check_private_key(place, account, err) < 0 ||
	    (key = arena_alloc(KEY_BYTES, err)) == NULL)
		return -(int)err->status;
	rc = key_copies_private(key, place, account, caller, err);
	if (rc > 0) {
		*out = key;
		return 0;
	}
	if (rc < 0 && do_without_keychain(place, caller, err) < 0)
		return -(int)err->status;
	return open_with_password(out, place, account, caller, err);
}

int
unlock_with_password(uint8_t **out, const struct place *place,
    const struct account *account, const struct caller *caller, struct err *err)
{
	if (check_private_key(place, account, err) < 0)
		return -(int)err->status;
	return open_with_password(out, place, account, caller, err);
}

int
unlock_sealed_key(uint8_t *out, const struct account *account,
    const struct trust_workspace *workspace, const uint8_t *private_key,
    const uint8_t me[KEY_BYTES], struct err *err)
{
	const struct account_workspace *box =
	    account_workspace_find(account, workspace->id);
	uint8_t candidates[2][KEY_BYTES];
	uint8_t fingerprint[KEY_BYTES];
	struct sealed_key_label label;
	size_t who;

	if (box == NULL)
		return err_set(err, EXIT_ACCESS,
		    "the key of workspace '%s' is not on this machine",
		    workspace->name);
	memcpy(candidates[0], me, KEY_BYTES);
	memcpy(candidates[1], workspace->source, KEY_BYTES);
	label = (struct sealed_key_label){box->id, box->epoch, box->name};
	/* What it says is checked by the fingerprint: the label may be older
	 * than a local name. Only that it opens counts here. */
	if (sealed_key_open(out, box->sealed_key, &label, private_key,
		(const uint8_t(*)[KEY_BYTES])candidates, 2,
		&who) == SEALED_KEY_BROKEN)
		return err_set(err, EXIT_UNSAFE,
		    "the key of workspace '%s' does not open", workspace->name);
	workspace_key_fingerprint(
	    fingerprint, workspace->id, workspace->epoch, out);
	if (!secret_equal(fingerprint, workspace->fingerprint, KEY_BYTES))
		return err_set(err, EXIT_UNSAFE,
		    "the key of workspace '%s' is not the one this machine "
		    "trusts",
		    workspace->name);
	return 0;
}

int
unlock_all(const struct place *place, const struct account *account,
    const uint8_t *private_key, struct err *err)
{
	const struct trust *trust = &place->trust;
	struct arena_mark mark = arena_mark();
	uint8_t *key = arena_alloc(KEY_BYTES, err);
	int rc = key == NULL ? -EXIT_FAILED : 0;

	for (size_t i = 0; rc == 0 && i < trust->workspaces_n; i++) {
		const struct trust_workspace *one = &trust->workspaces[i];

		rc = unlock_sealed_key(
		    key, account, one, private_key, trust->me, err);
		if (rc == 0 &&
		    session_cache_put(&place->home, one->id, one->epoch, key,
			place->settings.session_cache) < 0)
			rc = err_sys(err, EXIT_FAILED,
			    "the kernel keeps no key for this user");
	}
	arena_rewind(mark);
	return rc;
}

/* The cache is only a copy: what it holds must be the trusted key. */
static bool
from_cache(uint8_t *key, const struct home *home,
    const struct trust_workspace *workspace)
{
	uint8_t fingerprint[KEY_BYTES];

	if (session_cache_get(home, workspace->id, workspace->epoch, key) != 1)
		return false;
	workspace_key_fingerprint(
	    fingerprint, workspace->id, workspace->epoch, key);
	return secret_equal(fingerprint, workspace->fingerprint, KEY_BYTES);
}

/* Past the cache: the store's copy, else the box in account.json. */
static int
unlock_anew(uint8_t *key, struct place *place,
    const struct trust_workspace *workspace, const struct caller *caller,
    struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	uint8_t *private_key;
	int rc = account_load(&account, &place->home, err);

	if (rc == 0)
		return place_no_account(&place->home, err);
	if (rc > 0)
		rc = check_private_key(place, &account, err);
	if (rc < 0)
		return rc;
	rc = key_copies_workspace(key, place, &account, workspace, caller, err);
	if (rc > 0)
		return 0;
	if ((rc < 0 && do_without_keychain(place, caller, err) < 0) ||
	    open_with_password(&private_key, place, &account, caller, err) < 0)
		return -(int)err->status;
	return unlock_sealed_key(
	    key, &account, workspace, private_key, place->trust.me, err);
}

int
unlock_workspace(uint8_t **out, struct place *place,
    const struct trust_workspace *workspace, const struct caller *caller,
    struct err *err)
{
	uint64_t seconds = place->settings.session_cache;
	uint8_t *key = arena_alloc(KEY_BYTES, err);
	struct arena_mark mark;
	int rc;

	if (key == NULL)
		return -(int)err->status;
	if (seconds > 0 && from_cache(key, &place->home, workspace)) {
		*out = key;
		return 0;
	}
	mark = arena_mark();
	rc = unlock_anew(key, place, workspace, caller, err);
	arena_rewind(mark);
	if (rc < 0)
		return rc;
	/* A kernel that keeps nothing only costs the next command the way past
	 * it. */
	(void)session_cache_put(
	    &place->home, workspace->id, workspace->epoch, key, seconds);
	*out = key;
	return 0;
}
