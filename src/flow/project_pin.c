/* project pin: what `env` may give out, written down where git keeps it. */
#include "config.h"

#include <agentsecrets/flow_project.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "changes.h"
#include "exchange.h"
#include "minimum.h"
#include "place.h"

/* The live names of a vault, and the version of each. */
struct pin {
	const char **names; /* views */
	struct project_minimum *marks;
	size_t n;
	size_t marks_n; /* a value that is not bound has no version */
};

static void
pin_release(struct pin *pin)
{
	free(pin->names);
	free(pin->marks);
}

static int
collect(struct pin *pin, struct vault *vault, struct err *err)
{
	vault_sort(vault);
	pin->names = calloc(vault->rows_n + 1, sizeof(*pin->names));
	pin->marks = calloc(vault->rows_n + 1, sizeof(*pin->marks));
	if (pin->names == NULL || pin->marks == NULL)
		return err_memory(err);
	for (size_t i = 0; i < vault->rows_n; i++) {
		const struct vault_row *row = &vault->rows[i];

		if (row->deleted)
			continue;
		pin->names[pin->n++] = row->name;
		if (row->version > 0)
			pin->marks[pin->marks_n++] = (struct project_minimum){
			    row->name, row->epoch, minimum_version(row)};
	}
	return 0;
}

static int
find_directory(
    struct place *place, const struct caller *caller, struct err *err)
{
	if (place_find(place, caller, err) < 0)
		return -(int)err->status;
	if (place->file.directory != NULL)
		return 0;
	err_set(err, EXIT_USAGE,
	    "this is not the directory of project '%s', whose project.json "
	    "would keep it",
	    place->project_name);
	return err_hint(err, "change into the project's directory first");
}

/*
 * Put the pin into project.json as it is now; NULL: take it out. The caller
 * holds `lock`.
 */
static int
write_pin(struct place *place, const struct pin *pin, bool versions,
    struct project_pinned *result, struct err *err)
{
	AUTO_PROJECT_FILE struct project_file now = PROJECT_FILE_INIT;
	char rules[sizeof(now.rules)];
	int rc = project_file_open(&now, place->file.directory, err);

	if (rc < 0)
		return rc;
	/* What was not trusted a moment ago is not bound here either. */
	if (!text_equal(now.project, place->project) ||
	    !text_equal(now.rules, place->file.rules))
		return err_set(err, EXIT_FAILED,
		    "meanwhile '%s/.agentsecrets/project.json' was changed",
		    place->file.directory);
	memcpy(rules, now.rules, sizeof(rules));
	if (pin == NULL)
		project_file_unpin(&now, place->environment);
	else if (project_file_pin(&now, place->environment,
		     (struct text_list){pin->names, pin->n},
		     versions ? pin->marks : NULL, pin->marks_n, err) < 0)
		return -(int)err->status;
	if (project_file_save(&now, err) < 0)
		return -(int)err->status;
	result->changed = !text_equal(rules, now.rules);
	project_file_release(&place->file);
	place->file = now;
	now = (struct project_file)PROJECT_FILE_INIT;
	return place_bind_locked(place, err);
}

static int
keep_pin(struct place *place, const struct pin *pin, bool versions,
    struct project_pinned *result, struct err *err)
{
	AUTO_FD int lock = home_lock(&place->home, "lock", err);

	return lock < 0 ? lock : write_pin(place, pin, versions, result, err);
}

int
project_pin_run(bool versions, const struct caller *caller,
    struct project_pinned *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	__attribute__((cleanup(pin_release))) struct pin pin = {NULL};
	struct workspace_key key = WORKSPACE_KEY_INIT;

	if (find_directory(&place, caller, err) < 0 ||
	    exchange_ready(&vault, &key, &place, ANY_AGE, caller, err) < 0 ||
	    minimum_check(&place, &vault, err) < 0 ||
	    collect(&pin, &vault, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &place);
	if (pin.n == 0)
		return err_set(err, EXIT_FAILED,
		    "nothing to pin: %s/%s has no secrets", place.project_name,
		    place.environment);
	result->names = pin.n;
	result->has_versions = versions;
	return keep_pin(&place, &pin, versions, result, err);
}

int
project_unpin_run(
    const struct caller *caller, struct project_pinned *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;

	if (find_directory(&place, caller, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &place);
	return keep_pin(&place, NULL, false, result, err);
}
