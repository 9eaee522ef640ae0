/*
 * A vault file: exactly one text stands for its content, so what parses prints
 * the same bytes. The input is tried as it is, and with the trailer that
 * belongs to it, which no fuzzer would guess.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>
#include <agentsecrets/vault.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try(const void *data, size_t size)
{
	struct vault vault = VAULT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct err err;

	if (vault_parse(&vault, data, size, &err) == 0 &&
	    (vault_print(&text, &vault, &err) < 0 || text.len != size ||
		memcmp(text.data, data, size) != 0))
		abort();
	vault_release(&vault);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf whole = BUF_INIT;
	uint8_t digest[HASH_BYTES];
	char hex[2 * HASH_BYTES + 1];

	try(data, size);
	crypto_sha256(digest, data, size);
	text_hex_encode(hex, digest, sizeof(digest));
	if (buf_append(&whole, data, size) == 0 &&
	    buf_printf(&whole, "end %s\n", hex) == 0)
		try(whole.data, whole.len);
	return 0;
}
