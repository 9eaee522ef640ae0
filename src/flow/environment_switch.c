/* environment switch: which environment this directory means from now on. */
#include "config.h"

#include <agentsecrets/flow_environment.h>

#include <stdio.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "env_file.h"
#include "environments.h"
#include "place.h"

/* Whether a project.json that names a project is here or above. */
static int
has_project(bool *out, struct err *err)
{
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	int rc = project_file_find(&file, NULL, err);

	if (rc < 0)
		return rc;
	*out = rc > 0 && file.project[0] != '\0';
	return 0;
}

/* Put it into project.json as it is now. */
static int
write_project(
    const struct place *place, const char *environment, struct err *err)
{
	AUTO_PROJECT_FILE struct project_file now = PROJECT_FILE_INIT;
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	if (lock < 0 || project_file_open(&now, place->file.directory, err) < 0)
		return -(int)err->status;
	if (!text_equal(now.project, place->project))
		return err_set(err, EXIT_FAILED,
		    "meanwhile '%s' names another project",
		    place->file.directory);
	if (text_equal(now.environment, environment))
		return 0;
	snprintf(now.environment, sizeof(now.environment), "%s", environment);
	return project_file_save(&now, err);
}

static int
write_config(struct place *place, const char *environment, struct err *err)
{
	struct config *config = &place->config;

	if (text_equal(config->environment, environment))
		return 0;
	snprintf(config->environment, sizeof(config->environment), "%s",
	    environment);
	return config_save(config, &place->home, err);
}

static int
switch_project(struct place *place, const char *environment,
    const struct caller *caller, struct environment_switched *result,
    struct err *err)
{
	if (place_find(place, caller, err) < 0 ||
	    write_project(place, environment, err) < 0)
		return -(int)err->status;
	memcpy(result->before, place->environment, sizeof(result->before));
	memcpy(result->project_name, place->project_name,
	    sizeof(result->project_name));
	environment_enter(place, environment);
	return place->storage_mode != 2
	    ? 0
	    : env_file_path(result->file, sizeof(result->file), place, err);
}

static int
switch_everywhere(struct place *place, const char *environment,
    const struct caller *caller, struct environment_switched *result,
    struct err *err)
{
	if (place_open_home(place, err) < 0 ||
	    place_environment(
		result->before, caller, NULL, &place->config, err) < 0)
		return -(int)err->status;
	return write_config(place, environment, err);
}

int
environment_switch_run(const char *environment, const struct caller *caller,
    struct environment_switched *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	struct caller here = *caller;
	bool found = false;

	/* It is about this directory, whatever the variables say. */
	here.project = here.environment = NULL;
	if (environment_check(environment, err) < 0 ||
	    has_project(&found, err) < 0 ||
	    (found ? switch_project(&place, environment, &here, result, err)
		   : switch_everywhere(
			 &place, environment, &here, result, err)) < 0)
		return -(int)err->status;
	snprintf(result->environment, sizeof(result->environment), "%s",
	    environment);
	result->changed = !text_equal(result->before, environment);
	if (caller->environment != NULL &&
	    !text_equal(caller->environment, environment))
		snprintf(result->overridden, sizeof(result->overridden), "%s",
		    caller->environment);
	return 0;
}
