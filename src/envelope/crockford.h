/* crockford: base32 for people, without I, L, O and U. */
#ifndef ENVELOPE_CROCKFORD_H
#define ENVELOPE_CROCKFORD_H

#include <stddef.h>
#include <stdint.h>

/**
 * Write the first `n` groups of five bits, a dash after each four of them.
 *
 * @param n    a multiple of four
 * @param out  n + n / 4 bytes, the zero byte included
 */
void crockford_encode(char *out, const uint8_t *bytes, size_t n);

/**
 * Read exactly `n` characters: any case, O as 0, I and L as 1; blanks and
 * dashes are skipped.
 *
 * @param out  (n * 5 + 7) / 8 bytes, unused bits zero
 * @return 0, or -1 with `out` undefined
 */
int crockford_decode(uint8_t *out, size_t n, const char *text);

#endif
