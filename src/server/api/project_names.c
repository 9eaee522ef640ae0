/* Names across a project's environments, never values. */
#include "config.h"

#include <string.h>

#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "src/server/api/access.h"
#include "src/server/api/handlers.h"

int
project_environments(struct call *call, struct err *err)
{
	struct project project;
	int64_t counts[ENVIRONMENTS_N] = {0};
	struct writer *w;
	int rc;

	if ((rc = project_of_path(call, ACTION_PROJECT_READ, &project, err)) !=
		0 ||
	    (rc = db_start(call->db, ST_SECRET_COUNT,
		 DB_PARAMS(DB_TEXT(project.id)), err)) != 0)
		return rc;
	while ((rc = db_step(call->db, ST_SECRET_COUNT, err)) > 0) {
		for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
			if (text_equal(
				db_text(call->db, ST_SECRET_COUNT, 0, NULL),
				environment_names[i]))
				counts[i] =
				    db_integer(call->db, ST_SECRET_COUNT, 1);
		}
	}
	if (rc < 0)
		return rc;
	w = reply_begin(call, 200, "Environments retrieved");
	writer_open(w, '{');
	writer_member(w, "project_id", project.id);
	writer_key(w, "environments");
	writer_open(w, '{');
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		writer_key(w, environment_names[i]);
		writer_open(w, '{');
		writer_member_number(w, "secret_count", counts[i]);
		writer_close(w, '}');
	}
	writer_close(w, '}');
	writer_close(w, '}');
	return reply_end(call, err);
}

/* One name and the environments that hold it. */
struct presence {
	char name[NAME_MAX_BYTES + 1];
	bool in[ENVIRONMENTS_N];
};

/*
 * The next name of SECRET_NAMES, whose rows come sorted by name. The row that
 * begins the following name stays current.
 *
 * @param more  whether a row is current, before and after
 */
static int
next_presence(
    struct call *call, struct presence *out, int *more, struct err *err)
{
	const char *name = db_text(call->db, ST_SECRET_NAMES, 0, NULL);

	*out = (struct presence){0};
	text_copy(out->name, sizeof(out->name), name, strlen(name));
	while (*more > 0 &&
	    text_equal(
		db_text(call->db, ST_SECRET_NAMES, 0, NULL), out->name)) {
		for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
			if (text_equal(
				db_text(call->db, ST_SECRET_NAMES, 1, NULL),
				environment_names[i]))
				out->in[i] = true;
		}
		*more = db_step(call->db, ST_SECRET_NAMES, err);
	}
	return *more < 0 ? *more : 0;
}

int
project_coverage(struct call *call, struct err *err)
{
	struct project project;
	struct presence presence;
	struct writer *w;
	int more;
	int rc;

	if ((rc = project_of_path(call, ACTION_PROJECT_READ, &project, err)) !=
	    0)
		return rc;
	more = db_first(
	    call->db, ST_SECRET_NAMES, DB_PARAMS(DB_TEXT(project.id)), err);
	w = reply_begin(call, 200, "Secrets coverage retrieved");
	writer_open(w, '{');
	writer_member(w, "project_id", project.id);
	writer_key(w, "keys");
	writer_open(w, '[');
	while (more > 0) {
		if ((rc = next_presence(call, &presence, &more, err)) < 0)
			return rc;
		writer_open(w, '{');
		writer_member(w, "key_name", presence.name);
		for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
			writer_key(w, environment_names[i]);
			writer_truth(w, presence.in[i]);
		}
		writer_close(w, '}');
	}
	writer_close(w, ']');
	writer_close(w, '}');
	return more < 0 ? more : reply_end(call, err);
}

/* Which of the environments it is, or -1. */
static int
environment_index(const char *environment)
{
	for (int i = 0; i < ENVIRONMENTS_N; i++) {
		if (text_equal(environment_names[i], environment))
			return i;
	}
	return -1;
}

/* Append one name to one of the three lists. */
static void
sort_name(
    struct writer lists[3], const struct presence *presence, int from, int to)
{
	bool in_from = presence->in[from];
	bool in_to = presence->in[to];

	if (in_from && in_to && from != to)
		writer_text(&lists[2], presence->name);
	else if (in_from)
		writer_text(&lists[0], presence->name);
	else if (in_to)
		writer_text(&lists[1], presence->name);
}

static int
gather(struct call *call, const char *project, struct writer lists[3], int from,
    int to, struct err *err)
{
	struct presence presence;
	int more = db_first(
	    call->db, ST_SECRET_NAMES, DB_PARAMS(DB_TEXT(project)), err);

	while (more > 0) {
		int rc = next_presence(call, &presence, &more, err);

		if (rc < 0)
			return rc;
		sort_name(lists, &presence, from, to);
	}
	return more;
}

static int
reply_diff(struct call *call, struct writer lists[3], struct err *err)
{
	static const char *const keys[] = {
	    "in_from_only", "in_to_only", "in_both"};
	struct writer *w =
	    reply_begin(call, 200, "Cross-environment diff retrieved");

	writer_open(w, '{');
	for (size_t i = 0; i < 3; i++) {
		writer_key(w, keys[i]);
		writer_open(w, '[');
		if (lists[i].failed ||
		    buf_append(w->out, lists[i].out->data, lists[i].out->len) <
			0)
			w->failed = true;
		writer_close(w, ']');
	}
	writer_close(w, '}');
	return reply_end(call, err);
}

int
project_diff(struct call *call, struct err *err)
{
	AUTO_BUF struct buf from_only = BUF_INIT;
	AUTO_BUF struct buf to_only = BUF_INIT;
	AUTO_BUF struct buf both = BUF_INIT;
	struct writer lists[] = {{&from_only, false, false},
	    {&to_only, false, false}, {&both, false, false}};
	const char *from = path_query(&call->path, "from");
	const char *to = path_query(&call->path, "to");
	struct project project;
	int a = environment_index(from != NULL ? from : "development");
	int b = environment_index(to != NULL ? to : "production");
	int rc;

	if ((rc = project_of_path(call, ACTION_PROJECT_READ, &project, err)) !=
	    0)
		return rc;
	if (a < 0 || b < 0)
		return reply_invalid(
		    call, "environment", "Invalid from/to environment");
	rc = gather(call, project.id, lists, a, b, err);
	return rc < 0 ? rc : reply_diff(call, lists, err);
}
