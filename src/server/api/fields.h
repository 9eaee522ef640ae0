/*
 * fields: reading the members of a request body by a table, so that every
 * endpoint refuses the same things in the same words.
 */
#ifndef AGENTSECRETS_SERVER_FIELDS_H
#define AGENTSECRETS_SERVER_FIELDS_H

#include "src/server/api/call.h"

enum field_kind {
	FIELD_KIND_TEXT,	/* const char *: min…max bytes */
	FIELD_KIND_ID,		/* const char *: uuid, made lower case */
	FIELD_KIND_ID_NEW,	/* the same, version 4: made by a client */
	FIELD_KIND_BYTES,	/* struct field_bytes: base64 of max bytes */
	FIELD_KIND_NUMBER,	/* struct field_number: 0…2^53-1 */
	FIELD_KIND_TRUTH,	/* bool */
	FIELD_KIND_ENVIRONMENT, /* const char *: one of the three */
	FIELD_KIND_ANY,		/* cJSON *: the handler looks */
};

enum { FIELD_BYTES_MAX = 96 };

struct field_bytes {
	uint8_t bytes[FIELD_BYTES_MAX];
	size_t len; /* 0: absent */
};

struct field_number {
	bool given;
	int64_t number;
};

struct field {
	const char *name;
	enum field_kind kind;
	bool required;
	size_t min;
	size_t max;
	void *out; /* as the kind says; left alone when absent or null */
};

/**
 * Read the members of `object`. An unknown member is refused, but
 * "environment" is tolerated everywhere.
 *
 * @param object  NULL is an empty one; texts stay owned by it
 * @return 0; ANSWERED (422)
 */
int fields_read(
    struct call *call, cJSON *object, const struct field *fields, size_t n);

/** As a parameter of bytes; NULL when absent. */
struct db_value field_bytes_value(const struct field_bytes *bytes);

/** As a parameter; NULL when absent. */
struct db_value field_number_value(const struct field_number *number);

/**
 * An id from the path: made lower case into `out`.
 *
 * @return 0; ANSWERED (422)
 */
int argument_id(
    struct call *call, size_t index, const char *name, char out[UUID_TEXT + 1]);

/**
 * The environment that a request names in its path, its query or its body;
 * where several of them name one, it must be the same.
 *
 * @param in_path  NULL or what stands there
 * @param in_body  NULL or what stands there
 * @param out      left alone when none names one
 * @return 0; ANSWERED (422)
 */
int environment_read(struct call *call, const char *in_path,
    const char *in_body, const char **out);

#endif
