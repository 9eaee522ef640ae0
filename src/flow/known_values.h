/*
 * known_values: the items of values in the keychain that this home has written
 * or would: for the names that its vaults hold.
 */
#ifndef KNOWN_VALUES_H
#define KNOWN_VALUES_H

#include "place.h"

/**
 * Remove them, of every project that is trusted and every environment. What
 * other programs keep beside them stays.
 *
 * @param place  with the trust file; its project and environment are changed
 * @return 0; a failure of the keychain; -EXIT_FAILED, -EXIT_UNSAFE for a vault
 *         that cannot be read
 */
int known_values_remove(
    struct place *place, const struct caller *caller, struct err *err);

/**
 * A keychain is about to keep them: see local_begin().
 *
 * @return 0; -EXIT_FAILED, -EXIT_UNSAFE for a vault that cannot be read
 */
int known_values_begin(struct place *place, struct err *err);

#endif
