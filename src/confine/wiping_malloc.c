/*
 * A malloc that overwrites what is freed. It stands in the executable, so
 * that it also serves libcurl, the TLS library and everything else that is
 * loaded. The allocator behind it is glibc's own.
 */
#include "config.h"

#include <agentsecrets/confine.h>

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef WITH_SANITIZERS

int
confine_malloc_wipes(void)
{
	return 0;
}

#else

/* Libraries must find these, whatever -fvisibility says. */
#define EXPORTED __attribute__((visibility("default"), used))

/* glibc: the allocator under names that nobody replaces. */
extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t n, size_t len);
extern void *__libc_memalign(size_t alignment, size_t len);
extern void __libc_free(void *p);

EXPORTED void *
malloc(size_t len)
{
	return __libc_malloc(len);
}

EXPORTED void *
calloc(size_t n, size_t len)
{
	return __libc_calloc(n, len);
}

EXPORTED void
free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	__libc_free(p);
}

/* glibc's would move the block and leave the old bytes where they were. */
EXPORTED void *
realloc(void *p, size_t len)
{
	size_t room;
	void *moved;

	if (p == NULL)
		return __libc_malloc(len);
	if (len == 0) {
		free(p);
		return NULL;
	}
	room = malloc_usable_size(p);
	if (len <= room && len >= room / 2)
		return p;
	moved = __libc_malloc(len);
	if (moved == NULL)
		return NULL;
	memcpy(moved, p, room < len ? room : len);
	free(p);
	return moved;
}

EXPORTED void *
memalign(size_t alignment, size_t len)
{
	return __libc_memalign(alignment, len);
}

EXPORTED void *
aligned_alloc(size_t alignment, size_t len)
{
	return __libc_memalign(alignment, len);
}

EXPORTED int
posix_memalign(void **out, size_t alignment, size_t len)
{
	void *p;

	if (alignment % sizeof(void *) != 0 || alignment == 0 ||
	    (alignment & (alignment - 1)) != 0)
		return EINVAL;
	p = __libc_memalign(alignment, len);
	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}

int
confine_malloc_wipes(void)
{
	enum { LEN = 1000, LINKS = 64, MARK = 0xa5 };
	volatile uint8_t *p = malloc(LEN);
	uintptr_t address = (uintptr_t)p;

	if (p == NULL)
		return 0;
	for (size_t i = 0; i < LEN; i++)
		p[i] = MARK;
	free((void *)address);
	/* What the compiler knows about the freed block must not count. */
	__asm__ volatile("" : "+r"(address) : : "memory");
	p = (volatile uint8_t *)address;
	/* The allocator keeps its list in the first bytes. */
	for (size_t i = LINKS; i < LEN; i++) {
		if (p[i] == MARK)
			return 0;
	}
	return 1;
}

#endif
