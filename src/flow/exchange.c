#include "config.h"

#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <agentsecrets/account.h>
#include <agentsecrets/fd.h>

#include "connect.h"
#include "judge.h"
#include "local.h"
#include "relabelled.h"
#include "unlock.h"

void
fetched_release(struct fetched *fetched)
{
	names_release(&fetched->added);
	names_release(&fetched->changed);
	names_release(&fetched->deleted);
}

int
exchange_connect(struct net *net, struct place *place,
    const struct caller *caller, struct err *err)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	int rc = account_load(&account, &place->home, err);

	if (rc == 0)
		return place_no_account(&place->home, err);
	return rc < 0 ? rc : connect_account(net, place, &account, caller, err);
}

int
exchange_unlock(struct workspace_key *key, struct place *place,
    const struct caller *caller, struct err *err)
{
	uint8_t *bytes;

	if (unlock_workspace(&bytes, place, place->workspace, caller, err) <
		0 ||
	    blob_key_new(&key->blobs, bytes, err) < 0)
		return -(int)err->status;
	secret_wipe(bytes, KEY_BYTES);
	key->epoch = place->workspace->epoch;
	key->compat = place->workspace->compat;
	key->notice = caller->notice;
	return 0;
}

/* A write by a machine that never fetched leaves only its own rows. */
static bool
is_partial(const struct vault *vault)
{
	return vault->rows_n > 0 && vault->pulled_at == 0 &&
	    vault->revision == 0;
}

int
exchange_load(struct vault *vault, const struct place *place, struct err *err)
{
	int rc = vault_load(vault, &place->home, place->project,
	    place->workspace->id, place->environment, err);

	if (rc == 0)
		memcpy(vault->origin, place->origin, sizeof(vault->origin));
	return rc > 0 && is_partial(vault) ? 0 : rc;
}

int
exchange_check(const struct place *place, const struct workspace_key *key,
    const char *workspace, uint32_t epoch, struct err *err)
{
	if (workspace[0] != '\0' &&
	    strcmp(workspace, place->workspace->id) != 0)
		return err_set(err, EXIT_UNSAFE,
		    "the server has this project in another workspace");
	if (epoch != 0 && epoch < key->epoch)
		return err_set(err, EXIT_UNSAFE,
		    "the server shows an older workspace key (replay)");
	if (epoch > key->epoch) {
		err_set(err, EXIT_ACCESS,
		    "workspace '%s' has a newer key than this machine",
		    place->workspace->name);
		return err_hint(err, "run 'agentsecrets login' to get it");
	}
	return 0;
}

static void
tell(const struct workspace_key *key, const struct names *names,
    const char *what)
{
	char text[1280];
	char list[1024];

	if (names->n == 0 || key->notice == NULL)
		return;
	snprintf(text, sizeof(text), "warning: %s: %s", what,
	    names_join(list, sizeof(list), names, 20));
	key->notice(text);
}

static int
judge_answer(const struct place *place, const struct workspace_key *key,
    struct vault *vault, const struct net_list *list, struct vault *accepted,
    struct err *err)
{
	AUTO_SEEN struct seen seen = SEEN_INIT;
	AUTO_JUDGED struct judged judged = JUDGED_INIT;
	struct judge judge = {vault, key->blobs, key->epoch, NULL};

	if (key->compat) {
		if (seen_gather(&seen, vault, &list->rows, &place->home,
			&place->trust, err) < 0)
			return -(int)err->status;
		judge.seen = &seen;
	}
	if (judge_list(&judge, list, accepted, &judged, err) < 0)
		return -(int)err->status;
	tell(key, &judged.unbound,
	    "not bound to their names, as another client wrote them");
	tell(key, &judged.unproven, "deleted without a proof of who did it");
	return 0;
}

int
exchange_look(struct net *net, const struct place *place,
    const struct workspace_key *key, struct vault *vault, struct net_list *list,
    struct vault *accepted, struct err *err)
{
	memcpy(accepted->project, vault->project, sizeof(vault->project));
	memcpy(accepted->environment, vault->environment,
	    sizeof(vault->environment));
	if (net_secrets(net, place->project, place->environment,
		vault->revision, list, err) < 0)
		return -(int)err->status;
	if (list->unchanged)
		return 0;
	if (exchange_check(place, key, list->workspace, list->key_epoch, err) <
	    0)
		return -(int)err->status;
	return judge_answer(place, key, vault, list, accepted, err);
}

/* Sort the accepted rows into what a person wants to know. */
static int
compare(struct vault *before, struct vault *accepted, struct fetched *out,
    struct err *err)
{
	vault_sort(accepted);
	for (size_t i = 0; i < accepted->rows_n; i++) {
		const struct vault_row *now = &accepted->rows[i];
		const struct vault_row *old = vault_find(before, now->name);
		bool was_live = old != NULL && !old->deleted;
		struct names *names = NULL;

		if (now->deleted)
			names = was_live ? &out->deleted : NULL;
		else if (!was_live)
			names = &out->added;
		else if (old->blob_len != now->blob_len ||
		    memcmp(old->blob, now->blob, now->blob_len) != 0)
			names = &out->changed;
		if (names != NULL && names_add(names, now->name) < 0)
			return err_memory(err);
	}
	return 0;
}

/*
 * Put rows into the vault file as it is now: another process may have written
 * since ours was read. Marks only grow, so the order does not matter.
 */
int
exchange_record_rows(const struct place *place, struct vault *rows,
    uint64_t revision, uint64_t follows, bool pulled, struct vault *vault,
    struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);
	AUTO_VAULT struct vault now = VAULT_INIT;

	if (lock < 0 || exchange_load(&now, place, err) < 0)
		return -(int)err->status;
	/* First: a copy that the vault has left behind must be known as one. */
	if (local_note(place, &now, rows, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < rows->rows_n; i++) {
		if (vault_put(&now, &rows->rows[i], err) < 0)
			return -(int)err->status;
	}
	/* A write tells only of its own rows: others may be missing here. */
	if (pulled || now.revision == follows)
		now.revision = revision;
	if (pulled)
		now.pulled_at = (uint64_t)time(NULL);
	if (vault_save(&now, &place->home, err) < 0)
		return -(int)err->status;
	vault_release(vault);
	*vault = now;
	now = (struct vault)VAULT_INIT;
	return 0;
}

int
exchange_record(const struct place *place, const struct net_list *list,
    struct vault *accepted, struct vault *vault, struct fetched *fetched,
    struct err *err)
{
	if (fetched != NULL && compare(vault, accepted, fetched, err) < 0)
		return -(int)err->status;
	return exchange_record_rows(place, accepted,
	    list->unchanged ? vault->revision : list->revision, 0, true, vault,
	    err);
}

int
exchange_fetch(struct net *net, const struct place *place,
    const struct workspace_key *key, struct vault *vault,
    struct fetched *fetched, struct err *err)
{
	AUTO_VAULT struct vault accepted = VAULT_INIT;
	struct net_list list = {.revision = 0};
	int rc = exchange_look(net, place, key, vault, &list, &accepted, err);

	if (rc == 0)
		rc = exchange_record(
		    place, &list, &accepted, vault, fetched, err);
	net_rows_release(&list.rows);
	return rc;
}

/* One from the future was fetched when the clock was wrong: its age is not
 * known. */
static bool
is_older(const struct vault *vault, uint64_t max_age)
{
	uint64_t now;

	if (max_age == ANY_AGE || max_age == 0)
		return max_age == 0;
	now = (uint64_t)time(NULL);
	return vault->pulled_at > now || now - vault->pulled_at > max_age;
}

int
exchange_ready(struct vault *vault, struct workspace_key *key,
    struct place *place, uint64_t max_age, const struct caller *caller,
    struct err *err)
{
	AUTO_NET struct net net = NET_INIT;
	int rc = exchange_load(vault, place, err);

	if (rc < 0 || (rc > 0 && !is_older(vault, max_age)))
		return rc < 0 ? rc : 0;
	if (exchange_connect(&net, place, caller, err) < 0 ||
	    exchange_unlock(key, place, caller, err) < 0)
		return -(int)err->status;
	/* Whoever uses the values tells what they are. */
	key->notice = NULL;
	return exchange_fetch(&net, place, key, vault, NULL, err);
}
