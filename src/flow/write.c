#include "config.h"

#include "write.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "relabelled.h"
#include "settle.h"
#include "write_parts.h"

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

/*
 * What was stored before it failed is brought into the local copy at once: it
 * would pass for a change there as soon as somebody edits it.
 */
static int
settle_stored(struct place *place, const struct workspace_key *key,
    const struct parts *parts, const struct caller *caller, struct err *err)
{
	struct settle settle = {.changes = parts->changes,
	    .changes_n = parts->stored,
	    .stored = true};
	struct err ignored;

	if (parts->stored > 0)
		(void)settle_local(place, key, &settle, caller, &ignored);
	return write_parts_explain(parts, err);
}

int
write_changes(struct net *net, struct place *place,
    const struct workspace_key *key, struct vault *vault,
    const struct change *changes, size_t n, bool force,
    const struct caller *caller, struct err *err)
{
	struct parts parts = {
	    .net = net,
	    .place = place,
	    .key = key,
	    .vault = vault,
	    .caller = caller,
	    .changes = changes,
	    .n = n,
	};
	struct settle settle = {
	    .changes = changes, .changes_n = n, .stored = true};
	bool again = true;
	int rc = -EXIT_FAILED;

	/* Whoever wins a race while we look again is seen at the next try. */
	for (int tries = 0; again && tries < 5; tries++) {
		struct net_rows conflicts = {NULL, 0, BUF_INIT};

		rc = write_parts(&parts, &conflicts, err);
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
	return rc < 0 ? settle_stored(place, key, &parts, caller, err)
		      : settle_local(place, key, &settle, caller, err);
}
