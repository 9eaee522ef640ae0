#include "config.h"

#include "prune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/dotenv.h>
#include <agentsecrets/text.h>

static int
compare_change(const void *name, const void *change)
{
	return strcmp(name, ((const struct change *)change)->name);
}

/*
 * Whether a file lacks a name because it cannot hold the value: then nobody
 * took it out. One that does not open is none of those.
 */
static bool
is_unwritable(const struct workspace_key *key, struct vault *vault,
    const struct vault_row *row)
{
	struct arena_mark mark = arena_mark();
	struct secret value;
	struct err ignored;
	bool unwritable = (row->epoch == 0 || row->epoch == key->epoch) &&
	    exchange_open(key, vault, row, 0, &value, &ignored) >= 0 &&
	    dotenv_unwritable(&value) != NULL;

	arena_rewind(mark);
	return unwritable;
}

int
prune_missing(struct names *out, const struct workspace_key *key,
    struct vault *vault, const struct change *changes, size_t n,
    struct err *err)
{
	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++) {
		const struct vault_row *row = &vault->rows[i];

		if (row->deleted ||
		    (n > 0 &&
			bsearch(row->name, changes, n, sizeof(*changes),
			    compare_change) != NULL) ||
		    is_unwritable(key, vault, row))
			continue;
		if (names_add(out, row->name) < 0)
			return err_memory(err);
	}
	return 0;
}

/* How a name stands that the copy lacks: it may have been deleted there. */
static int
standing_of_missing(const struct sides *sides, const char *name,
    enum standing *out, struct err *err)
{
	struct arena_mark mark = arena_mark();
	struct sides strict = *sides;
	struct secret value;

	strict.prune = true;
	if (standing_of(&strict, name, out, &value, err) < 0)
		return -(int)err->status;
	arena_rewind(mark);
	return 0;
}

int
prune_missing_in_copy(struct names *out, const struct sides *sides,
    const struct names *kept, bool compared, bool prune, struct err *err)
{
	struct vault *vault = sides->base;

	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++) {
		const char *name = vault->rows[i].name;
		enum standing standing;
		struct secret value;

		if (vault->rows[i].deleted ||
		    (kept != NULL && names_has(kept, name)) ||
		    standing_local(sides, name, &value) ||
		    (sides->file != NULL &&
			is_unwritable(sides->key, vault, &vault->rows[i])))
			continue;
		if (standing_of_missing(sides, name, &standing, err) < 0)
			return -(int)err->status;
		if ((standing == STANDING_DELETED_HERE ||
			(prune &&
			    (!compared ||
				standing == STANDING_CHANGED_BOTH))) &&
		    names_add(out, name) < 0)
			return err_memory(err);
	}
	return 0;
}

int
prune_check(const char *what, bool compared, size_t found, struct err *err)
{
	if (!compared) {
		err_set(err, EXIT_FAILED,
		    "%s was never compared with the server: what it lacks was "
		    "not deleted",
		    what);
		return err_hint(err, "run 'agentsecrets pull' first");
	}
	if (found == 0) {
		err_set(err, EXIT_FAILED,
		    "%s has no value at all, which is not taken for deleting "
		    "all of them",
		    what);
		return err_hint(err,
		    "'agentsecrets pull' brings them back, 'agentsecrets "
		    "delete' takes names");
	}
	return 0;
}

int
prune_confirm(const struct names *names, const struct place *place, bool yes,
    const struct caller *caller, struct err *err)
{
	char list[4096];
	char project[4 * TEXT_PRINTABLE_MAX + 8];
	char question[sizeof(list) + sizeof(project) + 128];
	char answer[16];

	if (names->n == 0 || yes)
		return 0;
	if (!caller->ask->is_there()) {
		err_set(err, EXIT_USAGE, "this would delete: %s",
		    names_join(list, 1024, names, 32));
		return err_hint(err,
		    "there is no terminal to ask on: give --yes to delete "
		    "them");
	}
	names_join(list, sizeof(list), names, names->n);
	text_printable(project, sizeof(project), place->project_name,
	    strlen(place->project_name), TEXT_PRINTABLE_MAX);
	snprintf(question, sizeof(question),
	    "Delete %zu name%s from %s/%s: %s? [y/N] ", names->n,
	    names->n == 1 ? "" : "s", project, place->environment, list);
	if (caller->ask->line(question, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	return text_equal(answer, "y") || text_equal(answer, "yes")
	    ? 0
	    : err_set(
		  err, EXIT_FAILED, "nothing was changed: the answer is no");
}

void
prune_tell_kept(
    const struct names *names, const char *what, const struct caller *caller)
{
	char list[1024];
	char text[ERR_TEXT_MAX];

	if (names->n == 0)
		return;
	snprintf(text, sizeof(text), "not in %.*s, and kept: %s", 512, what,
	    names_join(list, sizeof(list), names, 32));
	caller->notice(text);
}
