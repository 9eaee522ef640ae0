/* project delete: at the server first, then what this machine keeps of it. */
#include "config.h"

#include <agentsecrets/flow_project.h>

#include <stdio.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/names.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/text.h>
#include <agentsecrets/vault.h>

#include "exchange.h"
#include "items.h"
#include "local.h"
#include "place.h"
#include "project.h"

/* What is to be deleted, as the server lists it or this machine knows it. */
struct doomed {
	struct place *place;
	struct net_project project;
	struct project_deleted *result;
};

/* Name, or id, or what this directory means. */
static int
wanted_project(char *out, const char *given, struct place *place,
    const struct caller *caller, struct err *err)
{
	if (given == NULL) {
		if (place_find(place, caller, err) < 0)
			return -(int)err->status;
		given = place->project;
	} else if (place_open_home(place, err) < 0 ||
	    place_load_trust(place, err) < 0) {
		return -(int)err->status;
	}
	if (text_copy(out, LABEL_MAX + 1, given, strlen(given)) == 0)
		return 0;
	return err_set(err, EXIT_USAGE, "no project has so long a name");
}

/*
 * The server has none, but this machine does: a deletion that ended early, or
 * somebody else's.
 */
static int
find_known(struct doomed *doomed, const char *wanted, struct err *err)
{
	const struct trust *trust = &doomed->place->trust;
	const struct trust_project *found = NULL;

	for (size_t i = 0; i < trust->projects_n; i++) {
		const struct trust_project *one = &trust->projects[i];

		if (text_equal(one->id, wanted) ||
		    (found == NULL && text_equal(one->name, wanted)))
			found = one;
	}
	if (found == NULL) {
		err_set(err, EXIT_FAILED, "no project '%.*s'",
		    text_before_equals(wanted), wanted);
		return err_hint(
		    err, "'agentsecrets project list' shows what there is");
	}
	memcpy(doomed->project.id, found->id, sizeof(found->id));
	memcpy(doomed->project.workspace, found->workspace,
	    sizeof(found->workspace));
	memcpy(doomed->project.name, found->name, sizeof(found->name));
	doomed->result->was_gone = true;
	return 0;
}

static int
find_doomed(
    struct doomed *doomed, struct net *net, const char *wanted, struct err *err)
{
	struct net_projects projects = {NULL, 0};
	const struct net_project *project;
	int rc;

	if (net_projects(net, &projects, err) < 0)
		return -(int)err->status;
	rc = project_find_listed(
	    &project, &projects, wanted, doomed->place, err);
	if (rc > 0)
		doomed->project = *project;
	net_projects_release(&projects);
	return rc == 0 ? find_known(doomed, wanted, err) : rc;
}

static int
count_at_server(struct doomed *doomed, struct net *net, struct err *err)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		struct net_list list = {.revision = 0};

		if (net_secrets(net, doomed->project.id, environment_names[i],
			0, &list, err) < 0)
			return -(int)err->status;
		for (size_t k = 0; k < list.rows.n; k++)
			doomed->result->secrets[i] +=
			    !list.rows.items[k].deleted;
		net_rows_release(&list.rows);
	}
	return 0;
}

/* A vault that cannot be read has nothing to count, and may go. */
static void
count_here(struct doomed *doomed)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		AUTO_VAULT struct vault vault = VAULT_INIT;

		if (vault_load(&vault, &doomed->place->home, doomed->project.id,
			doomed->project.workspace, environment_names[i],
			NULL) > 0)
			doomed->result->secrets[i] = vault_live(&vault);
	}
}

/* "2 secrets: 1 in development, 1 in production" */
static void
describe_secrets(char *out, size_t out_len, const size_t *secrets)
{
	const char *between = ":";
	size_t total = 0;
	size_t used;

	for (size_t i = 0; i < ENVIRONMENTS_N; i++)
		total += secrets[i];
	if (total == 0) {
		snprintf(out, out_len, "no secrets");
		return;
	}
	used = (size_t)snprintf(
	    out, out_len, "%zu secret%s", total, total == 1 ? "" : "s");
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		if (secrets[i] == 0)
			continue;
		used += (size_t)snprintf(out + used, out_len - used,
		    "%s %zu in %s", between, secrets[i], environment_names[i]);
		between = ",";
	}
}

static int
confirm(
    const struct doomed *doomed, const struct caller *caller, struct err *err)
{
	const struct project_deleted *result = doomed->result;
	char secrets[256];
	char name[4 * TEXT_PRINTABLE_MAX + 8];
	char workspace[4 * TEXT_PRINTABLE_MAX + 8];
	char prompt[2048];
	char answer[LABEL_MAX + 1];

	if (!caller->ask->is_there())
		return err_set(err, EXIT_USAGE,
		    "there is no terminal to ask on: give --yes");
	describe_secrets(secrets, sizeof(secrets), result->secrets);
	text_printable(name, sizeof(name), result->name, strlen(result->name),
	    TEXT_PRINTABLE_MAX);
	text_printable(workspace, sizeof(workspace), result->workspace_name,
	    strlen(result->workspace_name), TEXT_PRINTABLE_MAX);
	snprintf(prompt, sizeof(prompt),
	    result->was_gone
		? "The server has no project '%s' any more. This removes what "
		  "this machine keeps of it\n(workspace '%s', %s).\n"
		  "Type the project's name to go on: "
		: "This deletes project '%s' of workspace '%s' for everybody, "
		  "with\n%s.\nType the project's name to go on: ",
	    name, workspace, secrets);
	if (caller->ask->line(prompt, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	return text_equal(answer, doomed->project.name)
	    ? 0
	    : err_set(err, EXIT_FAILED, "not deleted: the name is another");
}

/* This directory's project.json, when it names the project. */
static int
unbind_here(struct doomed *doomed, struct err *err)
{
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	int rc = project_file_find(&file, NULL, NULL);

	/* One that cannot be read names nothing. */
	if (rc <= 0 || !text_equal(file.project, doomed->project.id))
		return 0;
	if (project_file_unbind(&file, err) < 0 ||
	    project_file_save(&file, err) < 0)
		return -(int)err->status;
	snprintf(doomed->result->unbound, sizeof(doomed->result->unbound), "%s",
	    file.directory);
	return 0;
}

/* What the keychain has of its values, whoever wrote it. */
static int
remove_items(
    const struct doomed *doomed, const struct caller *caller, struct err *err)
{
	struct place *place = doomed->place;
	bool kept = false;

	if (local_keeps_items(&kept, place, err) < 0)
		return -(int)err->status;
	memcpy(place->project, doomed->project.id, sizeof(place->project));
	for (size_t i = 0; kept && i < ENVIRONMENTS_N; i++) {
		AUTO_NAMES struct names names = NAMES_INIT;

		snprintf(place->environment, sizeof(place->environment), "%s",
		    environment_names[i]);
		if (items_names(&names, place, caller, err) < 0)
			return -(int)err->status;
		for (size_t k = 0; k < names.n; k++) {
			if (items_remove(place, names.items[k], caller, err) <
			    0)
				return -(int)err->status;
		}
	}
	return 0;
}

static int
remove_files(struct doomed *doomed, struct err *err)
{
	const struct home *home = &doomed->place->home;
	const char *id = doomed->project.id;
	AUTO_TRUST struct trust trust = TRUST_INIT;
	AUTO_FD int lock = home_lock(home, "lock", err);

	if (lock < 0 || project_remove_vaults(home, id, err) < 0 ||
	    unbind_here(doomed, err) < 0 || trust_load(&trust, home, err) < 0)
		return -(int)err->status;
	trust_project_remove(&trust, id);
	return trust_save(&trust, home, err);
}

/* Trust goes last: as long as it knows the project, this can be repeated. */
static int
forget_here(struct doomed *doomed, const struct caller *caller, struct err *err)
{
	if (remove_items(doomed, caller, err) == 0 &&
	    remove_files(doomed, err) == 0)
		return 0;
	err_prefix(err, "%snot all of it is removed here",
	    doomed->result->was_gone ? "" : "deleted on the server, but ");
	return err_hint(err, "run 'agentsecrets project delete %s' again",
	    doomed->project.id);
}

static void
name_doomed(struct doomed *doomed)
{
	struct project_deleted *result = doomed->result;
	const struct trust_workspace *workspace = trust_workspace_find(
	    &doomed->place->trust, doomed->project.workspace);

	snprintf(
	    result->name, sizeof(result->name), "%s", doomed->project.name);
	snprintf(result->workspace_name, sizeof(result->workspace_name), "%s",
	    workspace != NULL ? workspace->name : doomed->project.workspace);
}

int
project_delete_run(const char *name, bool yes, const struct caller *caller,
    struct project_deleted *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct doomed doomed = {.place = &place, .result = result};
	char wanted[LABEL_MAX + 1];

	if (wanted_project(wanted, name, &place, caller, err) < 0 ||
	    exchange_connect(&net, &place, caller, err) < 0 ||
	    find_doomed(&doomed, &net, wanted, err) < 0)
		return -(int)err->status;
	name_doomed(&doomed);
	if (result->was_gone)
		count_here(&doomed);
	else if (count_at_server(&doomed, &net, err) < 0)
		return -(int)err->status;
	if ((!yes && confirm(&doomed, caller, err) < 0) ||
	    (!result->was_gone &&
		net_project_delete(&net, &doomed.project, err) < 0))
		return -(int)err->status;
	return forget_here(&doomed, caller, err);
}
