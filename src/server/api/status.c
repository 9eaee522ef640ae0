#include "config.h"

#include "src/server/api/handlers.h"
#include "src/server/api/secret.h"

/* What clients may rely on; agentsecrets-formats(5) explains each. */
static const char *const extensions[] = {"client-keys", "versions",
    "tombstones", "bulk-list", "etag", "key-epoch", "opaque-tokens", "history"};

static void
write_limits(struct writer *w, const struct server_limits *limits)
{
	writer_open(w, '{');
	writer_member_number(w, "secrets_per_request", limits->secrets);
	writer_member_number(w, "request_bytes", limits->request_bytes);
	writer_member_number(w, "value_bytes", limits->value_bytes);
	writer_member_number(
	    w, "blob_bytes", limits->value_bytes + BLOB_OVERHEAD);
	writer_member_number(w, "environment_names", ENVIRONMENT_ROWS_MAX);
	writer_member_number(w, "environment_bytes", ENVIRONMENT_BYTES_MAX);
	writer_member_number(w, "name_bytes", NAME_MAX_BYTES);
	writer_member_number(w, "password_bytes", PASSWORD_MAX);
	writer_close(w, '}');
}

/* Without an envelope, as the reference answers. */
int
status_write(struct call *call, bool healthy, struct err *err)
{
	struct writer *w = &call->writer;

	call->response->status = healthy ? 200 : 503;
	call->response->body.len = 0;
	*w = (struct writer){&call->response->body, false, false};
	writer_open(w, '{');
	writer_member(w, "status", healthy ? "healthy" : "unhealthy");
	writer_member(w, "server", "agentsecrets-server");
	writer_member(w, "version", PACKAGE_VERSION);
	writer_member_time(w, "timestamp", call->now);
	writer_member_number(
	    w, "uptime_seconds", call->now - call->server->started_at);
	writer_member(w, "origin", call->server->origin);
	writer_member(w, "registration",
	    call->server->open_registration || call->server->embedded
		? "open"
		: "closed");
	writer_key(w, "extensions");
	writer_open(w, '[');
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		writer_text(w, extensions[i]);
	writer_close(w, ']');
	writer_key(w, "limits");
	write_limits(w, &call->server->limits);
	return reply_end(call, err);
}

int
status_get(struct call *call, struct err *err)
{
	int rc = db_ping(call->db, err);

	return rc < 0 ? rc : status_write(call, true, err);
}
