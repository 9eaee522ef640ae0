/*
 * keychain_client: the launcher's side of agentsecrets-keychain, which talks
 * to the Secret Service of the desktop (GNOME Keyring, KeePassXC, ...). Items
 * are kept under an entry name; their values come back into the arena.
 *
 * Entry names are UTF-8 of 1 to KEYCHAIN_ENTRY_MAX bytes; a value is any 0 to
 * VALUE_MAX bytes. Items are those of the AgentSecrets system: with exactly
 * the attributes username (the entry name) and service "AgentSecrets", in the
 * collection "login", else the default one.
 *
 * Every call may fail with -EXIT_ACCESS (locked) or -EXIT_FAILED, with its
 * own sentence and hint for each trouble; `trouble` tells which it was. Once
 * the helper has ended, as after KEYCHAIN_SILENT, the others fail with
 * KEYCHAIN_BROKE. Nothing takes longer
 * than five seconds to begin to answer, except a person.
 *
 * The one thing that a call changes before its answer is the screen: a locked
 * collection makes the provider ask in a window of its own, if there is a
 * display, and notice() says so first.
 */
#ifndef AGENTSECRETS_KEYCHAIN_CLIENT_H
#define AGENTSECRETS_KEYCHAIN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/helper.h>
#include <agentsecrets/limits.h>

/* Why a keychain is of no use. */
enum keychain_trouble {
	KEYCHAIN_WORKS,
	KEYCHAIN_NO_BUS,      /* no session bus, or it takes nobody in */
	KEYCHAIN_NO_PROVIDER, /* nothing on it keeps secrets */
	KEYCHAIN_LOCKED,      /* and nobody could be asked, or would */
	KEYCHAIN_SILENT,      /* no answer in time */
	KEYCHAIN_BROKE,	      /* died, or gave a broken answer */
};

struct keychain {
	struct helper helper;
	struct buf reply; /* the body of the last answer */
	/* Say to the person, at once, what is waited for; may be NULL. */
	void (*notice)(const char *text);
	/* Nobody is asked: what is locked is KEYCHAIN_LOCKED. Set before
	 * keychain_start(). */
	bool silent;
	enum keychain_trouble trouble;	/* of the last failure */
	char collection[LABEL_MAX + 1]; /* its label, "" while not known */
};

#define KEYCHAIN_INIT                                                          \
	{                                                                      \
		.helper = HELPER_INIT, .reply = BUF_INIT                       \
	}
#define AUTO_KEYCHAIN __attribute__((cleanup(keychain_stop)))

/* Entry names, sorted by their bytes, each once. */
struct keychain_names {
	char **items;
	size_t n;
};

#define AUTO_KEYCHAIN_NAMES __attribute__((cleanup(keychain_names_release)))

/**
 * Start the helper and have it find the bus, the provider and the collection,
 * and unlock that.
 *
 * @param keychain  KEYCHAIN_INIT before; released with keychain_stop()
 * @param notice    says what is waited for: one line without a full stop;
 *                  printable. NULL: nobody is told
 * @return 0; -EXIT_ACCESS, -EXIT_FAILED: the helper has ended again
 */
int keychain_start(struct keychain *keychain, void (*notice)(const char *text),
    struct err *err);

/** End the helper and wait for it. Accepts one that was never started. */
void keychain_stop(struct keychain *keychain);

/**
 * Read items. Of several with one name it is the newest that is read. All
 * values come in one answer of the provider.
 *
 * @param names   entry names
 * @param n       how many; any number
 * @param values  out, `n` of them: in the arena with a zero byte behind;
 *                data is NULL where there is no item. Untouched on failure
 */
int keychain_lookup(struct keychain *keychain, const char *const *names,
    size_t n, struct secret *values, struct err *err);

/**
 * Write one item, in place of all that have its name.
 *
 * @param value  at most VALUE_MAX bytes; go from the arena into the socket
 */
int keychain_store(struct keychain *keychain, const char *name,
    const struct secret *value, struct err *err);

/**
 * Remove all items with these names. One that is not there is fine.
 */
int keychain_delete(struct keychain *keychain, const char *const *names,
    size_t n, struct err *err);

/**
 * List the entry names that begin with `prefix`, which may be "".
 *
 * @param out  release with keychain_names_release()
 */
int keychain_names(struct keychain *keychain, const char *prefix,
    struct keychain_names *out, struct err *err);

/** As keychain_names(), but only names that more than one item has. */
int keychain_doubled(struct keychain *keychain, const char *prefix,
    struct keychain_names *out, struct err *err);

/** Free the names. */
void keychain_names_release(struct keychain_names *names);

#endif
