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
