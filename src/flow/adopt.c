#include "config.h"

#include "adopt.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/account.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/other_home.h>
#include <agentsecrets/text.h>

#include "connect.h"
#include "key_copies.h"
#include "key_store.h"
#include "other_keys.h"
#include "server_choice.h"
#include "unlock.h"
#include "workspace_keys.h"

/* Keys of other clients have no epoch: theirs is the first (A4). */
enum { FIRST_EPOCH = 1 };

struct adoption {
	struct other_home other;
	struct other_keys keys;
	struct account account;
	struct secret password;
};

static int
another_directory(struct err *err)
{
	return err_hint(err,
	    "give --adopt to take its account over, or set AGENTSECRETS_HOME "
	    "to another directory");
}

int
adopt_wanted(const struct init_request *request, const struct place *place,
    const struct caller *caller, struct err *err)
{
	char email[EMAIL_MAX + 1];
	char question[2 * EMAIL_MAX + 128];
	char answer[16];
	int rc = other_home_is(&place->home, email, err);

	if (rc < 0 || (rc > 0 && request->adopt))
		return rc;
	if (rc == 0 && request->adopt)
		return err_set(err, EXIT_FAILED,
		    "there is no account of another AgentSecrets client in "
		    "'%s'",
		    place->home.path);
	if (rc == 0)
		return 0;
	if (!caller->ask->is_there()) {
		err_set(err, EXIT_USAGE,
		    "'%s' is the home of another AgentSecrets client, with "
		    "the account '%s'",
		    place->home.path, email);
		return another_directory(err);
	}
	snprintf(question, sizeof(question),
	    "Take over the account %s of the other AgentSecrets client in "
	    "this home? [Y/n] ",
	    email);
	if (caller->ask->line(question, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	if (answer[0] == '\0' || text_equal(answer, "y") ||
	    text_equal(answer, "Y") || text_equal(answer, "yes"))
		return 1;
	err_set(err, EXIT_FAILED, "not set up: the home is another client's");
	return another_directory(err);
}

/* Questions of a new account that have their answers here. */
static int
refuse_answers(const struct init_request *request, struct err *err)
{
	const char *flag = NULL;

	if (request->email != NULL)
		flag = "--email";
	else if (request->name != NULL)
		flag = "--name";
	else if (request->storage_mode != 0)
		flag = "--storage-mode";
	if (flag == NULL)
		return 0;
	return err_set(err, EXIT_USAGE,
	    "%s is for a new account, and this home has one", flag);
}

/* A host is never guessed. */
static int
choose_server(struct adoption *adoption, const struct place *place,
    const struct caller *caller, struct err *err)
{
	struct account *account = &adoption->account;
	char origin[URL_MAX_BYTES + 1];

	if (server_wanted(account->server, caller, &place->config, err) < 0)
		return -(int)err->status;
	if (text_equal(account->server, NET_EMBEDDED)) {
		err_set(err, EXIT_USAGE,
		    "which server has the account of '%s'? give --server URL",
		    adoption->other.email);
		return err_hint(err,
		    "the other client's files do not say; its documentation "
		    "does");
	}
	if (server_origin(account->auth_origin, account->server, err) < 0)
		return -(int)err->status;
	if (place->config.server_url[0] == '\0')
		return 0;
	if (server_origin(origin, place->config.server_url, err) < 0)
		return err_prefix(err, "config.json");
	if (text_equal(origin, account->auth_origin))
		return 0;
	return err_set(err, EXIT_ACCESS,
	    "server '%s' is asked for, but config.json says '%s'",
	    account->auth_origin, origin);
}

/* How that client knows a password: lower-case hex, whose digits may vary. */
static int
check_password(const struct adoption *adoption, struct err *err)
{
	const struct other_home *other = &adoption->other;
	struct piece pieces[] = {
	    {other->email, strlen(other->email)},
	    {":", 1},
	    {adoption->password.data, adoption->password.len},
	};
	uint8_t known[HASH_BYTES];
	uint8_t found[HASH_BYTES];

	crypto_sha256_pieces(found, pieces, sizeof(pieces) / sizeof(pieces[0]));
	if (text_hex_decode(known, sizeof(known), other->password_hash) == 0 &&
	    secret_equal(known, found, sizeof(found)))
		return 0;
	return err_set(err, EXIT_ACCESS,
	    "wrong password: it is not that of '%s'", other->email);
}

/* A password that nothing here can check is typed twice. */
static int
ask_again(const struct adoption *adoption, const struct caller *caller,
    struct err *err)
{
	struct secret again = SECRET_INIT;

	if (caller->password_file != NULL)
		return 0;
	if (caller->ask->secret("Once more: ", &again, err) < 0)
		return -(int)err->status;
	if (secret_same(&again, &adoption->password))
		return 0;
	return err_set(err, EXIT_USAGE, "the two did not match");
}

static int
ask_password(
    struct adoption *adoption, const struct caller *caller, struct err *err)
{
	char prompt[EMAIL_MAX + 32];

	snprintf(
	    prompt, sizeof(prompt), "Password of %s: ", adoption->other.email);
	if (password_get(&adoption->password, caller, prompt, err) < 0)
		return -(int)err->status;
	if (adoption->password.len == 0 ||
	    adoption->password.len > PASSWORD_MAX)
		return err_set(err, EXIT_ACCESS,
		    "the password is empty or "
		    "too long");
	return adoption->other.password_hash[0] != '\0'
	    ? check_password(adoption, err)
	    : ask_again(adoption, caller, err);
}

/*
 * What another run has written is kept: it may have been the one that broke
 * off. The other client's server got its password, and with it the key.
 */
static int
load_trust(
    struct place *place, const struct adoption *adoption, struct err *err)
{
	const uint8_t *me = adoption->keys.public_key;
	struct trust *trust = &place->trust;

	if (faccessat(place->home.fd, "trust", F_OK, AT_SYMLINK_NOFOLLOW) ==
		0 &&
	    trust_load(trust, &place->home, err) < 0)
		return -(int)err->status;
	if (trust->has_me && memcmp(trust->me, me, KEY_BYTES) != 0) {
		err_set(err, EXIT_UNSAFE,
		    "'%s/trust' is that of another account", place->home.path);
		return err_hint(err, "move it away to begin anew");
	}
	trust->has_me = true;
	trust->exposed = true;
	memcpy(trust->me, me, KEY_BYTES);
	return 0;
}

static int
take_workspace(struct adoption *adoption, struct place *place,
    const struct other_workspace *other, const uint8_t *key, struct err *err)
{
	struct trust_workspace line = {.epoch = FIRST_EPOCH, .compat = true};
	struct account_workspace box = {.epoch = FIRST_EPOCH};
	struct sealed_key_label label;

	memcpy(line.id, other->id, sizeof(line.id));
	memcpy(line.source, adoption->keys.public_key, KEY_BYTES);
	workspace_name_choose(line.name, &place->trust, other->id, other->name);
	workspace_key_fingerprint(line.fingerprint, line.id, line.epoch, key);
	memcpy(box.id, line.id, sizeof(box.id));
	memcpy(box.name, line.name, sizeof(box.name));
	label = (struct sealed_key_label){box.id, box.epoch, box.name};
	if (sealed_key_seal(box.sealed_key, key, &label,
		adoption->keys.private_key, adoption->keys.public_key,
		err) < 0 ||
	    trust_workspace_put(&place->trust, &line, err) < 0)
		return -(int)err->status;
	return account_workspace_put(&adoption->account, &box, err);
}

static int
take_workspaces(struct adoption *adoption, struct place *place,
    struct init_result *result, struct err *err)
{
	const struct other_home *other = &adoption->other;

	for (size_t i = 0; i < other->workspaces_n; i++) {
		const struct other_workspace *one = &other->workspaces[i];
		const uint8_t *key = adoption->keys.workspaces[i];
		const char *name = one->name[0] != '\0' ? one->name : one->id;

		if (key == NULL && names_add(&result->keyless, name) < 0)
			return err_memory(err);
		if (key == NULL)
			continue;
		if (take_workspace(adoption, place, one, key, err) < 0)
			return -(int)err->status;
		if (names_add(&result->workspaces,
			account_workspace_find(&adoption->account, one->id)
			    ->name) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
save_trust(struct place *place, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	return lock < 0 ? lock : trust_save(&place->trust, &place->home, err);
}

static int
save_account(
    const struct account *account, const struct place *place, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	return lock < 0 ? lock : account_save(account, &place->home, err);
}

/*
 * The session stays where that client has it, unless the store would not look
 * there.
 */
static int
save_session(const struct adoption *adoption, struct place *place,
    const struct caller *caller, struct err *err)
{
	const struct secret *session = &adoption->keys.session;

	if (session->len == 0)
		return 0;
	return session_save(
	    place, adoption->account.store, session, caller, err);
}

static int
write_all(const struct adoption *adoption, struct place *place,
    const struct caller *caller, struct err *err)
{
	const struct account *account = &adoption->account;

	if (save_trust(place, err) < 0 ||
	    save_session(adoption, place, caller, err) < 0 ||
	    key_copies_write(place, account, account->store,
		adoption->keys.private_key, NULL, caller, err) < 0)
		return -(int)err->status;
	return save_account(account, place, err);
}

/* Where the other client has its keys is where they are expected. */
static int
choose_store(struct adoption *adoption, const struct init_request *request,
    struct place *place, const struct caller *caller, struct err *err)
{
	if (request->store == NULL && !adoption->keys.from_keychain) {
		adoption->account.store = KEY_STORE_SEALED;
		return 0;
	}
	return key_store_choose(
	    &adoption->account.store, request->store, place, caller, err);
}

static int
fill_account(struct adoption *adoption, struct err *err)
{
	struct account *account = &adoption->account;

	memcpy(account->public_key, adoption->keys.public_key, KEY_BYTES);
	account->has_public_key = true;
	account->has_private_key = true;
	return private_key_seal(account->private_key, account->key_salt,
	    adoption->keys.private_key, &adoption->password, err);
}

static void
fill_result(struct init_result *result, const struct adoption *adoption)
{
	const struct account *account = &adoption->account;
	uint8_t fingerprint[KEY_BYTES];

	result->adopted = true;
	result->store = account->store;
	result->waiting_values = adoption->other.values;
	result->waiting_projects = adoption->other.projects;
	memcpy(result->server, account->server, sizeof(result->server));
	memcpy(result->email, account->email, sizeof(result->email));
	key_fingerprint(fingerprint, account->public_key);
	fingerprint_digits(result->key_number, fingerprint);
}

static int
take_over(struct adoption *adoption, const struct init_request *request,
    struct place *place, const struct caller *caller,
    struct init_result *result, struct err *err)
{
	if (other_home_load(&adoption->other, &place->home, err) < 0 ||
	    choose_server(adoption, place, caller, err) < 0 ||
	    email_canonical(
		adoption->account.email, adoption->other.email, err) < 0 ||
	    other_keys_find(
		&adoption->keys, &adoption->other, place, caller, err) < 0 ||
	    choose_store(adoption, request, place, caller, err) < 0 ||
	    ask_password(adoption, caller, err) < 0 ||
	    fill_account(adoption, err) < 0 ||
	    load_trust(place, adoption, err) < 0 ||
	    take_workspaces(adoption, place, result, err) < 0 ||
	    write_all(adoption, place, caller, err) < 0)
		return -(int)err->status;
	fill_result(result, adoption);
	/* Without a cache the next command asks for the password. */
	(void)unlock_all(
	    place, &adoption->account, adoption->keys.private_key, NULL);
	return 0;
}

int
adopt_account(const struct init_request *request, struct place *place,
    const struct caller *caller, struct init_result *result, struct err *err)
{
	struct adoption adoption = {.account = ACCOUNT_INIT};
	int rc = refuse_answers(request, err);

	if (rc == 0)
		rc = take_over(&adoption, request, place, caller, result, err);
	other_keys_release(&adoption.keys);
	other_home_release(&adoption.other);
	account_release(&adoption.account);
	return rc;
}
