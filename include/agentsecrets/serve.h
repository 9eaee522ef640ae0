/*
 * serve: a helper's side of the messages. It reads a request from the socket
 * that it was started with, has it done, and sends the answer or an ERROR.
 */
#ifndef AGENTSECRETS_SERVE_H
#define AGENTSECRETS_SERVE_H

#include <stdbool.h>

#include <agentsecrets/err.h>
#include <agentsecrets/message.h>

struct serving {
	void *context;
	/*
	 * Do what the request asks and make the answer, which was not
	 * initialised. On failure it is thrown away and `err` sent instead.
	 */
	int (*handle)(void *context, const struct message_view *request,
	    struct message *answer, struct err *err);
	/* Add REASON, and what else is known, to an ERROR. */
	void (*explain)(void *context, struct message *error);
	/* What an answer borrowed can go; NULL when there is never any. */
	void (*sent)(void *context);
};

/**
 * Whether descriptor 3 is the socket of a launcher: nobody else starts a
 * helper.
 */
bool serve_is_started(void);

/**
 * Make `answer` an ERROR with the text of `err`.
 *
 * @param answer  an initialised message; what it held is released
 */
void serve_make_error(const struct serving *serving, const struct err *err,
    struct message *answer);

/**
 * Serve one request. Its bytes are freed before the answer goes out: who has
 * the answer may rely on a secret of the request being gone here.
 *
 * @return 1; 0 when the launcher is done; -EXIT_FAILED when it is gone or
 *         breaks the rules
 */
int serve_one(const struct serving *serving, struct err *err);

#endif
