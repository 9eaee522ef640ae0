#include "config.h"

#include "http_error.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* "connection refused": the system's words as they stand in a sentence. */
static void
system_reason(CURL *curl, char *out, size_t out_len)
{
	long number = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
	snprintf(out, out_len, "%s",
	    number > 0 ? strerror((int)number) : "no connection");
	out[0] = (char)tolower((unsigned char)out[0]);
}

static int
embedded_failed(struct net_state *state, CURLcode code, struct err *err)
{
	int status = 0;

	if (!embedded_has_ended(&state->embedded, &status))
		return net_fail(state, REASON_EMBEDDED, err,
		    "the embedded server does not answer: %s",
		    curl_easy_strerror(code));
	if (WIFSIGNALED(status))
		return net_fail(state, REASON_EMBEDDED, err,
		    "the embedded server was ended by signal %d",
		    WTERMSIG(status));
	return net_fail(state, REASON_EMBEDDED, err,
	    "the embedded server ended with status %d", WEXITSTATUS(status));
}

static int
no_connection(struct net_state *state, struct err *err)
{
	char why[128];

	system_reason(state->curl, why, sizeof(why));
	return net_fail(state, REASON_UNREACHABLE, err, "cannot reach %s: %s",
	    state->shown, why);
}

static int
no_trust(struct net_state *state, const char *detail, struct err *err)
{
	return net_fail(state, REASON_CERTIFICATE, err,
	    "cannot verify the certificate of %s: %s", state->shown, detail);
}

int
http_failed(
    struct net_state *state, CURLcode code, const char *detail, struct err *err)
{
	if (detail[0] == '\0')
		detail = curl_easy_strerror(code);
	if (code == CURLE_OUT_OF_MEMORY)
		return net_fail(state, REASON_FAILED, err, "out of memory");
	if (state->embedded.dir[0] != '\0')
		return embedded_failed(state, code, err);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return net_fail(state, REASON_UNREACHABLE, err,
		    "cannot reach %s: no such host", state->shown);
	case CURLE_COULDNT_CONNECT:
		return no_connection(state, err);
	case CURLE_GOT_NOTHING:
		return net_fail(state, REASON_UNREACHABLE, err,
		    "%s closed the connection without an answer", state->shown);
	case CURLE_OPERATION_TIMEDOUT:
		return net_fail(state, REASON_UNREACHABLE, err,
		    "cannot reach %s: timed out", state->shown);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return no_trust(state, detail, err);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return net_fail(state, REASON_CERTIFICATE, err,
		    "no TLS connection to %s: %s", state->shown, detail);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return net_fail(state, REASON_NOT_OURS, err,
		    "%s answers, but is no AgentSecrets server", state->shown);
	case CURLE_WRITE_ERROR:
		return net_fail(state, REASON_NOT_OURS, err,
		    "the answer of %s is larger than %d MiB", state->shown,
		    MESSAGE_MAX >> 20);
	default:
		return net_fail(state, REASON_UNREACHABLE, err,
		    "the connection to %s broke: %s", state->shown, detail);
	}
}
