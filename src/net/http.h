/* http: one request and its answer, over TLS or the embedded socket. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "state.h"

struct http_request {
	const char *path;	/* below the base, encoded */
	const char *method;	/* NULL: GET, or POST when there is a body */
	const struct buf *body; /* JSON, or NULL */
	bool authorized;	/* send the access token */
	const uint64_t *unless; /* If-None-Match this revision, or NULL */
};

struct http_answer {
	unsigned status;
	struct buf body;
	uint64_t retry_after; /* seconds, 0: not told */
	uint64_t date;	      /* its clock, unix seconds; 0: not told */
	char location[257];   /* of a redirect, or "" */
};

#define HTTP_ANSWER_INIT                                                       \
	{                                                                      \
		.body = BUF_INIT                                               \
	}
#define AUTO_HTTP_ANSWER __attribute__((cleanup(http_answer_release)))

/**
 * Send a request and read the whole answer. No redirect is followed, no
 * proxy used, nothing retried. Given up after ten seconds without a
 * connection, twenty below 1000 bytes a second, or ten minutes in all; or
 * after the patience that the launcher asked for.
 *
 * @return 0 with any HTTP status; -EXIT_FAILED with the reason in `state`
 */
int http_exchange(struct net_state *state, const struct http_request *request,
    struct http_answer *answer, struct err *err);

void http_answer_release(struct http_answer *answer);

/**
 * Close the connection and drop libcurl's buffers: whatever its version keeps
 * of what was sent is freed, and so wiped. The next request connects anew.
 */
void http_forget(struct net_state *state);

#endif
