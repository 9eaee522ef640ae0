/* Which handler answers which method and path; nothing else is answered. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <agentsecrets/text.h>

#include "src/server/api/call.h"
#include "src/server/api/handlers.h"
#include "src/server/api/token.h"

enum body { BODY_IGNORED, BODY_OPTIONAL, BODY_REQUIRED };

struct route {
	const char *method;
	const char *pattern; /* below /api; '*' is one argument */
	bool public;	     /* answered without a session */
	enum body body;
	handler *handler;
};

/* The first match wins, so words come before '*'. */
static const struct route routes[] = {
    {"GET", "status", true, BODY_IGNORED, status_get},
    {"GET", "status/health", true, BODY_IGNORED, status_get},
    {"POST", "auth/register", true, BODY_REQUIRED, account_register},
    {"POST", "auth/login", true, BODY_REQUIRED, session_login},
    {"POST", "auth/refresh", true, BODY_REQUIRED, session_refresh},
    {"POST", "auth/logout", false, BODY_OPTIONAL, session_logout},
    {"PATCH", "auth/change-password", false, BODY_REQUIRED,
	session_change_password},
    {"GET", "users/*/public-key", false, BODY_IGNORED, account_public_key},
    {"GET", "workspaces", false, BODY_IGNORED, workspace_list},
    {"POST", "workspaces", false, BODY_REQUIRED, workspace_create},
    {"GET", "workspaces/*", false, BODY_IGNORED, workspace_get},
    {"PATCH", "workspaces/*", false, BODY_REQUIRED, workspace_update},
    {"DELETE", "workspaces/*", false, BODY_IGNORED, workspace_delete},
    {"PUT", "workspaces/*/key", false, BODY_REQUIRED, workspace_key_put},
    {"GET", "projects", false, BODY_IGNORED, project_list},
    {"POST", "projects", false, BODY_REQUIRED, project_create},
    {"GET", "projects/*/environments", false, BODY_IGNORED,
	project_environments},
    {"GET", "projects/*/secrets/coverage", false, BODY_IGNORED,
	project_coverage},
    {"GET", "projects/*/secrets/diff", false, BODY_IGNORED, project_diff},
    {"GET", "projects/*", false, BODY_IGNORED, project_get},
    {"PATCH", "projects/*", false, BODY_REQUIRED, project_update},
    {"DELETE", "projects/*", false, BODY_IGNORED, project_delete},
    {"GET", "projects/*/*", false, BODY_IGNORED, project_get},
    {"PATCH", "projects/*/*", false, BODY_REQUIRED, project_update},
    {"DELETE", "projects/*/*", false, BODY_IGNORED, project_delete},
    {"POST", "secrets", false, BODY_REQUIRED, secret_bulk},
    {"POST", "secrets/bulk", false, BODY_REQUIRED, secret_bulk},
    {"GET", "secrets/*", false, BODY_IGNORED, secret_list},
    {"GET", "secrets/*/*", false, BODY_IGNORED, secret_get},
    {"PATCH", "secrets/*/*", false, BODY_REQUIRED, secret_update},
    {"DELETE", "secrets/*/*", false, BODY_OPTIONAL, secret_delete},
    {"GET", "secrets/*/*/*", false, BODY_IGNORED, secret_get},
    {"PATCH", "secrets/*/*/*", false, BODY_REQUIRED, secret_update},
    {"GET", "secrets/*/*/*/versions", false, BODY_IGNORED, secret_versions},
    {"DELETE", "secrets/*/*/*", false, BODY_OPTIONAL, secret_delete},
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

/* Compare with the segments after "api" and gather the arguments. */
static bool
matches(const char *pattern, const struct path *path,
    const char *arguments[ARGUMENTS_MAX])
{
	size_t n = 0;

	for (size_t i = 1; i < path->segments_n; i++) {
		size_t len = strcspn(pattern, "/");
		const char *segment = path->segments[i];

		if (len == 0)
			return false;
		if (len == 1 && *pattern == '*')
			arguments[n++] = segment;
		else if (strlen(segment) != len ||
		    memcmp(segment, pattern, len) != 0)
			return false;
		pattern += len;
		pattern += *pattern == '/' ? 1 : 0;
	}
	for (; n < ARGUMENTS_MAX; n++)
		arguments[n] = NULL;
	return *pattern == '\0';
}

/* 405 tells the methods that the path has, 404 that it has none. */
static int
refuse(struct call *call)
{
	if (call->response->allow[0] == '\0')
		return reply_fail(call, 404, "non_existent",
		    "there is no such path on this server");
	return reply_fail(call, 405, "method_not_allowed",
	    "the method is not allowed for this path");
}

static const struct route *
find_route(struct call *call)
{
	char *allow = call->response->allow;
	size_t used = 0;

	if (call->path.segments_n == 0 ||
	    !text_equal(call->path.segments[0], "api")) {
		refuse(call);
		return NULL;
	}
	for (size_t i = 0; i < ROUTES; i++) {
		const char *arguments[ARGUMENTS_MAX];

		if (!matches(routes[i].pattern, &call->path, arguments))
			continue;
		if (text_equal(routes[i].method, call->request->method)) {
			memcpy(call->arguments, arguments, sizeof(arguments));
			allow[0] = '\0';
			return &routes[i];
		}
		/* A word and a '*' may both match; no method is part of one. */
		if (strstr(allow, routes[i].method) != NULL)
			continue;
		used += (size_t)snprintf(allow + used,
		    sizeof(call->response->allow) - used, "%s%s",
		    used > 0 ? ", " : "", routes[i].method);
	}
	refuse(call);
	return NULL;
}

static int
read_body(struct call *call, enum body body)
{
	const struct request *request = call->request;
	struct err why;

	if (body == BODY_IGNORED)
		return 0;
	if (request->body_len == 0) {
		if (body == BODY_OPTIONAL)
			return 0;
		return reply_invalid(call, "data", "This field is required");
	}
	if (json_parse(&call->body, (const char *)request->body,
		request->body_len, "the request body", &why) < 0)
		return reply_fail(call, 400, "bad_request",
		    "Cannot parse request body: %s", why.text);
	if (!cJSON_IsObject(call->body))
		return reply_invalid(call, "data",
		    "Input should be a valid dictionary or object to extract "
		    "fields from");
	return 0;
}

static int
run(struct call *call, const struct route *route, struct err *err)
{
	int rc = 0;

	if (!route->public)
		rc = authenticate(call, err);
	if (rc == 0)
		rc = read_body(call, route->body);
	if (rc == 0)
		rc = route->handler(call, err);
	return rc;
}

/* The client is told nothing but that it was not its fault. */
static void
fail(struct server *server, struct response *response, const struct err *err)
{
	if (server->report != NULL)
		server->report(err);
	response_fail(response, 500, "server_error",
	    "the server failed to do this: its log says why");
}

static int
reply_busy(struct call *call)
{
	call->response->retry_after = 1;
	return reply_fail(call, 503, "busy",
	    "others write at this moment: try again in a second");
}

static int
with_database(struct server *server, struct call *call,
    const struct route *route, struct err *err)
{
	int rc = db_pool_take(server->pool, &call->db, err);

	if (rc < 0)
		return rc;
	rc = run(call, route, err);
	if (rc < 0 && db_was_busy(call->db))
		rc = reply_busy(call);
	db_pool_give(server->pool, call->db);
	json_release(&call->body);
	return rc;
}

static void
call_init(struct call *call, struct server *server,
    const struct request *request, struct response *response)
{
	*call = (struct call){.server = server,
	    .request = request,
	    .response = response,
	    .now = time(NULL)};
}

void
http_handle(struct server *server, const struct request *request,
    struct response *response)
{
	struct call call;
	const struct route *route;
	const char *why;
	struct err err = {.status = EXIT_DONE};

	call_init(&call, server, request, response);
	if (path_parse(&call.path, request->target, &why) < 0) {
		response_fail(response, 400, "bad_request", why);
		return;
	}
	route = find_route(&call);
	if (route != NULL && with_database(server, &call, route, &err) < 0) {
		fail(server, response, &err);
		if (route->handler == status_get)
			status_write(&call, false, &err);
	}
	path_release(&call.path);
}

/* A session costs one look into the database, and only a bulk write asks. */
size_t
http_body_limit(struct server *server, const struct request *request,
    struct response *response)
{
	struct call call;
	const struct route *route;
	const char *why;
	struct err err = {.status = EXIT_DONE};
	struct response ignored = RESPONSE_INIT;
	bool bulk;

	call_init(&call, server, request, &ignored);
	if (path_parse(&call.path, request->target, &why) < 0)
		return SMALL_BODY_MAX;
	route = find_route(&call);
	bulk = route != NULL && route->handler == secret_bulk;
	path_release(&call.path);
	response_release(&ignored);
	if (!bulk)
		return SMALL_BODY_MAX;
	call.response = response;
	if (db_pool_take(server->pool, &call.db, &err) < 0) {
		fail(server, response, &err);
		return (size_t)server->limits.request_bytes;
	}
	if (authenticate(&call, &err) < 0)
		fail(server, response, &err);
	db_pool_give(server->pool, call.db);
	return (size_t)server->limits.request_bytes;
}
