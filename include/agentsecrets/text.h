/*
 * text: questions about bytes from outside, and the one sanitiser through
 * which everything that is not ours reaches a terminal. Pure functions.
 */
#ifndef AGENTSECRETS_TEXT_H
#define AGENTSECRETS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TEXT_PRINTABLE_MAX = 200 }; /* characters, then "…" */

/**
 * Write `len` bytes so that a terminal shows them and obeys none: invalid
 * UTF-8, C0, DEL, C1, bidirectional and zero-width characters become
 * "\u{..}" (invalid bytes "\x.."). Longer input than `max` characters ends
 * in "…".
 *
 * @param out      at least one byte; always zero-terminated, cut if too small
 * @param out_len  size of `out` in bytes
 * @return bytes written without the zero byte
 */
size_t text_printable(
    char *out, size_t out_len, const void *bytes, size_t len, size_t max);

/**
 * Decode the first character of `len` > 0 bytes of UTF-8 (Unicode 15, table
 * 3-7).
 *
 * @return its length in bytes; 0 when the bytes are not well-formed
 */
size_t text_decode(const void *bytes, size_t len, uint32_t *out);

/** Whether a character moves, hides or reorders what a person sees. */
bool text_is_unprintable(uint32_t character);

/** Whether the bytes are well-formed UTF-8 (no surrogates, no overlongs). */
bool text_is_utf8(const void *bytes, size_t len);

/** Whether it is a canonical id: 36 bytes, lower-case hex, hyphens. */
bool text_is_uuid(const char *text);

/** Whether the two zero-terminated texts are the same bytes. */
bool text_equal(const char *a, const char *b);

/** Whether `text` begins with `prefix`. */
bool text_has_prefix(const char *text, const char *prefix);

/**
 * How much of a word from the command line may be shown: what is behind an
 * '=' may be a value in the wrong place. For "%.*s".
 *
 * @return bytes in front of the first '='; all of them where there is none
 */
int text_before_equals(const char *word);

/**
 * Parse all of `text` as a decimal number without sign or leading zero.
 *
 * @return 0, or -1 when it is anything else or above `max`
 */
int text_parse_u64(const char *text, uint64_t max, uint64_t *out);

/**
 * Parse a length of time: seconds, or a number and one of s, m, h, d, w
 * ("90", "12h", "7d").
 *
 * @param out  seconds
 * @return 0, or -1 when it is anything else or more than a hundred years
 */
int text_parse_duration(const char *text, uint64_t *out);

/** Write 2 * len lower-case digits and a zero byte. */
void text_hex_encode(char *out, const uint8_t *bytes, size_t len);

/**
 * Decode exactly `len` bytes from 2 * len digits of either case and the end
 * of the text. @return 0, or -1 with `out` undefined
 */
int text_hex_decode(uint8_t *out, size_t len, const char *text);

/**
 * Copy with a zero byte, or refuse.
 *
 * @return 0; -1 when `len` bytes and the zero do not fit or the source holds
 *         a zero byte; `out` is then ""
 */
int text_copy(char *out, size_t out_len, const void *bytes, size_t len);

/**
 * Whether a shell takes the text as one word as it stands: letters, digits and
 * "/._-", not empty, and no option.
 */
bool text_is_plain_word(const char *text);

#endif
