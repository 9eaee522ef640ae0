#include "config.h"

#include "project_map.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/json.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "json_file.h"

/* Two trees of tsearch(3), of the members of `map` in the document. */
struct project_map {
	void *by_final;
	void *by_stored;
	size_t room; /* entries that fit the array, 0: not known */
};

static int
compare_finals(const void *a, const void *b)
{
	const cJSON *left = a;
	const cJSON *right = b;

	return strcmp(left->string, right->string);
}

static int
compare_stored(const void *a, const void *b)
{
	const cJSON *left = a;
	const cJSON *right = b;

	return strcmp(left->valuestring, right->valuestring);
}

/* The document owns the members. */
static void
leave(void *member)
{
	(void)member;
}

void
project_map_end(struct project_file *file)
{
	struct project_map *index = file->index;

	if (index == NULL)
		return;
	tdestroy(index->by_final, leave);
	tdestroy(index->by_stored, leave);
	free(index);
	file->index = NULL;
}

static int
enter(struct project_map *index, const cJSON *member)
{
	if (tsearch(member, &index->by_final, compare_finals) == NULL ||
	    tsearch(member, &index->by_stored, compare_stored) == NULL)
		return -1;
	return 0;
}

static int
begin(struct project_file *file)
{
	const cJSON *member;

	if (file->index != NULL)
		return 0;
	file->index = calloc(1, sizeof(*file->index));
	if (file->index == NULL)
		return -1;
	cJSON_ArrayForEach(member, json_get(file->document, "map")) {
		if (enter(file->index, member) < 0) {
			project_map_end(file);
			return -1;
		}
	}
	return 0;
}

/* The member that has one of the two names, or NULL. */
static const cJSON *
find(const struct project_map *index, const char *final, const char *stored)
{
	const cJSON wanted = {
	    .string = (char *)(uintptr_t) final,
	    .valuestring = (char *)(uintptr_t)stored,
	};
	const cJSON *const *node =
	    tfind(&wanted, &index->by_final, compare_finals);

	if (node == NULL)
		node = tfind(&wanted, &index->by_stored, compare_stored);
	return node != NULL ? *node : NULL;
}

static int
make_room(struct project_file *file)
{
	size_t room = 2 * file->map_n + 16;
	struct name_map *grown;

	if (file->map_n < file->index->room)
		return 0;
	grown = reallocarray(file->map, room, sizeof(*grown));
	if (grown == NULL)
		return -1;
	file->map = grown;
	file->index->room = room;
	return 0;
}

/* Put a member that is not there at the end. @return it, or NULL */
static cJSON *
put_last(struct project_file *file, const char *final, const char *stored)
{
	cJSON *map;
	cJSON *member;

	if (file->document == NULL)
		file->document = cJSON_CreateObject();
	if (file->document == NULL)
		return NULL;
	map = json_object_at(file->document, "map");
	member = map != NULL ? cJSON_CreateString(stored) : NULL;
	if (member == NULL || cJSON_AddItemToObject(map, final, member))
		return member;
	cJSON_Delete(member);
	return NULL;
}

static int
append(struct project_file *file, const char *final, const char *stored)
{
	cJSON *member;

	if (make_room(file) < 0)
		return -1;
	member = put_last(file, final, stored);
	if (member == NULL)
		return -1;
	if (enter(file->index, member) < 0) {
		project_map_end(file);
		cJSON_Delete(cJSON_DetachItemViaPointer(
		    json_get(file->document, "map"), member));
		return -1;
	}
	file->map[file->map_n].final = member->string;
	file->map[file->map_n++].stored = member->valuestring;
	file->rules[0] = '\0';
	return 0;
}

int
project_file_map_add(struct project_file *file, const char *final,
    const char *stored, struct err *err)
{
	const cJSON *there;

	if (!name_is_final(final) || !name_is_stored(stored))
		return err_set(err, EXIT_FAILED,
		    "cannot map '%s' to '%s': not a name", final, stored);
	if (begin(file) < 0)
		return err_memory(err);
	there = find(file->index, final, stored);
	if (there == NULL)
		return append(file, final, stored) < 0 ? err_memory(err) : 1;
	if (text_equal(there->string, final) &&
	    text_equal(there->valuestring, stored))
		return 0;
	return err_set(err, EXIT_FAILED,
	    "cannot map '%s' to '%s': project.json maps '%s' to '%s'", final,
	    stored, there->string, there->valuestring);
}

const char *
project_file_map_find(struct project_file *file, const char *stored)
{
	const cJSON wanted = {.valuestring = (char *)(uintptr_t)stored};
	const cJSON *const *node;

	if (file->map_n == 0)
		return NULL;
	if (begin(file) == 0) {
		node = tfind(&wanted, &file->index->by_stored, compare_stored);
		return node != NULL ? (*node)->string : NULL;
	}
	/* Out of memory: it takes longer. */
	for (size_t i = 0; i < file->map_n; i++) {
		if (text_equal(file->map[i].stored, stored))
			return file->map[i].final;
	}
	return NULL;
}

const char *
project_file_map_stored(struct project_file *file, const char *final)
{
	const cJSON wanted = {.string = (char *)(uintptr_t) final};
	const cJSON *const *node;

	if (file->map_n == 0)
		return NULL;
	if (begin(file) == 0) {
		node = tfind(&wanted, &file->index->by_final, compare_finals);
		return node != NULL ? (*node)->valuestring : NULL;
	}
	for (size_t i = 0; i < file->map_n; i++) {
		if (text_equal(file->map[i].final, final))
			return file->map[i].stored;
	}
	return NULL;
}
