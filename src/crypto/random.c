#include "config.h"

#include <agentsecrets/crypto.h>

#include <sodium.h>
#include <sys/random.h>

#include <agentsecrets/text.h>

int
crypto_init(struct err *err)
{
	uint8_t probe;

	/* libsodium aborts without randomness; so ask before it does. */
	if (getrandom(&probe, sizeof(probe), 0) != sizeof(probe))
		return err_sys(
		    err, EXIT_FAILED, "no randomness from the kernel");
	if (sodium_init() < 0)
		return err_set(err, EXIT_FAILED, "libsodium does not start");
	return 0;
}

void
crypto_random(void *out, size_t len)
{
	randombytes_buf(out, len);
}

void
crypto_random_uuid(char out[UUID_TEXT + 1])
{
	uint8_t id[16];
	char hex[2 * sizeof(id) + 1];
	size_t used = 0;

	crypto_random(id, sizeof(id));
	id[6] = (uint8_t)((id[6] & 0x0f) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
	text_hex_encode(hex, id, sizeof(id));
	for (size_t i = 0; i < 2 * sizeof(id); i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			out[used++] = '-';
		out[used++] = hex[i];
	}
	out[used] = '\0';
}
