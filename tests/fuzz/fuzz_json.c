/*
 * JSON from a server or a file: what is accepted can be written, and what was
 * written is read back as the same text.
 */
#include "config.h"

#include <stdlib.h>

#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSON cJSON *first = NULL;
	AUTO_JSON cJSON *second = NULL;
	AUTO_BUF struct buf once = BUF_INIT;
	AUTO_BUF struct buf twice = BUF_INIT;
	struct err err;

	if (json_parse(&first, (const char *)data, size, "input", &err) < 0)
		return 0;
	if (json_print(&once, first, false) < 0 ||
	    json_parse(
		&second, buf_text_view(&once), once.len, "output", &err) < 0 ||
	    json_print(&twice, second, false) < 0 ||
	    !text_equal(buf_text_view(&once), buf_text_view(&twice)))
		abort();
	return 0;
}
