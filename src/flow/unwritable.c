#include "config.h"

#include "unwritable.h"

#include <stdio.h>

#include <agentsecrets/dotenv.h>

void
unwritable_release(struct unwritable *unwritable)
{
	names_release(&unwritable->names);
}

int
unwritable_note(struct unwritable *unwritable, const char *name,
    const struct secret *value, struct err *err)
{
	if (unwritable->names.n == 0)
		unwritable->why = dotenv_unwritable(value);
	return names_add(&unwritable->names, name) < 0 ? err_memory(err) : 1;
}

void
unwritable_in(struct unwritable *unwritable, const char *path)
{
	snprintf(unwritable->path, sizeof(unwritable->path), "%s", path);
}

int
unwritable_report(
    const struct unwritable *unwritable, bool stored, struct err *err)
{
	const struct names *names = &unwritable->names;
	char list[256];
	char more[300] = "";

	if (names->n == 0)
		return 0;
	if (names->n > 1) {
		const struct names rest = {names->items + 1, names->n - 1, 0};

		snprintf(more, sizeof(more), " and %zu more (%s)", rest.n,
		    names_join(list, sizeof(list), &rest, 8));
	}
	err_set(err, EXIT_FAILED,
	    "%s'%s'%s cannot be written to '%s' so that every reader reads the "
	    "same: %s",
	    stored ? "stored, but " : "", names->items[0], more,
	    unwritable->path, unwritable->why);
	return err_hint(
	    err, "what 'agentsecrets env' starts has the value all the same");
}
