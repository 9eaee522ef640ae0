/*
 * unlock: to the keys of an account: through the session cache, the copy that
 * its store keeps, or the account password.
 *
 * Where the store is the keychain and that cannot be used, the password does:
 * the caller is told why, once a command.
 */
#ifndef UNLOCK_H
#define UNLOCK_H

#include <agentsecrets/account.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/trust.h>

#include "place.h"

/**
 * Get the account password: --password-file (or its variable), else the
 * terminal.
 *
 * One trailing LF or CRLF is dropped.
 *
 * @param prompt  what a person is asked
 * @return 0 with the password in the arena; -EXIT_ACCESS naming the flag
 */
int password_get(struct secret *out, const struct caller *caller,
    const char *prompt, struct err *err);

/** Read a password or passphrase from a file; "-" is standard input. */
int password_read_file(struct secret *out, const char *path, struct err *err);

/**
 * A password that is to be set: from the file, or asked twice; an empty
 * answer takes a generated one, which the terminal shows.
 *
 * @param email  for the policy; may be ""
 * @return 0; -EXIT_USAGE when it breaks the policy; -EXIT_USAGE naming
 *         `flag` when nobody can be asked
 */
int password_new(struct secret *out, const char *file, const char *flag,
    const char *prompt, const char *email, const struct caller *caller,
    struct err *err);

/**
 * Get the account's private key: from the keychain where the store is that,
 * else with the password.
 *
 * @param out    in the arena
 * @param place  with the trust file, which says whose it must be
 * @return 0; -EXIT_ACCESS when this machine does not have the key, or nobody
 *         can give the password; -EXIT_UNSAFE when it is not the trusted one
 */
int unlock_private_key(uint8_t **out, struct place *place,
    const struct account *account, const struct caller *caller,
    struct err *err);

/** The same with the password only. */
int unlock_with_password(uint8_t **out, const struct place *place,
    const struct account *account, const struct caller *caller,
    struct err *err);

/**
 * Open a workspace key out of account.json and compare it with what this
 * machine trusts.
 *
 * @param out  KEY_BYTES in the arena
 */
int unlock_sealed_key(uint8_t *out, const struct account *account,
    const struct trust_workspace *workspace, const uint8_t *private_key,
    const uint8_t me[KEY_BYTES], struct err *err);

/**
 * Open every trusted workspace key and keep it in the session cache.
 *
 * @return 0; -EXIT_FAILED when the kernel keeps nothing; -EXIT_UNSAFE for a
 *         key that is not the trusted one
 */
int unlock_all(const struct place *place, const struct account *account,
    const uint8_t *private_key, struct err *err);

/**
 * Get a workspace key: from the session cache, else from the store's copy,
 * else with the password; then keep it in the cache.
 *
 * @param out  KEY_BYTES in the arena
 */
int unlock_workspace(uint8_t **out, struct place *place,
    const struct trust_workspace *workspace, const struct caller *caller,
    struct err *err);

#endif
