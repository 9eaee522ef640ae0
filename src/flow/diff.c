/* diff: compare without changing anything. */
#include "config.h"

#include <agentsecrets/flow.h>

#include "changes.h"
#include "local.h"

void
diff_result_release(struct diff_result *result)
{
	names_release(&result->only_local);
	names_release(&result->only_remote);
	names_release(&result->changed_here);
	names_release(&result->changed_there);
	names_release(&result->changed_both);
}

/* The list of the result that a standing goes into, or NULL. */
static struct names *
list_of(struct diff_result *result, enum standing standing)
{
	switch (standing) {
	case STANDING_ONLY_LOCAL:
		return &result->only_local;
	case STANDING_ONLY_REMOTE:
		return &result->only_remote;
	case STANDING_CHANGED_HERE:
	case STANDING_DELETED_HERE:
		return &result->changed_here;
	case STANDING_CHANGED_THERE:
	case STANDING_DELETED_THERE:
		return &result->changed_there;
	case STANDING_CHANGED_BOTH:
		return &result->changed_both;
	case STANDING_SAME:
		break;
	}
	return NULL;
}

static int
compare_all(
    const struct sides *sides, struct diff_result *result, struct err *err)
{
	AUTO_NAMES struct names names = NAMES_INIT;

	if (standing_names(&names, sides, err) < 0)
		return -(int)err->status;
	for (size_t i = 0; i < names.n; i++) {
		struct arena_mark mark = arena_mark();
		enum standing standing;
		struct secret remote;
		struct names *list;

		if (standing_of(
			sides, names.items[i], &standing, &remote, err) < 0)
			return -(int)err->status;
		arena_rewind(mark);
		list = list_of(result, standing);
		if (list != NULL && names_add(list, names.items[i]) < 0)
			return err_memory(err);
	}
	return 0;
}

int
diff_run(
    const struct caller *caller, struct diff_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_VAULT struct vault accepted = VAULT_INIT;
	AUTO_NET struct net net = NET_INIT;
	AUTO_LOCAL struct local local = LOCAL_INIT;
	struct net_list list = {.revision = 0};
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct sides sides = {
	    .key = &key, .place = &place, .base = &vault, .remote = &accepted};
	int rc;

	if (place_find(&place, caller, err) < 0 ||
	    exchange_load(&vault, &place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &place);
	rc = exchange_connect(&net, &place, caller, err);
	if (rc == 0)
		rc = exchange_unlock(&key, &place, caller, err);
	if (rc == 0)
		rc = exchange_look(
		    &net, &place, &key, &vault, &list, &accepted, err);
	if (list.unchanged)
		sides.remote = &vault;
	if (rc == 0)
		rc = local_read(&local, &sides, NULL, &place, caller, err);
	if (rc == 0)
		rc = compare_all(&sides, result, err);
	net_rows_release(&list.rows);
	return rc;
}
