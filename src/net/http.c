#include "config.h"

#include "http.h"

#include <string.h>
#include <sys/socket.h>

#include <agentsecrets/text.h>

#include "http_error.h"

/* A large body may take its time on a slow line, as long as it moves. */
enum {
	CONNECT_SECONDS = 10,
	SLOW_BYTES = 1000, /* a second, sent and received */
	SLOW_SECONDS = 20,
	TOTAL_SECONDS = 600,
};

static void
free_list(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

#define AUTO_SLIST __attribute__((cleanup(free_list)))

void
http_answer_release(struct http_answer *answer)
{
	buf_release(&answer->body);
}

void
http_forget(struct net_state *state)
{
	curl_easy_cleanup(state->curl);
	state->curl = NULL;
}

static size_t
take_body(char *bytes, size_t size, size_t n, void *context)
{
	struct buf *body = context;

	if (size * n > MESSAGE_MAX - body->len)
		return 0;
	return buf_append(body, bytes, size * n) < 0 ? 0 : size * n;
}

static curl_socket_t
open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)context;
	(void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

static int
append_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer == NULL)
		return -1;
	*list = longer;
	return 0;
}

static int
append_text_header(struct curl_slist **list, const struct buf *line)
{
	return append_header(list, buf_text_view(line));
}

static int
make_headers(const struct net_state *state, const struct http_request *request,
    struct curl_slist **list)
{
	AUTO_BUF struct buf bearer = BUF_INIT;
	AUTO_BUF struct buf unless = BUF_INIT;

	if (append_header(list, "Accept: application/json") < 0)
		return -1;
	/* No "100 Continue" round trip before a body. */
	if (request->body != NULL &&
	    (append_header(list, "Content-Type: application/json") < 0 ||
		append_header(list, "Expect:") < 0))
		return -1;
	if (request->unless != NULL &&
	    (buf_printf(&unless, "If-None-Match: \"%llu\"",
		 (unsigned long long)*request->unless) < 0 ||
		append_text_header(list, &unless) < 0))
		return -1;
	if (request->authorized && session_access(&state->session) != NULL &&
	    (buf_append_text(&bearer, "Authorization: Bearer ") < 0 ||
		buf_append_text(&bearer, session_access(&state->session)) < 0 ||
		append_text_header(list, &bearer) < 0))
		return -1;
	return 0;
}

/* What holds for every request. Options that libcurl lacks would fail open,
 * so each one is checked. */
static CURLcode
set_fixed(struct net_state *state, CURL *curl)
{
	CURLcode rc = CURLE_OK;

#define SET(option, value)                                                     \
	if (rc == CURLE_OK)                                                    \
	rc = curl_easy_setopt(curl, option, value)
	SET(CURLOPT_PROTOCOLS_STR,
	    text_has_prefix(state->base, "https:") ? "https" : "http");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
	SET(CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
	SET(CURLOPT_TIMEOUT,
	    state->patience > 0 ? (long)state->patience : TOTAL_SECONDS);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	/* A resolver that hangs does not hold the answer up. */
#if LIBCURL_VERSION_NUM >= 0x075700
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	/* libcurl 7.88 cannot use such a connection twice and keeps it. */
	if (state->embedded.dir[0] != '\0') {
		SET(CURLOPT_UNIX_SOCKET_PATH, state->embedded.path);
		SET(CURLOPT_FORBID_REUSE, 1L);
	}
	return rc;
}

static CURLcode
set_request(CURL *curl, const struct http_request *request,
    struct curl_slist *headers, struct http_answer *answer)
{
	CURLcode rc = CURLE_OK;

	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_WRITEDATA, &answer->body);
	if (request->body != NULL) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDS, buf_text_view(request->body));
		SET(CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)request->body->len);
	}
	if (request->method != NULL)
		SET(CURLOPT_CUSTOMREQUEST, request->method);
	return rc;
}

/* What the server's clock says (RFC 9110, 6.6.1). */
static uint64_t
date_of(CURL *curl)
{
	struct curl_header *header;
	time_t date;

	if (curl_easy_header(curl, "Date", 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return 0;
	date = curl_getdate(header->value, NULL);
	return date > 0 ? (uint64_t)date : 0;
}

static void
take_facts(CURL *curl, struct http_answer *answer)
{
	long status = 0;
	curl_off_t seconds = 0;
	char *location = NULL;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
	curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
	answer->status = (unsigned)status;
	answer->date = date_of(curl);
	answer->retry_after = seconds > 0 ? (uint64_t)seconds : 0;
	if (location != NULL)
		text_printable(answer->location, sizeof(answer->location),
		    location, strlen(location), TEXT_PRINTABLE_MAX);
}

static CURLcode
perform(struct net_state *state, const struct http_request *request,
    struct curl_slist *headers, struct http_answer *answer, char *detail)
{
	AUTO_BUF struct buf url = BUF_INIT;
	CURL *curl = state->curl;
	CURLcode rc;

	if (buf_printf(&url, "%s/%s", state->base, request->path) < 0)
		return CURLE_OUT_OF_MEMORY;
	curl_easy_reset(curl);
	rc = set_fixed(state, curl);
	SET(CURLOPT_ERRORBUFFER, detail);
	SET(CURLOPT_URL, buf_text_view(&url));
	if (rc == CURLE_OK)
		rc = set_request(curl, request, headers, answer);
	if (rc == CURLE_OK)
		rc = curl_easy_perform(curl);
	if (rc == CURLE_OK)
		take_facts(curl, answer);
	return rc;
}

int
http_exchange(struct net_state *state, const struct http_request *request,
    struct http_answer *answer, struct err *err)
{
	AUTO_SLIST struct curl_slist *headers = NULL;
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode rc;

	if (state->curl == NULL)
		state->curl = curl_easy_init();
	if (state->curl == NULL || make_headers(state, request, &headers) < 0)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	rc = perform(state, request, headers, answer, detail);
	/* The handle lives on, the buffer does not. */
	curl_easy_setopt(state->curl, CURLOPT_ERRORBUFFER, NULL);
	return rc == CURLE_OK ? 0 : http_failed(state, rc, detail, err);
}
