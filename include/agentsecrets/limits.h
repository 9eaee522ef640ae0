/*
 * Limits that programs agree on. A number here is part of the contract
 * between the launcher, its helpers and the server.
 */
#ifndef AGENTSECRETS_LIMITS_H
#define AGENTSECRETS_LIMITS_H

enum {
	UUID_TEXT = 36,	      /* lower-case, with hyphens */
	KEY_BYTES = 32,	      /* of every kind of key */
	NAME_MAX_BYTES = 255, /* [A-Z][A-Z0-9_]{0,254} */
	ENVIRONMENT_MAX = 11, /* "development" */
	EMAIL_MAX = 254,
	LABEL_MAX = 255,     /* workspace, project, person */
	URL_MAX_BYTES = 200, /* so that it fits a machine token */
	PASSWORD_MAX = 1024,
	ENTRY_MAX = 131071, /* NAME=value, MAX_ARG_STRLEN - 1 */
	VALUE_MAX = 131071, /* the server's limit for a value */
	BLOB_OVERHEAD = 28, /* nonce 12, tag 16 */
	BLOB_MAX = VALUE_MAX + BLOB_OVERHEAD,
	PRIVATE_KEY_BLOB = 60,	   /* nonce 12, key 32, tag 16 */
	SEALED_KEY = 80,	   /* sealed box around 32 bytes */
	SESSION_MAX = 16384,	   /* token.json */
	SECRETS_MAX = 20000,	   /* per request */
	KEYCHAIN_ENTRY_MAX = 1023, /* name of an item, ours are shorter */
	REQUEST_MAX = 32 << 20,	   /* HTTP body, bytes */
	MESSAGE_MAX = 64 << 20,	   /* launcher <-> helper, bytes */
	/* What every server takes, also one that tells no limits. */
	USUAL_SECRETS = 100,	  /* per request */
	USUAL_REQUEST = 2000000,  /* HTTP body, bytes */
	SMALL_FILE_MAX = 1 << 20, /* every JSON file of ours */
	DOTENV_MAX = 32 << 20,
};

#endif
