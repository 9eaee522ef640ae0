#include "config.h"

#include "write.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "relabelled.h"
#include "settle.h"

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
	return exchange_record_rows(
	    place, &rows, revision, revision - 1, false, vault, err);
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
write_changes(struct net *net, struct place *place,
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
