/*
 * The launch, in the order in which it happens. Nothing of ours is opened
 * before the command is known to exist; nothing is decrypted that was not
 * selected; and when a step fails nothing is started.
 */
#include "config.h"

#include <agentsecrets/flow.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/audit.h>
#include <agentsecrets/env_vector.h>
#include <agentsecrets/envelope.h>
#include <agentsecrets/launch.h>
#include <agentsecrets/net_client.h>

#include "exchange.h"
#include "minimum.h"
#include "place.h"
#include "sources.h"

/* The secrets that the command gets. */
struct injection {
	char **strings;	    /* NAME=value in the arena */
	const char **names; /* views into the selection */
	size_t n;
	size_t unbound; /* how many another client wrote */
};

#define AUTO_INJECTION __attribute__((cleanup(injection_release)))

static void
injection_release(struct injection *injection)
{
	free(injection->strings);
	free(injection->names);
	*injection = (struct injection){.n = 0};
}

static int
select_sources(struct selection *selection, const struct sources *sources,
    const struct text_list *listed, const struct place *place,
    const struct inject_request *request, struct err *err)
{
	const char **stored = calloc(sources->n + 1, sizeof(*stored));
	const char **allowed =
	    calloc(request->allow_names.n + place->settings.allow_names_n + 1,
		sizeof(*allowed));
	struct selection_rules rules = {
	    .has_list = listed->items != NULL,
	    .listed = *listed,
	    .only = request->only,
	    .except = request->except,
	    .allow_missing = request->allow_missing,
	    .prefix = request->prefix,
	    .lasting = place->file.map,
	    .lasting_n = place->file.map_n,
	    .given = request->map,
	    .given_n = request->map_n,
	};
	size_t allowed_n = 0;
	int rc = stored == NULL || allowed == NULL ? err_memory(err) : 0;

	if (rc == 0) {
		for (size_t i = 0; i < sources->n; i++)
			stored[i] = sources->list[i].name;
		for (size_t i = 0; i < request->allow_names.n; i++)
			allowed[allowed_n++] = request->allow_names.items[i];
		for (size_t i = 0; i < place->settings.allow_names_n; i++)
			allowed[allowed_n++] = place->settings.allow_names[i];
		rules.allowed = (struct text_list){allowed, allowed_n};
		rc =
		    selection_apply(selection, &rules, stored, sources->n, err);
	}
	free(allowed);
	free(stored);
	return rc;
}

/* Find what may be given, and choose from it. */
static int
choose(struct selection *selection, struct sources *sources,
    struct vault *vault, struct place *place,
    const struct inject_request *request, const struct caller *caller,
    struct err *err)
{
	struct text_list listed = {NULL, 0};
	int rc = place->file.directory == NULL
	    ? 0
	    : project_file_names(
		  &place->file, place->environment, &listed, err);

	if (rc >= 0)
		rc = sources_gather(sources, vault, &listed, &request->only,
		    place, caller, err);
	if (rc == 0)
		rc = select_sources(
		    selection, sources, &listed, place, request, err);
	free((void *)(uintptr_t)listed.items);
	return rc;
}

static uint64_t
age_allowed(const struct inject_request *request, const struct place *place)
{
	if (request->fresh)
		return 0;
	return request->has_max_age ? request->max_age
				    : place->settings.max_age;
}

/*
 * Where the user says so, nothing is opened into memory that can be swapped
 * out or dumped.
 */
static int
check_memory(const struct place *place, struct err *err)
{
	if (!place->settings.hardening_required)
		return 0;
	if (arena_kind() == ARENA_NONE && arena_reserve(1, err) < 0)
		return -(int)err->status;
	if (arena_kind() != ARENA_PLAIN)
		return 0;
	err_set(err, EXIT_FAILED,
	    "settings.json requires protected memory, and this system gives "
	    "only ordinary memory");
	return err_hint(err,
	    "raise the limit of locked memory (ulimit -l, or systemd's "
	    "LimitMEMLOCK=), or set \"hardening\" to \"auto\"");
}

/* One arena mapping for everything that is about to be opened. */
static int
reserve(const struct sources *sources, const struct selection *selection,
    struct err *err)
{
	size_t total =
	    16384; /* key, cipher, binding key, AGENTSECRETS_ACTIVE */
	size_t entries = selection->n + 2;

	for (char **p = environ; *p != NULL; p++)
		entries++;
	for (size_t i = 0; i < selection->n; i++) {
		const struct source *source =
		    &sources->list[selection->items[i].index];

		total += strlen(selection->items[i].final) + 32 +
		    (source->row != NULL ? source->row->blob_len
					 : source->item->value.len);
	}
	return arena_reserve(total + entries * sizeof(char *), err);
}

/*
 * Bring a value into the arena, behind `room` bytes for its name.
 *
 * @return 0; 1 when it is bound to no place
 */
static int
open_source(const struct workspace_key *key, struct vault *vault,
    const struct source *source, size_t room, struct secret *out,
    struct err *err)
{
	uint8_t *bytes;

	if (source->row != NULL)
		return exchange_open(key, vault, source->row, room, out, err);
	bytes = arena_alloc(room + source->item->value.len + 1, err);
	if (bytes == NULL)
		return -(int)err->status;
	memcpy(bytes + room, source->item->value.data, source->item->value.len);
	*out = (struct secret){bytes, room + source->item->value.len};
	return 0;
}

/* @return as open_source() */
static int
open_one(char **out, const struct workspace_key *key, struct vault *vault,
    const struct source *source, const char *final, struct err *err)
{
	size_t name_len = strlen(final);
	struct secret entry;
	int rc = open_source(key, vault, source, name_len + 1, &entry, err);

	if (rc < 0)
		return rc;
	if (memchr(entry.data + name_len + 1, '\0', entry.len - name_len - 1) !=
	    NULL)
		return err_set(err, EXIT_FAILED,
		    "the value of '%s' holds a NUL byte, which no environment "
		    "variable can",
		    source->name);
	memcpy(entry.data, final, name_len);
	entry.data[name_len] = '=';
	*out = (char *)entry.data;
	return rc;
}

static int
open_selected(struct injection *out, const struct workspace_key *key,
    struct vault *vault, const struct sources *sources,
    const struct selection *selection, const struct env_rules *rules,
    struct err *err)
{
	out->strings = calloc(selection->n + 1, sizeof(*out->strings));
	out->names = calloc(selection->n + 1, sizeof(*out->names));
	if (out->strings == NULL || out->names == NULL)
		return err_memory(err);
	for (size_t i = 0; i < selection->n; i++) {
		const struct selected *one = &selection->items[i];
		int rc;

		/* What the command will not get is not opened. */
		if (env_vector_preserves(rules, one->final, environ))
			continue;
		rc = open_one(&out->strings[out->n], key, vault,
		    &sources->list[one->index], one->final, err);
		if (rc < 0)
			return rc;
		out->unbound += rc > 0;
		out->names[out->n++] = one->final;
	}
	return 0;
}

/* Items lie open already. */
static bool
needs_key(const struct sources *sources, const struct selection *selection)
{
	for (size_t i = 0; i < selection->n; i++) {
		if (sources->list[selection->items[i].index].row != NULL)
			return true;
	}
	return false;
}

static int
audit(const struct place *place, const struct inject_request *request,
    const struct injection *injection, const struct caller *caller,
    struct err *err)
{
	struct audit_record record = {
	    .project = place->project_name,
	    .project_id = place->project,
	    .environment = place->environment,
	    .command = request->command[0],
	    .names = injection->names,
	    .names_n = injection->n,
	};
	struct err failure;
	char text[ERR_TEXT_MAX + 64];

	if (place->settings.audit == AUDIT_OFF || injection->n == 0 ||
	    audit_append(&place->home, &record, &failure) == 0)
		return 0;
	if (place->settings.audit == AUDIT_REQUIRED) {
		*err = failure;
		return err_prefix(err, "audit is required");
	}
	snprintf(text, sizeof(text), "warning: not audited: %s", failure.text);
	caller->notice(text);
	return 0;
}

/* Nobody but the server says that such a value belongs to its name. */
static void
warn_of_unbound(const struct place *place, const struct injection *injection,
    const struct caller *caller)
{
	char text[LABEL_MAX + 160];

	if (injection->unbound == 0)
		return;
	snprintf(text, sizeof(text),
	    "warning: %zu of %zu values were written by another client, which "
	    "does not bind them to their names (workspace '%s' is compat)",
	    injection->unbound, injection->n, place->workspace->name);
	caller->notice(text);
}

static void
tell(const struct place *place, const struct injection *injection,
    const struct selection *selection, const struct caller *caller)
{
	char text[1024];

	snprintf(text, sizeof(text), "%zu secret%s of %s/%s%s", injection->n,
	    injection->n == 1 ? "" : "s", place->project_name,
	    place->environment,
	    selection->n > injection->n
		? " (some stand back for inherited variables)"
		: "");
	caller->notice(text);
	if (selection->unlisted > 0) {
		snprintf(text, sizeof(text),
		    "%zu left out: project.json does not list them",
		    selection->unlisted);
		caller->notice(text);
	}
}

static int
report(
    const struct injection *injection, struct names *injected, struct err *err)
{
	for (size_t i = 0; i < injection->n; i++) {
		if (names_add(injected, injection->names[i]) < 0)
			return err_memory(err);
	}
	return 0;
}

/* Build the environment around the opened secrets and become the command. */
static int
start(const char *path, const struct place *place,
    const struct inject_request *request, const struct injection *injection,
    const struct selection *selection, const struct env_rules *rules,
    const struct caller *caller, struct names *injected, struct err *err)
{
	size_t active_len = strlen("AGENTSECRETS_ACTIVE=/") +
	    strlen(place->project_name) + strlen(place->environment) + 1;
	char *active = arena_alloc(active_len, err);
	struct launch launch;
	char **vector;

	if (active == NULL)
		return -(int)err->status;
	snprintf(active, active_len, "AGENTSECRETS_ACTIVE=%s/%s",
	    place->project_name, place->environment);
	if (env_vector_build(&vector, environ, injection->strings, injection->n,
		active, rules, err) < 0 ||
	    env_vector_check(vector, request->command, err) < 0)
		return -(int)err->status;
	warn_of_unbound(place, injection, caller);
	if (request->verbose)
		tell(place, injection, selection, caller);
	if (request->dry_run)
		return report(injection, injected, err);
	if (audit(place, request, injection, caller, err) < 0)
		return -(int)err->status;
	launch =
	    (struct launch){path, request->command, vector, request->no_core};
	return launch_exec(&launch, request->state, err);
}

int
inject_run(const struct inject_request *request, const struct caller *caller,
    struct names *injected, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_SELECTION struct selection selection = SELECTION_INIT;
	AUTO_INJECTION struct injection injection = {.n = 0};
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct env_rules rules = {request->clean, request->clean_has_list,
	    request->keep, request->preserve, request->preserve_has_list,
	    request->preserved};
	AUTO_SOURCES struct sources sources = SOURCES_INIT;
	char path[PATH_MAX];
	int rc;

	rc = launch_resolve(path, request->command[0], getenv("PATH"), err);
	if (rc == 0)
		rc = place_find(&place, caller, err);
	if (rc == 0)
		rc = check_memory(&place, err);
	if (rc == 0)
		rc = exchange_ready(&vault, &key, &place,
		    age_allowed(request, &place), caller, err);
	if (rc == 0)
		rc = choose(
		    &selection, &sources, &vault, &place, request, caller, err);
	if (rc == 0)
		rc = minimum_check(&place, &vault, err);
	if (rc == 0)
		rc = reserve(&sources, &selection, err);
	/* What was reserved for the values may be of a lesser kind. */
	if (rc == 0)
		rc = check_memory(&place, err);
	if (rc == 0 && key.blobs == NULL && needs_key(&sources, &selection))
		rc = exchange_unlock(&key, &place, caller, err);
	if (rc == 0)
		rc = open_selected(&injection, &key, &vault, &sources,
		    &selection, &rules, err);
	if (key.blobs != NULL)
		blob_key_wipe(key.blobs);
	/* Nothing of ours is alive when the command is. */
	place_close_keychain(&place);
	if (rc == 0)
		rc = start(path, &place, request, &injection, &selection,
		    &rules, caller, injected, err);
	return rc;
}
