/*
 * json_check: refuse what cJSON would let through.
 */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <stddef.h>

/**
 * Walk the text of one JSON value by the grammar of RFC 8259.
 *
 * Refused on top of bad grammar: bytes after the value, invalid UTF-8, raw
 * control characters, \u0000 and lone surrogates in strings, more than
 * JSON_DEPTH_MAX levels or JSON_VALUES_MAX values. Doubled keys are looked for
 * afterwards, on the tree.
 *
 * @return NULL when it is sound, else what is wrong with it
 */
const char *json_check(const char *text, size_t len);

#endif
