/* Known answers out of tests/vectors, read at run time. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/json.h>

enum { VECTOR_MAX = 8192 };

/* Bytes of one field. */
struct vector_bytes {
	uint8_t data[VECTOR_MAX];
	size_t len;
};

/** The file tests/vectors/NAME; the test fails when it cannot be read. */
cJSON *vectors_load(const char *name);

/** The array or object at `key`; the test fails when it is empty. */
const cJSON *vectors_list(const cJSON *json, const char *key);

/** The text at `key`, which must be there. */
const char *vectors_text(const cJSON *json, const char *key);

/** The number at `key`, which must be there. */
uint64_t vectors_number(const cJSON *json, const char *key);

/** Decode the hexadecimal text at `key`. */
struct vector_bytes vectors_hex(const cJSON *json, const char *key);

/** Decode the standard base64 at `key`. */
struct vector_bytes vectors_base64(const cJSON *json, const char *key);

/** A key of crypto-vectors.json by its name there. */
struct vector_bytes vectors_key(const cJSON *vectors, const char *name);

/** Compare bytes with the hexadecimal text at `key`. */
void vectors_expect(
    const uint8_t *bytes, size_t len, const cJSON *json, const char *key);

#endif
