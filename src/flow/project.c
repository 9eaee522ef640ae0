/* project create, use, list: which project a directory means. */
#include "config.h"

#include <agentsecrets/flow_project.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/account.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/names.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/text.h>
#include <agentsecrets/vault.h>

#include "connect.h"
#include "exchange.h"
#include "place.h"
#include "project.h"

int
project_check_name(const char *name, struct err *err)
{
	if (project_name_is_valid(name))
		return 0;
	err_set(err, EXIT_USAGE, "'%.*s' cannot be a project's name",
	    text_before_equals(name), name);
	return err_hint(err,
	    "use two or more of a-z, 0-9, '-' and '_', such as 'web-shop'");
}

int
project_name_taken(const char *workspace, const char *name, struct err *err)
{
	return err_set(err, EXIT_CONFLICT,
	    "workspace '%s' has a project '%s' already", workspace, name);
}

/* The directory's name, made fit; "" when nothing is left of it. */
static void
suggest_name(char *out, size_t out_len)
{
	char *cwd = getcwd(NULL, 0);
	const char *base = cwd != NULL ? strrchr(cwd, '/') + 1 : "";
	size_t n = 0;

	for (; *base != '\0' && n + 1 < out_len; base++) {
		int c = tolower((unsigned char)*base);

		if (isalnum(c) || c == '-' || c == '_')
			out[n++] = (char)c;
		else if (n > 0 && out[n - 1] != '-')
			out[n++] = '-';
	}
	out[n] = '\0';
	if (!project_name_is_valid(out))
		out[0] = '\0';
	free(cwd);
}

int
project_name_for_init(
    char *out, const char *given, const struct caller *caller, struct err *err)
{
	char suggestion[64];
	char prompt[160];

	if (given == NULL && !caller->ask->is_there())
		return 0;
	if (given == NULL) {
		suggest_name(suggestion, sizeof(suggestion));
		snprintf(prompt, sizeof(prompt),
		    "Project for this directory [%s] (- for none): ",
		    suggestion);
		if (caller->ask->line(prompt, out, LABEL_MAX + 1, err) < 0)
			return -(int)err->status;
		if (out[0] == '\0')
			snprintf(out, LABEL_MAX + 1, "%s", suggestion);
		if (out[0] == '\0' || text_equal(out, "-"))
			return 0;
	} else {
		snprintf(out, LABEL_MAX + 1, "%s", given);
	}
	return project_check_name(out, err) < 0 ? -(int)err->status : 1;
}

/* Every directory lies below $HOME: binding it would bind them all. */
static int
refuse_home(struct err *err)
{
	const char *home = getenv("HOME");
	struct stat here;
	struct stat there;

	if (home != NULL && stat(".", &here) == 0 && stat(home, &there) == 0 &&
	    here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
		err_set(err, EXIT_FAILED,
		    "the home directory itself cannot be a project");
		return err_hint(
		    err, "change into the project's directory first");
	}
	return 0;
}

static int
open_for_project(struct place *place, struct err *err)
{
	char *cwd;
	int rc = place_open_home(place, err);

	if (rc == 0)
		rc = place_load_trust(place, err);
	if (rc == 0)
		rc = refuse_home(err);
	if (rc < 0)
		return rc;
	cwd = getcwd(NULL, 0);
	if (cwd == NULL)
		return err_sys(
		    err, EXIT_FAILED, "cannot find the working directory");
	rc = project_file_open(&place->file, cwd, err);
	free(cwd);
	return rc < 0 ? rc : 0;
}

/* The workspace that was selected, else the first one that is trusted. */
static const struct trust_workspace *
chosen_workspace(const struct place *place)
{
	const struct trust_workspace *workspace =
	    trust_workspace_find(&place->trust, place->config.workspace);

	if (workspace == NULL && place->trust.workspaces_n > 0)
		workspace = &place->trust.workspaces[0];
	return workspace;
}

/* Write project.json and what this machine believes of it. */
static int
bind_here(struct place *place, const char *id, const char *name,
    const struct trust_workspace *workspace, const struct caller *caller,
    struct project_bound *bound, struct err *err)
{
	struct project_file *file = &place->file;

	/* The other clients want the field filled. */
	if (place_environment(
		place->environment, caller, file, &place->config, err) < 0)
		return -(int)err->status;
	snprintf(file->environment, sizeof(file->environment), "%s",
	    place->environment);

	snprintf(bound->before, sizeof(bound->before), "%s",
	    text_equal(file->project, id) ? "" : file->project_name);
	snprintf(bound->name, sizeof(bound->name), "%s", name);
	snprintf(bound->workspace_name, sizeof(bound->workspace_name), "%s",
	    workspace->name);
	snprintf(file->project, sizeof(file->project), "%s", id);
	snprintf(file->project_name, sizeof(file->project_name), "%s", name);
	snprintf(file->workspace, sizeof(file->workspace), "%s", workspace->id);
	snprintf(file->workspace_name, sizeof(file->workspace_name), "%s",
	    workspace->name);
	if (project_file_save(file, err) < 0)
		return -(int)err->status;
	return place_bind(place, err);
}

/* What is known of a new project is that it is empty. */
static int
begin_vault(
    struct place *place, const char *id, const char *workspace, struct err *err)
{
	AUTO_VAULT struct vault vault = VAULT_INIT;
	const struct trust_directory *line =
	    trust_directory_find(&place->trust, place->file.directory);
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	if (lock < 0 ||
	    vault_load(&vault, &place->home, id, workspace, place->environment,
		err) < 0)
		return -(int)err->status;
	snprintf(vault.origin, sizeof(vault.origin), "%s",
	    line != NULL ? line->origin : NET_EMBEDDED);
	return vault_save(&vault, &place->home, err);
}

int
project_create_run(const char *name, const struct caller *caller,
    struct project_bound *bound, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_NET struct net net = NET_INIT;
	const struct trust_workspace *workspace;
	struct trust_workspace chosen;
	char id[UUID_TEXT + 1];
	int rc;

	if (project_check_name(name, err) < 0 ||
	    open_for_project(&place, err) < 0)
		return -(int)err->status;
	workspace = chosen_workspace(&place);
	if (workspace == NULL)
		return err_set(
		    err, EXIT_ACCESS, "no workspace's key is on this machine");
	chosen = *workspace; /* binding reads the trust file anew */
	crypto_random_uuid(id);
	if (exchange_connect(&net, &place, caller, err) < 0)
		return -(int)err->status;
	rc = net_project_create(&net, id, chosen.id, name, err);
	if (rc == -EXIT_CONFLICT) {
		project_name_taken(chosen.name, name, err);
		return err_hint(
		    err, "run 'agentsecrets project use %s' to take it", name);
	}
	if (rc < 0)
		return rc;
	if (bind_here(&place, id, name, &chosen, caller, bound, err) < 0)
		return -(int)err->status;
	return begin_vault(&place, id, chosen.id, err);
}

int
project_find_listed(const struct net_project **out,
    const struct net_projects *projects, const char *wanted,
    const struct place *place, struct err *err)
{
	const struct trust_workspace *chosen = chosen_workspace(place);
	bool is_sure = false;
	size_t n = 0;

	*out = NULL;
	for (size_t i = 0; i < projects->n; i++) {
		const struct net_project *one = &projects->items[i];

		if (text_equal(one->id, wanted)) {
			*out = one;
			return 1;
		}
		if (!text_equal(one->name, wanted) || is_sure)
			continue;
		/* A name may be given once in each workspace. */
		is_sure =
		    chosen != NULL && text_equal(one->workspace, chosen->id);
		*out = one;
		n++;
	}
	if (n < 2 || is_sure)
		return n > 0;
	err_set(err, EXIT_FAILED, "two workspaces have a project '%s'", wanted);
	return err_hint(err,
	    "give its identifier, which 'agentsecrets project list --json' "
	    "shows");
}

/* Of any environment: the vault, or what a copy of it agrees with. */
static bool
is_vault_of(const char *file, const char *project)
{
	size_t len = strlen(file);

	return text_has_prefix(file, project) && file[UUID_TEXT] == '.' &&
	    (environment_is_known(file + UUID_TEXT + 1) ||
		text_equal(file + len - strlen(".local"), ".local"));
}

int
project_remove_vaults(
    const struct home *home, const char *project, struct err *err)
{
	int fd = openat(
	    home->fd, "vault", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *one;
	int rc = 0;

	if (listing == NULL) {
		fd_close(&fd);
		return errno == ENOENT
		    ? 0
		    : err_sys(err, EXIT_FAILED, "cannot open '%s/vault'",
			  home->path);
	}
	while (rc == 0 && (one = readdir(listing)) != NULL) {
		char name[NAME_MAX + sizeof("vault/")];

		snprintf(name, sizeof(name), "vault/%s", one->d_name);
		if (is_vault_of(one->d_name, project))
			rc = home_remove(home, name, err);
	}
	closedir(listing);
	return rc;
}

/*
 * A project that now stands under another workspace may have been moved by
 * its people, or by a server that knows that workspace's key: only a person
 * can tell.
 */
static int
confirm_move(struct place *place, const struct net_project *project,
    const struct trust_workspace *now, const struct caller *caller,
    struct err *err)
{
	const struct trust_project *known =
	    trust_project_find(&place->trust, project->id);
	const struct trust_workspace *before;
	char question[1024];
	char answer[16] = "";

	if (known == NULL || text_equal(known->workspace, project->workspace))
		return 0;
	before = trust_workspace_find(&place->trust, known->workspace);
	snprintf(question, sizeof(question),
	    "Project '%s' was in workspace '%s' and is in '%s' now. Did its "
	    "people move it? [y/N] ",
	    known->name, before != NULL ? before->name : known->workspace,
	    now->name);
	if (caller->ask->is_there() &&
	    caller->ask->line(question, answer, sizeof(answer), err) < 0)
		return -(int)err->status;
	if (text_equal(answer, "y") || text_equal(answer, "yes"))
		/* Under another workspace its old vault says nothing. */
		return project_remove_vaults(&place->home, project->id, err);
	err_set(err, EXIT_UNSAFE,
	    "project '%s' belonged to another workspace before", known->name);
	return err_hint(
	    err, "'agentsecrets project use' asks about it on a terminal");
}

static int
use_found(struct place *place, const struct net_project *project,
    const struct caller *caller, struct project_bound *bound, struct err *err)
{
	const struct trust_workspace *workspace =
	    trust_workspace_find(&place->trust, project->workspace);
	struct trust_workspace chosen;

	if (workspace == NULL) {
		err_set(err, EXIT_ACCESS,
		    "project '%s' is in a workspace whose key is not on this "
		    "machine",
		    project->name);
		return err_hint(
		    err, "run 'agentsecrets login' to look for the key");
	}
	if (!project_name_is_valid(project->name))
		return err_set(err, EXIT_FAILED,
		    "the server has a malformed name for project '%s'",
		    project->id);
	chosen = *workspace;
	if (confirm_move(place, project, &chosen, caller, err) < 0)
		return -(int)err->status;
	return bind_here(
	    place, project->id, project->name, &chosen, caller, bound, err);
}

int
project_use_run(const char *name, const struct caller *caller,
    struct project_bound *bound, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct net_projects projects = {NULL, 0};
	const struct net_project *project;
	int rc;

	if (open_for_project(&place, err) < 0 ||
	    exchange_connect(&net, &place, caller, err) < 0 ||
	    net_projects(&net, &projects, err) < 0)
		return -(int)err->status;
	rc = project_find_listed(&project, &projects, name, &place, err);
	if (rc == 0) {
		err_set(err, EXIT_FAILED, "no project '%.*s'",
		    text_before_equals(name), name);
		rc = err_hint(err,
		    "'agentsecrets project list' shows what there is, "
		    "'agentsecrets project create %.*s' makes it",
		    text_before_equals(name), name);
	} else if (rc > 0) {
		rc = use_found(&place, project, caller, bound, err);
	}
	net_projects_release(&projects);
	return rc;
}

static int
compare_items(const void *a, const void *b)
{
	return strcmp(((const struct project_item *)a)->name,
	    ((const struct project_item *)b)->name);
}

int
project_list_run(
    const struct caller *caller, struct project_items *list, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_NET struct net net = NET_INIT;
	struct net_projects projects = {NULL, 0};

	if (place_open_home(&place, err) < 0 ||
	    place_load_trust(&place, err) < 0 ||
	    exchange_connect(&net, &place, caller, err) < 0 ||
	    net_projects(&net, &projects, err) < 0)
		return -(int)err->status;
	list->items = calloc(projects.n + 1, sizeof(*list->items));
	for (size_t i = 0; list->items != NULL && i < projects.n; i++) {
		const struct net_project *one = &projects.items[i];
		const struct trust_workspace *workspace =
		    trust_workspace_find(&place.trust, one->workspace);
		struct project_item *item = &list->items[list->n++];

		snprintf(item->id, sizeof(item->id), "%s", one->id);
		snprintf(item->name, sizeof(item->name), "%s", one->name);
		snprintf(item->workspace, sizeof(item->workspace), "%s",
		    workspace != NULL ? workspace->name : one->workspace);
		snprintf(item->description, sizeof(item->description), "%s",
		    one->description);
	}
	net_projects_release(&projects);
	if (list->items == NULL)
		return err_memory(err);
	qsort(list->items, list->n, sizeof(*list->items), compare_items);
	return 0;
}
