/*
 * minimum: what project.json asks for at least (A7): a floor against old
 * states, and against a row that is held back.
 */
#ifndef MINIMUM_H
#define MINIMUM_H

#include <agentsecrets/vault.h>

#include "place.h"

/**
 * Hold the vault against the marks that project.json has for the place.
 *
 * @return 0, also where it has none; -EXIT_UNSAFE naming what is missing or
 *         older
 */
int minimum_check(
    const struct place *place, struct vault *vault, struct err *err);

/**
 * The version that a row's blob stands for: its mark, unless an older one was
 * accepted under that mark (trust accept-rollback). The blob claims it, and
 * opening it proves it.
 */
uint32_t minimum_version(const struct vault_row *row);

#endif
