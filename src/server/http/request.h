/*
 * request: one HTTP request and its answer, without sockets. The listener
 * fills a struct request; a fuzz target can do the same.
 */
#ifndef AGENTSECRETS_SERVER_REQUEST_H
#define AGENTSECRETS_SERVER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>

struct server;

enum { SMALL_BODY_MAX = 256 << 10 }; /* bytes, of all but a bulk write */

struct request {
	const char *method;
	const char *target;	   /* path and query as they came */
	const char *authorization; /* header, or NULL */
	const char *if_none_match; /* header, or NULL */
	const char *address;	   /* network of the peer, or NULL: local */
	const uint8_t *body;
	size_t body_len;
};

struct response {
	int status;
	struct buf body; /* JSON; empty for 304 */
	char etag[32];	 /* "" or a header value with its quotes */
	char allow[64];	 /* methods, for 405; "" otherwise */
	int retry_after; /* seconds; 0: no such header */
};

#define RESPONSE_INIT                                                          \
	{                                                                      \
		0, BUF_INIT, "", "", 0                                         \
	}

/** Free the body. */
void response_release(struct response *response);

/**
 * Answer a request. Whatever the bytes are, `response` holds a JSON answer
 * (or 304, or a status with an empty body when memory is out) afterwards.
 *
 * @param response  RESPONSE_INIT before; released by the caller
 */
void http_handle(struct server *server, const struct request *request,
    struct response *response);

/**
 * How many bytes of body this request may have, judged by its headers: only
 * a bulk write by somebody who is logged in may be large.
 *
 * @param response  filled when the answer is known already (401); the body
 *                  is then read and thrown away
 * @return the limit in bytes
 */
size_t http_body_limit(struct server *server, const struct request *request,
    struct response *response);

/** Fill `response` with an error that has no field. */
void response_fail(struct response *response, int status, const char *code,
    const char *message);

#endif
