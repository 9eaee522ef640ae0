#include "config.h"

#include <agentsecrets/merge.h>

static bool
has_value(const struct merge_side *side)
{
	return side->state == MERGE_VALUE;
}

static bool
is_same(const struct merge_side *a, const struct merge_side *b)
{
	if (!has_value(a) || !has_value(b))
		return has_value(a) == has_value(b);
	return secret_same(&a->value, &b->value);
}

enum standing
merge_compare(const struct merge_side *here, const struct merge_side *base,
    const struct merge_side *there)
{
	if (is_same(here, there))
		return STANDING_SAME;
	if (base->state == MERGE_UNKNOWN)
		return STANDING_CHANGED_BOTH;
	if (is_same(here, base)) {
		if (!has_value(base))
			return STANDING_ONLY_REMOTE;
		return has_value(there) ? STANDING_CHANGED_THERE
					: STANDING_DELETED_THERE;
	}
	if (!is_same(there, base))
		return STANDING_CHANGED_BOTH;
	if (!has_value(base))
		return STANDING_ONLY_LOCAL;
	return has_value(here) ? STANDING_CHANGED_HERE : STANDING_DELETED_HERE;
}

enum standing
merge_restore(const struct merge_side *here, const struct merge_side *base,
    const struct merge_side *there)
{
	if (!has_value(here) && has_value(there))
		return STANDING_ONLY_REMOTE;
	return merge_compare(here, base, there);
}
