/* One request, from its first line to the last byte of the answer. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/limits.h>
#include <agentsecrets/text.h>

#include "src/server/http/headers.h"
#include "src/server/http/listener.h"
#include "src/server/http/request.h"

enum { DRAIN_MAX = 2 * REQUEST_MAX };

struct exchange {
	char *target;
	struct buf body;
	size_t received;
	size_t limit;
	size_t reserved; /* bytes counted in listener->bodies */
	bool begun;
	struct headers headers;
	char network[64];
	struct response response; /* status 0: not yet answered */
};

void *
exchange_begin(
    void *context, const char *target, struct MHD_Connection *connection)
{
	struct listener *listener = context;
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	atomic_fetch_add(&listener->in_flight, 1);
	connection_extend(listener, connection, listener->config.timeout);
	if (exchange != NULL)
		exchange->target = strdup(target);
	return exchange;
}

void
exchange_end(void *context, struct MHD_Connection *connection, void **own,
    enum MHD_RequestTerminationCode code)
{
	struct listener *listener = context;
	struct exchange *exchange = *own;

	(void)code;
	*own = NULL;
	atomic_fetch_sub(&listener->in_flight, 1);
	connection_extend(listener, connection, listener->config.timeout);
	if (exchange == NULL)
		return;
	atomic_fetch_sub(&listener->bodies, exchange->reserved);
	free(exchange->target);
	buf_release(&exchange->body);
	response_release(&exchange->response);
	free(exchange);
}

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (value[0] != '\0')
		MHD_add_response_header(response, name, value);
}

static void
refuse(struct exchange *exchange, int status, const char *code,
    const char *message)
{
	if (exchange->response.status == 0)
		response_fail(&exchange->response, status, code, message);
}

static void
refuse_busy(struct exchange *exchange)
{
	exchange->response.retry_after = 1;
	refuse(
	    exchange, 503, "busy", "the server is busy: try again in a second");
}

/* @return 0, or -1 when too much is under way already */
static int
reserve(struct listener *listener, struct exchange *exchange, size_t len)
{
	if (atomic_fetch_add(&listener->bodies, len) + len > BODIES_MAX) {
		atomic_fetch_sub(&listener->bodies, len);
		return -1;
	}
	exchange->reserved += len;
	return 0;
}

/* The request is done with; its answer is there until it was read. */
static void
reserve_answer(struct listener *listener, struct exchange *exchange)
{
	size_t len = exchange->response.body.len;

	atomic_fetch_sub(&listener->bodies, exchange->reserved);
	exchange->reserved = 0;
	buf_release(&exchange->body);
	if (len <= SMALL_BODY_MAX || reserve(listener, exchange, len) == 0)
		return;
	response_release(&exchange->response);
	exchange->response = (struct response)RESPONSE_INIT;
	refuse_busy(exchange);
}

/* Hand the body over to libmicrohttpd, which frees it. */
static enum MHD_Result
answer(struct listener *listener, struct MHD_Connection *connection,
    struct exchange *exchange)
{
	struct response *r = &exchange->response;
	struct MHD_Response *response;
	char seconds[16] = "";
	enum MHD_Result rc;

	response = MHD_create_response_from_buffer_with_free_callback(
	    r->body.len, r->body.data, free);
	if (response == NULL)
		return MHD_NO;
	r->body = (struct buf)BUF_INIT;
	if (r->status != 304)
		add_header(response, "Content-Type",
		    "application/json; charset=utf-8");
	if (r->status == 200 || r->status == 304)
		add_header(response, "ETag", r->etag);
	add_header(response, "Allow", r->allow);
	if (r->retry_after > 0)
		snprintf(seconds, sizeof(seconds), "%d", r->retry_after);
	add_header(response, "Retry-After", seconds);
	/* Where the next request begins is not sure. */
	if (exchange->headers.why != NULL || atomic_load(&listener->ending))
		add_header(response, "Connection", "close");
	add_header(response, "Cache-Control", "no-store");
	add_header(response, "X-Content-Type-Options", "nosniff");
	rc = MHD_queue_response(connection, (unsigned)r->status, response);
	MHD_destroy_response(response);
	return rc;
}

static void
refuse_too_large(struct exchange *exchange)
{
	char message[96];

	snprintf(message, sizeof(message),
	    "the request body is over the limit of %zu bytes", exchange->limit);
	refuse(exchange, 413, "too_large", message);
}

static void
fill_request(
    const struct exchange *exchange, const char *method, struct request *out)
{
	*out = (struct request){
	    .method = method,
	    .target = exchange->target,
	    .authorization = exchange->headers.authorization,
	    .if_none_match = exchange->headers.if_none_match,
	    .address = exchange->network[0] != '\0' ? exchange->network : NULL,
	    .body = exchange->body.data,
	    .body_len = exchange->body.len,
	};
}

/*
 * The headers are in. A refusal waits for the end of the body, because a
 * client that is still sending may never read it; unless the client waits
 * for a go-ahead, or the body is larger than anybody should read.
 */
static enum MHD_Result
begin(struct listener *listener, struct MHD_Connection *connection,
    struct exchange *exchange, const char *method, const char *version)
{
	struct request request;
	uint64_t length = 0;

	exchange->begun = true;
	headers_read(connection, version, &exchange->headers);
	peer_network(connection,
	    listener->config.behind_proxy ? exchange->headers.forwarded_for
					  : NULL,
	    exchange->network, sizeof(exchange->network));
	if (exchange->headers.why != NULL) {
		refuse(exchange, 400, "bad_request", exchange->headers.why);
		return answer(listener, connection, exchange);
	}
	fill_request(exchange, method, &request);
	exchange->limit =
	    http_body_limit(listener->server, &request, &exchange->response);
	if (exchange->headers.content_length != NULL &&
	    (text_parse_u64(exchange->headers.content_length, UINT64_MAX / 2,
		 &length) < 0 ||
		length > exchange->limit))
		refuse_too_large(exchange);
	if (exchange->response.status != 0 &&
	    (length > DRAIN_MAX || exchange->headers.expect != NULL))
		return answer(listener, connection, exchange);
	return MHD_YES;
}

static enum MHD_Result
receive(struct listener *listener, struct exchange *exchange, const char *data,
    size_t len)
{
	exchange->received += len;
	if (exchange->received > exchange->limit)
		refuse_too_large(exchange);
	if (exchange->received > DRAIN_MAX)
		return MHD_NO;
	if (exchange->response.status != 0)
		return MHD_YES;
	if (exchange->limit > SMALL_BODY_MAX &&
	    reserve(listener, exchange, len) < 0)
		refuse_busy(exchange);
	else if (buf_append(&exchange->body, data, len) < 0)
		refuse(exchange, 503, "busy", "the server is out of memory");
	return MHD_YES;
}

enum MHD_Result
exchange_receive(void *context, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *data,
    size_t *data_len, void **own)
{
	struct listener *listener = context;
	struct exchange *exchange = *own;
	struct connection *c = connection_of(connection);
	struct request request;
	size_t len = *data_len;

	(void)url;
	if (exchange == NULL || exchange->target == NULL || c == NULL ||
	    c->refused)
		return MHD_NO;
	if (!exchange->begun)
		return begin(listener, connection, exchange, method, version);
	if (len > 0) {
		*data_len = 0;
		return receive(listener, exchange, data, len);
	}
	if (exchange->response.status == 0) {
		fill_request(exchange, method, &request);
		http_handle(listener->server, &request, &exchange->response);
		reserve_answer(listener, exchange);
	}
	return answer(listener, connection, exchange);
}
