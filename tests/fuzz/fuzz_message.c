/*
 * A frame from the other side of the socketpair: two bytes of type, then the
 * body. Whatever is accepted can be walked without leaving the body.
 */
#include "config.h"

#include <stdlib.h>

#include <agentsecrets/message.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk(const struct message_view *view, enum message_field field)
{
	struct column columns[COLUMNS_MAX];
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;

	while (message_next(view, field, &cursor, &bytes, &len)) {
		if (bytes < view->body || len > view->len ||
		    bytes + len > view->body + view->len)
			abort();
		for (size_t n = 1; n <= COLUMNS_MAX; n++)
			(void)record_read(bytes, len, columns, n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_view view;
	struct err err;
	char text[64];

	if (size < 2)
		return 0;
	view.type = (enum message_type)(data[0] << 8 | data[1]);
	view.body = data + 2;
	view.len = size - 2;
	if (message_check(&view, &err) < 0)
		return 0;
	for (int field = FIELD_NONE + 1; field < FIELD_END; field++) {
		walk(&view, (enum message_field)field);
		(void)message_find_number(&view, (enum message_field)field, 0);
		(void)message_find_text(
		    &view, (enum message_field)field, text, sizeof(text), &err);
	}
	return 0;
}
