/*
 * server_choice: which server commands talk to, and that an account stays
 * with its own.
 */
#ifndef SERVER_CHOICE_H
#define SERVER_CHOICE_H

#include <agentsecrets/err.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/settings.h>

/**
 * Check a URL and bring it into the form that is kept: origin, and a path if
 * there is one.
 *
 * @param out  URL_MAX_BYTES + 1 bytes
 * @return 0; -EXIT_USAGE
 */
int server_normalise(char *out, const char *url, struct err *err);

/** The origin of a kept server URL, or "embedded". 0; -EXIT_USAGE */
int server_origin(char *out, const char *server, struct err *err);

/**
 * The server that is wanted: --server or AGENTSECRETS_SERVER_URL, config.json,
 * else embedded.
 *
 * @param out  URL_MAX_BYTES + 1 bytes
 */
int server_wanted(char *out, const struct caller *caller,
    const struct config *config, struct err *err);

/**
 * Refuse when a server is asked for that is not the one of the account.
 *
 * @param origin  of the account, or "embedded"
 * @return 0; -EXIT_ACCESS naming both
 */
int server_check(const struct caller *caller, const struct config *config,
    const char *origin, struct err *err);

#endif
