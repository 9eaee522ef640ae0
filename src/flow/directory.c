/* trust: whether a directory may say which project it means. */
#include "config.h"

#include <agentsecrets/flow_project.h>

#include <stdio.h>
#include <string.h>

#include <agentsecrets/fd.h>

#include "place.h"

static int
untrust(struct place *place, bool *changed, struct err *err)
{
	AUTO_TRUST struct trust trust = TRUST_INIT;
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	if (lock < 0 || trust_load(&trust, &place->home, err) < 0)
		return -(int)err->status;
	*changed = trust_directory_remove(&trust, place->file.directory);
	return *changed ? trust_save(&trust, &place->home, err) : 0;
}

static int
check_project(const struct place *place, struct err *err)
{
	const struct project_file *file = &place->file;
	const struct trust_project *known =
	    trust_project_find(&place->trust, file->project);

	if (file->project[0] == '\0') {
		err_set(
		    err, EXIT_FAILED, "'%s' names no project", file->directory);
		return err_hint(
		    err, "run 'agentsecrets project use NAME' there");
	}
	if (known != NULL && strcmp(known->workspace, file->workspace) != 0) {
		err_set(err, EXIT_UNSAFE,
		    "project '%s' belonged to another workspace before",
		    known->name);
		return err_hint(err,
		    "'agentsecrets project use %s' asks the server and binds "
		    "it anew",
		    known->name);
	}
	if (trust_workspace_find(&place->trust, file->workspace) == NULL) {
		err_set(err, EXIT_ACCESS,
		    "'%s' names a workspace whose key is not on this machine",
		    file->directory);
		return err_hint(err,
		    "log in to the account that has it, then 'agentsecrets "
		    "key import KIT'");
	}
	return 0;
}

int
trust_run(bool remove, struct directory_trust *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	const struct trust_workspace *workspace;
	int rc;

	if (place_open_home(&place, err) < 0 ||
	    place_load_trust(&place, err) < 0)
		return -(int)err->status;
	rc = project_file_find(&place.file, NULL, err);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		err_set(err, EXIT_FAILED,
		    "no .agentsecrets/project.json here or above");
		return err_hint(err,
		    "run 'agentsecrets project create NAME' or 'agentsecrets "
		    "project use NAME'");
	}
	snprintf(
	    result->path, sizeof(result->path), "%s", place.file.directory);
	snprintf(result->project_name, sizeof(result->project_name), "%s",
	    place.file.project_name);
	if (remove)
		return untrust(&place, &result->changed, err);
	if (check_project(&place, err) < 0 || place_bind(&place, err) < 0)
		return -(int)err->status;
	workspace = trust_workspace_find(&place.trust, place.file.workspace);
	snprintf(result->workspace_name, sizeof(result->workspace_name), "%s",
	    workspace != NULL ? workspace->name : "");
	result->changed = true;
	return 0;
}
