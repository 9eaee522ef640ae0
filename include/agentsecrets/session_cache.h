/*
 * session_cache: the unlocked workspace key in the kernel's user keyring, so
 * that a warm `env` asks nobody. Named agentsecrets:H:WORKSPACE:EPOCH, H being
 * 16 hex digits of SHA-256 of the home's real path. Any program of the same
 * user can read it while it lasts; SECURITY.md says so.
 */
#ifndef AGENTSECRETS_SESSION_CACHE_H
#define AGENTSECRETS_SESSION_CACHE_H

#include <stdint.h>

#include <agentsecrets/err.h>
#include <agentsecrets/home.h>
#include <agentsecrets/limits.h>

/**
 * Look a key up.
 *
 * @param key  KEY_BYTES in the arena; all zero or as it was after a miss
 * @return 1; 0 for a miss of any kind (absent, expired, no keyring, a payload
 *         of another length)
 */
int session_cache_get(const struct home *home, const char *workspace,
    uint32_t epoch, uint8_t key[KEY_BYTES]);

/**
 * Keep a key for `seconds` from now; 0 keeps nothing. One that is there is
 * replaced. Wherever the process is killed, no key stays without an end.
 *
 * @return 0, or -1 when the kernel refuses: the command goes on without
 */
int session_cache_put(const struct home *home, const char *workspace,
    uint32_t epoch, const uint8_t key[KEY_BYTES], uint64_t seconds);

/**
 * Find out whether keys can be kept, without keeping one.
 *
 * @return 0; -EXIT_FAILED with what the kernel says
 */
int session_cache_check(struct err *err);

/** Drop every key of this home, whatever its workspace and epoch. */
void session_cache_clear(const struct home *home);

#endif
