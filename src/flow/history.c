/* history: what a secret held before, and bringing it back. */
#include "config.h"

#include <agentsecrets/flow_history.h>

#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "exchange.h"
#include "judge.h"
#include "place.h"
#include "settle.h"
#include "write.h"

/* A name's versions as the server shows them, judged. */
struct past {
	struct place place;
	struct vault vault;
	struct net net;
	struct workspace_key key;
	struct net_history history;
	uint32_t *versions;
	char name[NAME_MAX_BYTES + 1];
};

#define PAST_INIT                                                              \
	{                                                                      \
		.place = PLACE_INIT, .vault = VAULT_INIT, .net = NET_INIT,     \
		.key = WORKSPACE_KEY_INIT                                      \
	}
#define AUTO_PAST __attribute__((cleanup(past_release)))

static void
past_release(struct past *past)
{
	free(past->versions);
	net_history_release(&past->history);
	net_stop(&past->net);
	vault_release(&past->vault);
	place_release(&past->place);
}

/*
 * 404 has three meanings: another server, which knows no such request; no
 * such secret; or one that is held back, which the list tells.
 */
static int
explain_missing(struct past *past, const char *given, struct err *err)
{
	AUTO_VAULT struct vault accepted = VAULT_INIT;
	struct net_list list = {.revision = 0};
	struct net_server server;
	const struct vault_row *row;
	int rc = net_status(&past->net, &server, err);

	if (rc < 0)
		return rc;
	if (!net_has_extension(&server, "history"))
		return err_set(
		    err, EXIT_FAILED, "the server keeps no former values");
	rc = exchange_look(&past->net, &past->place, &past->key, &past->vault,
	    &list, &accepted, err);
	row = vault_find(list.unchanged ? &past->vault : &accepted, past->name);
	net_rows_release(&list.rows);
	if (rc < 0)
		return rc;
	if (row != NULL && !row->deleted)
		return err_set(err, EXIT_UNSAFE,
		    "the server holds back the history of '%s'", past->name);
	return no_secret(given, &past->place, &past->vault, err);
}

static int
judge_past(struct past *past, struct err *err)
{
	AUTO_SEEN struct seen seen = SEEN_INIT;
	struct judge judge = {
	    &past->vault, past->key.blobs, past->key.epoch, NULL};
	const struct net_rows none = {NULL, 0, BUF_INIT};

	if (exchange_check(&past->place, &past->key, past->history.workspace,
		past->history.key_epoch, err) < 0)
		return -(int)err->status;
	if (past->key.compat) {
		if (seen_gather(&seen, &past->vault, &none, &past->place.home,
			&past->place.trust, err) < 0)
			return -(int)err->status;
		judge.seen = &seen;
	}
	past->versions = calloc(past->history.rows.n, sizeof(*past->versions));
	if (past->versions == NULL)
		return err_memory(err);
	return judge_history(
	    &judge, past->name, &past->history.rows, past->versions, err);
}

static int
look(struct past *past, const char *given, const struct caller *caller,
    struct err *err)
{
	int rc;

	if (place_find(&past->place, caller, err) < 0 ||
	    exchange_load(&past->vault, &past->place, err) < 0 ||
	    place_stored_name(
		past->name, given, &past->place, &past->vault, err) < 0 ||
	    exchange_connect(&past->net, &past->place, caller, err) < 0 ||
	    exchange_unlock(&past->key, &past->place, caller, err) < 0)
		return -(int)err->status;
	rc = net_history(&past->net, past->place.project,
	    past->place.environment, past->name, &past->history, err);
	if (rc < 0)
		return past->net.http_status == 404
		    ? explain_missing(past, given, err)
		    : rc;
	return judge_past(past, err);
}

void
history_result_release(struct history_result *result)
{
	free(result->items);
	result->items = NULL;
}

int
history_run(const char *name, const struct caller *caller,
    struct history_result *result, struct err *err)
{
	AUTO_PAST struct past past = PAST_INIT;
	size_t n;

	if (look(&past, name, caller, err) < 0)
		return -(int)err->status;
	n = past.history.rows.n;
	result->items = calloc(n, sizeof(*result->items));
	if (result->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < n; i++)
		result->items[i] = (struct history_version){past.versions[i],
		    past.history.written_at[i],
		    past.history.rows.items[i].deleted};
	result->n = n;
	memcpy(result->name, past.name, sizeof(result->name));
	flow_where_set(&result->where, &past.place);
	return 0;
}

static int
find_version(
    const struct past *past, uint32_t version, size_t *at, struct err *err)
{
	for (size_t i = 0; i < past->history.rows.n; i++) {
		if (past->versions[i] != version)
			continue;
		if (past->history.rows.items[i].deleted) {
			err_set(err, EXIT_FAILED,
			    "version %u of '%s' is its deletion", version,
			    past->name);
			return err_hint(err,
			    "run 'agentsecrets delete %s' to delete it",
			    past->name);
		}
		*at = i;
		return 0;
	}
	err_set(err, EXIT_FAILED, "the server has no version %u of '%s'",
	    version, past->name);
	return err_hint(
	    err, "'agentsecrets history %s' shows which there are", past->name);
}

/* The rows were judged: what opened then opens again. */
static int
open_version(struct past *past, size_t at, struct secret *out, struct err *err)
{
	const struct net_row *row = &past->history.rows.items[at];
	const struct blob_place place = {BLOB_SECRET, past->vault.project,
	    past->vault.environment, past->name};
	size_t len = row->blob_len - BLOB_OVERHEAD;
	uint8_t *bytes = arena_alloc(len + 1, err);
	uint32_t version;

	if (bytes == NULL)
		return -(int)err->status;
	(void)blob_open(
	    past->key.blobs, &place, row->blob, row->blob_len, bytes, &version);
	*out = (struct secret){bytes, len};
	return 0;
}

/* Whether the value is what the newest version holds. */
static int
is_current(struct past *past, const struct secret *value, struct err *err)
{
	const struct net_row *newest = &past->history.rows.items[0];
	struct secret current;

	if (newest->deleted)
		return 0;
	if (open_version(past, 0, &current, err) < 0)
		return -(int)err->status;
	return secret_same(&current, value);
}

/*
 * What is current there already may not be here yet: an earlier command may
 * have ended before it recorded what it wrote, or before the copy had it.
 */
static int
catch_up(struct past *past, const struct caller *caller, struct err *err)
{
	struct settle settle = {.changes_n = 0};

	if (exchange_fetch(&past->net, &past->place, &past->key, &past->vault,
		NULL, err) < 0)
		return -(int)err->status;
	return settle_local(&past->place, &past->key, &settle, caller, err);
}

int
restore_run(const char *name, uint32_t version, const struct caller *caller,
    struct write_result *result, struct err *err)
{
	AUTO_PAST struct past past = PAST_INIT;
	struct change change = {.deleted = false};
	size_t at;
	int rc;

	if (look(&past, name, caller, err) < 0 ||
	    find_version(&past, version, &at, err) < 0 ||
	    open_version(&past, at, &change.value, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &past.place);
	rc = is_current(&past, &change.value, err);
	if (rc < 0)
		return rc;
	if (rc > 0) {
		result->unchanged = 1;
		return catch_up(&past, caller, err);
	}
	memcpy(change.name, past.name, sizeof(change.name));
	rc = write_changes(&past.net, &past.place, &past.key, &past.vault,
	    &change, 1, false, COPY_TAKES, caller, err);
	if (rc == 0 && names_add(&result->written, past.name) < 0)
		rc = err_memory(err);
	return rc;
}
