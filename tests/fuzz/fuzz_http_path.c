/*
 * Request targets: whatever is cut into segments has none that is empty,
 * relative or not UTF-8.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/text.h>

#include "src/server/http/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_segment(const char *text)
{
	if (text[0] == '\0' || text_equal(text, ".") ||
	    text_equal(text, "..") || !text_is_utf8(text, strlen(text)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_PATH struct path path = PATH_INIT;
	const char *why = NULL;
	char *target = malloc(size + 1);

	if (target == NULL)
		return 0;
	if (size > 0)
		memcpy(target, data, size);
	target[size] = '\0';
	if (path_parse(&path, target, &why) < 0 && why == NULL)
		abort();
	for (size_t i = 0; i < path.segments_n; i++)
		check_segment(path.segments[i]);
	for (size_t i = 0; i < path.queries_n; i++) {
		if (path_query(&path, path.queries[i].name) !=
		    path.queries[i].value)
			abort();
	}
	free(target);
	return 0;
}
