/* account: e-mail addresses and the rows of people. */
#ifndef AGENTSECRETS_SERVER_ACCOUNT_H
#define AGENTSECRETS_SERVER_ACCOUNT_H

#include "src/server/api/call.h"
#include "src/server/api/token.h"

/* How often people may try. */
enum {
	MINUTE = 60,
	ACCOUNT_FAILURES_MAX = 5,
	ACCOUNT_WINDOW_SECONDS = 3600,
	LOOKUPS_MAX = 30, /* of public keys, an hour and person */
};

enum { PASSWORD_MIN = 8 }; /* bytes, of a new one */

/* A name under which attempts are counted. */
enum { ATTEMPT_NAME_MAX = EMAIL_MAX + 80 };

/**
 * Bring an address into the one form that is stored: trimmed, lower case.
 *
 * @return 0; -1 when it is none: ASCII, one "@", 3…254 bytes
 */
int email_normalise(char out[EMAIL_MAX + 1], const char *given);

/** "network:…" of the peer. @return false when there is nothing to count */
bool attempt_name_network(struct call *call, char out[ATTEMPT_NAME_MAX]);

/**
 * Refuse or go on, by what the network did in the last minute.
 *
 * @return 0; ANSWERED (429)
 */
int network_check(struct call *call, struct err *err);

/** Count for network_check(). @return 0; -EXIT_FAILED */
int network_count(struct call *call, struct err *err);

#endif
