/*
 * secret: rows of ciphertext. What is stored is the Fernet token around the
 * base64 text that the client sent; what is sent is that text.
 */
#ifndef AGENTSECRETS_SERVER_SECRET_H
#define AGENTSECRETS_SERVER_SECRET_H

#include "src/server/api/access.h"

/*
 * What an environment may hold, so that clients can read back all of it in
 * one answer of MESSAGE_MAX: rows, the deleted ones among them, and bytes of
 * blobs as they are sent, in base64. The rest is for names and punctuation.
 */
enum {
	ENVIRONMENT_ROWS_MAX = SECRETS_MAX,
	ENVIRONMENT_BYTES_MAX = 48 << 20,
};

/* One wish of a client. */
struct change {
	char *name;	   /* stored form; owned by the request's body */
	const char *value; /* base64; NULL: a deletion without tombstone */
	bool deleted;
	struct field_number if_version;
	int64_t version; /* afterwards */
};

struct batch {
	const struct project *project;
	const char *environment;
	struct field_number key_epoch;
	struct change *changes;
	size_t n;
	/* What came of it. */
	int64_t created;
	int64_t updated;
	int64_t deleted;
	int64_t revision;
};

/**
 * Carry out a batch, all or nothing, in the caller's transaction.
 *
 * @return 0; ANSWERED (409 conflict with every name that conflicts, 409
 *         stale_key, 422 when the environment would hold too much)
 */
int batch_apply(struct call *call, struct batch *batch, struct err *err);

/**
 * Check a name and bring it to its stored form in place.
 *
 * @return 0; ANSWERED (422)
 */
int secret_name_read(struct call *call, char *name);

/**
 * Check a blob: canonical base64 of BLOB_OVERHEAD bytes and up to the
 * limit of a value more.
 *
 * @param field  whose value it is, for the error
 * @return 0; ANSWERED (422)
 */
int secret_value_read(struct call *call, const char *field, const char *text);

/**
 * Unwrap the value column of the current row.
 *
 * @param out  replaced; unchanged for NULL
 * @return 1; 0 for NULL; -EXIT_FAILED when no key opens it
 */
int secret_value_open(struct call *call, enum statement statement,
    struct buf *out, struct err *err);

/**
 * Write the current row (SECRET_COLUMNS) as an object of the lists.
 *
 * @param scratch  a buffer to unwrap into
 * @return 0; -EXIT_FAILED
 */
int secret_write(struct call *call, struct writer *w, enum statement statement,
    struct buf *scratch, struct err *err);

/** Column numbers of SECRET_COLUMNS. */
enum {
	COLUMN_NAME,
	COLUMN_ID,
	COLUMN_VERSION,
	COLUMN_VALUE,
	COLUMN_DELETED,
	COLUMN_UPDATED,
};

#endif
