#include "config.h"

#include "write.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fd.h>

#include "changes.h"
#include "local.h"
#include "settle.h"
#include "write_parts.h"

/* What became of a change. */
enum fate {
	FATE_OPEN, /* still to be sent */
	FATE_STORED,
	FATE_UNCHANGED, /* the server has it as it is */
	FATE_TAKEN,	/* theirs was taken instead */
};

/* Changes under way. */
struct pending {
	struct write *write;
	const struct caller *caller;
	const struct change *changes; /* sorted by name */
	enum fate *fates;	      /* of each */
	size_t n;
	/* What there is now, if it was looked at and is not recorded yet. */
	bool looked;
	struct net_list list; /* without its rows */
	struct vault accepted;
};

#define AUTO_PENDING __attribute__((cleanup(pending_release)))

static void
pending_release(struct pending *pending)
{
	free(pending->fates);
	vault_release(&pending->accepted);
}

static size_t
count(const struct pending *pending, enum fate fate)
{
	size_t n = 0;

	for (size_t i = 0; i < pending->n; i++)
		n += pending->fates[i] == fate;
	return n;
}

/* Add the names of that fate. */
static int
add_names(struct names *out, const struct pending *pending, enum fate fate,
    struct err *err)
{
	for (size_t i = 0; i < pending->n; i++) {
		if (pending->fates[i] == fate &&
		    names_add(out, pending->changes[i].name) < 0)
			return err_memory(err);
	}
	return 0;
}

/* ---- compared with what is there --------------------------------------- */

static int
look(struct pending *pending, struct err *err)
{
	struct write *write = pending->write;
	int rc;

	vault_release(&pending->accepted);
	pending->list = (struct net_list){.revision = 0};
	rc = exchange_look(write->net, write->place, write->sides.key,
	    write->sides.base, &pending->list, &pending->accepted, err);
	net_rows_release(&pending->list.rows);
	pending->looked = rc == 0;
	write->sides.remote =
	    pending->list.unchanged ? write->sides.base : &pending->accepted;
	return rc;
}

/* How a change stands to what is there. */
enum verdict { VERDICT_SEND, VERDICT_UNCHANGED, VERDICT_CONFLICT };

static int
judge_change(const struct write *write, const struct change *change,
    enum verdict *out, struct err *err)
{
	enum standing standing;

	if (standing_of_change(&write->sides, change->name,
		change->deleted ? NULL : &change->value, &standing, err) < 0)
		return -(int)err->status;
	switch (standing) {
	case STANDING_SAME:
		*out = VERDICT_UNCHANGED;
		return 0;
	case STANDING_ONLY_LOCAL:
	case STANDING_CHANGED_HERE:
	case STANDING_DELETED_HERE:
		*out = VERDICT_SEND;
		return 0;
	case STANDING_ONLY_REMOTE:
	case STANDING_CHANGED_THERE:
	case STANDING_CHANGED_BOTH:
	case STANDING_DELETED_THERE:
		break;
	}
	/* Somebody wants this value, and somebody else another one. */
	*out = VERDICT_CONFLICT;
	return 0;
}

/* What was said about a conflict, or what it is without one. */
static enum fate
fate_of(const struct pending *pending, size_t i, enum verdict verdict)
{
	const char *name = pending->changes[i].name;

	if (verdict == VERDICT_UNCHANGED)
		return FATE_UNCHANGED;
	return verdict == VERDICT_CONFLICT &&
		resolver_choice(pending->write->resolver, name) ==
		    RESOLVE_THEIRS
	    ? FATE_TAKEN
	    : FATE_OPEN;
}

static int
judge_open(struct pending *pending, enum verdict *verdicts,
    struct names *conflicts, struct err *err)
{
	for (size_t i = 0; i < pending->n; i++) {
		const struct change *change = &pending->changes[i];

		if (pending->fates[i] != FATE_OPEN)
			continue;
		if (judge_change(pending->write, change, &verdicts[i], err) < 0)
			return -(int)err->status;
		if (verdicts[i] == VERDICT_CONFLICT &&
		    names_add(conflicts, change->name) < 0)
			return err_memory(err);
	}
	return 0;
}

/* Look at what is there now, and have the conflicts decided. */
static int
compare_again(struct pending *pending, struct err *err)
{
	AUTO_NAMES struct names conflicts = NAMES_INIT;
	enum verdict *verdicts = calloc(pending->n + 1, sizeof(*verdicts));
	int rc = verdicts == NULL ? err_memory(err) : look(pending, err);

	if (rc == 0)
		rc = judge_open(pending, verdicts, &conflicts, err);
	if (rc == 0)
		rc = resolver_decide(
		    pending->write->resolver, &conflicts, pending->caller, err);
	for (size_t i = 0; rc == 0 && i < pending->n; i++) {
		if (pending->fates[i] == FATE_OPEN)
			pending->fates[i] = fate_of(pending, i, verdicts[i]);
	}
	free(verdicts);
	return rc;
}

/* ---- sent -------------------------------------------------------------- */

/*
 * What a write has to build on after a look: the server's versions, and the
 * marks of all that was ever seen. A name that the server does not show at
 * all has no version there.
 */
static int
conditions(struct vault *out, struct vault *base, struct vault *accepted,
    struct err *err)
{
	memcpy(out->project, base->project, sizeof(out->project));
	memcpy(out->environment, base->environment, sizeof(out->environment));
	for (size_t i = 0; i < base->rows_n; i++) {
		struct vault_row row = base->rows[i];

		row.row = 0;
		if (vault_put(out, &row, err) < 0)
			return -(int)err->status;
	}
	for (size_t i = 0; i < accepted->rows_n; i++) {
		if (vault_put(out, &accepted->rows[i], err) < 0)
			return -(int)err->status;
	}
	return 0;
}

/*
 * Where nothing was sent, what was seen is all that there is to record. The
 * vault file may have moved on since, to what was never compared: it is not
 * what the copy then agrees with.
 */
static int
record_look(struct pending *pending, struct err *err)
{
	AUTO_VAULT struct vault now = VAULT_INIT;
	AUTO_VAULT struct vault file = VAULT_INIT;
	struct vault *base = pending->write->sides.base;
	bool unchanged = pending->list.unchanged;

	if (!pending->looked)
		return 0;
	if (exchange_record_rows(pending->write->place, &pending->accepted,
		unchanged ? base->revision : pending->list.revision, 0, true,
		&file, err) < 0)
		return err_hint(err, "run 'agentsecrets pull'");
	pending->looked = false;
	if (unchanged)
		return 0;
	if (conditions(&now, base, &pending->accepted, err) < 0)
		return -(int)err->status;
	vault_release(base);
	*base = now;
	now = (struct vault)VAULT_INIT;
	return 0;
}

/* Note what was sent of the open changes: so many, from the first. */
static void
note_stored(struct pending *pending, size_t stored)
{
	for (size_t i = 0; stored > 0 && i < pending->n; i++) {
		if (pending->fates[i] != FATE_OPEN)
			continue;
		pending->fates[i] = FATE_STORED;
		stored--;
	}
}

static int
send_parts(struct parts *parts, struct names *conflicts, struct err *err)
{
	struct net_rows there = {NULL, 0, BUF_INIT};
	int rc = write_parts(parts, &there, err);

	for (size_t i = 0; i < there.n; i++) {
		if (names_add(conflicts, there.items[i].name) < 0)
			rc = err_memory(err);
	}
	net_rows_release(&there);
	return rc;
}

/* What is there now goes into the vault with what is stored, or not at all:
 * a write that ends in a conflict leaves no trace. */
static int
send_after_look(struct pending *pending, struct parts *parts,
    struct names *conflicts, struct err *err)
{
	AUTO_VAULT struct vault now = VAULT_INIT;
	struct vault *base = pending->write->sides.base;
	int rc;

	if (conditions(&now, base, &pending->accepted, err) < 0)
		return -(int)err->status;
	parts->vault = &now;
	parts->seen = &pending->accepted;
	parts->seen_revision = pending->list.revision;
	rc = send_parts(parts, conflicts, err);
	if (parts->seen == NULL) {
		pending->looked = false;
		vault_release(base);
		*base = now;
		now = (struct vault)VAULT_INIT;
	}
	return rc;
}

/* @param conflicts  out, on -EXIT_CONFLICT: what is not as it was seen */
static int
send_open(struct pending *pending, struct names *conflicts, struct err *err)
{
	const struct write *write = pending->write;
	struct change *open = calloc(pending->n + 1, sizeof(*open));
	struct parts parts = {
	    .net = write->net,
	    .place = write->place,
	    .key = write->sides.key,
	    .vault = write->sides.base,
	    .caller = pending->caller,
	    .changes = open,
	};
	int rc = open == NULL ? err_memory(err) : 0;

	for (size_t i = 0; rc == 0 && i < pending->n; i++) {
		if (pending->fates[i] == FATE_OPEN)
			open[parts.n++] = pending->changes[i];
	}
	if (rc == 0 && parts.n > 0)
		rc = pending->looked && !pending->list.unchanged
		    ? send_after_look(pending, &parts, conflicts, err)
		    : send_parts(&parts, conflicts, err);
	note_stored(pending, parts.stored);
	free(open);
	return rc;
}

/*
 * Whoever wins a race while we look again is seen at the next try.
 */
static int
send_all(struct pending *pending, struct write_result *result, struct err *err)
{
	AUTO_NAMES struct names conflicts = NAMES_INIT;
	const struct write *write = pending->write;
	char list[1024];
	int rc = 0;

	for (int tries = 0; tries < 5; tries++) {
		/* A refusal says that not all of it was seen, even if the
		 * server has the revision that is here: one that was restored
		 * comes to it again. */
		if (tries > 0)
			write->sides.base->revision = 0;
		if (tries > 0 || write->look)
			rc = compare_again(pending, err);
		if (rc == 0 && write->maps != NULL && result->mapped.n == 0)
			rc = name_maps_keep(
			    write->maps, write->place, &result->mapped, err);
		if (rc < 0)
			return rc;
		names_release(&conflicts);
		rc = send_open(pending, &conflicts, err);
		if (rc != -EXIT_CONFLICT || conflicts.n == 0)
			return rc;
		rc = 0;
	}
	err_set(err, EXIT_CONFLICT, "others keep changing: %s",
	    names_join(list, sizeof(list), &conflicts, 32));
	return err_hint(err, "try again");
}

/* ---- the local copy ---------------------------------------------------- */

/*
 * A copy that was sent had what was stored, and agrees on it; who has changed
 * it since has made a new change.
 */
static int
agree(const struct pending *pending, const struct names *sent, struct err *err)
{
	const struct place *place = pending->write->place;
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	return lock < 0
	    ? lock
	    : local_agree(place, pending->write->sides.base, sent,
		  place->storage_mode == 2 ? place->file.directory : NULL, err);
}

/* Whether the copy gets this, whatever it has. */
static bool
is_named(enum copy_rule copy, enum fate fate)
{
	switch (copy) {
	case COPY_FOLLOWS:
		break;
	case COPY_TAKES:
		return fate == FATE_STORED || fate == FATE_UNCHANGED;
	case COPY_IS_SOURCE:
		return fate == FATE_TAKEN;
	}
	return false;
}

static int
settle(const struct pending *pending, struct err *err)
{
	AUTO_NAMES struct names sent = NAMES_INIT;
	const struct write *write = pending->write;
	struct change *named = calloc(pending->n + 1, sizeof(*named));
	struct settle settle = {.changes = named,
	    .others = &sent,
	    .if_as_given = write->copy == COPY_IS_SOURCE,
	    .stored = count(pending, FATE_STORED) > 0};
	int rc = named == NULL ? err_memory(err) : 0;

	if (rc == 0)
		rc = add_names(&sent, pending, FATE_STORED, err);
	if (rc == 0)
		rc = add_names(&sent, pending, FATE_UNCHANGED, err);
	names_sort(&sent);
	if (rc == 0 && write->copy == COPY_IS_SOURCE)
		rc = agree(pending, &sent, err);
	for (size_t i = 0; rc == 0 && i < pending->n; i++) {
		if (is_named(write->copy, pending->fates[i]))
			named[settle.changes_n++] = pending->changes[i];
	}
	if (rc == 0)
		rc = settle_local(write->place, write->sides.key, &settle,
		    pending->caller, err);
	free(named);
	return rc;
}

/* ---- the whole --------------------------------------------------------- */

/*
 * What was stored before it failed is brought into the local copy at once: it
 * would pass for a change there as soon as somebody edits it.
 */
static int
fail(struct pending *pending, struct err *err)
{
	const struct parts parts = {.stored = count(pending, FATE_STORED),
	    .n = count(pending, FATE_STORED) + count(pending, FATE_OPEN)};
	struct err ignored;

	if (parts.stored > 0)
		(void)settle(pending, &ignored);
	return write_parts_explain(&parts, err);
}

static int
report(struct pending *pending, struct write_result *result, struct err *err)
{
	for (size_t i = 0; i < pending->n; i++) {
		const struct change *change = &pending->changes[i];

		if (pending->fates[i] == FATE_STORED &&
		    names_add(
			change->deleted ? &result->deleted : &result->written,
			change->name) < 0)
			return err_memory(err);
	}
	result->unchanged += count(pending, FATE_UNCHANGED);
	return add_names(&result->taken, pending, FATE_TAKEN, err);
}

int
write_resolved(struct write *write, const struct change *changes, size_t n,
    const struct caller *caller, struct write_result *result, struct err *err)
{
	AUTO_PENDING struct pending pending = {.write = write,
	    .caller = caller,
	    .changes = changes,
	    .fates = calloc(n + 1, sizeof(enum fate)),
	    .n = n,
	    .accepted = VAULT_INIT};

	if (pending.fates == NULL)
		return err_memory(err);
	if (send_all(&pending, result, err) < 0)
		return fail(&pending, err);
	if (record_look(&pending, err) < 0 || settle(&pending, err) < 0)
		return -(int)err->status;
	return report(&pending, result, err);
}

static const struct resolve_words words = {
    .what = "changed on the server since the last pull",
    .hint = "run 'agentsecrets pull' and look, or write over it with --force",
};

int
write_changes(struct net *net, struct place *place,
    const struct workspace_key *key, struct vault *vault,
    const struct change *changes, size_t n, bool force, enum copy_rule copy,
    const struct caller *caller, struct err *err)
{
	AUTO_RESOLVER struct resolver resolver =
	    RESOLVER_INIT(force ? RESOLVE_OURS : RESOLVE_REFUSE, &words);
	struct write_result result = {.unchanged = 0};
	struct write write = {.net = net,
	    .place = place,
	    .sides = {.key = key, .place = place, .base = vault},
	    .resolver = &resolver,
	    .copy = copy};
	int rc = write_resolved(&write, changes, n, caller, &result, err);

	write_result_release(&result);
	return rc;
}
