/* environment clean: delete all that an environment has. */
#include "config.h"

#include <agentsecrets/flow_environment.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "environments.h"
#include "exchange.h"
#include "place.h"
#include "settle.h"

static int
confirm(const struct names *names, const struct place *place,
    const struct caller *caller, struct err *err)
{
	char project[4 * TEXT_PRINTABLE_MAX + 8];
	char prompt[2048];
	char answer[64];

	text_printable(project, sizeof(project), place->project_name,
	    strlen(place->project_name), TEXT_PRINTABLE_MAX);
	snprintf(prompt, sizeof(prompt),
	    "This deletes all %zu secret%s of %s in project '%s', for "
	    "everybody.\nType the environment's name to go on: ",
	    names->n, names->n == 1 ? "" : "s", place->environment, project);
	if (caller->ask->line(prompt, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	return text_equal(answer, place->environment)
	    ? 0
	    : err_set(err, EXIT_FAILED, "not deleted: the name is another");
}

static int
live_names(struct names *out, const struct vault *vault, struct err *err)
{
	for (size_t i = 0; i < vault->rows_n; i++) {
		if (!vault->rows[i].deleted &&
		    names_add(out, vault->rows[i].name) < 0)
			return err_memory(err);
	}
	return 0;
}

/* A deletion for each name. */
static struct change *
deletions(const struct names *names)
{
	struct change *changes = calloc(names->n + 1, sizeof(*changes));

	for (size_t i = 0; changes != NULL && i < names->n; i++) {
		memcpy(
		    changes[i].name, names->items[i], strlen(names->items[i]));
		changes[i].deleted = true;
	}
	return changes;
}

/* What the copy did not let go of. */
static int
tell_kept(
    const struct place *place, const struct caller *caller, struct err *err)
{
	AUTO_NAMES struct names kept = NAMES_INIT;
	char list[1024];
	char text[ERR_TEXT_MAX];

	if (items_behind(&kept, place, err) < 0)
		return -(int)err->status;
	if (kept.n == 0)
		return 0;
	snprintf(text, sizeof(text),
	    "changed in the local copy, and kept there: %s",
	    names_join(list, sizeof(list), &kept, 32));
	caller->notice(text);
	return 0;
}

static int
clean(struct environment_view *view, bool yes, struct net *net,
    struct place *place, const struct workspace_key *key,
    const struct caller *caller, struct names *deleted, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;
	struct change *changes;
	int rc;

	if (live_names(&names, view->now, err) < 0 ||
	    (!yes && names.n > 0 && confirm(&names, place, caller, err) < 0))
		return -(int)err->status;
	changes = deletions(&names);
	if (changes == NULL)
		return err_memory(err);
	/* A value that was changed in the copy is there alone. */
	rc = environment_write(view, net, place, key, changes, names.n, false,
	    COPY_FOLLOWS, caller, err);
	free(changes);
	if (rc < 0 || tell_kept(place, caller, err) < 0)
		return -(int)err->status;
	*deleted = names;
	names = (struct names)NAMES_INIT;
	return 0;
}

int
environment_clean_run(const char *environment, bool yes,
    const struct caller *caller, struct environment_cleaned *result,
    struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_NET struct net net = NET_INIT;
	AUTO_ENVIRONMENT_VIEW struct environment_view view =
	    ENVIRONMENT_VIEW_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct caller here = *caller;

	here.environment = environment;
	if (environment_check(environment, err) < 0)
		return -(int)err->status;
	if (!yes && !caller->ask->is_there())
		return err_set(err, EXIT_USAGE,
		    "there is no terminal to ask on: give --yes");
	if (place_find(&place, &here, err) < 0 ||
	    exchange_connect(&net, &place, caller, err) < 0 ||
	    exchange_unlock(&key, &place, caller, err) < 0 ||
	    environment_look(&view, environment, &net, &place, &key, err) < 0)
		return -(int)err->status;
	memcpy(result->project_name, place.project_name,
	    sizeof(result->project_name));
	return clean(
	    &view, yes, &net, &place, &key, caller, &result->deleted, err);
}
