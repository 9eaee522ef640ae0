/* Fernet tokens and base64, which come from a database or a server. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/fernet.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fernet_key key = {{1}, {2}};
	static const uint8_t iv[16] = {3};
	AUTO_BUF struct buf opened = BUF_INIT;
	AUTO_BUF struct buf token = BUF_INIT;
	AUTO_BUF struct buf back = BUF_INIT;
	struct fernet_key parsed;

	(void)fernet_key_parse(&parsed, (const char *)data, size);
	(void)fernet_open(&opened, &key, 1, (const char *)data, size);
	if (fernet_seal(&token, &key, 1700000000, iv, data, size) < 0)
		return 0;
	if (fernet_open(&back, &key, 1, buf_text_view(&token), token.len) < 0 ||
	    back.len != size ||
	    (size > 0 && memcmp(back.data, data, size) != 0))
		abort();
	return 0;
}
