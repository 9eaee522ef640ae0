#include "config.h"

#include "secret_json.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "json_file.h"

static void *
take_memory(size_t len)
{
	return arena_alloc(len, NULL);
}

/* Going back in the arena wipes and frees it all at once. */
static void
leave_memory(void *bytes)
{
	(void)bytes;
}

void
secret_json_begin(struct secret_json *document)
{
	cJSON_Hooks hooks = {take_memory, leave_memory};

	*document = (struct secret_json){.mark = arena_mark()};
	cJSON_InitHooks(&hooks);
}

void
secret_json_release(struct secret_json *document)
{
	cJSON_InitHooks(NULL);
	arena_rewind(document->mark);
}

void
secret_json_keep(struct secret_json *document)
{
	cJSON_InitHooks(NULL);
	document->mark = arena_mark();
}

int
secret_json_parse(struct secret_json *document, const struct secret *text,
    const char *shown, struct err *err)
{
	struct buf view = BUF_INIT;

	view.data = text->data;
	view.len = text->len;
	document->text_len = text->len;
	return json_object_parse(&document->json, &view, shown, err);
}

int
secret_json_read(struct secret_json *document, const struct home *home,
    const char *file, size_t max, struct err *err)
{
	struct secret text = SECRET_INIT;
	char shown[PATH_MAX];
	int rc = home_read_secret(home, file, &text, max, err);

	if (rc < 0)
		return rc;
	document->found = rc > 0;
	snprintf(shown, sizeof(shown), "'%s/%s'", home->path, file);
	return secret_json_parse(document, &text, shown, err);
}

int
secret_json_write(const struct secret_json *document, const struct home *home,
    const char *file, struct err *err)
{
	/* What is usual first: a megabyte of locked memory is not. */
	size_t rooms[] = {2 * document->text_len + 8192, SMALL_FILE_MAX + 2};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", home->path, file);
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		uint8_t *memory = arena_alloc(rooms[i], err);
		struct buf text = BUF_OVER(memory, rooms[i]);

		if (memory == NULL)
			return -EXIT_FAILED;
		if (json_print(&text, document->json, true) < 0)
			continue;
		if (json_judge_text(&text, path, NULL, err) < 0)
			return -(int)err->status;
		return home_write(home, file, text.data, text.len, err);
	}
	return err_set(err, EXIT_FAILED,
	    "cannot write '%s': it would be larger than %d bytes", path,
	    SMALL_FILE_MAX);
}
