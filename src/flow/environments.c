#include "config.h"

#include "environments.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "resolve.h"
#include "settle.h"

int
environment_check(const char *environment, struct err *err)
{
	if (environment_is_known(environment))
		return 0;
	err_set(err, EXIT_USAGE, "unknown environment '%.*s'",
	    text_before_equals(environment), environment);
	return err_hint(err, "it is one of development, staging, production");
}

int
environment_check_pair(const char *from, const char *to, struct err *err)
{
	if (environment_check(from, err) < 0 || environment_check(to, err) < 0)
		return -(int)err->status;
	return text_equal(from, to)
	    ? err_set(
		  err, EXIT_USAGE, "both are '%s': give two environments", from)
	    : 0;
}

void
environment_enter(struct place *place, const char *environment)
{
	snprintf(
	    place->environment, sizeof(place->environment), "%s", environment);
}

void
environment_view_release(struct environment_view *view)
{
	vault_release(&view->vault);
	vault_release(&view->accepted);
}

int
environment_look(struct environment_view *view, const char *environment,
    struct net *net, struct place *place, const struct workspace_key *key,
    struct err *err)
{
	struct net_list *list = &view->list;
	int rc;

	environment_enter(place, environment);
	memcpy(view->name, place->environment, sizeof(view->name));
	if (exchange_load(&view->vault, place, err) < 0)
		return -(int)err->status;
	rc = exchange_look(
	    net, place, key, &view->vault, list, &view->accepted, err);
	net_rows_release(&list->rows);
	view->now = list->unchanged ? &view->vault : &view->accepted;
	vault_sort(view->now);
	return rc < 0 ? err_prefix(err, "%s", environment) : 0;
}

/*
 * Record what was looked at, and have it in view->vault, too. The vault file
 * may hold more by now, which was never compared.
 */
static int
record(
    struct environment_view *view, const struct place *place, struct err *err)
{
	AUTO_VAULT struct vault file = VAULT_INIT;
	uint64_t revision =
	    view->list.unchanged ? view->vault.revision : view->list.revision;

	if (exchange_record_rows(
		place, &view->accepted, revision, 0, true, &file, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < view->accepted.rows_n; i++) {
		if (vault_put(&view->vault, &view->accepted.rows[i], err) < 0)
			return -(int)err->status;
	}
	view->vault.revision = revision;
	return 0;
}

static const struct resolve_words words = {
    .what = "changed on the server since it was looked at",
    .hint = "somebody wrote at the same time: give the same command again",
};

int
environment_write(struct environment_view *view, struct net *net,
    struct place *place, const struct workspace_key *key,
    const struct change *changes, size_t n, bool force, enum copy_rule copy,
    const struct caller *caller, struct err *err)
{
	AUTO_RESOLVER struct resolver resolver =
	    RESOLVER_INIT(force ? RESOLVE_OURS : RESOLVE_REFUSE, &words);
	struct write_result result = {.unchanged = 0};
	struct settle settle = {.changes_n = 0};
	struct write write = {.net = net,
	    .place = place,
	    .sides = {.key = key, .place = place, .base = &view->vault},
	    .resolver = &resolver,
	    .copy = copy};
	int rc = record(view, place, err);

	if (rc < 0)
		return rc;
	if (n == 0)
		return settle_local(place, key, &settle, caller, err);
	rc = write_resolved(&write, changes, n, caller, &result, err);
	write_result_release(&result);
	return rc;
}

void
environment_vaults_release(struct environment_vaults *vaults)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++)
		vault_release(&vaults->list[i]);
}

/* Ask for the vaults that are `missing`; all of them with one helper. */
static int
fetch_missing(struct environment_vaults *vaults, const bool *missing,
    struct place *place, const struct caller *caller, struct err *err)
{
	AUTO_NET struct net net = NET_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;

	if (exchange_connect(&net, place, caller, err) < 0 ||
	    exchange_unlock(&key, place, caller, err) < 0)
		return -(int)err->status;
	/* Whoever uses the values tells what they are. */
	key.notice = NULL;
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		environment_enter(place, environment_names[i]);
		if (missing[i] &&
		    exchange_fetch(
			&net, place, &key, &vaults->list[i], NULL, err) < 0)
			return err_prefix(err, "%s", environment_names[i]);
	}
	return 0;
}

static int
load_all(struct environment_vaults *vaults, bool *missing, bool *any,
    struct place *place, struct err *err)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		int rc;

		environment_enter(place, environment_names[i]);
		rc = exchange_load(&vaults->list[i], place, err);
		if (rc < 0)
			return rc;
		missing[i] |= rc == 0;
		*any |= missing[i];
	}
	return 0;
}

int
environment_vaults_ready(struct environment_vaults *vaults, bool fresh,
    struct place *place, const struct caller *caller, struct err *err)
{
	bool missing[ENVIRONMENTS_N] = {fresh, fresh, fresh};
	char active[sizeof(place->environment)];
	bool any = false;
	int rc;

	memcpy(active, place->environment, sizeof(active));
	rc = load_all(vaults, missing, &any, place, err);
	if (rc == 0 && any)
		rc = fetch_missing(vaults, missing, place, caller, err);
	environment_enter(place, active);
	return rc;
}
