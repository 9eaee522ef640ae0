/* project update: another name or description, at the server and here. */
#include "config.h"

#include <agentsecrets/flow_project.h>

#include <stdio.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/text.h>

#include "exchange.h"
#include "place.h"
#include "project.h"

static int
check_description(const char *description, struct err *err)
{
	size_t len = strlen(description);
	size_t i = 0;

	if (len > LABEL_MAX)
		return err_set(err, EXIT_USAGE,
		    "a description has at most %d bytes", LABEL_MAX);
	while (i < len) {
		uint32_t character;
		size_t n = text_decode(description + i, len - i, &character);

		if (n == 0 || text_is_unprintable(character))
			return err_set(err, EXIT_USAGE,
			    "a description is one line of UTF-8 that can be "
			    "printed");
		i += n;
	}
	return 0;
}

/* A question whose answer to Enter is what is there. */
static int
ask_for(const char *what, const char *now, const char *after, char *out,
    const struct caller *caller, struct err *err)
{
	char shown[4 * TEXT_PRINTABLE_MAX + 8];
	char prompt[1024];

	text_printable(
	    shown, sizeof(shown), now, strlen(now), TEXT_PRINTABLE_MAX);
	snprintf(prompt, sizeof(prompt), "%s [%s]%s: ", what, shown, after);
	if (caller->ask->line(prompt, out, LABEL_MAX + 1, err) < 0)
		return -(int)err->status;
	if (out[0] == '\0')
		snprintf(out, LABEL_MAX + 1, "%s", now);
	return 0;
}

static int
ask_for_change(struct project_updated *result,
    const struct net_project *project, const struct caller *caller,
    struct err *err)
{
	if (!caller->ask->is_there()) {
		err_set(err, EXIT_USAGE,
		    "nothing to change, and there is no terminal to ask on");
		return err_hint(err, "give --name or --description");
	}
	if (ask_for("Name of the project", project->name, "", result->name,
		caller, err) < 0 ||
	    ask_for("Description", project->description, " (- for none)",
		result->description, caller, err) < 0)
		return -(int)err->status;
	if (text_equal(result->description, "-"))
		result->description[0] = '\0';
	return 0;
}

/* What the project is to be called and described as. */
static int
choose(struct project_updated *result, const struct project_change *change,
    const struct net_project *project, const struct caller *caller,
    struct err *err)
{
	const char *name = change->name != NULL ? change->name : project->name;
	const char *description = change->description != NULL
	    ? change->description
	    : project->description;

	snprintf(result->before, sizeof(result->before), "%s", project->name);
	snprintf(result->name, sizeof(result->name), "%s", name);
	snprintf(result->description, sizeof(result->description), "%s",
	    description);
	if (change->name == NULL && change->description == NULL &&
	    ask_for_change(result, project, caller, err) < 0)
		return -(int)err->status;
	if (project_check_name(result->name, err) < 0 ||
	    check_description(result->description, err) < 0)
		return -(int)err->status;
	result->changed = !text_equal(result->name, project->name) ||
	    !text_equal(result->description, project->description);
	return 0;
}

/* The name that trust has counts wherever project.json is not at hand. */
static int
rename_in_trust(struct place *place, const char *name, struct err *err)
{
	AUTO_TRUST struct trust trust = TRUST_INIT;
	struct trust_project *project;

	if (trust_load(&trust, &place->home, err) < 0)
		return -(int)err->status;
	project = trust_project_find(&trust, place->project);
	if (project == NULL)
		return 0;
	snprintf(project->name, sizeof(project->name), "%s", name);
	return trust_save(&trust, &place->home, err);
}

/* Bring project.json along, where it is still the one that was trusted. */
static int
rename_in_file(
    struct place *place, const struct project_updated *result, struct err *err)
{
	AUTO_PROJECT_FILE struct project_file now = PROJECT_FILE_INIT;

	if (place->file.directory == NULL)
		return 0;
	if (project_file_open(&now, place->file.directory, err) < 0)
		return -(int)err->status;
	if (!text_equal(now.project, place->project))
		return 0;
	snprintf(
	    now.project_name, sizeof(now.project_name), "%s", result->name);
	if (project_file_describe(&now, result->description, err) < 0)
		return -(int)err->status;
	return project_file_save(&now, err);
}

static int
keep_names(
    struct place *place, const struct project_updated *result, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	if (lock >= 0 && rename_in_file(place, result, err) == 0 &&
	    rename_in_trust(place, result->name, err) == 0)
		return 0;
	err_prefix(err, "changed on the server, but not here");
	return err_hint(err, "run the command again");
}

static int
update_listed(struct place *place, struct net *net,
    const struct net_project *project, const struct project_change *change,
    const struct caller *caller, struct project_updated *result,
    struct err *err)
{
	const char *name = NULL;
	const char *description = NULL;
	int rc;

	if (choose(result, change, project, caller, err) < 0)
		return -(int)err->status;
	if (!text_equal(result->name, project->name))
		name = result->name;
	if (!text_equal(result->description, project->description))
		description = result->description;
	rc = result->changed
	    ? net_project_update(net, project, name, description, err)
	    : 0;
	if (rc == -EXIT_CONFLICT)
		return project_name_taken(
		    place->workspace->name, result->name, err);
	/* Also without a change: another machine may have made it. */
	return rc < 0 ? rc : keep_names(place, result, err);
}

int
project_update_run(const struct project_change *change,
    const struct caller *caller, struct project_updated *result,
    struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct net_projects projects = {NULL, 0};
	const struct net_project *project;
	int rc;

	if ((change->name != NULL &&
		project_check_name(change->name, err) < 0) ||
	    (change->description != NULL &&
		check_description(change->description, err) < 0) ||
	    place_find(&place, caller, err) < 0 ||
	    exchange_connect(&net, &place, caller, err) < 0 ||
	    net_projects(&net, &projects, err) < 0)
		return -(int)err->status;
	rc = project_find_listed(
	    &project, &projects, place.project, &place, err);
	if (rc == 0) {
		err_set(err, EXIT_FAILED,
		    "the server has no project '%s' any more",
		    place.project_name);
		rc = err_hint(
		    err, "'agentsecrets project list' shows what there is");
	} else if (rc > 0) {
		rc = update_listed(
		    &place, &net, project, change, caller, result, err);
	}
	net_projects_release(&projects);
	return rc;
}
