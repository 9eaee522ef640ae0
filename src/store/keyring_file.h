/*
 * keyring_file: keyring.json, the plain-text keychain of other clients: one
 * object, entry name → {"private": base64, "public": base64 or ""}.
 */
#ifndef KEYRING_FILE_H
#define KEYRING_FILE_H

#include <agentsecrets/other_home.h>

enum { KEYRING_MAX = DOTENV_MAX };

/**
 * Count what it has, into `out`.
 *
 * @return 0, also when there is no file; -EXIT_FAILED when it is damaged
 */
int keyring_count(
    struct other_home *out, const struct home *home, struct err *err);

#endif
