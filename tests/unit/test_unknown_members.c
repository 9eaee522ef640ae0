/*
 * Members that this program does not know survive its writes, in their order:
 * files of other clients and of later versions, made at random.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <agentsecrets/account.h>
#include <agentsecrets/arena.h>
#include <agentsecrets/json.h>
#include <agentsecrets/project_file.h>
#include <agentsecrets/settings.h>

#include "store_fixture.h"

#define WS_1 "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WS_2 "f47ac10b-58cc-4372-a567-0e02b2c3d479"
#define BLOB_80                                                                \
	"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHwDRxHIaiehj6EnqAcvao+vELe"  \
	"eYtngS6k0xaVr85XTTWdhKbYUo9q7nlk5QxguUMU="

enum { ROUNDS = 300, EXTRA_MOST = 6, DEPTH = 3 };

static unsigned
up_to(unsigned most)
{
	return (unsigned)rand() % (most + 1);
}

static cJSON *
random_text(void)
{
	static const char *const texts[] = {"", "plain", "\xc3\x84\"\\/\n\t",
	    "<&>\xe2\x80\xa8", "\xf0\x9f\x94\x91", "\x7f"};

	return cJSON_CreateString(texts[up_to(5)]);
}

static cJSON *
random_value(unsigned depth)
{
	static const double numbers[] = {
	    0, -1, 0.5, 1e100, 9007199254740991.0, -2.25, 3.141592653589793};
	cJSON *list;

	switch (up_to(depth < DEPTH ? 6 : 4)) {
	case 0:
		return cJSON_CreateNull();
	case 1:
		return cJSON_CreateBool(up_to(1));
	case 2:
		return cJSON_CreateNumber(numbers[up_to(6)]);
	case 3:
	case 4:
		return random_text();
	case 5:
		list = cJSON_CreateArray();
		for (unsigned n = up_to(3); n > 0; n--)
			cJSON_AddItemToArray(list, random_value(depth + 1));
		return list;
	default:
		list = cJSON_CreateObject();
		for (unsigned n = up_to(3); n > 0; n--) {
			char key[16];

			snprintf(key, sizeof(key), "k%u", n);
			cJSON_AddItemToObject(
			    list, key, random_value(depth + 1));
		}
		return list;
	}
}

/* Mix members of nobody's among those of the object, in any order. */
static void
mix_in(cJSON *object)
{
	unsigned extra = up_to(EXTRA_MOST);
	cJSON *mixed = cJSON_CreateObject();

	while (object->child != NULL || extra > 0) {
		char key[32];

		if (object->child != NULL && up_to(1) == 0) {
			cJSON *own =
			    cJSON_DetachItemViaPointer(object, object->child);

			snprintf(key, sizeof(key), "%s", own->string);
			if (strlen(own->string) >= sizeof(key))
				cJSON_AddItemToObject(mixed, own->string, own);
			else
				cJSON_AddItemToObject(mixed, key, own);
		} else if (extra > 0) {
			snprintf(key, sizeof(key), "x_%u", extra--);
			cJSON_AddItemToObject(mixed, key, random_value(0));
		}
	}
	object->child = mixed->child;
	mixed->child = NULL;
	cJSON_Delete(mixed);
}

static bool
is_unknown(const cJSON *member)
{
	return strncmp(member->string, "x_", 2) == 0;
}

/* Every unknown member of `old` is in `new`, the same and in that order. */
static void
expect_kept(const cJSON *old, const cJSON *new)
{
	const cJSON *there = new->child;
	const cJSON *member;

	cJSON_ArrayForEach(member, old) {
		if (!is_unknown(member))
			continue;
		while (there != NULL && !is_unknown(there))
			there = there->next;
		if (there == NULL)
			fail_msg("'%s' is lost", member->string);
		assert_string_equal(there->string, member->string);
		if (!cJSON_Compare(member, there, true))
			fail_msg("'%s' is another", member->string);
		there = there->next;
	}
}

/* A text with unknown members at the top and in the workspaces. */
static cJSON *
mixed(const char *text, char **out)
{
	cJSON *json = cJSON_Parse(text);
	cJSON *workspace = json_get(json_get(json, "workspaces"), WS_1);

	assert_non_null(json);
	mix_in(json);
	if (workspace != NULL)
		mix_in(workspace);
	*out = cJSON_Print(json);
	return json;
}

static cJSON *
read_json(const struct fixture *f, const char *name)
{
	AUTO_BUF struct buf text = BUF_INIT;
	cJSON *json;

	fixture_read(f, name, &text);
	json = cJSON_Parse(buf_text_view(&text));
	assert_non_null(json);
	return json;
}

static void
expect_file_kept(const struct fixture *f, const char *name, const cJSON *old)
{
	AUTO_JSON cJSON *new = read_json(f, name);
	const cJSON *was = json_get(json_get(old, "workspaces"), WS_1);

	expect_kept(old, new);
	if (was != NULL)
		expect_kept(was, json_get(json_get(new, "workspaces"), WS_1));
}

static void
test_config(void **state)
{
	struct fixture *f = *state;
	uint8_t *key = arena_alloc(KEY_BYTES, NULL);
	struct config_workspace workspaces[] = {
	    {.id = WS_1, .name = "New", .key = key},
	    {.id = WS_2, .name = "Other", .key = key}};

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct config config;
		struct err err;
		char *text;
		AUTO_JSON cJSON *old = mixed("{\"email\":\"a@b.c\","
					     "\"workspaces\":{\"" WS_1
					     "\":{\"name\":\"W\",\"key\":\"\","
					     "\"role\":\"owner\"}},"
					     "\"password_hash\":\"00\"}",
		    &text);

		fixture_write(f, "config.json", text);
		cJSON_free(text);
		assert_int_equal(config_load(&config, &f->home, &err), 0);
		strcpy(config.environment, "staging");
		assert_int_equal(config_save(&config, &f->home, &err), 0);
		expect_file_kept(f, "config.json", old);
		assert_int_equal(
		    config_keys_save(&f->home, workspaces, 2, &err), 0);
		expect_file_kept(f, "config.json", old);
		assert_int_equal(config_keys_remove(&f->home, &err), 0);
		expect_file_kept(f, "config.json", old);
	}
}

static void
test_account(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < ROUNDS; i++) {
		AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
		struct err err;
		char *text;
		AUTO_JSON cJSON *old = mixed(
		    "{\"version\":1,"
		    "\"store\":\"sealed\","
		    "\"server\":\"embedded\","
		    "\"email\":\"a@b.c\","
		    "\"workspaces\":{\"" WS_1 "\":{\"name\":\"W\",\"epoch\":1,"
		    "\"sealed_key\":\"" BLOB_80 "\"}}}",
		    &text);

		fixture_write(f, "account.json", text);
		cJSON_free(text);
		assert_int_equal(account_load(&account, &f->home, &err), 1);
		strcpy(account.first_name, "Ada");
		account.workspaces[0].epoch = 7;
		account.kit_exported = true;
		assert_int_equal(account_save(&account, &f->home, &err), 0);
		expect_file_kept(f, "account.json", old);
	}
}

static void
test_project(void **state)
{
	struct fixture *f = *state;
	char path[FIXTURE_PATH];
	char file[FIXTURE_PATH];

	assert_int_equal(mkdir(fixture_path(path, f, "p"), 0755), 0);
	assert_int_equal(
	    mkdir(fixture_path(file, f, "p/.agentsecrets"), 0755), 0);
	fixture_path(file, f, "p/.agentsecrets/project.json");
	for (unsigned i = 0; i < ROUNDS; i++) {
		AUTO_PROJECT_FILE struct project_file project =
		    PROJECT_FILE_INIT;
		AUTO_PROJECT_FILE struct project_file again = PROJECT_FILE_INIT;
		struct err err;
		char *text;
		AUTO_JSON cJSON *old = mixed(
		    "{\"project_id\":\"" WS_1 "\",\"project_name\":\"web\","
		    "\"description\":\"\","
		    "\"environment\":\"development\","
		    "\"workspace_id\":\"" WS_2 "\",\"workspace_name\":\"A's\","
		    "\"last_pull\":\"\","
		    "\"last_push\":\"\"}",
		    &text);

		assert_int_equal(
		    file_write(file, text, strlen(text), 0644, true, &err), 0);
		cJSON_free(text);
		assert_int_equal(project_file_open(&project, path, &err), 1);
		assert_int_equal(
		    project_file_map_add(&project, "lower", "LOWER", &err), 1);
		strcpy(project.environment, "staging");
		assert_int_equal(project_file_save(&project, &err), 0);
		assert_int_equal(project_file_open(&again, path, &err), 1);
		expect_kept(old, again.document);
	}
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_config),
	    EACH(test_account),
	    EACH(test_project),
	};

	/* The same files in every run. */
	srand(20261124);
	return cmocka_run_group_tests_name(
	    "unknown_members", tests, NULL, NULL);
}
