/* What the keychain helper knows: one bus, one provider, one collection. */
#ifndef KEYCHAIN_STATE_H
#define KEYCHAIN_STATE_H

#include <gio/gio.h>
#include <libsecret/secret.h>

#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>
#include <agentsecrets/message.h>

#include "watchdog.h"

struct keychain_state {
	GDBusConnection *bus;
	SecretService *service;
	char *collection;	   /* path; NULL before OPEN */
	char label[LABEL_MAX + 1]; /* of the collection, "" before */
	GHashTable *lent; /* what an answer borrows, until it is sent */
	enum message_reason reason; /* of the last failure */
	struct watchdog watchdog;
};

/* Fail for a reason: the launcher's sentence hangs on it. */
#define keychain_fail(state, why, err, ...)                                    \
	((state)->reason = (why), err_set(err, EXIT_FAILED, __VA_ARGS__))

#endif
