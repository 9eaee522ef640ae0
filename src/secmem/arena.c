#include "config.h"

#include <agentsecrets/arena.h>

#include <string.h>

#include "mapping.h"

#ifdef WITH_SANITIZERS
#include <sanitizer/asan_interface.h>
/* What was not taken is out of bounds. */
#define FORBID(bytes, len) ASAN_POISON_MEMORY_REGION(bytes, len)
#define PERMIT(bytes, len) ASAN_UNPOISON_MEMORY_REGION(bytes, len)
#else
#define FORBID(bytes, len) ((void)(bytes), (void)(len))
#define PERMIT(bytes, len) ((void)(bytes), (void)(len))
#endif

enum {
	REGIONS_MAX = 32,
	REGION_BYTES = 64 << 10, /* the first; each further one doubles */
	DOUBLINGS_MAX = 14,
	ALIGN = 16,
};

static const size_t ARENA_MAX = (size_t)1 << 30;

/*
 * A region's bytes from `used` on are zero at all times: allocating needs no
 * clearing, and wiping needs to touch no page that was never taken.
 */
struct region {
	struct mapping mapping;
	size_t used;
};

/* Regions after the current one are empty. */
static struct {
	struct region regions[REGIONS_MAX];
	size_t n;
	size_t current;
} arena;

static size_t
round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static size_t
start_of_next(const struct region *region)
{
	return round_up(region->used, ALIGN);
}

static bool
has_room(const struct region *region, size_t len)
{
	size_t start = start_of_next(region);

	return start <= region->mapping.size &&
	    len <= region->mapping.size - start;
}

static bool
lies_in(const struct mapping *mapping, const void *bytes, size_t len)
{
	const uintptr_t start = (uintptr_t)bytes;
	const uintptr_t base = (uintptr_t)mapping->base;

	return start >= base && start - base <= mapping->size &&
	    len <= mapping->size - (start - base);
}

static void
shrink(struct region *region, size_t used)
{
	uint8_t *end = region->mapping.base + used;

	if (used >= region->used)
		return;
	PERMIT(end, region->used - used);
	secret_wipe(end, region->used - used);
	FORBID(end, region->used - used);
	region->used = used;
}

static int
add_region(size_t want, size_t least, struct err *err)
{
	struct region *region = &arena.regions[arena.n];

	if (arena.n == REGIONS_MAX ||
	    mapping_new(&region->mapping, want, least) < 0)
		return err_memory(err);
	FORBID(region->mapping.base, region->mapping.size);
	region->used = 0;
	arena.current = arena.n++;
	return 0;
}

/* Move on to a mapped region with room. @return whether there is one */
static bool
find_room(size_t len)
{
	for (size_t i = arena.current; i < arena.n; i++) {
		if (has_room(&arena.regions[i], len)) {
			arena.current = i;
			return true;
		}
	}
	return false;
}

int
arena_reserve(size_t bytes, struct err *err)
{
	size_t size = round_up(bytes, REGION_BYTES);

	if (bytes > ARENA_MAX)
		return err_memory(err);
	return find_room(bytes) ? 0 : add_region(size, size, err);
}

void *
arena_alloc(size_t len, struct err *err)
{
	struct region *region;
	uint8_t *bytes;

	/* No two allocations are at one place. */
	len = len > 0 ? len : 1;
	if (len > ARENA_MAX) {
		err_memory(err);
		return NULL;
	}
	if (!find_room(len)) {
		size_t doublings =
		    arena.n < DOUBLINGS_MAX ? arena.n : DOUBLINGS_MAX;
		size_t least = round_up(len, REGION_BYTES);
		size_t want = (size_t)REGION_BYTES << doublings;

		if (add_region(want > least ? want : least, least, err) < 0)
			return NULL;
	}
	region = &arena.regions[arena.current];
	bytes = region->mapping.base + start_of_next(region);
	region->used = start_of_next(region) + len;
	PERMIT(bytes, len);
	return bytes;
}

void
arena_trim(void *newest, size_t len)
{
	struct region *region = &arena.regions[arena.current];

	if (lies_in(&region->mapping, newest, len))
		shrink(region,
		    (size_t)((uint8_t *)newest - region->mapping.base) + len);
}

void *
arena_copy(const void *bytes, size_t len, struct err *err)
{
	uint8_t *copy = len < ARENA_MAX ? arena_alloc(len + 1, err) : NULL;

	if (len >= ARENA_MAX)
		err_memory(err);
	if (copy != NULL && len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

struct arena_mark
arena_mark(void)
{
	return (struct arena_mark){
	    arena.current, arena.regions[arena.current].used};
}

void
arena_rewind(struct arena_mark mark)
{
	if (mark.region >= arena.n)
		return;
	shrink(&arena.regions[mark.region], mark.used);
	for (size_t i = mark.region + 1; i < arena.n; i++)
		shrink(&arena.regions[i], 0);
	arena.current = mark.region;
}

void
arena_end(void)
{
	for (size_t i = 0; i < arena.n; i++) {
		struct region *region = &arena.regions[i];

		shrink(region, 0);
		PERMIT(region->mapping.base, region->mapping.size);
		mapping_release(&region->mapping);
	}
	arena.n = 0;
	arena.current = 0;
}

enum arena_kind
arena_kind(void)
{
	enum arena_kind worst = ARENA_NONE;

	for (size_t i = 0; i < arena.n; i++) {
		enum arena_kind kind = arena.regions[i].mapping.kind;

		worst = kind > worst ? kind : worst;
	}
	return worst;
}

bool
arena_holds(const void *bytes, size_t len)
{
	for (size_t i = 0; i < arena.n; i++) {
		if (lies_in(&arena.regions[i].mapping, bytes, len))
			return true;
	}
	return false;
}
