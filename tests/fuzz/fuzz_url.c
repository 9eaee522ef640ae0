/* The server's address: what is accepted gives a base that is accepted too. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "src/net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF struct buf base = BUF_INIT;
	AUTO_BUF struct buf origin = BUF_INIT;
	AUTO_BUF struct buf again = BUF_INIT;
	AUTO_BUF struct buf origin_again = BUF_INIT;
	AUTO_BUF struct buf path = BUF_INIT;
	char *url = strndup((const char *)data, size);
	struct err err;

	if (url == NULL)
		return 0;
	if (url_base(&base, &origin, url, &err) == 0 &&
	    (url_base(&again, &origin_again, buf_text_view(&base), &err) < 0 ||
		strcmp(buf_text_view(&base), buf_text_view(&again)) != 0 ||
		strcmp(buf_text_view(&origin), buf_text_view(&origin_again)) !=
		    0))
		abort();
	if (url_add_segment(&path, data, size) == 0 && path.len > 0 &&
	    strcspn(buf_text_view(&path), "/") != path.len - 1)
		abort();
	free(url);
	return 0;
}
