/*
 * other_home: a home that another client of the AgentSecrets system set up
 * (protocol 5.1): config.json with its account, token.json, keyring.json. It
 * is only read here, and goes on to be that client's.
 */
#ifndef AGENTSECRETS_OTHER_HOME_H
#define AGENTSECRETS_OTHER_HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/dotenv.h>
#include <agentsecrets/err.h>
#include <agentsecrets/home.h>
#include <agentsecrets/limits.h>

struct other_workspace {
	char id[UUID_TEXT + 1];
	char name[LABEL_MAX + 1]; /* may be "" */
	bool key_in_config;	  /* else in the keychain, if anywhere */
};

struct other_home {
	char email[EMAIL_MAX + 1];	       /* as that client has it */
	char server_url[URL_MAX_BYTES + 1];    /* "" when it does not say */
	char password_hash[2 * KEY_BYTES + 1]; /* "" when there is none */
	struct other_workspace *workspaces;
	size_t workspaces_n;
	bool session_in_file; /* token.json has one */
	bool key_in_file;     /* keyring.json has the account's key pair */
	size_t values;	      /* of secrets, in keyring.json */
	size_t projects;      /* whose these values are */
};

#define OTHER_HOME_INIT                                                        \
	{                                                                      \
		.workspaces = NULL                                             \
	}
#define AUTO_OTHER_HOME __attribute__((cleanup(other_home_release)))

/**
 * Whether config.json is another client's: it has an e-mail and workspaces or
 * a password_hash, and no account of ours is here or was begun.
 *
 * @param email  out: EMAIL_MAX + 1 bytes
 * @return 1; 0; -EXIT_FAILED when a file is damaged
 */
int other_home_is(const struct home *home, char *email, struct err *err);

/**
 * Look at all of it; no key or value is kept.
 *
 * @param out  OTHER_HOME_INIT before
 * @return 1; 0 when it is no such home; -EXIT_FAILED naming what is damaged
 */
int other_home_load(
    struct other_home *out, const struct home *home, struct err *err);

/** Free what it holds; a zeroed one is fine. */
void other_home_release(struct other_home *other);

/**
 * Read the account's key pair out of keyring.json.
 *
 * @param private_key  KEY_BYTES in the arena
 * @param public_key   all zero when the file has only the private one
 * @return 1; 0 when it is not there; -EXIT_FAILED when the file is damaged
 */
int keyring_key_pair(uint8_t *private_key, uint8_t public_key[KEY_BYTES],
    const struct home *home, const char *email, struct err *err);

/**
 * Take the values of one project and environment out of the text of a
 * keyring.json: names P:ENVIRONMENT:NAME, and for development Secret_P_NAME.
 * Values are base64 of text; those that are not are taken as they are, which
 * is how old versions wrote them.
 *
 * @param out    release with dotenv_release(); values in the arena; `line` is
 *               the how many-th value it is
 * @param text   in the arena
 * @param shown  names the text in errors
 * @return 1; 0 when it is no keyring.json; -EXIT_FAILED when it is damaged or
 *         has a value under something that is no name of a secret
 */
int keyring_values(struct dotenv *out, const struct secret *text,
    const char *shown, const char *project, const char *environment,
    struct err *err);

#endif
