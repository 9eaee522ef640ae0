/*
 * adopt: taking over the account of another client's home. That client goes
 * on to work: nothing of its files and items is removed.
 */
#ifndef ADOPT_H
#define ADOPT_H

#include <agentsecrets/flow.h>

#include "place.h"

/**
 * Whether `init` takes over the account that is in this home: because it was
 * said, or a person says so now.
 *
 * @return 1; 0 when the home is nobody's; -EXIT_USAGE when nobody can be
 *         asked; -EXIT_FAILED when the person says no, or --adopt was given
 *         and there is none
 */
int adopt_wanted(const struct init_request *request, const struct place *place,
    const struct caller *caller, struct err *err);

/**
 * Take it over. The caller holds `token.lock`.
 *
 * What is written comes in this order: trust, session, the copies that the
 * store wants, account.json. A run that breaks off is repeated.
 *
 * @param place   with home, settings and config
 * @param result  filled
 */
int adopt_account(const struct init_request *request, struct place *place,
    const struct caller *caller, struct init_result *result, struct err *err);

#endif
