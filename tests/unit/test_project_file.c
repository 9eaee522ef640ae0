/* project.json: found, judged whole, written without losing a member. */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <agentsecrets/project_file.h>

#include "store_fixture.h"

#define ID_1 "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define ID_2 "f47ac10b-58cc-4372-a567-0e02b2c3d479"

static int
find(const char *start, struct project_file *file)
{
	struct err err;

	return project_file_find(file, start, &err);
}

/* Write top/DIRECTORY/.agentsecrets/project.json, directories included. */
static void
plant(const struct fixture *f, const char *directory, const char *text)
{
	char path[FIXTURE_PATH];
	size_t len;

	fixture_path(path, f, directory);
	mkdir(path, 0755);
	len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "/.agentsecrets");
	mkdir(path, 0755);
	len = strlen(path);
	snprintf(path + len, sizeof(path) - len, "/project.json");
	assert_int_equal(
	    file_write(path, text, strlen(text), 0644, true, NULL), 0);
}

static void
test_find(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	char path[FIXTURE_PATH];
	char up[FIXTURE_PATH];

	assert_int_equal(mkdir(fixture_path(path, f, "a"), 0755), 0);
	assert_int_equal(mkdir(fixture_path(path, f, "a/b"), 0755), 0);
	assert_int_equal(find(path, &file), 0);
	assert_null(file.directory);
	plant(f, "a", "{\"project_id\":\"" ID_1 "\"}");
	assert_int_equal(find(path, &file), 1);
	assert_string_equal(file.directory, fixture_path(up, f, "a"));
	assert_string_equal(file.project, ID_1);
	assert_string_equal(file.rules, "-");
	assert_int_equal(chdir(path), 0);
	assert_int_equal(find(NULL, &file), 1);
	assert_string_equal(file.directory, up);
	plant(f, "a/b", "");
	assert_int_equal(find(NULL, &file), 1);
	assert_string_equal(file.directory, path);
	assert_string_equal(file.project, "");
	fixture_path(up, f, "link");
	assert_int_equal(symlink(path, up), 0);
	assert_int_equal(find(up, &file), 1);
	assert_string_equal(file.directory, path);
	assert_int_equal(find("/nowhere", &file), -EXIT_FAILED);
}

/* The search ends at $HOME, whose .agentsecrets is not a project's. */
static void
test_user_directory(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	char path[FIXTURE_PATH];
	char link[FIXTURE_PATH];
	struct err err;

	plant(f, ".", "{}");
	plant(f, "user", "{}");
	assert_int_equal(mkdir(fixture_path(path, f, "user/src"), 0755), 0);
	assert_int_equal(find(path, &file), 0);
	assert_int_equal(find(getenv("HOME"), &file), 0);
	assert_int_equal(
	    project_file_open(&file, getenv("HOME"), &err), -EXIT_FAILED);
	fixture_path(link, f, "link");
	assert_int_equal(symlink(getenv("HOME"), link), 0);
	setenv("HOME", link, 1);
	assert_int_equal(find(path, &file), 0);
	unsetenv("HOME");
	assert_int_equal(find(path, &file), 1);
}

static const char *const malformed[] = {
    "[]",
    "{} {}",
    "{\"project_id\":\"../../x\"}",
    "{\"project_id\":\"3FA85F64-5717-4562-b3fc-2c963f66afa6\"}",
    "{\"project_id\":1}",
    "{\"workspace_id\":\"x\"}",
    "{\"project_name\":\"a\\u001b[2J\"}",
    "{\"project_name\":\"a\\u202e\"}",
    "{\"workspace_name\":[]}",
    "{\"environment\":\"prod\"}",
    "{\"storage_mode\":3}",
    "{\"storage_mode\":\"1\"}",
    "{\"map\":[]}",
    "{\"map\":{\"1a\":\"A\"}}",
    "{\"map\":{\"a\":\"a\"}}",
    "{\"map\":{\"a\":1}}",
    "{\"map\":{\"a\":\"A\",\"b\":\"A\"}}",
    "{\"map\":{\"a\":\"A\",\"a\":\"A\"}}",
    "{\"names\":[]}",
    "{\"names\":{\"prod\":[]}}",
    "{\"names\":{\"production\":{}}}",
    "{\"names\":{\"production\":[\"a\"]}}",
    "{\"names\":{\"production\":[1]}}",
    "{\"names\":{\"production\":[\"A\",\"B\",\"A\"]}}",
    "{\"minimum\":{\"prod\":{}}}",
    "{\"minimum\":{\"production\":[]}}",
    "{\"minimum\":{\"production\":{\"A\":\"1\"}}}",
    "{\"minimum\":{\"production\":{\"A\":\"1.\"}}}",
    "{\"minimum\":{\"production\":{\"A\":\".1\"}}}",
    "{\"minimum\":{\"production\":{\"A\":\"0.1\"}}}",
    "{\"minimum\":{\"production\":{\"A\":\"1.0\"}}}",
    "{\"minimum\":{\"production\":{\"A\":\"01.1\"}}}",
    "{\"minimum\":{\"production\":{\"A\":\"4294967296.1\"}}}",
    "{\"minimum\":{\"production\":{\"A\":\"1.16777216\"}}}",
    "{\"minimum\":{\"production\":{\"A\":1.1}}}",
    "{\"minimum\":{\"production\":{\"a\":\"1.1\"}}}",
};

static void
test_malformed(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	char path[FIXTURE_PATH];

	fixture_path(path, f, "a");
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		plant(f, "a", malformed[i]);
		if (find(path, &file) != -EXIT_FAILED)
			fail_msg("accepted: %s", malformed[i]);
	}
	assert_null(file.document);
	plant(f, "a", "{\"map\":null,\"names\":null,\"minimum\":null}");
	assert_int_equal(find(path, &file), 1);
	assert_string_equal(file.rules, "-");
}

static void
test_unsafe(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	char dir[FIXTURE_PATH];
	char path[FIXTURE_PATH];
	char other[FIXTURE_PATH];

	fixture_path(dir, f, "a");
	plant(f, "a", "{}");
	fixture_path(path, f, "a/.agentsecrets/project.json");
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(find(dir, &file), 1);
	assert_int_equal(chmod(path, 0646), 0);
	assert_int_equal(find(dir, &file), -EXIT_FAILED);
	assert_int_equal(chmod(path, 0644), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 0, OTHER_UID), 0);
		assert_int_equal(chmod(path, 0664), 0);
		assert_int_equal(find(dir, &file), -EXIT_FAILED);
		assert_int_equal(chown(path, OTHER_UID, 0), 0);
		assert_int_equal(chmod(path, 0644), 0);
		assert_int_equal(find(dir, &file), -EXIT_FAILED);
	}
	assert_int_equal(truncate(path, SMALL_FILE_MAX + 1), 0);
	assert_int_equal(find(dir, &file), -EXIT_FAILED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(find(dir, &file), -EXIT_FAILED);
	assert_int_equal(unlink(path), 0);
	fixture_path(other, f, "other");
	assert_int_equal(file_write(other, "{}", 2, 0644, false, NULL), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(find(dir, &file), -EXIT_FAILED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(find(dir, &file), -EXIT_FAILED);
	assert_int_equal(rmdir(path), 0);
	plant(f, "b", "{}");
	fixture_path(path, f, "a/.agentsecrets");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("../b/.agentsecrets", path), 0);
	assert_int_equal(find(dir, &file), -EXIT_FAILED);
}

/* The hashes were computed with Python's json and hashlib. */
static void
test_rules(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	struct project_minimum *marks;
	struct text_list list;
	char path[FIXTURE_PATH];
	size_t n;
	struct err err;

	fixture_path(path, f, "a");
	plant(f, "a",
	    "{\"names\": {\"staging\":[\"Z\",\"A\"] , \"production\": []},"
	    " \"map\":{\"new\":\"OLD\",\"Fresh\":\"STALE\"},\n\"minimum\":"
	    "{\"production\":{\"DB\":\"1795468359.7\",\"A\":\"1.2\"}}}");
	assert_int_equal(find(path, &file), 1);
	assert_string_equal(file.rules,
	    "b07d10476da42d82d1d0695f37baeadc4bf30bf8b44175f3182beeb0751c93fa");
	assert_int_equal(file.map_n, 2);
	assert_string_equal(file.map[0].final, "new");
	assert_string_equal(file.map[0].stored, "OLD");
	assert_int_equal(project_file_names(&file, "staging", &list, &err), 1);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.items[0], "Z");
	free((void *)(uintptr_t)list.items);
	assert_int_equal(
	    project_file_names(&file, "production", &list, &err), 1);
	assert_int_equal(list.n, 0);
	free((void *)(uintptr_t)list.items);
	assert_int_equal(
	    project_file_names(&file, "development", &list, &err), 0);
	assert_int_equal(
	    project_file_minimum(&file, "staging", &marks, &n, &err), 0);
	assert_int_equal(
	    project_file_minimum(&file, "production", &marks, &n, &err), 1);
	assert_int_equal(n, 2);
	assert_string_equal(marks[0].name, "DB");
	assert_int_equal(marks[0].epoch, 1795468359);
	assert_int_equal(marks[0].version, 7);
	free(marks);
	plant(f, "a", "{\"names\":{}}");
	assert_int_equal(find(path, &file), 1);
	assert_string_equal(file.rules,
	    "0463a634f09bf631bdf9b88a35815d5a4f75d71ca5aaf8ca308c36856807c066");
}

static void
test_map_add(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	char path[FIXTURE_PATH];
	char rules[sizeof(file.rules)];
	struct err err;

	assert_int_equal(mkdir(fixture_path(path, f, "a"), 0755), 0);
	assert_int_equal(project_file_open(&file, path, &err), 0);
	assert_string_equal(file.rules, "-");
	assert_null(project_file_map_find(&file, "DB"));
	assert_int_equal(project_file_map_add(&file, "db", "DB", &err), 1);
	assert_int_equal(project_file_map_add(&file, "db", "DB", &err), 0);
	assert_int_equal(
	    project_file_map_add(&file, "db", "OTHER", &err), -EXIT_FAILED);
	assert_int_equal(
	    project_file_map_add(&file, "Db", "DB", &err), -EXIT_FAILED);
	assert_int_equal(
	    project_file_map_add(&file, "1", "ONE", &err), -EXIT_FAILED);
	assert_int_equal(
	    project_file_map_add(&file, "one", "one", &err), -EXIT_FAILED);
	assert_int_equal(file.map_n, 1);
	assert_string_equal(file.rules, "");
	assert_int_equal(project_file_save(&file, &err), 0);
	assert_string_equal(file.rules,
	    "5f4e4863eb2fe1711729effeaafbe31f622c044670f93fbd9524836d1b53fe24");
	memcpy(rules, file.rules, sizeof(rules));
	assert_int_equal(find(path, &file), 1);
	assert_string_equal(file.rules, rules);
	assert_string_equal(file.map[0].final, "db");
	assert_string_equal(project_file_map_find(&file, "DB"), "db");
	assert_null(project_file_map_find(&file, "db"));
	assert_int_equal(project_file_map_add(&file, "b", "A", &err), 1);
	assert_string_equal(project_file_map_find(&file, "A"), "b");
}

/* As many as the file can hold: comparing each with each takes longer. */
static void
test_map_large(void **state)
{
	enum { ENTRIES = 40000 };
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	const clock_t begin = clock();
	char path[FIXTURE_PATH];
	char rules[sizeof(file.rules)];
	struct err err;

	plant(f, "a", "{\"map\":{\"first\":\"FIRST\"}}");
	fixture_path(path, f, "a");
	assert_int_equal(find(path, &file), 1);
	for (int i = 0; i < ENTRIES; i++) {
		char final[16];
		char stored[16];

		snprintf(final, sizeof(final), "n%d", i);
		snprintf(stored, sizeof(stored), "N%d", i);
		assert_int_equal(
		    project_file_map_add(&file, final, stored, &err), 1);
	}
	assert_int_equal(
	    project_file_map_add(&file, "first", "FIRST", &err), 0);
	assert_int_equal(project_file_map_add(&file, "n7", "N7", &err), 0);
	assert_int_equal(
	    project_file_map_add(&file, "n7", "N8", &err), -EXIT_FAILED);
	assert_int_equal(
	    project_file_map_add(&file, "N7", "N7", &err), -EXIT_FAILED);
	assert_int_equal(file.map_n, ENTRIES + 1);
	assert_string_equal(file.map[ENTRIES].stored, "N39999");
	assert_int_equal(project_file_save(&file, &err), 0);
	memcpy(rules, file.rules, sizeof(rules));
	for (int i = 0; i < 3; i++)
		assert_int_equal(find(path, &file), 1);
	assert_string_equal(file.rules, rules);
	assert_int_equal(file.map_n, ENTRIES + 1);
	assert_string_equal(file.map[0].final, "first");
	assert_string_equal(file.map[8].final, "n7");
	assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
}

static void
read_back(struct buf *out, const struct fixture *f)
{
	char path[FIXTURE_PATH];
	FILE *file =
	    fopen(fixture_path(path, f, "a/.agentsecrets/project.json"), "re");
	char bytes[4096];

	assert_non_null(file);
	out->len = 0;
	assert_int_equal(
	    buf_append(out, bytes, fread(bytes, 1, sizeof(bytes), file)), 0);
	fclose(file);
}

static void
test_save_new(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	char path[FIXTURE_PATH];
	struct stat st;
	struct err err;

	assert_int_equal(mkdir(fixture_path(path, f, "a"), 0755), 0);
	assert_int_equal(chdir(path), 0);
	assert_int_equal(project_file_open(&file, NULL, &err), 0);
	snprintf(file.project, sizeof(file.project), ID_1);
	snprintf(file.workspace, sizeof(file.workspace), ID_2);
	snprintf(file.project_name, sizeof(file.project_name), "shop");
	snprintf(file.workspace_name, sizeof(file.workspace_name), "A's");
	assert_int_equal(project_file_save(&file, &err), 0);
	read_back(&text, f);
	assert_string_equal(buf_text_view(&text),
	    "{\n  \"project_id\": \"" ID_1
	    "\",\n  \"project_name\": \"shop\",\n"
	    "  \"description\": \"\",\n  \"environment\": \"\",\n"
	    "  \"workspace_id\": \"" ID_2
	    "\",\n  \"workspace_name\": \"A's\",\n"
	    "  \"last_pull\": \"\",\n  \"last_push\": \"\"\n}\n");
	assert_int_equal(stat(".agentsecrets/project.json", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(stat(".agentsecrets", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void
test_save_keeps(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	char path[FIXTURE_PATH];
	struct err err;

	plant(f, "a",
	    "{\"server_url\":\"https://x\",\"project_id\":\"\",\"theirs\":[1],"
	    "\"environment\":\"production\",\"storage_mode\":0,"
	    "\"last_push\":\"2026-08-08T20:01:07+01:00\"}");
	assert_int_equal(
	    project_file_open(&file, fixture_path(path, f, "a"), &err), 1);
	snprintf(file.project, sizeof(file.project), ID_1);
	assert_int_equal(project_file_save(&file, &err), 0);
	read_back(&text, f);
	assert_string_equal(buf_text_view(&text),
	    "{\n  \"server_url\": \"https://x\",\n  \"project_id\": \"" ID_1
	    "\",\n  \"theirs\": [\n    1\n  ],\n"
	    "  \"environment\": \"production\",\n  \"storage_mode\": 0,\n"
	    "  \"last_push\": \"2026-08-08T20:01:07+01:00\",\n"
	    "  \"project_name\": \"\",\n  \"description\": \"\",\n"
	    "  \"workspace_id\": \"\",\n  \"workspace_name\": \"\",\n"
	    "  \"last_pull\": \"\"\n}\n");
}

/* What could not be read again is not written, nor its directory made. */
static void
test_save_refuses(void **state)
{
	static const char *const wrong[] = {"a\nb", "\xe9", "\033[2J"};
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	char path[FIXTURE_PATH];
	struct stat st;
	struct err err;

	assert_int_equal(mkdir(fixture_path(path, f, "a"), 0755), 0);
	assert_int_equal(project_file_open(&file, path, &err), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		strcpy(file.workspace_name, wrong[i]);
		assert_int_equal(project_file_save(&file, &err), -EXIT_FAILED);
	}
	assert_non_null(
	    strstr(err.text, "'workspace_name' would be malformed"));
	fixture_path(path, f, "a/.agentsecrets");
	assert_int_equal(stat(path, &st), -1);
	strcpy(file.workspace_name, "Jos\xc3\xa9");
	assert_int_equal(project_file_save(&file, &err), 0);
}

/* The file as others find it, without white space. */
static void
read_squeezed(struct buf *out, const struct fixture *f)
{
	AUTO_BUF struct buf text = BUF_INIT;

	read_back(&text, f);
	buf_release(out);
	for (const char *p = buf_text_view(&text); *p != '\0'; p++) {
		if (strchr(" \n", *p) == NULL)
			assert_int_equal(buf_append(out, p, 1), 0);
	}
}

static void
test_pin(void **state)
{
	static const char *const both[] = {"KEY", "SECOND"};
	static const struct project_minimum marks[] = {
	    {"KEY", 1795468359, 7}, {"SECOND", 1795468359, 16777215}};
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct text_list names = {both, 2};
	char path[FIXTURE_PATH];
	struct err err;

	plant(f, "a", "{\"names\":{\"staging\":[\"X\"]},\"theirs\":1}");
	assert_int_equal(
	    project_file_open(&file, fixture_path(path, f, "a"), &err), 1);
	assert_int_equal(
	    project_file_pin(&file, "production", names, marks, 2, &err), 0);
	assert_string_equal(file.rules, "");
	assert_int_equal(project_file_save(&file, &err), 0);
	assert_int_equal(strlen(file.rules), 64);
	read_squeezed(&text, f);
	assert_non_null(strstr(buf_text_view(&text),
	    "\"names\":{\"staging\":[\"X\"],"
	    "\"production\":[\"KEY\",\"SECOND\"]},\"theirs\":1"));
	assert_non_null(strstr(buf_text_view(&text),
	    "\"minimum\":{\"production\":{\"KEY\":\"1795468359.7\","
	    "\"SECOND\":\"1795468359.16777215\"}}"));
	/* Without marks those stay whose names stay. */
	names = (struct text_list){both + 1, 1};
	assert_int_equal(
	    project_file_pin(&file, "production", names, NULL, 0, &err), 0);
	assert_int_equal(project_file_save(&file, &err), 0);
	read_squeezed(&text, f);
	assert_non_null(
	    strstr(buf_text_view(&text), "\"production\":[\"SECOND\"]"));
	assert_non_null(strstr(buf_text_view(&text),
	    "\"minimum\":{\"production\":{"
	    "\"SECOND\":\"1795468359.16777215\"}}"));
	assert_true(project_file_unpin(&file, "production"));
	assert_false(project_file_unpin(&file, "production"));
	assert_int_equal(project_file_save(&file, &err), 0);
	read_squeezed(&text, f);
	assert_null(strstr(buf_text_view(&text), "minimum"));
	assert_non_null(
	    strstr(buf_text_view(&text), "\"names\":{\"staging\":[\"X\"]}"));
	assert_true(project_file_unpin(&file, "staging"));
	assert_int_equal(project_file_save(&file, &err), 0);
	assert_string_equal(file.rules, "-");
}

static void
test_unbind(void **state)
{
	struct fixture *f = *state;
	AUTO_PROJECT_FILE struct project_file file = PROJECT_FILE_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	char path[FIXTURE_PATH];
	struct err err;

	plant(f, "a",
	    "{\"project_id\":\"" ID_1 "\",\"project_name\":\"web\","
	    "\"description\":\"x\",\"environment\":\"production\","
	    "\"workspace_id\":\"" ID_2 "\",\"workspace_name\":\"w\","
	    "\"last_pull\":\"x\",\"last_push\":\"x\",\"storage_mode\":2,"
	    "\"theirs\":[1],\"map\":{\"key\":\"KEY\"},"
	    "\"names\":{\"staging\":[\"X\"]},\"minimum\":{}}");
	assert_int_equal(
	    project_file_open(&file, fixture_path(path, f, "a"), &err), 1);
	assert_int_equal(project_file_unbind(&file, &err), 0);
	assert_int_equal(project_file_save(&file, &err), 0);
	assert_int_equal(file.map_n, 0);
	assert_string_equal(file.rules, "-");
	read_squeezed(&text, f);
	assert_string_equal(buf_text_view(&text),
	    "{\"project_id\":\"\",\"project_name\":\"\","
	    "\"description\":\"\",\"environment\":\"production\","
	    "\"workspace_id\":\"\",\"workspace_name\":\"\","
	    "\"last_pull\":\"\",\"last_push\":\"\",\"storage_mode\":2,"
	    "\"theirs\":[1]}");
	assert_int_equal(project_file_describe(&file, "a \"b\"", &err), 0);
	assert_int_equal(project_file_save(&file, &err), 0);
	read_squeezed(&text, f);
	assert_non_null(
	    strstr(buf_text_view(&text), "\"description\":\"a\\\"b\\\"\""));
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_find),
	    EACH(test_user_directory),
	    EACH(test_malformed),
	    EACH(test_unsafe),
	    EACH(test_rules),
	    EACH(test_map_add),
	    EACH(test_map_large),
	    EACH(test_save_new),
	    EACH(test_save_keeps),
	    EACH(test_save_refuses),
	    EACH(test_pin),
	    EACH(test_unbind),
	};

	return cmocka_run_group_tests_name("project_file", tests, NULL, NULL);
}
