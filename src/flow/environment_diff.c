/* diff --from --to: two environments of a project, as the server has them. */
#include "config.h"

#include <agentsecrets/flow_environment.h>

#include <string.h>

#include "environments.h"
#include "exchange.h"
#include "place.h"

void
environments_diff_release(struct environments_diff *result)
{
	names_release(&result->only_from);
	names_release(&result->only_to);
	names_release(&result->differing);
}

static const struct vault_row *
find_live(struct environment_view *view, const char *name)
{
	const struct vault_row *row = vault_find(view->now, name);

	return row != NULL && !row->deleted ? row : NULL;
}

/* Compare the values that a name has in both. */
static int
same_value(bool *out, struct environment_view *const sides[2],
    const struct vault_row *const rows[2], const struct workspace_key *key,
    struct err *err)
{
	struct arena_mark mark = arena_mark();
	struct secret values[2];

	for (int i = 0; i < 2; i++) {
		if (exchange_open(
			key, sides[i]->now, rows[i], 0, &values[i], err) < 0)
			return err_prefix(err, "%s", sides[i]->name);
	}
	*out = secret_same(&values[0], &values[1]);
	arena_rewind(mark);
	return 0;
}

static int
compare_name(const char *name, struct environment_view *const sides[2],
    const struct workspace_key *key, struct environments_diff *result,
    struct err *err)
{
	const struct vault_row *const rows[2] = {
	    find_live(sides[0], name), find_live(sides[1], name)};
	struct names *list = &result->differing;
	bool same = false;

	if (rows[1] == NULL)
		list = &result->only_from;
	else if (rows[0] == NULL)
		list = &result->only_to;
	else if (same_value(&same, sides, rows, key, err) < 0)
		return -(int)err->status;
	return !same && names_add(list, name) < 0 ? err_memory(err) : 0;
}

static int
compare_all(struct environment_view *const sides[2],
    const struct workspace_key *key, struct environments_diff *result,
    struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;

	for (int i = 0; i < 2; i++) {
		const struct vault *vault = sides[i]->now;

		for (size_t k = 0; k < vault->rows_n; k++) {
			if (!vault->rows[k].deleted &&
			    names_add(&names, vault->rows[k].name) < 0)
				return err_memory(err);
		}
	}
	names_sort(&names);
	for (size_t i = 0; i < names.n; i++) {
		if (compare_name(names.items[i], sides, key, result, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

int
environments_diff_run(const char *from, const char *to,
    const struct caller *caller, struct environments_diff *result,
    struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_NET struct net net = NET_INIT;
	AUTO_ENVIRONMENT_VIEW struct environment_view one =
	    ENVIRONMENT_VIEW_INIT;
	AUTO_ENVIRONMENT_VIEW struct environment_view other =
	    ENVIRONMENT_VIEW_INIT;
	struct environment_view *const sides[2] = {&one, &other};
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct caller here = *caller;

	here.environment = from;
	if (environment_check_pair(from, to, err) < 0 ||
	    place_find(&place, &here, err) < 0 ||
	    exchange_connect(&net, &place, caller, err) < 0 ||
	    exchange_unlock(&key, &place, caller, err) < 0 ||
	    environment_look(&one, from, &net, &place, &key, err) < 0 ||
	    environment_look(&other, to, &net, &place, &key, err) < 0)
		return -(int)err->status;
	memcpy(result->project_name, place.project_name,
	    sizeof(result->project_name));
	return compare_all(sides, &key, result, err);
}
