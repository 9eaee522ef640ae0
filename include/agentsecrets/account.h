/*
 * account: account.json, who this machine is and the keys at rest. Its
 * presence means "initialised". One home holds one account.
 */
#ifndef AGENTSECRETS_ACCOUNT_H
#define AGENTSECRETS_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include <agentsecrets/err.h>
#include <agentsecrets/home.h>
#include <agentsecrets/limits.h>

/*
 * Where copies of the keys, and the session, rest besides account.json, which
 * has the keys sealed under the password in every case.
 */
enum key_store {
	KEY_STORE_SEALED,   /* nowhere; the session in token.json */
	KEY_STORE_KEYCHAIN, /* both in the Secret Service */
	KEY_STORE_CONFIG,   /* workspace keys in config.json, decrypted */
};

/** "sealed", "keychain" or "config". */
const char *key_store_name(enum key_store store);

/** Read such a name. @return whether it is one */
bool key_store_parse(enum key_store *out, const char *name);

struct account_workspace {
	char id[UUID_TEXT + 1];
	char name[LABEL_MAX + 1];
	uint32_t epoch;
	uint8_t sealed_key[SEALED_KEY];
};

struct account {
	enum key_store store;
	bool is_moving; /* a change of the store has not ended ... */
	enum key_store other_store; /* ... and this one may have copies, too */
	char server[URL_MAX_BYTES + 1];	     /* URL, or "embedded" */
	char auth_origin[URL_MAX_BYTES + 1]; /* "" when embedded */
	char email[EMAIL_MAX + 1];	     /* or local:UUID */
	char user_id[65];
	char first_name[LABEL_MAX + 1];
	char last_name[LABEL_MAX + 1];
	uint8_t public_key[KEY_BYTES];
	bool has_public_key; /* not before a key was made or imported */
	bool has_private_key;
	uint8_t key_salt[KEY_BYTES];
	uint8_t private_key[PRIVATE_KEY_BLOB]; /* sealed under the password */
	bool kit_exported;
	struct account_workspace *workspaces;
	size_t workspaces_n;
	cJSON *document; /* as read: unknown fields survive */
};

#define ACCOUNT_INIT                                                           \
	{                                                                      \
		.workspaces = NULL, .document = NULL                           \
	}
#define AUTO_ACCOUNT __attribute__((cleanup(account_release)))

/** Whether a store has copies, or may have some: a change of store that has
 * not ended leaves them in two. */
bool account_may_have(const struct account *account, enum key_store store);

/**
 * Read account.json.
 *
 * @param account  replaced; as it was unless the result is 1
 * @return 1; 0 when there is none; -EXIT_FAILED when it is damaged (wrong
 *         lengths, not canonical base64, an unknown store)
 */
int account_load(
    struct account *account, const struct home *home, struct err *err);

/**
 * Write it; unknown fields are kept, those that are not set are left out. The
 * caller holds `lock`.
 *
 * @return 0; -EXIT_FAILED, the old file is as it was, also when
 *         account_load() would refuse what is to be written (a name that is
 *         not UTF-8, a server or an email that is "")
 */
int account_save(
    const struct account *account, const struct home *home, struct err *err);

/**
 * Read account.pending: an account that `init` is about to register, or has
 * registered and not yet written down. The same format as account.json.
 *
 * @return 1; 0 when there is none; -EXIT_FAILED when it is damaged
 */
int account_pending_load(
    struct account *account, const struct home *home, struct err *err);

/** Write account.pending, as account_save(). */
int account_pending_save(
    const struct account *account, const struct home *home, struct err *err);

/** Remove account.pending. @return 0 also when there was none; -EXIT_FAILED */
int account_pending_remove(const struct home *home, struct err *err);

/** Free what it holds; a zeroed or half-filled one is fine. */
void account_release(struct account *account);

/** The workspace with that id, or NULL. */
struct account_workspace *account_workspace_find(
    const struct account *account, const char *id);

/** Add a workspace or replace the one with its id. @return 0; -EXIT_FAILED */
int account_workspace_put(struct account *account,
    const struct account_workspace *workspace, struct err *err);

#endif
