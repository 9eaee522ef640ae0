/*
 * What the net helper knows: one server, one session, and why the last
 * request failed.
 */
#ifndef NET_STATE_H
#define NET_STATE_H

#include <curl/curl.h>

#include <agentsecrets/err.h>
#include <agentsecrets/message.h>

#include "embedded.h"
#include "session.h"

struct net_state {
	CURL *curl;  /* NULL until the next request needs one */
	char *base;  /* "https://host/api"; NULL before OPEN */
	char *shown; /* the server in error texts, with quotes */
	struct embedded embedded;
	struct session session;
	unsigned patience;	    /* seconds for a request; 0: as ever */
	enum message_reason reason; /* set by net_fail() */
	unsigned http_status;	    /* of a refusal, or 0 */
	char code[65];		    /* of a refusal, or "" */
};

/* Fail for a reason: the launcher's exit status hangs on it. */
#define net_fail(state, why, err, ...)                                         \
	((state)->reason = (why), err_set(err, EXIT_FAILED, __VA_ARGS__))

#endif
