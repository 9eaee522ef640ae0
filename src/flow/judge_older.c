/* What a server shows that went back: older than its mark, or missing. */
#include "config.h"

#include "judge.h"

#include <stdio.h>
#include <stdlib.h>

static int
add(struct older_rows *older, const char *name, uint32_t seen, uint32_t served,
    bool deleted, struct err *err)
{
	struct older_row *one;

	if (older->n == older->room) {
		size_t room = older->room > 0 ? 2 * older->room : 16;
		struct older_row *items =
		    reallocarray(older->items, room, sizeof(*items));

		if (items == NULL)
			return err_memory(err);
		older->items = items;
		older->room = room;
	}
	one = &older->items[older->n++];
	*one = (struct older_row){
	    .seen = seen, .served = served, .deleted = deleted};
	snprintf(one->name, sizeof(one->name), "%s", name);
	return 0;
}

int
judge_older(const struct judge *judge, const struct net_row *row,
    struct vault_row *mark, struct older_rows *older, struct err *err)
{
	const struct vault_row *known = vault_find(judge->vault, row->name);
	uint32_t version;

	if (known == NULL || known->epoch != judge->epoch ||
	    judge_version(judge, row, &version, err) < 0 || version == 0)
		return 0;
	if (add(older, row->name, known->version, version, row->deleted, err) <
	    0)
		return -(int)err->status;
	/* A mark is never lowered. */
	mark->epoch = known->epoch;
	mark->version = known->version;
	return 1;
}

int
older_add_missing(const struct judge *judge, const char *name,
    struct older_rows *older, struct err *err)
{
	const struct vault_row *known = vault_find(judge->vault, name);

	return add(older, name, known->version, 0, true, err);
}
