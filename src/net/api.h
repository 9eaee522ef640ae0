/* api: the server's HTTP API, one function for each request message. */
#ifndef NET_API_H
#define NET_API_H

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "http.h"
#include "state.h"

/* An answer of our protocol, success or refusal. */
struct api_answer {
	unsigned status;
	cJSON *json; /* an object; NULL for 304 */
	uint64_t retry_after;
	uint64_t date; /* the server's clock; 0: not told */
};

#define API_ANSWER_INIT                                                        \
	{                                                                      \
		.json = NULL                                                   \
	}
#define AUTO_API_ANSWER __attribute__((cleanup(api_answer_release)))

/**
 * Make a request and read the answer as JSON.
 *
 * @return 0 whatever the HTTP status; -EXIT_FAILED when there is no answer,
 *         or it is not of our protocol
 */
int api_call(struct net_state *state, const struct http_request *request,
    struct api_answer *answer, struct err *err);

/** Whether the answer is a success envelope, or 304. */
bool api_succeeded(const struct api_answer *answer);

/**
 * Fail with the server's own sentence, code and status.
 *
 * @return -EXIT_FAILED
 */
int api_refused(
    struct net_state *state, const struct api_answer *answer, struct err *err);

/** api_call() and api_refused(). @return 0 only for a success */
int api_succeed(struct net_state *state, const struct http_request *request,
    struct api_answer *answer, struct err *err);

/** Fail because the answer lacks or spoils `what`. @return -EXIT_FAILED */
int api_not_ours(struct net_state *state, const char *what, struct err *err);

/** The refusal's code, or "". */
const char *api_code(const struct api_answer *answer);

void api_answer_release(struct api_answer *answer);

/*
 * What the messages ask for. Each fills `answer` (already begun with
 * message_init()) and returns 0, or -EXIT_FAILED with the reason in `state`.
 */
typedef int api_handler(struct net_state *state,
    const struct message_view *request, struct message *answer,
    struct err *err);

api_handler api_status;
api_handler api_register;
api_handler api_login;
api_handler api_refresh;
api_handler api_logout;
api_handler api_workspaces;
api_handler api_projects;
api_handler api_project_create;
api_handler api_project_update;
api_handler api_project_delete;
api_handler api_secrets;
api_handler api_write;
api_handler api_history;

#endif
