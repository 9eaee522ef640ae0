#include "config.h"

#include "src/server/api/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <agentsecrets/crypto.h>

enum { MESSAGE_TEXT_MAX = 1024, FIELD_NAME_MAX = 300 };

void
response_release(struct response *response)
{
	buf_release(&response->body);
}

static struct writer *
restart(struct call *call, int status)
{
	call->response->status = status;
	call->response->body.len = 0;
	call->writer = (struct writer){&call->response->body, false, false};
	return &call->writer;
}

struct writer *
reply_begin(struct call *call, int status, const char *message)
{
	struct writer *w = restart(call, status);

	writer_open(w, '{');
	writer_member(w, "status", "success");
	writer_member(w, "message", message);
	writer_key(w, "data");
	return w;
}

int
reply_end(struct call *call, struct err *err)
{
	writer_close(&call->writer, '}');
	return call->writer.failed ? err_memory(err) : ANSWERED;
}

int
reply_commit(struct call *call, int rc, struct err *err)
{
	int committed;

	if (rc != ANSWERED || call->response->status >= 300)
		return rc;
	committed = db_commit(call->db, err);
	return committed < 0 ? committed : rc;
}

int
reply_done(
    struct call *call, int status, struct err *err, const char *format, ...)
{
	struct writer *w = restart(call, status);
	char message[MESSAGE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	writer_open(w, '{');
	writer_member(w, "status", "success");
	writer_member(w, "message", message);
	return reply_end(call, err);
}

/* `detail` repeats the message for clients of the framework's own errors. */
static void
write_failure(struct writer *w, const char *code, const char *message)
{
	writer_open(w, '{');
	writer_member(w, "status", "failure");
	writer_member(w, "code", code);
	writer_member(w, "message", message);
	writer_member(w, "detail", message);
}

void
response_fail(struct response *response, int status, const char *code,
    const char *message)
{
	struct writer w = {&response->body, false, false};

	response->status = status;
	response->body.len = 0;
	write_failure(&w, code, message);
	writer_close(&w, '}');
	if (w.failed)
		response->body.len = 0;
}

int
reply_fail(
    struct call *call, int status, const char *code, const char *format, ...)
{
	char message[MESSAGE_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	response_fail(call->response, status, code, message);
	return ANSWERED;
}

struct writer *
reply_fail_begin(
    struct call *call, int status, const char *code, const char *message)
{
	struct writer *w = restart(call, status);

	write_failure(w, code, message);
	writer_key(w, "data");
	return w;
}

/* A field's name may be the client's own, of any length; whole letters. */
static void
shorten(char out[FIELD_NAME_MAX + 1], const char *field)
{
	size_t len = strnlen(field, FIELD_NAME_MAX + 1);

	if (len > FIELD_NAME_MAX) {
		len = FIELD_NAME_MAX;
		while (len > 0 && (field[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(out, field, len);
	out[len] = '\0';
}

int
reply_field(struct call *call, int status, const char *code, const char *field,
    const char *format, ...)
{
	char reason[MESSAGE_TEXT_MAX];
	char name[FIELD_NAME_MAX + 1];
	char message[MESSAGE_TEXT_MAX + 512];
	struct writer *w;
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	shorten(name, field);
	snprintf(message, sizeof(message), "%s: %s", name, reason);
	w = reply_fail_begin(call, status, code, message);
	writer_open(w, '{');
	writer_foreign_key(w, name);
	writer_text(w, reason);
	writer_close(w, '}');
	writer_close(w, '}');
	if (w->failed)
		call->response->body.len = 0;
	return ANSWERED;
}

int
reply_unauthorized(struct call *call)
{
	struct writer *w = restart(call, 401);

	writer_open(w, '{');
	writer_member(w, "status", "failure");
	writer_member(w, "code", "unauthorized");
	writer_member(w, "message",
	    call->server->embedded
		? "there is no account here yet: register first"
		: "the session is missing or has ended: log in again");
	writer_member(w, "detail", "Unauthorized");
	writer_close(w, '}');
	if (w->failed)
		call->response->body.len = 0;
	return ANSWERED;
}

int
event_add(struct call *call, const char *principal, const char *action,
    const char *object, struct err *err)
{
	char id[UUID_TEXT + 1];
	int rc;

	crypto_random_uuid(id);
	rc = db_run(call->db, ST_EVENT_ADD,
	    DB_PARAMS(DB_TEXT(id), DB_INTEGER(call->now), DB_TEXT(principal),
		DB_TEXT(action), DB_TEXT(object),
		DB_TEXT(call->request->address)),
	    err);
	return rc < 0 ? rc : 0;
}
