/*
 * call: one request on its way through a handler, and how it is answered.
 *
 * A handler, and whatever it calls with a struct call, returns 0 to go on,
 * ANSWERED when the response is filled, or a negative status with `err`
 * filled for what is no fault of the client: that becomes 500, is reported
 * and rolled back. So every step is `if ((rc = step(call, err)) != 0)
 * return rc;`.
 */
#ifndef AGENTSECRETS_SERVER_CALL_H
#define AGENTSECRETS_SERVER_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/err.h>
#include <agentsecrets/json.h>
#include <agentsecrets/limits.h>

#include "src/server/api/writer.h"
#include "src/server/db/db.h"
#include "src/server/http/path.h"
#include "src/server/http/request.h"
#include "src/server/server.h"

enum { ANSWERED = 1, ARGUMENTS_MAX = 4 };

/* Who asks. */
struct principal {
	char id[UUID_TEXT + 1];
	char family[UUID_TEXT + 1]; /* of the session; "" when embedded */
	char email[EMAIL_MAX + 1];
};

struct call {
	struct server *server;
	struct db *db;
	const struct request *request;
	struct response *response;
	struct path path;
	const char *arguments[ARGUMENTS_MAX]; /* {…} of the route, in order */
	struct principal principal;	      /* when the route asks for one */
	cJSON *body;			      /* an object, or NULL */
	int64_t now;			      /* seconds */
	struct writer writer;		      /* used by reply_begin() */
};

/**
 * Begin a success answer: status, message and the key of `data`. The caller
 * writes exactly one value and calls reply_end().
 */
struct writer *reply_begin(struct call *call, int status, const char *message);

/** @return ANSWERED; -EXIT_FAILED when memory ran out */
int reply_end(struct call *call, struct err *err);

/**
 * Commit the transaction when the answer is a success. So an answer is read
 * in the transaction that it tells of, and nobody writes in between.
 *
 * @param rc  what the handler was about to return
 * @return rc; -EXIT_FAILED, rolled back
 */
int reply_commit(struct call *call, int rc, struct err *err);

/** A success without data. @return as reply_end() */
int reply_done(struct call *call, int status, struct err *err,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/** A failure without data. @return ANSWERED */
int reply_fail(struct call *call, int status, const char *code,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/**
 * A failure of one field: the reason stands in `data` and in the message.
 *
 * @param status  422, or 409 for something that exists
 * @return ANSWERED
 */
int reply_field(struct call *call, int status, const char *code,
    const char *field, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/** 422 for a field. @return ANSWERED */
#define reply_invalid(call, field, ...)                                        \
	reply_field(call, 422, "invalid_entry", field, __VA_ARGS__)

/**
 * Begin a failure that carries `data`; as reply_begin(), ended by
 * reply_end().
 */
struct writer *reply_fail_begin(
    struct call *call, int status, const char *code, const char *message);

/** 401 for a request without a valid session. @return ANSWERED */
int reply_unauthorized(struct call *call);

/** Write an event row: what was done to what, never a value. */
int event_add(struct call *call, const char *principal, const char *action,
    const char *object, struct err *err);

#endif
