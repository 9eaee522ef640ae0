/* trust accept-rollback: going on with a server that went back (A6). */
#include "config.h"

#include <agentsecrets/flow_history.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "exchange.h"
#include "judge.h"
#include "place.h"
#include "relabelled.h"
#include "resolve.h"
#include "settle.h"
#include "write.h"
#include "write_parts.h"

static const struct resolve_words words = {
    .what = "older on the server than what was seen here",
    .ours = "what was seen here, as the newest version",
    .theirs = "what the server shows",
    .hint = "give --ours or --theirs, and --yes",
};

/* What is here and what the server shows instead. */
struct back {
	struct place place;
	struct vault vault;
	struct net net;
	struct workspace_key key;
	struct net_list list;
	struct vault accepted; /* all that it shows, under the marks */
	struct judged judged;
	struct names names; /* of them, sorted */
	struct resolver resolver;
};

#define BACK_INIT                                                              \
	{                                                                      \
		.place = PLACE_INIT, .vault = VAULT_INIT, .net = NET_INIT,     \
		.key = WORKSPACE_KEY_INIT, .accepted = VAULT_INIT,             \
		.judged = {.may_be_older = true}, .names = NAMES_INIT          \
	}
#define AUTO_BACK __attribute__((cleanup(back_release)))

static void
back_release(struct back *back)
{
	resolver_release(&back->resolver);
	names_release(&back->names);
	judged_release(&back->judged);
	vault_release(&back->accepted);
	net_rows_release(&back->list.rows);
	net_stop(&back->net);
	vault_release(&back->vault);
	place_release(&back->place);
}

void
rollback_result_release(struct rollback_result *result)
{
	names_release(&result->written);
	names_release(&result->accepted);
}

/* All of it, whatever revision it says to be: that went back as well. */
static int
look(struct back *back, const struct caller *caller, struct err *err)
{
	AUTO_SEEN struct seen seen = SEEN_INIT;
	struct vault *vault = &back->vault;
	struct judge judge = {.vault = vault};

	if (place_find(&back->place, caller, err) < 0 ||
	    exchange_load(vault, &back->place, err) < 0 ||
	    exchange_connect(&back->net, &back->place, caller, err) < 0 ||
	    exchange_unlock(&back->key, &back->place, caller, err) < 0 ||
	    net_secrets(&back->net, back->place.project,
		back->place.environment, 0, &back->list, err) < 0 ||
	    exchange_check(&back->place, &back->key, back->list.workspace,
		back->list.key_epoch, err) < 0)
		return -(int)err->status;
	judge.key = back->key.blobs;
	judge.epoch = back->key.epoch;
	if (back->key.compat) {
		if (seen_gather(&seen, vault, &back->list.rows,
			&back->place.home, &back->place.trust, err) < 0)
			return -(int)err->status;
		judge.seen = &seen;
	}
	memcpy(back->accepted.project, vault->project, sizeof(vault->project));
	memcpy(back->accepted.environment, vault->environment,
	    sizeof(vault->environment));
	return judge_list(
	    &judge, &back->list, &back->accepted, &back->judged, err);
}

static int
compare_older(const void *a, const void *b)
{
	return strcmp(((const struct older_row *)a)->name,
	    ((const struct older_row *)b)->name);
}

static int
tell(struct back *back, const struct caller *caller, struct err *err)
{
	qsort(back->judged.older.items, back->judged.older.n,
	    sizeof(*back->judged.older.items), compare_older);
	for (size_t i = 0; i < back->judged.older.n; i++) {
		const struct older_row *one = &back->judged.older.items[i];
		char text[NAME_MAX_BYTES + 128];

		if (one->served == 0)
			snprintf(text, sizeof(text),
			    "%s: version %u was seen, the server has none",
			    one->name, one->seen);
		else
			snprintf(text, sizeof(text),
			    "%s: version %u was seen, the server has %s%s %u",
			    one->name, one->seen,
			    one->served == one->seen ? "another " : "",
			    one->deleted ? "deletion" : "version", one->served);
		caller->notice(text);
		if (names_add(&back->names, one->name) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
confirm(const struct back *back, const struct caller *caller, struct err *err)
{
	char prompt[256];
	char answer[16];

	if (!caller->ask->is_there())
		return err_set(err, EXIT_USAGE,
		    "there is no terminal to ask on: give --yes");
	snprintf(prompt, sizeof(prompt), "Take %s, for %zu name%s [y/N]? ",
	    back->resolver.how == RESOLVE_OURS ? words.ours : words.theirs,
	    back->names.n, back->names.n == 1 ? "" : "s");
	if (caller->ask->line(prompt, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	return answer[0] == 'y' || answer[0] == 'Y'
	    ? 0
	    : err_set(err, EXIT_FAILED, "nothing was changed");
}

static int
decide(struct back *back, enum resolution how, bool yes,
    const struct caller *caller, struct err *err)
{
	back->resolver.how = how;
	back->resolver.words = &words;
	if (how == RESOLVE_ASK && !caller->ask->is_there()) {
		char list[1024];

		err_set(err, EXIT_USAGE, "%s: %s", words.what,
		    names_join(list, sizeof(list), &back->names, 32));
		return err_hint(err, "%s", words.hint);
	}
	if (how != RESOLVE_ASK)
		return yes ? 0 : confirm(back, caller, err);
	return resolver_decide(&back->resolver, &back->names, caller, err);
}

/* @return 1 when ours is to be written again; 0 */
static int
fill_change(
    struct back *back, const char *name, struct change *change, struct err *err)
{
	const struct vault_row *row = vault_find(&back->vault, name);

	if (resolver_choice(&back->resolver, name) != RESOLVE_OURS)
		return 0;
	snprintf(change->name, sizeof(change->name), "%s", name);
	change->deleted = row->deleted;
	if (!row->deleted &&
	    exchange_open(
		&back->key, &back->vault, row, 0, &change->value, err) < 0)
		return -(int)err->status;
	return 1;
}

/*
 * What is there is the base of this write, under the mark of what was seen:
 * so it is no conflict, and ours becomes the version after that mark. The
 * vault file forgets its revision before: should we end between the write and
 * the rest, the next fetch looks at everything.
 */
static int
write_ours(struct back *back, const struct change *changes, size_t n,
    const struct caller *caller, struct err *err)
{
	AUTO_VAULT struct vault none = VAULT_INIT;
	struct net_rows conflicts = {NULL, 0, BUF_INIT};
	struct parts parts = {
	    .net = &back->net,
	    .place = &back->place,
	    .key = &back->key,
	    .vault = &back->vault,
	    .caller = caller,
	    .changes = changes,
	    .n = n,
	};
	int rc;

	if (exchange_record_rows(&back->place, &none, 0, back->vault.revision,
		false, &back->vault, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < back->accepted.rows_n; i++) {
		if (vault_put(&back->vault, &back->accepted.rows[i], err) < 0)
			return -(int)err->status;
	}
	rc = write_parts(&parts, &conflicts, err);
	net_rows_release(&conflicts);
	if (rc == -EXIT_CONFLICT) {
		err_set(err, EXIT_CONFLICT,
		    "somebody has written to the server meanwhile");
		err_hint(err, "run it again");
	}
	return rc < 0 ? write_parts_explain(&parts, err) : 0;
}

static int
carry_out(struct back *back, const struct caller *caller,
    struct rollback_result *result, struct err *err)
{
	struct change *changes = calloc(back->names.n, sizeof(*changes));
	struct settle settle = {.all = false};
	size_t n = 0;
	int rc = changes == NULL ? err_memory(err) : 0;

	for (size_t i = 0; rc >= 0 && i < back->names.n; i++) {
		const char *name = back->names.items[i];

		rc = fill_change(back, name, &changes[n], err);
		if (rc < 0)
			break;
		if (names_add(rc > 0 ? &result->written : &result->accepted,
			name) < 0)
			rc = err_memory(err);
		n += rc > 0;
	}
	if (rc >= 0)
		rc = n > 0 ? write_ours(back, changes, n, caller, err) : 0;
	free(changes);
	if (rc < 0 ||
	    exchange_record(&back->place, &back->list, &back->accepted,
		&back->vault, NULL, err) < 0)
		return -(int)err->status;
	return settle_local(&back->place, &back->key, &settle, caller, err);
}

int
rollback_run(enum resolution how, bool yes, const struct caller *caller,
    struct rollback_result *result, struct err *err)
{
	AUTO_BACK struct back back = BACK_INIT;

	if (look(&back, caller, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &back.place);
	if (back.judged.older.n == 0)
		return 0;
	if (tell(&back, caller, err) < 0 ||
	    decide(&back, how, yes, caller, err) < 0)
		return -(int)err->status;
	return carry_out(&back, caller, result, err);
}
