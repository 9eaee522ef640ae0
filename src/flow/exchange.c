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
#include "settle.h"
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

static int
check_list(const struct place *place, const struct workspace_key *key,
    const struct net_list *list, struct err *err)
{
	if (list->workspace[0] != '\0' &&
	    strcmp(list->workspace, place->workspace->id) != 0)
		return err_set(err, EXIT_UNSAFE,
		    "the server has this project in another workspace");
	if (list->key_epoch != 0 && list->key_epoch < key->epoch)
		return err_set(err, EXIT_UNSAFE,
		    "the server shows an older workspace key (replay)");
	if (list->key_epoch > key->epoch) {
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
	if (check_list(place, key, list, err) < 0)
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
static int
record(const struct place *place, struct vault *rows, uint64_t revision,
    uint64_t follows, bool pulled, struct vault *vault, struct err *err)
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
	return record(place, accepted,
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

/* The version to seal: one more than the mark of this epoch. */
static int
next_version(const struct vault_row *known, uint32_t epoch, const char *name,
    uint32_t *out, struct err *err)
{
	uint32_t mark =
	    known != NULL && known->epoch == epoch ? known->version : 0;

	if (mark >= VERSION_LAST)
		return err_set(err, EXIT_FAILED,
		    "'%s' has used up its versions: rotate the workspace key",
		    name);
	*out = mark + 1;
	return 0;
}

static int
seal_change(const struct workspace_key *key, struct vault *vault,
    const struct change *change, uint32_t version, struct vault_row *out,
    struct err *err)
{
	struct blob_place place = {change->deleted ? BLOB_DELETED : BLOB_SECRET,
	    vault->project, vault->environment, change->name};
	uint8_t *blob = malloc(change->value.len + BLOB_OVERHEAD);

	if (blob == NULL)
		return err_memory(err);
	blob_seal(key->blobs, &place, version, change->value.data,
	    change->value.len, blob);
	memcpy(out->name, change->name, sizeof(out->name));
	out->deleted = change->deleted;
	out->epoch = key->epoch;
	out->version = version;
	free(out->blob);
	out->blob = blob;
	out->blob_len = change->value.len + BLOB_OVERHEAD;
	return 0;
}

/* Seal every change against the marks of `vault`. */
static int
seal_changes(const struct workspace_key *key, struct vault *vault,
    const struct change *changes, size_t n, struct vault_row *sealed,
    struct net_row *rows, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct vault_row *known =
		    vault_find(vault, changes[i].name);
		uint32_t version;

		if (next_version(known, key->epoch, changes[i].name, &version,
			err) < 0 ||
		    seal_change(
			key, vault, &changes[i], version, &sealed[i], err) < 0)
			return -(int)err->status;
		memcpy(rows[i].name, sealed[i].name, sizeof(rows[i].name));
		rows[i].deleted = sealed[i].deleted;
		rows[i].has_version = true;
		rows[i].version = known != NULL ? known->row : 0;
		rows[i].blob = sealed[i].blob;
		rows[i].blob_len = sealed[i].blob_len;
	}
	return 0;
}

static int
conflict(const struct net_rows *conflicts, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;
	char list[1024];

	for (size_t i = 0; i < conflicts->n; i++) {
		if (names_add(&names, conflicts->items[i].name) < 0)
			return err_memory(err);
	}
	err_set(err, EXIT_CONFLICT,
	    "changed on the server since the last pull: %s",
	    names_join(list, sizeof(list), &names, 32));
	return err_hint(err,
	    "run 'agentsecrets pull' and look, or write over it with --force");
}

/*
 * --force: what is there instead is verified like any other answer, and its
 * mark is taken, so that ours is sealed as the next version after it.
 */
static int
take_conflicts(const struct place *place, const struct workspace_key *key,
    struct vault *vault, const struct net_rows *conflicts, struct err *err)
{
	AUTO_SEEN struct seen seen = SEEN_INIT;
	struct judge judge = {vault, key->blobs, key->epoch, NULL};

	if (key->compat) {
		if (seen_gather(&seen, vault, conflicts, &place->home,
			&place->trust, err) < 0)
			return -(int)err->status;
		judge.seen = &seen;
	}
	for (size_t i = 0; i < conflicts->n; i++) {
		const struct net_row *there = &conflicts->items[i];
		const struct vault_row *known = vault_find(vault, there->name);
		struct vault_row mark = {.deleted = there->deleted,
		    .row = there->version,
		    .blob_len = there->blob_len};

		if (there->blob_len == 0 && key->compat && there->deleted &&
		    there->version > 0) {
			if (judge_gone(&judge, there->name, there->version,
				vault, err) < 0)
				return -(int)err->status;
			continue;
		}
		/* Nothing to verify: never there, or gone without a trace. */
		if (there->blob_len == 0 && (known == NULL || known->deleted))
			return conflict(conflicts, err);
		if (there->blob_len == 0)
			return err_set(err, EXIT_UNSAFE,
			    "the server holds back the value of '%s'",
			    there->name);
		if (judge_row(&judge, there, &mark, err) < 0)
			return -(int)err->status;
		memcpy(mark.name, there->name, sizeof(mark.name));
		mark.blob = (uint8_t *)(uintptr_t)there->blob;
		if (vault_put(vault, &mark, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

/* The answer names every row in the order in which they were sent. */
static int
record_written(const struct place *place, struct vault_row *sealed, size_t n,
    const struct net_rows *written, uint64_t revision, struct vault *vault,
    struct err *err)
{
	AUTO_VAULT struct vault rows = VAULT_INIT;

	for (size_t i = 0; i < n; i++) {
		if (written->n != n ||
		    strcmp(written->items[i].name, sealed[i].name) != 0)
			return err_set(err, EXIT_FAILED,
			    "the server's answer does not match what was "
			    "written");
		sealed[i].row = written->items[i].version;
		if (vault_put(&rows, &sealed[i], err) < 0)
			return -(int)err->status;
	}
	vault_sort(&rows);
	return record(place, &rows, revision, revision - 1, false, vault, err);
}

static int
write_once(struct net *net, const struct place *place,
    const struct workspace_key *key, struct vault *vault,
    const struct change *changes, size_t n, struct vault_row *sealed,
    struct net_rows *rows, struct net_rows *conflicts, struct err *err)
{
	struct net_rows written = {NULL, 0, BUF_INIT};
	uint64_t revision = 0;
	int rc = seal_changes(key, vault, changes, n, sealed, rows->items, err);

	if (rc == 0)
		rc = net_write(net, place->project, place->environment,
		    key->epoch, rows, &written, &revision, conflicts, err);
	if (rc == 0 &&
	    record_written(place, sealed, n, &written, revision, vault, err) <
		0) {
		err_prefix(err, "stored on the server, but not recorded here");
		rc = err_hint(err, "run 'agentsecrets pull'");
	}
	net_rows_release(&written);
	return rc;
}

int
exchange_write(struct net *net, struct place *place,
    const struct workspace_key *key, struct vault *vault,
    const struct change *changes, size_t n, bool force,
    const struct caller *caller, struct err *err)
{
	struct vault_row *sealed = calloc(n, sizeof(*sealed));
	struct net_rows rows = {calloc(n, sizeof(*rows.items)), n, BUF_INIT};
	struct settle settle = {
	    .changes = changes, .changes_n = n, .stored = true};
	bool again = true;
	int rc = -EXIT_FAILED;

	if (sealed == NULL || rows.items == NULL)
		err_memory(err);
	/* Whoever wins a race while we look again is seen at the next try. */
	for (int tries = 0;
	     again && sealed != NULL && rows.items != NULL && tries < 5;
	     tries++) {
		struct net_rows conflicts = {NULL, 0, BUF_INIT};

		rc = write_once(net, place, key, vault, changes, n, sealed,
		    &rows, &conflicts, err);
		again = rc == -EXIT_CONFLICT && conflicts.n > 0 && force;
		if (rc == -EXIT_CONFLICT && conflicts.n > 0 && !force)
			rc = conflict(&conflicts, err);
		if (again &&
		    take_conflicts(place, key, vault, &conflicts, err) < 0) {
			rc = -(int)err->status;
			again = false;
		}
		net_rows_release(&conflicts);
	}
	for (size_t i = 0; sealed != NULL && i < n; i++)
		free(sealed[i].blob);
	free(sealed);
	free(rows.items);
	return rc < 0 ? rc : settle_local(place, key, &settle, caller, err);
}
