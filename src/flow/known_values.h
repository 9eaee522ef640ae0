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
 * @param place    with the trust file; its project and environment are changed
 * @param account  NULL: all of them go. Else those stay that were changed in
 *                 the keychain and never pushed, or that cannot be compared
 *                 since their workspace key is not there; the caller is told
 * @return 0; a failure of the keychain; -EXIT_FAILED, -EXIT_UNSAFE for a vault
 *         that cannot be read
 */
int known_values_remove(struct place *place, const struct account *account,
    const struct caller *caller, struct err *err);

#endif
