/* environment copy and merge: secrets of one environment for another. */
#include "config.h"

#include <agentsecrets/flow_environment.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "changes.h"
#include "environments.h"
#include "exchange.h"
#include "local.h"
#include "place.h"
#include "resolve.h"

/* The words for a name with another value in TO. */
struct words {
	char what[96];
	char ours[48];
	char theirs[48];
	char hint[ERR_HINT_MAX];
	struct resolve_words words;
};

struct copying {
	const struct environment_copy_request *request;
	const struct caller *caller;
	struct environment_copied *result;
	struct place place;
	struct net net;
	struct workspace_key key;
	struct environment_view from;
	struct environment_view to;
	struct change *changes; /* sorted */
	size_t n;
	bool unread; /* the local copy of TO could not be compared */
};

#define COPYING_INIT(r, c, out)                                                \
	{                                                                      \
		.request = (r), .caller = (c), .result = (out),                \
		.place = PLACE_INIT, .net = NET_INIT,                          \
		.key = WORKSPACE_KEY_INIT, .from = ENVIRONMENT_VIEW_INIT,      \
		.to = ENVIRONMENT_VIEW_INIT                                    \
	}

static void
copying_release(struct copying *copying)
{
	free(copying->changes);
	environment_view_release(&copying->to);
	environment_view_release(&copying->from);
	net_stop(&copying->net);
	place_release(&copying->place);
}

void
environment_copied_release(struct environment_copied *result)
{
	names_release(&result->added);
	names_release(&result->changed);
	names_release(&result->kept);
}

/* ---- what FROM has ----------------------------------------------------- */

/* The names that were given, or all that are live. */
static int
wanted_names(struct names *out, struct copying *copying, struct err *err)
{
	const struct environment_copy_request *request = copying->request;
	struct vault *from = copying->from.now;

	for (size_t i = 0; i < request->n; i++) {
		const char *given = request->names[i];
		char name[NAME_MAX_BYTES + 1];
		const struct vault_row *row;

		if (place_stored_name(name, given, &copying->place, from, err) <
		    0)
			return -(int)err->status;
		row = vault_find(from, name);
		if (row == NULL || row->deleted)
			return no_secret(given, &copying->place, from, err);
		if (names_add(out, name) < 0)
			return err_memory(err);
	}
	for (size_t i = 0; request->n == 0 && i < from->rows_n; i++) {
		if (!from->rows[i].deleted &&
		    names_add(out, from->rows[i].name) < 0)
			return err_memory(err);
	}
	names_sort(out);
	return 0;
}

/* Open every one of them: the first that does not open stops it all. */
static int
open_from(struct copying *copying, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;
	struct vault *from = copying->from.now;

	if (wanted_names(&names, copying, err) < 0)
		return -(int)err->status;
	copying->changes = calloc(names.n + 1, sizeof(*copying->changes));
	if (copying->changes == NULL)
		return err_memory(err);
	for (size_t i = 0; i < names.n; i++) {
		struct change *change = &copying->changes[i];

		memcpy(change->name, names.items[i], strlen(names.items[i]));
		if (exchange_open(&copying->key, from,
			vault_find(from, change->name), 0, &change->value,
			err) < 0)
			return err_prefix(err, "%s", copying->from.name);
	}
	copying->n = names.n;
	return 0;
}

/* ---- what TO has ------------------------------------------------------- */

enum difference { DIFFERENCE_NONE, DIFFERENCE_ADDED, DIFFERENCE_CHANGED };

/*
 * A value that only the local copy of TO has is one, too: it would be written
 * over.
 */
static int
compare(enum difference *out, const struct sides *sides,
    const struct change *change, struct err *err)
{
	struct arena_mark mark = arena_mark();
	enum standing standing;
	struct secret there;
	struct secret here = SECRET_INIT;

	if (standing_of(sides, change->name, &standing, &there, err) < 0)
		return -(int)err->status;
	if (there.data != NULL)
		*out = secret_same(&there, &change->value) ? DIFFERENCE_NONE
							   : DIFFERENCE_CHANGED;
	else if (standing_local(sides, change->name, &here) &&
	    standing != STANDING_DELETED_THERE &&
	    !secret_same(&here, &change->value))
		*out = DIFFERENCE_CHANGED;
	else
		*out = DIFFERENCE_ADDED;
	arena_rewind(mark);
	return 0;
}

/* Keep what TO does not have already. @param conflicts  other values */
static int
keep_changed(struct copying *copying, const struct sides *sides,
    struct names *conflicts, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < copying->n; i++) {
		const struct change *change = &copying->changes[i];
		enum difference difference = DIFFERENCE_NONE;

		if (compare(&difference, sides, change, err) < 0)
			return -(int)err->status;
		if (difference == DIFFERENCE_NONE)
			continue;
		if (names_add(difference == DIFFERENCE_ADDED
			    ? &copying->result->added
			    : conflicts,
			change->name) < 0)
			return err_memory(err);
		copying->changes[kept++] = *change;
	}
	copying->result->unchanged = copying->n - kept;
	copying->n = kept;
	return 0;
}

static int
compare_all(struct copying *copying, struct names *conflicts, struct err *err)
{
	AUTO_LOCAL struct local local = LOCAL_INIT;
	AUTO_NAMES struct names names = NAMES_INIT;
	struct place *place = &copying->place;
	struct sides sides = {.key = &copying->key,
	    .place = place,
	    .base = &copying->to.vault,
	    .remote = copying->to.now};

	for (size_t i = 0; i < copying->n; i++) {
		if (names_add(&names, copying->changes[i].name) < 0)
			return err_memory(err);
	}
	/* As a pull: what was not compared is not written over, and is known
	 * to be behind. */
	if (local_read(&local, &sides, &names, place, copying->caller, err) <
	    0) {
		if (place->keychain.trouble == KEYCHAIN_WORKS)
			return -(int)err->status;
		copying->unread = true;
	}
	return keep_changed(copying, &sides, conflicts, err);
}

/* ---- other values in TO ------------------------------------------------ */

static void
fill_words(struct words *words, const struct environment_copy_request *request)
{
	const char *from = request->from;
	const char *to = request->to;

	snprintf(words->what, sizeof(words->what),
	    "%s has other values than %s", to, from);
	snprintf(words->ours, sizeof(words->ours), "what %s has", to);
	snprintf(words->theirs, sizeof(words->theirs), "what %s has", from);
	if (request->each)
		snprintf(words->hint, sizeof(words->hint),
		    "--ours keeps what %s has, --theirs takes what %s has", to,
		    from);
	else
		snprintf(words->hint, sizeof(words->hint),
		    "write over them with --force, or choose with "
		    "'agentsecrets environment merge %s %s'",
		    from, to);
	words->words = (struct resolve_words){
	    words->what, words->ours, words->theirs, words->hint};
}

/* @param how  in: RESOLVE_ASK; out: what the answer means */
static int
ask_once(enum resolution *how, const struct copying *copying,
    const struct names *conflicts, struct err *err)
{
	char question[ERR_TEXT_MAX];
	char list[1024];
	char answer[16];

	snprintf(question, sizeof(question),
	    "%s has other values than %s: %s. Write over them? [y/N] ",
	    copying->request->to, copying->request->from,
	    names_join(list, sizeof(list), conflicts, 32));
	if (copying->caller->ask->line(question, answer, sizeof(answer), err) <
	    0)
		return -(int)err->status;
	*how = text_equal(answer, "y") || text_equal(answer, "yes")
	    ? RESOLVE_THEIRS
	    : RESOLVE_REFUSE;
	return 0;
}

/* Drop the changes of names that TO keeps. */
static int
drop_kept(struct copying *copying, const struct resolver *resolver,
    const struct names *conflicts, struct err *err)
{
	struct environment_copied *result = copying->result;
	size_t kept = 0;

	for (size_t i = 0; i < copying->n; i++) {
		const struct change *change = &copying->changes[i];
		bool conflict = names_has(conflicts, change->name);
		bool ours = conflict &&
		    resolver_choice(resolver, change->name) == RESOLVE_OURS;

		if (conflict &&
		    names_add(ours ? &result->kept : &result->changed,
			change->name) < 0)
			return err_memory(err);
		if (!ours)
			copying->changes[kept++] = *change;
	}
	copying->n = kept;
	return 0;
}

static int
resolve(struct copying *copying, const struct names *conflicts, struct err *err)
{
	const struct environment_copy_request *request = copying->request;
	struct words words;
	AUTO_RESOLVER struct resolver resolver =
	    RESOLVER_INIT(request->resolution, &words.words);

	fill_words(&words, request);
	if (conflicts->n > 0 && !request->each && resolver.how == RESOLVE_ASK &&
	    copying->caller->ask->is_there() &&
	    ask_once(&resolver.how, copying, conflicts, err) < 0)
		return -(int)err->status;
	if (resolver_decide(&resolver, conflicts, copying->caller, err) < 0)
		return -(int)err->status;
	return drop_kept(copying, &resolver, conflicts, err);
}

/* ------------------------------------------------------------------------ */

static int
copy(struct copying *copying, struct err *err)
{
	AUTO_NAMES struct names conflicts = NAMES_INIT;
	const struct environment_copy_request *request = copying->request;
	struct place *place = &copying->place;

	if (environment_look(&copying->from, request->from, &copying->net,
		place, &copying->key, err) < 0 ||
	    open_from(copying, err) < 0 ||
	    environment_look(&copying->to, request->to, &copying->net, place,
		&copying->key, err) < 0 ||
	    compare_all(copying, &conflicts, err) < 0 ||
	    resolve(copying, &conflicts, err) < 0)
		return -(int)err->status;
	return environment_write(&copying->to, &copying->net, place,
	    &copying->key, copying->changes, copying->n,
	    request->resolution == RESOLVE_THEIRS,
	    copying->unread ? COPY_FOLLOWS : COPY_TAKES, copying->caller, err);
}

int
environment_copy_run(const struct environment_copy_request *request,
    const struct caller *caller, struct environment_copied *result,
    struct err *err)
{
	__attribute__((cleanup(copying_release))) struct copying copying =
	    COPYING_INIT(request, caller, result);
	struct caller here = *caller;

	here.environment = request->to;
	if (environment_check_pair(request->from, request->to, err) < 0 ||
	    place_find(&copying.place, &here, err) < 0)
		return -(int)err->status;
	memcpy(result->project_name, copying.place.project_name,
	    sizeof(result->project_name));
	if (exchange_connect(&copying.net, &copying.place, caller, err) < 0 ||
	    exchange_unlock(&copying.key, &copying.place, caller, err) < 0)
		return -(int)err->status;
	return copy(&copying, err);
}
