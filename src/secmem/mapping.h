/*
 * mapping: whole mappings of the best memory that the kernel gives for
 * secrets, each between two pages that cannot be touched.
 */
#ifndef SECMEM_MAPPING_H
#define SECMEM_MAPPING_H

#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/arena.h>

struct mapping {
	uint8_t *base;
	size_t size;
	enum arena_kind kind;
};

/**
 * Map zeroed memory: memfd_secret(2), else locked memory that stays out of
 * dumps and forks, else memory that is not locked.
 *
 * @param want   bytes, a multiple of the page size
 * @param least  what will do where a limit forbids to lock `want`
 * @return 0, or -1 when there is no memory of any kind
 */
int mapping_new(struct mapping *out, size_t want, size_t least);

/** Unmap it. The caller has wiped it. */
void mapping_release(struct mapping *mapping);

#endif
