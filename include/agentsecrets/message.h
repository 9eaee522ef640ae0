/*
 * message: what the launcher and a helper say to each other over their
 * socketpair. A change here is a change of protocol between two programs.
 *
 *	frame  = u32 length | u16 message | field…      length: all after it
 *	field  = u16 field | u32 length | bytes         numbers big-endian
 *	record = (u32 length | bytes)…                  inside one field
 *
 * A frame is parsed to its last byte against the tables below: a field that
 * the message does not know, a missing or doubled one, a length outside its
 * limits or bytes left over are refused, and the peer is then ended.
 * The launcher asks, the helper answers each request once (KEYCHAIN_WAITING
 * only announces that the answer takes a person). Numbers are eight bytes. What
 *is marked secret is received into the arena by the launcher.
 */
#ifndef AGENTSECRETS_MESSAGE_H
#define AGENTSECRETS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

/* FIELD(name, fewest bytes, most bytes) */
#define MESSAGE_FIELD_TABLE(FIELD)                                             \
	FIELD(SERVER, 1, URL_MAX_BYTES) /* URL, or "embedded" */               \
	FIELD(DATA_DIR, 1, 4096)	/* of the embedded server */           \
	FIELD(SESSION, 2, SESSION_MAX) /* token.json; {} when there is none */ \
	FIELD(EMAIL, 1, EMAIL_MAX)     /* or local:UUID */                     \
	FIELD(PASSWORD, 1, PASSWORD_MAX) /* auth secret A1 */                  \
	FIELD(FIRST_NAME, 0, LABEL_MAX)                                        \
	FIELD(LAST_NAME, 0, LABEL_MAX)                                         \
	FIELD(USER, 1, 64) /* the server's id of a person */                   \
	FIELD(PUBLIC_KEY, KEY_BYTES, KEY_BYTES)                                \
	FIELD(KEY_SALT, 64, 64) /* hex */                                      \
	FIELD(WORKSPACE, UUID_TEXT, UUID_TEXT)                                 \
	FIELD(SEALED_KEY, SEALED_KEY, SEALED_KEY)                              \
	FIELD(KEY_EPOCH, 8, 8)                                                 \
	FIELD(SEALED_NAME, 0, LABEL_MAX)                                       \
	FIELD(WORKSPACE_RECORD, 7 * 4, 2048)                                   \
	FIELD(PROJECT, UUID_TEXT, UUID_TEXT)                                   \
	FIELD(PROJECT_NAME, 1, LABEL_MAX)                                      \
	FIELD(PROJECT_RECORD, 4 * 4, 4096)                                     \
	FIELD(ENVIRONMENT, 1, ENVIRONMENT_MAX)                                 \
	FIELD(REVISION, 8, 8)                                                  \
	FIELD(ROW, 4 * 4, 4 * 4 + 1 + 8 + NAME_MAX_BYTES + BLOB_MAX)           \
	FIELD(VERSION, 1, 64)	   /* of the server program */                 \
	FIELD(EXTENSIONS, 0, 1024) /* names, a blank between two */            \
	FIELD(ORIGIN, 0, URL_MAX_BYTES)                                        \
	FIELD(ENTRY, 1, KEYCHAIN_ENTRY_MAX)  /* name of a keychain item */     \
	FIELD(PREFIX, 0, KEYCHAIN_ENTRY_MAX) /* what an entry begins with */   \
	FIELD(INDEX, 8, 8) /* an entry's place in the request */               \
	FIELD(VALUE, 0, VALUE_MAX)                                             \
	FIELD(COLLECTION, 0, LABEL_MAX) /* what the provider calls it */       \
	FIELD(REASON, 8, 8)		/* enum message_reason */              \
	FIELD(HTTP_STATUS, 8, 8)                                               \
	FIELD(CODE, 0, 64) /* the server's error code */                       \
	FIELD(TEXT, 0, 1024)                                                   \
	FIELD(NEW_NAME, 1, LABEL_MAX) /* of a project */                       \
	FIELD(DESCRIPTION, 0, LABEL_MAX)                                       \
	FIELD(PATIENCE, 8, 8) /* seconds for a request; 0: no limit of ours */ \
	FIELD(DATE, 8, 8)     /* the server's clock, unix seconds */           \
	/* What one request may have, as the server tells. */                  \
	FIELD(REQUEST_SECRETS, 8, 8)                                           \
	FIELD(REQUEST_BYTES, 8, 8)                                             \
	FIELD(VALUE_BYTES, 8, 8)                                               \
	FIELD(SECRET_NAME, 1, NAME_MAX_BYTES)                                  \
	FIELD(WRITTEN_AT, 8, 8) /* unix seconds; 0: not told */

/*
 * MESSAGE(name, holds a secret, fields): ONE is required, MAYBE optional,
 * MANY may stand any number of times.
 */
#define MESSAGE_TABLE(MESSAGE, ONE, MAYBE, MANY)                               \
	/* To agentsecrets-net. OPEN comes first; DONE answers it. */          \
	MESSAGE(NET_OPEN, true,                                                \
	    ONE(SERVER) MAYBE(DATA_DIR) MAYBE(SESSION) MAYBE(PATIENCE))        \
	MESSAGE(NET_SESSION, true, ONE(SESSION))                               \
	MESSAGE(NET_REFRESH, false, )                                          \
	MESSAGE(NET_STATUS, false, )                                           \
	MESSAGE(NET_REGISTER, true,                                            \
	    ONE(EMAIL) MAYBE(PASSWORD) ONE(FIRST_NAME) ONE(LAST_NAME)          \
		ONE(KEY_SALT) ONE(PUBLIC_KEY) ONE(WORKSPACE) ONE(SEALED_KEY)   \
		    ONE(KEY_EPOCH) ONE(SEALED_NAME))                           \
	MESSAGE(NET_LOGIN, true, ONE(EMAIL) ONE(PASSWORD))                     \
	MESSAGE(NET_LOGOUT, false, )                                           \
	MESSAGE(NET_WORKSPACES, false, )                                       \
	MESSAGE(NET_PROJECTS, false, )                                         \
	MESSAGE(NET_PROJECT_CREATE, false,                                     \
	    ONE(PROJECT) ONE(WORKSPACE) ONE(PROJECT_NAME))                     \
	/* The names are those that the server knows the project by. */        \
	MESSAGE(NET_PROJECT_UPDATE, false,                                     \
	    ONE(PROJECT) ONE(WORKSPACE) ONE(PROJECT_NAME) MAYBE(NEW_NAME)      \
		MAYBE(DESCRIPTION))                                            \
	MESSAGE(NET_PROJECT_DELETE, false, ONE(WORKSPACE) ONE(PROJECT_NAME))   \
	MESSAGE(                                                               \
	    NET_SECRETS, false, ONE(PROJECT) ONE(ENVIRONMENT) MAYBE(REVISION)) \
	MESSAGE(NET_WRITE, false,                                              \
	    ONE(PROJECT) ONE(ENVIRONMENT) ONE(KEY_EPOCH) MANY(ROW))            \
	MESSAGE(NET_HISTORY, false,                                            \
	    ONE(PROJECT) ONE(ENVIRONMENT) ONE(SECRET_NAME))                    \
	/* From agentsecrets-net. */                                           \
	MESSAGE(NET_DONE, false, )                                             \
	MESSAGE(NET_FRESH_SESSION, true, ONE(SESSION))                         \
	MESSAGE(NET_SERVER, false,                                             \
	    ONE(VERSION) ONE(EXTENSIONS) MAYBE(ORIGIN) MAYBE(DATE) MAYBE(      \
		REQUEST_SECRETS) MAYBE(REQUEST_BYTES) MAYBE(VALUE_BYTES))      \
	MESSAGE(NET_REGISTERED, false, MAYBE(USER))                            \
	MESSAGE(NET_LOGGED_IN, true,                                           \
	    ONE(SESSION) ONE(USER) MAYBE(FIRST_NAME) MAYBE(LAST_NAME)          \
		MAYBE(PUBLIC_KEY) MANY(WORKSPACE_RECORD))                      \
	MESSAGE(NET_WORKSPACE_LIST, false, MANY(WORKSPACE_RECORD))             \
	MESSAGE(NET_PROJECT_LIST, false, MANY(PROJECT_RECORD))                 \
	MESSAGE(NET_UNCHANGED, false, )                                        \
	MESSAGE(NET_SECRET_LIST, false,                                        \
	    MAYBE(WORKSPACE) MAYBE(KEY_EPOCH) ONE(REVISION) MANY(ROW))         \
	MESSAGE(NET_WRITTEN, false, ONE(REVISION) MANY(ROW))                   \
	MESSAGE(NET_CONFLICT, false, MAYBE(KEY_EPOCH) MANY(ROW))               \
	MESSAGE(NET_VERSIONS, false,                                           \
	    MAYBE(WORKSPACE) MAYBE(KEY_EPOCH) MANY(ROW) MANY(WRITTEN_AT))      \
	/* To agentsecrets-keychain. OPEN comes first; OPENED answers it. */   \
	MESSAGE(KEYCHAIN_OPEN, false, )                                        \
	MESSAGE(KEYCHAIN_LOOKUP, false, MANY(ENTRY))                           \
	MESSAGE(KEYCHAIN_STORE, true, ONE(ENTRY) ONE(VALUE))                   \
	MESSAGE(KEYCHAIN_DELETE, false, MANY(ENTRY))                           \
	MESSAGE(KEYCHAIN_LIST, false, ONE(PREFIX))                             \
	/* From agentsecrets-keychain. WAITING comes before an answer. */      \
	MESSAGE(KEYCHAIN_WAITING, false, ONE(COLLECTION))                      \
	MESSAGE(KEYCHAIN_OPENED, false, ONE(COLLECTION))                       \
	MESSAGE(KEYCHAIN_VALUES, true, MANY(INDEX) MANY(VALUE))                \
	MESSAGE(KEYCHAIN_NAMES, false, MANY(ENTRY))                            \
	MESSAGE(KEYCHAIN_DONE, false, )                                        \
	/* From both. */                                                       \
	MESSAGE(ERROR, false,                                                  \
	    ONE(REASON) MAYBE(HTTP_STATUS) MAYBE(CODE) ONE(TEXT))

/*
 * Records, column by column:
 *
 * WORKSPACE_RECORD  id | name | role | type | sealed key | epoch | sealed name
 * PROJECT_RECORD    id | workspace id | name | description
 * ROW               name | blob | row version | deleted
 *
 * What is not given is an empty column: a sealed key that the server does not
 * have, an epoch, a row version. Epoch and row version are numbers of eight
 * bytes. "deleted" is one byte, 0 or 1; with 1 the blob is a tombstone, empty
 * when the server kept none. In NET_WRITE the row version is the condition
 * `if_version` (empty: no check); in NET_WRITTEN the blob is empty.
 *
 * In NET_VERSIONS there are as many WRITTEN_AT as ROW, in the same order,
 * newest first: what is there now and what was there before.
 *
 * In KEYCHAIN_VALUES there are as many INDEX as VALUE, in the same order: the
 * value of the request's ENTRY number INDEX, from 0. An entry without one is
 * not there.
 */
enum {
	WORKSPACE_COLUMNS = 7,
	PROJECT_COLUMNS = 4,
	ROW_COLUMNS = 4,
	COLUMNS_MAX = 8,
};

#define MESSAGE_ENUM(name, secret, fields) MESSAGE_##name,
#define MESSAGE_NOTHING(name)
enum message_type {
	MESSAGE_NONE,
	MESSAGE_TABLE(MESSAGE_ENUM, MESSAGE_NOTHING, MESSAGE_NOTHING,
	    MESSAGE_NOTHING) MESSAGE_END
};

#define MESSAGE_FIELD_ENUM(name, least, most) FIELD_##name,
enum message_field {
	FIELD_NONE,
	MESSAGE_FIELD_TABLE(MESSAGE_FIELD_ENUM) FIELD_END
};

/* Why a helper could not do what it was asked. */
enum message_reason {
	REASON_UNREACHABLE = 1, /* no connection, time is up */
	REASON_CERTIFICATE,	/* TLS could not be verified */
	REASON_NOT_OURS,	/* an answer that is not of our protocol */
	REASON_EXPIRED,		/* 401: refresh, or log in again */
	REASON_REFUSED,		/* 4xx: the text is the server's */
	REASON_SERVER,		/* 5xx */
	REASON_EMBEDDED,	/* the embedded server did not start */
	REASON_FAILED,		/* anything of the helper's own */
	REASON_NO_BUS,		/* no session bus, or it takes nobody in */
	REASON_NO_PROVIDER,	/* nothing on the bus keeps secrets */
	REASON_LOCKED,		/* and nobody could be asked, or would */
	REASON_SILENT,		/* no answer in time */
};

/* A message on its way out. */
struct message {
	enum message_type type;
	struct buf body; /* fields that are not secret */
	struct message_secret {
		enum message_field field;
		const void *bytes; /* borrowed until message_send() */
		size_t len;
	} * secrets;
	size_t secrets_n;
	bool failed; /* memory ran out: sending reports it */
};

#define AUTO_MESSAGE __attribute__((cleanup(message_release)))

/* One column of a record. */
struct column {
	const void *bytes;
	size_t len;
};

/* A received message; a view into the memory that received it. */
struct message_view {
	enum message_type type;
	const uint8_t *body;
	size_t len;
};

/**
 * Where message_receive() puts a body.
 *
 * @param secret  the bytes may hold a secret
 * @param len     at least 1, at most MESSAGE_MAX
 * @return `len` bytes, or NULL with `err` filled
 */
typedef void *message_memory(
    void *context, bool secret, size_t len, struct err *err);

/** The message's name in lower case, for diagnostics. */
const char *message_name(enum message_type type);

/** Begin a message. Release it with message_release(). */
void message_init(struct message *message, enum message_type type);

/** Free the fields; secrets are only borrowed and stay. */
void message_release(struct message *message);

/** Append a field; running out of memory is remembered until sending. */
void message_add(struct message *message, enum message_field field,
    const void *bytes, size_t len);

/** Append a field of text without its zero byte. */
void message_add_text(
    struct message *message, enum message_field field, const char *text);

/** Append a field of eight bytes, big-endian. */
void message_add_number(
    struct message *message, enum message_field field, uint64_t number);

/** Append a field that is a record of `n` <= COLUMNS_MAX columns. */
void message_add_record(struct message *message, enum message_field field,
    const struct column *columns, size_t n);

/**
 * Add a field without copying it: the bytes are borrowed, and go from where
 * they are straight into the socket.
 */
void message_add_secret(struct message *message, enum message_field field,
    const void *bytes, size_t len);

/** Write a number as the eight bytes of a column. */
void message_number(uint8_t out[8], uint64_t number);

/**
 * Check the message against the table and write it as one frame.
 *
 * @return 0; -EXIT_FAILED when memory ran out, the message breaks the table
 *         (a bug of the sender) or the peer is gone
 */
int message_send(int fd, const struct message *message, struct err *err);

/**
 * Read one frame and check it against the table.
 *
 * @param memory   called once for a body that is not empty
 * @param context  handed to `memory`
 * @return 1; 0 when the peer closed before a frame began; -EXIT_FAILED when
 *         the peer is gone in the middle, or the frame breaks the table
 */
int message_receive(int fd, message_memory *memory, void *context,
    struct message_view *out, struct err *err);

/**
 * Check type, fields, counts and lengths: what message_receive() does with
 * every frame; also the entry of the fuzz target.
 *
 * @return 0; -EXIT_FAILED with what is wrong
 */
int message_check(const struct message_view *view, struct err *err);

/**
 * Find the first field of that name.
 *
 * @return false when the message has none; *bytes is then NULL, *len 0
 */
bool message_find(const struct message_view *view, enum message_field field,
    const uint8_t **bytes, size_t *len);

/**
 * Walk all fields of that name.
 *
 * @param cursor  0 before the first call
 * @return false after the last
 */
bool message_next(const struct message_view *view, enum message_field field,
    size_t *cursor, const uint8_t **bytes, size_t *len);

/** The field's number, or `otherwise` when the message has none. */
uint64_t message_find_number(const struct message_view *view,
    enum message_field field, uint64_t otherwise);

/**
 * Copy the field as text with a zero byte.
 *
 * @return 0; -EXIT_FAILED when it holds a zero byte or does not fit; a
 *         missing field is ""
 */
int message_find_text(const struct message_view *view, enum message_field field,
    char *out, size_t out_len, struct err *err);

/**
 * Split a record into exactly `n` columns. The columns are views.
 *
 * @return 0, or -1 when it has more, fewer or broken columns
 */
int record_read(
    const uint8_t *bytes, size_t len, struct column *columns, size_t n);

/** A column of eight bytes as a number. @return 0, or -1 for another length */
int column_number(const struct column *column, uint64_t *out);

#endif
