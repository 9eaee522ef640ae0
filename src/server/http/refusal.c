/*
 * libmicrohttpd refuses some requests itself (a broken request line, a
 * header larger than its memory) and answers with an HTML page that cannot
 * be replaced by an option. It makes those pages, and we make nothing, with
 * the function below; a program's definition goes before a library's, so the
 * pages become JSON here.
 *
 * Version 0.9.75 sends the head twice when a length is at fault, and a client
 * then reads the second head as the body. Those answers have no body: the
 * first head is a sound answer by itself, and the connection is closed.
 */
#include "config.h"

#include <string.h>

#include <microhttpd.h>

#define REFUSAL(code, why)                                                     \
	"{\"status\":\"failure\",\"code\":\"" code "\",\"message\":\"" why     \
	"\",\"detail\":\"" why "\"}"

static char too_large[] =
    REFUSAL("too_large", "the request's header or body is too large");
static char nothing[] = "";
static char malformed[] =
    REFUSAL("bad_request", "the request is not sound HTTP");

__attribute__((visibility("default"))) struct MHD_Response *
MHD_create_response_from_buffer(
    size_t size, void *buffer, enum MHD_ResponseMemoryMode mode)
{
	const char *page = buffer;
	char *text = malformed;
	struct MHD_Response *response;

	(void)mode;
	if (size > 0 &&
	    (memmem(page, size, "too big", 7) != NULL ||
		memmem(page, size, "too large", 9) != NULL))
		text = too_large;
	if (size > 0 && memmem(page, size, "Content-Length", 14) != NULL)
		text = nothing;
	response = MHD_create_response_from_buffer_with_free_callback(
	    strlen(text), text, NULL);
	if (response != NULL)
		MHD_add_response_header(response, "Content-Type",
		    "application/json; charset=utf-8");
	return response;
}
