/* key export and import: the recovery kit. */
#include "config.h"

#include <agentsecrets/flow.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/account.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/text.h>

#include "connect.h"
#include "identity.h"
#include "key_store.h"
#include "place.h"
#include "server_choice.h"
#include "unlock.h"
#include "workspace_keys.h"

enum { KIT_TEXT_MAX = 64 * 1024 };

static int
print_kit(struct secret *kit, const struct account *account,
    const uint8_t me[KEY_BYTES], char groups[KIT_GROUPS][KIT_GROUP_TEXT + 1],
    struct err *err)
{
	enum { ROOM = 2048 };
	char origin[URL_MAX_BYTES + 1];
	char digits[DIGITS_TEXT + 1];
	char date[16];
	uint8_t fingerprint[KEY_BYTES];
	time_t now = time(NULL);
	struct tm tm;
	char *text = arena_alloc(ROOM, err);
	int n;

	if (text == NULL || server_origin(origin, account->server, err) < 0)
		return -(int)err->status;
	key_fingerprint(fingerprint, me);
	fingerprint_digits(digits, fingerprint);
	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	n = snprintf(text, ROOM,
	    "agentsecrets recovery kit\naccount %s\nserver %s\nkey %s\n"
	    "made %s\n\n%s\n%s\n%s\n%s\n%s\n%s\n",
	    account->email, origin, digits, date, groups[0], groups[1],
	    groups[2], groups[3], groups[4], groups[5]);
	*kit = (struct secret){(uint8_t *)text, (size_t)n};
	return 0;
}

int
key_export_run(const char *passphrase_file, const struct caller *caller,
    struct secret *kit, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	char(*groups)[KIT_GROUP_TEXT + 1];
	struct secret passphrase = SECRET_INIT;
	uint8_t *private_key;

	if (place_open_account(&place, &account, err) < 0 ||
	    place_load_trust(&place, err) < 0)
		return -(int)err->status;
	groups = arena_alloc(sizeof(*groups) * KIT_GROUPS, err);
	if (groups == NULL ||
	    unlock_private_key(&private_key, &place, &account, caller, err) <
		0 ||
	    password_new(&passphrase, passphrase_file, "--passphrase-file FILE",
		"Passphrase for the kit",
		text_has_prefix(account.email, "local:") ? "" : account.email,
		caller, err) < 0 ||
	    kit_seal(groups, private_key, &passphrase, err) < 0)
		return -(int)err->status;
	secret_wipe(private_key, KEY_BYTES);
	return print_kit(kit, &account, place.trust.me, groups, err);
}

int
key_export_done(struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	AUTO_FD int lock = -1;

	if (place_open_account(&place, &account, err) < 0)
		return -(int)err->status;
	lock = home_lock(&place.home, "lock", err);
	if (lock < 0 || place_reload_account(&place, &account, err) < 0)
		return -(int)err->status;
	account.kit_exported = true;
	return account_save(&account, &place.home, err);
}

/* What a sheet says. Everything is a view into the text, in the arena. */
struct sheet {
	const char *number;
	const char *groups[KIT_GROUPS];
};

/* Cut the next line off, in place. @return NULL after the last */
static char *
next_line(char **rest)
{
	char *line = *rest;
	size_t len;

	if (line == NULL || *line == '\0')
		return NULL;
	len = strcspn(line, "\r\n");
	*rest = line + len;
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return line;
}

/* Sheets are typed by hand: blanks around the number mean nothing. */
static const char *
trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		text[--len] = '\0';
	return text;
}

/* The key line and six groups, wherever they stand in the text. */
static int
read_sheet(struct sheet *sheet, const char *path, struct err *err)
{
	struct secret text = SECRET_INIT;
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *rest;
	char *line;
	size_t n = 0;

	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "cannot read '%.*s'",
		    text_before_equals(path), path);
	if (arena_read(fd, &text, KIT_TEXT_MAX, path, err) < 0)
		return -(int)err->status;
	if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
		return err_set(err, EXIT_USAGE, "'%s' is no text", path);
	rest = (char *)text.data;
	while ((line = next_line(&rest)) != NULL) {
		if (text_has_prefix(line, "key "))
			sheet->number = trim(line + strlen("key "));
		else if (kit_is_group(line) && n++ < KIT_GROUPS)
			sheet->groups[n - 1] = line;
	}
	if (n != KIT_GROUPS)
		return err_set(err, EXIT_USAGE,
		    "'%s' is no recovery kit: it has %zu of the six groups",
		    path, n);
	return 0;
}

static int
open_sheet(uint8_t **private_key, uint8_t public_key[KEY_BYTES],
    const struct sheet *sheet, const char *passphrase_file,
    const struct account *account, const struct caller *caller, struct err *err)
{
	struct secret passphrase = SECRET_INIT;
	uint8_t fingerprint[KEY_BYTES];
	char digits[DIGITS_TEXT + 1];
	struct caller with_file = *caller;

	with_file.password_file = passphrase_file;
	if (passphrase_file == NULL && !caller->ask->is_there())
		return err_set(err, EXIT_ACCESS,
		    "the kit's passphrase is needed, and there is no "
		    "terminal: give --passphrase-file FILE");
	if (password_get(
		&passphrase, &with_file, "Passphrase of the kit: ", err) < 0 ||
	    kit_open(private_key, sheet->groups, &passphrase, err) < 0)
		return -(int)err->status;
	x25519_public(public_key, *private_key);
	key_fingerprint(fingerprint, public_key);
	fingerprint_digits(digits, fingerprint);
	if (sheet->number != NULL && !text_equal(sheet->number, digits))
		return err_set(err, EXIT_UNSAFE,
		    "the kit's key is not the one whose number stands on it");
	if (account->has_public_key &&
	    memcmp(account->public_key, public_key, KEY_BYTES) != 0)
		return err_set(err, EXIT_UNSAFE,
		    "the kit's key is not the key of '%s'", account->email);
	return 0;
}

/* On the embedded server nobody logs in; the password must open what is here.
 */
static int
look_embedded(struct net_login *login, struct net *net,
    const struct secret *password, const struct account *account,
    struct err *err)
{
	struct arena_mark mark = arena_mark();
	uint8_t *private_key;

	if (private_key_open(&private_key, account->private_key,
		account->key_salt, password, account->public_key, err) < 0)
		return -(int)err->status;
	arena_rewind(mark);
	return net_workspaces(net, &login->workspaces, err);
}

/* The password that seals the key must be the account's: a login shows it. */
static int
log_in_again(struct net_login *login, struct secret *password,
    const struct account *account, const struct place *place,
    const struct caller *caller, struct err *err)
{
	AUTO_NET struct net net = NET_INIT;
	struct secret auth = SECRET_INIT;
	char prompt[EMAIL_MAX + 32];

	snprintf(prompt, sizeof(prompt), "Password of %s: ", account->email);
	if (connect_server(&net, &place->home, account->server, err) < 0 ||
	    password_get(password, caller, prompt, err) < 0)
		return -(int)err->status;
	if (text_equal(account->server, NET_EMBEDDED))
		return look_embedded(login, &net, password, account, err);
	if (auth_secret(
		&auth, password, account->auth_origin, account->email, err) < 0)
		return -(int)err->status;
	return net_log_in(&net, account->email, &auth, login, err);
}

/*
 * Trust first, account.json last: it is what says that the key is here. What
 * was trusted before is gone or damaged, so it begins anew.
 */
static int
install(struct place *place, struct account *account,
    const uint8_t *private_key, const uint8_t public_key[KEY_BYTES],
    const struct secret *password, const struct net_login *login,
    const struct caller *caller, struct names *pending, struct err *err)
{
	struct trust *trust = &place->trust;
	AUTO_FD int lock = -1;

	if (own_key_check(login, public_key, account->email, err) < 0 ||
	    (login->session.len > 0 &&
		session_begin(
		    place, account->store, &login->session, caller, err) < 0))
		return -(int)err->status;
	lock = home_lock(&place->home, "lock", err);
	if (lock < 0 || place_reload_account(place, account, err) < 0)
		return -(int)err->status;
	trust->has_me = true;
	memcpy(trust->me, public_key, KEY_BYTES);
	memcpy(account->public_key, public_key, KEY_BYTES);
	account->has_public_key = true;
	account->has_private_key = true;
	if (workspace_keys_judge(trust, account, private_key,
		&login->workspaces, pending, err) < 0 ||
	    private_key_seal(account->private_key, account->key_salt,
		private_key, password, err) < 0)
		return -(int)err->status;
	if (trust_save(trust, &place->home, err) < 0)
		return -(int)err->status;
	return account_save(account, &place->home, err);
}

/* The key is wanted where it is missing, or where nothing is trusted. */
static int
check_wanted(
    struct place *place, const struct account *account, struct err *err)
{
	AUTO_TRUST struct trust trust = TRUST_INIT;
	struct err ignored;

	if (!account->has_private_key ||
	    trust_load(&trust, &place->home, &ignored) < 0)
		return 0;
	return err_set(err, EXIT_FAILED,
	    "this machine has the key of '%s' already", account->email);
}

/* A machine that had the key keeps the store that it had. */
static int
choose_store(enum key_store *out, const enum key_store *wish,
    struct place *place, const struct account *account,
    const struct caller *caller, struct err *err)
{
	if (wish == NULL && account->has_private_key)
		wish = &account->store;
	return key_store_choose(out, wish, place, caller, err);
}

int
key_import_run(const char *kit_file, const char *passphrase_file,
    const enum key_store *store, const struct caller *caller,
    struct key_import_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	struct net_login login = {.user_id = ""};
	struct secret password = SECRET_INIT;
	struct sheet sheet = {.number = NULL};
	uint8_t public_key[KEY_BYTES];
	uint8_t fingerprint[KEY_BYTES];
	uint8_t *private_key;
	struct err ignored;
	int rc;

	if (place_open_account(&place, &account, err) < 0 ||
	    check_wanted(&place, &account, err) < 0 ||
	    read_sheet(&sheet, kit_file, err) < 0 ||
	    choose_store(&result->store, store, &place, &account, caller, err) <
		0)
		return -(int)err->status;
	/* The helper is started, used and gone before the key is opened. */
	rc = log_in_again(&login, &password, &account, &place, caller, err);
	if (rc == 0)
		rc = open_sheet(&private_key, public_key, &sheet,
		    passphrase_file, &account, caller, err);
	if (rc == 0)
		rc = install(&place, &account, private_key, public_key,
		    &password, &login, caller, &result->pending, err);
	if (rc == 0)
		rc = key_store_move(&place, &account, result->store,
		    private_key, &login.workspaces, caller, err);
	net_workspaces_release(&login.workspaces);
	if (rc < 0)
		return rc;
	/* Without a cache the next command asks for the password. */
	(void)unlock_all(&place, &account, private_key, &ignored);
	secret_wipe(private_key, KEY_BYTES);
	key_fingerprint(fingerprint, public_key);
	fingerprint_digits(result->key_number, fingerprint);
	return number_workspaces(
	    &result->workspaces, &result->workspaces_n, &place.trust, err);
}
