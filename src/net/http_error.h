/* http_error: what libcurl could not do, in one sentence. */
#ifndef NET_HTTP_ERROR_H
#define NET_HTTP_ERROR_H

#include "state.h"

/**
 * Fail for a transfer that ended with `code`.
 *
 * @param detail  libcurl's own words, may be empty
 * @return -EXIT_FAILED
 */
int http_failed(struct net_state *state, CURLcode code, const char *detail,
    struct err *err);

#endif
