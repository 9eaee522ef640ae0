/* Members of project.json that one command replaces as a whole. */
#include "config.h"

#include <agentsecrets/project_file.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_file.h"
#include "project_map.h"

static int
give_names(
    struct project_file *file, const char *environment, struct text_list names)
{
	cJSON *lists = json_object_at(file->document, "names");
	cJSON *list = lists != NULL ? cJSON_CreateArray() : NULL;

	for (size_t i = 0; list != NULL && i < names.n; i++) {
		if (!cJSON_AddItemToArray(
			list, cJSON_CreateString(names.items[i]))) {
			cJSON_Delete(list);
			list = NULL;
		}
	}
	return list != NULL ? json_put(lists, environment, list) : -1;
}

static int
give_minimum(struct project_file *file, const char *environment,
    const struct project_minimum *marks, size_t n)
{
	cJSON *all = json_object_at(file->document, "minimum");
	cJSON *object = all != NULL ? cJSON_CreateObject() : NULL;

	for (size_t i = 0; object != NULL && i < n; i++) {
		char mark[24];

		snprintf(mark, sizeof(mark), "%u.%u", (unsigned)marks[i].epoch,
		    (unsigned)marks[i].version);
		if (cJSON_AddStringToObject(object, marks[i].name, mark) ==
		    NULL) {
			cJSON_Delete(object);
			object = NULL;
		}
	}
	return object != NULL ? json_put(all, environment, object) : -1;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Marks of names that are not listed any more would ask for the gone. */
static void
drop_marks(
    struct project_file *file, const char *environment, struct text_list names)
{
	cJSON *marks =
	    json_get(json_get(file->document, "minimum"), environment);
	cJSON *next;

	for (cJSON *mark = marks != NULL ? marks->child : NULL; mark != NULL;
	     mark = next) {
		const char *name = mark->string;

		next = mark->next;
		if (bsearch(&name, names.items, names.n, sizeof(name),
			compare_names) == NULL)
			cJSON_Delete(cJSON_DetachItemViaPointer(marks, mark));
	}
}

int
project_file_pin(struct project_file *file, const char *environment,
    struct text_list names, const struct project_minimum *marks, size_t n,
    struct err *err)
{
	int rc = give_names(file, environment, names);

	if (rc == 0 && marks != NULL)
		rc = give_minimum(file, environment, marks, n);
	else if (rc == 0)
		drop_marks(file, environment, names);
	file->rules[0] = '\0';
	return rc < 0 ? err_memory(err) : 0;
}

/* @return whether the member had the environment */
static bool
take_out(cJSON *document, const char *key, const char *environment)
{
	cJSON *object = json_get(document, key);
	bool there = json_get(object, environment) != NULL;

	cJSON_DeleteItemFromObjectCaseSensitive(object, environment);
	if (object != NULL && object->child == NULL)
		cJSON_DeleteItemFromObjectCaseSensitive(document, key);
	return there;
}

bool
project_file_unpin(struct project_file *file, const char *environment)
{
	bool names = take_out(file->document, "names", environment);
	bool minimum = take_out(file->document, "minimum", environment);

	file->rules[0] = '\0';
	return names || minimum;
}

int
project_file_describe(
    struct project_file *file, const char *description, struct err *err)
{
	return json_put(file->document, "description",
		   cJSON_CreateString(description)) < 0
	    ? err_memory(err)
	    : 0;
}

int
project_file_unbind(struct project_file *file, struct err *err)
{
	static const char *const rules[] = {"map", "minimum", "names"};
	static const char *const texts[] = {
	    "description", "last_pull", "last_push"};

	for (size_t i = 0; i < 3; i++) {
		cJSON_DeleteItemFromObjectCaseSensitive(
		    file->document, rules[i]);
		if (json_put(file->document, texts[i], cJSON_CreateString("")) <
		    0)
			return err_memory(err);
	}
	project_map_end(file);
	file->map_n = 0;
	file->project[0] = file->project_name[0] = '\0';
	file->workspace[0] = file->workspace_name[0] = '\0';
	file->rules[0] = '\0';
	return 0;
}
