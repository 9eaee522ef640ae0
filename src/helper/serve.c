#include "config.h"

#include <agentsecrets/serve.h>

#include <string.h>
#include <sys/stat.h>

#include <agentsecrets/spawn.h>

enum { ERROR_TEXT_MAX = 1024 };

bool
serve_is_started(void)
{
	struct stat st;

	return fstat(SPAWN_SOCKET, &st) == 0 && S_ISSOCK(st.st_mode);
}

void
serve_make_error(const struct serving *serving, const struct err *err,
    struct message *answer)
{
	message_release(answer);
	message_init(answer, MESSAGE_ERROR);
	serving->explain(serving->context, answer);
	message_add(
	    answer, FIELD_TEXT, err->text, strnlen(err->text, ERROR_TEXT_MAX));
}

/* A request's bytes, in memory that is wiped when it is freed. */
static void *
request_memory(void *context, bool secret, size_t len, struct err *err)
{
	struct buf *buf = context;

	(void)secret;
	if (buf_reserve(buf, len) < 0) {
		err_memory(err);
		return NULL;
	}
	return buf->data;
}

int
serve_one(const struct serving *serving, struct err *err)
{
	AUTO_BUF struct buf memory = BUF_INIT;
	AUTO_MESSAGE struct message answer = {.type = MESSAGE_NONE};
	struct message_view request;
	int rc = message_receive(
	    SPAWN_SOCKET, request_memory, &memory, &request, err);

	if (rc <= 0)
		return rc;
	rc = serving->handle(serving->context, &request, &answer, err);
	if (rc >= 0 && answer.failed)
		rc = err_memory(err);
	if (rc < 0)
		serve_make_error(serving, err, &answer);
	buf_release(&memory);
	rc = message_send(SPAWN_SOCKET, &answer, err);
	if (serving->sent != NULL)
		serving->sent(serving->context);
	return rc < 0 ? rc : 1;
}
