#include "config.h"

#include <agentsecrets/arena.h>

#include <sodium.h>
#include <string.h>

void
secret_wipe(void *bytes, size_t len)
{
	if (len > 0)
		explicit_bzero(bytes, len);
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

bool
secret_same(const struct secret *a, const struct secret *b)
{
	return a->len == b->len &&
	    (a->len == 0 || secret_equal(a->data, b->data, a->len));
}
