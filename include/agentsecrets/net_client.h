/*
 * net_client: the launcher's side of agentsecrets-net. One function for each
 * thing that can be asked of the server. What comes back is ciphertext, public
 * keys and names; session tokens come back into the arena.
 *
 * Every call may fail with -EXIT_UNREACHABLE (no server, TLS), -EXIT_ACCESS
 * (the session is over: hint `login`), -EXIT_FAILED (the server's own
 * sentence, or an answer that is not of our protocol). The HTTP status of a
 * refusal is in `net.http_status` until the next call.
 *
 * A call that meets an expired session refreshes it once under the home's
 * token lock and repeats itself, through the `struct net_session` below. The
 * session stays in the arena while the helper runs: an arena_mark() to go
 * back to is taken before net_start(), or not before net_stop().
 */
#ifndef AGENTSECRETS_NET_CLIENT_H
#define AGENTSECRETS_NET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/helper.h>
#include <agentsecrets/limits.h>

#define NET_EMBEDDED "embedded"

/* Of the body of a write, without its rows. */
enum { NET_BODY_BYTES = 256 };

/*
 * Where session tokens rest. The store implements it; the helper room only
 * knows that the text is opaque and secret.
 */
struct net_session {
	void *context;
	/* Read the session into the arena; len 0 when there is none. */
	int (*load)(void *context, struct secret *out, struct err *err);
	/* Replace it, durably. */
	int (*save)(
	    void *context, const struct secret *session, struct err *err);
	/* Take the lock around a refresh; returns a descriptor to close. */
	int (*lock)(void *context, struct err *err);
};

/* What a server takes in one request that writes. */
struct net_limits {
	uint64_t names;	      /* 1…SECRETS_MAX */
	uint64_t bytes;	      /* of the body, 1…REQUEST_MAX */
	uint64_t value_bytes; /* of a value before encryption, 1…VALUE_MAX */
};

struct net {
	struct helper helper;
	struct net_session session;
	struct secret current; /* what the helper was given */
	struct buf reply;      /* the body of the last answer */
	unsigned http_status;  /* of the last refusal, or 0 */
	/* Seconds after which a request is given up; 0: the helper's own
	 * limits. Set before net_start(). */
	unsigned patience;
	struct net_limits limits; /* once net_ask_limits() was asked */
};

#define NET_INIT                                                               \
	{                                                                      \
		.helper = HELPER_INIT, .reply = BUF_INIT                       \
	}
#define AUTO_NET __attribute__((cleanup(net_stop)))

/* A workspace as the server tells it: nothing here is to be believed. */
struct net_workspace {
	char id[UUID_TEXT + 1];
	char name[LABEL_MAX + 1];
	char role[16];
	char type[16];
	bool has_key;
	uint8_t sealed_key[SEALED_KEY];
	uint32_t epoch; /* 1 when the server names none */
	char sealed_name[LABEL_MAX + 1];
};

struct net_workspaces {
	struct net_workspace *items;
	size_t n;
};

struct net_project {
	char id[UUID_TEXT + 1];
	char workspace[UUID_TEXT + 1];
	char name[LABEL_MAX + 1];
	char description[LABEL_MAX + 1];
};

struct net_projects {
	struct net_project *items;
	size_t n;
};

/* A secret or a tombstone on its way. */
struct net_row {
	char name[NAME_MAX_BYTES + 1];
	bool deleted;
	bool has_version; /* in a write: whether there is a condition */
	uint64_t version; /* the server's row version; 0: does not exist */
	const uint8_t *blob;
	size_t blob_len; /* 0: a tombstone that the server did not keep */
};

/* Rows; blobs are views into `memory` where they came from an answer. */
struct net_rows {
	struct net_row *items;
	size_t n;
	struct buf memory;
};

struct net_list {
	char workspace[UUID_TEXT + 1]; /* "" when the server tells none */
	uint32_t key_epoch;	       /* 0 when the server tells none */
	uint64_t revision;
	bool unchanged; /* nothing newer than the revision that was given */
	struct net_rows rows;
};

/* What a name holds and held before, newest first. */
struct net_history {
	char workspace[UUID_TEXT + 1]; /* "" when the server tells none */
	uint32_t key_epoch;	       /* 0 when the server tells none */
	struct net_rows rows;	       /* at least one */
	uint64_t *written_at; /* of each row, unix seconds; 0: not told */
};

struct net_server {
	char version[65];
	char extensions[1025];
	char origin[URL_MAX_BYTES + 1];
	uint64_t date; /* its clock, unix seconds; 0: not told */
	/* What it tells, and otherwise what every server takes. */
	struct net_limits limits;
};

struct net_registration {
	const char *email;
	const struct secret *auth_secret; /* NULL: embedded */
	const char *first_name;		  /* both may be "" when embedded */
	const char *last_name;
	const uint8_t *public_key; /* KEY_BYTES */
	const char *workspace;	   /* id */
	const uint8_t *sealed_key; /* SEALED_KEY bytes */
	uint32_t epoch;
	const char *sealed_name;
};

struct net_login {
	struct secret session; /* in the arena */
	char user_id[65];
	char first_name[LABEL_MAX + 1];
	char last_name[LABEL_MAX + 1];
	bool has_public_key;
	uint8_t public_key[KEY_BYTES];
	struct net_workspaces workspaces;
};

/**
 * Start the helper and tell it which server.
 *
 * @param net       NET_INIT before; released with net_stop()
 * @param server    NET_EMBEDDED, or a URL as origin_canonical() accepts it
 *                  (with or without a path; without one, "/api")
 * @param data_dir  of the embedded server, absolute; made if missing. NULL
 *                  for another server
 * @param session   where tokens rest; NULL for none (embedded, status)
 */
int net_start(struct net *net, const char *server, const char *data_dir,
    const struct net_session *session, struct err *err);

/** End the helper and wait for it. Accepts one that was never started. */
void net_stop(struct net *net);

/** GET status/: who is there. Needs no session. */
int net_status(struct net *net, struct net_server *out, struct err *err);

/**
 * What the server takes in one request. It is asked once a connection, with
 * net_status().
 */
int net_ask_limits(struct net *net, struct net_limits *out, struct err *err);

/**
 * The bytes that a row takes in the body of a write, at most; the body itself
 * has NET_BODY_BYTES besides.
 */
size_t net_row_bytes(const char *name, size_t blob_len);

/**
 * Register an account with its first workspace.
 *
 * @param user_id  65 bytes; "" when the server tells none
 * @return 0; -EXIT_CONFLICT when the account exists
 */
int net_register(struct net *net, const struct net_registration *registration,
    char *user_id, struct err *err);

/**
 * Log in; the session is for the caller to save. Release
 * `out->workspaces` with net_workspaces_release().
 *
 * @return 0; -EXIT_ACCESS when the server refuses e-mail or password
 */
int net_log_in(struct net *net, const char *email,
    const struct secret *auth_secret, struct net_login *out, struct err *err);

/** End the session at the server. */
int net_log_out(struct net *net, struct err *err);

/** List the workspaces of the account. Release `out`. */
int net_workspaces(
    struct net *net, struct net_workspaces *out, struct err *err);

/** List the projects of all its workspaces. Release `out`. */
int net_projects(struct net *net, struct net_projects *out, struct err *err);

/**
 * @return 0; -EXIT_CONFLICT when id or name is taken
 */
int net_project_create(struct net *net, const char *id, const char *workspace,
    const char *name, struct err *err);

/**
 * Change what a project is called or described as.
 *
 * @param project      as the server lists it
 * @param name         NULL: stays
 * @param description  at most LABEL_MAX bytes; NULL: stays
 * @return 0; -EXIT_CONFLICT when the name is taken
 */
int net_project_update(struct net *net, const struct net_project *project,
    const char *name, const char *description, struct err *err);

/**
 * Delete a project with everything in it.
 *
 * @param project  as the server lists it
 */
int net_project_delete(
    struct net *net, const struct net_project *project, struct err *err);

/**
 * Fetch every secret and tombstone of a project's environment.
 *
 * @param revision  what is already here; 0 for nothing: then never
 *                  `unchanged`
 * @param out       release with net_rows_release(&out->rows)
 */
int net_secrets(struct net *net, const char *project, const char *environment,
    uint64_t revision, struct net_list *out, struct err *err);

/**
 * Write rows and tombstones: all of them or none, one request.
 *
 * @param rows       in: what to write; release stays with the caller
 * @param written    out: name and new row version of each, in the order of
 *                   `rows`; may be NULL
 * @param revision   out: of the environment after the write; 0 when it
 *                   changed nothing, so that nobody takes what others wrote
 *                   until now for seen
 * @param conflicts  out, on -EXIT_CONFLICT: what is there instead; release
 *                   with net_rows_release(). It stays as it was when the
 *                   workspace key is newer than `key_epoch`, which is
 *                   -EXIT_CONFLICT too
 * @return 0; -EXIT_CONFLICT
 */
int net_write(struct net *net, const char *project, const char *environment,
    uint32_t key_epoch, const struct net_rows *rows, struct net_rows *written,
    uint64_t *revision, struct net_rows *conflicts, struct err *err);

/**
 * Fetch what is stored under a name and was before. Other servers do not know
 * the request and refuse it with 404 as well.
 *
 * @param name  in its stored form
 * @param out   release with net_history_release()
 * @return 0; -EXIT_FAILED with `net->http_status` 404 when there is no such
 *         name, live or deleted
 */
int net_history(struct net *net, const char *project, const char *environment,
    const char *name, struct net_history *out, struct err *err);

/** Whether the server said that it has the extension of that name. */
bool net_has_extension(const struct net_server *server, const char *name);

/** Free what a list holds; a zeroed or half-filled one is fine. */
void net_workspaces_release(struct net_workspaces *workspaces);
void net_projects_release(struct net_projects *projects);
void net_rows_release(struct net_rows *rows);
void net_history_release(struct net_history *history);

#endif
