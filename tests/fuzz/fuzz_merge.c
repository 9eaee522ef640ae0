/*
 * merge: exchanging the sides exchanges the result, nothing that only one side
 * has is lost, and no conflict is invented. Held against sentences that say it
 * another way than the code does.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/merge.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum standing mirror[] = {
    [STANDING_SAME] = STANDING_SAME,
    [STANDING_ONLY_LOCAL] = STANDING_ONLY_REMOTE,
    [STANDING_ONLY_REMOTE] = STANDING_ONLY_LOCAL,
    [STANDING_CHANGED_HERE] = STANDING_CHANGED_THERE,
    [STANDING_CHANGED_THERE] = STANDING_CHANGED_HERE,
    [STANDING_CHANGED_BOTH] = STANDING_CHANGED_BOTH,
    [STANDING_DELETED_HERE] = STANDING_DELETED_THERE,
    [STANDING_DELETED_THERE] = STANDING_DELETED_HERE,
};

/* One byte says what it is and how long; the value follows. */
static void
take(struct merge_side *side, const uint8_t **data, size_t *size)
{
	uint8_t head = *size > 0 ? **data : 0;
	size_t len = head >> 2;

	*side = (struct merge_side){.state = (enum merge_state)(head % 3)};
	*data += *size > 0;
	*size -= *size > 0;
	if (len > *size)
		len = *size;
	if (side->state != MERGE_VALUE)
		return;
	side->value =
	    (struct secret){len > 0 ? (uint8_t *)(uintptr_t)*data : NULL, len};
	*data += len;
	*size -= len;
}

static bool
has(const struct merge_side *side)
{
	return side->state == MERGE_VALUE;
}

static bool
equal(const struct merge_side *a, const struct merge_side *b)
{
	if (has(a) != has(b))
		return false;
	return !has(a) ||
	    (a->value.len == b->value.len &&
		(a->value.len == 0 ||
		    memcmp(a->value.data, b->value.data, a->value.len) == 0));
}

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
check(const struct merge_side *here, const struct merge_side *base,
    const struct merge_side *there)
{
	enum standing standing = merge_compare(here, base, there);
	bool is_known = base->state != MERGE_UNKNOWN;
	bool moved_here = !is_known || !equal(here, base);
	bool moved_there = !is_known || !equal(there, base);

	expect(merge_compare(there, base, here) == mirror[standing]);
	expect((standing == STANDING_SAME) == equal(here, there));
	/* A conflict is what moved on both sides, and nothing else. */
	expect((standing == STANDING_CHANGED_BOTH) ==
	    (!equal(here, there) && moved_here && moved_there));
	/* What is taken from a side was not moved on the other one. */
	if (standing == STANDING_ONLY_LOCAL ||
	    standing == STANDING_CHANGED_HERE ||
	    standing == STANDING_DELETED_HERE)
		expect(is_known && !moved_there);
	if (standing == STANDING_ONLY_LOCAL)
		expect(has(here) && !has(there));
	if (standing == STANDING_CHANGED_HERE)
		expect(has(here) && has(there));
	if (standing == STANDING_DELETED_HERE)
		expect(!has(here) && has(there) && has(base));
}

/* A name that is missing here is brought back, and nothing else differs. */
static void
check_restore(const struct merge_side *here, const struct merge_side *base,
    const struct merge_side *there)
{
	enum standing standing = merge_restore(here, base, there);

	expect(standing != STANDING_DELETED_HERE);
	if (!has(here) && has(there))
		expect(standing == STANDING_ONLY_REMOTE);
	else
		expect(standing == merge_compare(here, base, there));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct merge_side sides[3];

	for (size_t i = 0; i < 3; i++)
		take(&sides[i], &data, &size);
	/* Also those that random bytes seldom are: equal ones. */
	for (size_t i = 0; i < 27; i++) {
		const struct merge_side *here = &sides[i / 9];
		const struct merge_side *base = &sides[i / 3 % 3];
		const struct merge_side *there = &sides[i % 3];

		check(here, base, there);
		check_restore(here, base, there);
	}
	return 0;
}
