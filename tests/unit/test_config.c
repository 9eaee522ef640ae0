/* config.json: what is kept, what is refused, and the keys that lie in it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/json.h>
#include <agentsecrets/settings.h>

#include "store_fixture.h"

#define WS_1 "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WS_2 "f47ac10b-58cc-4372-a567-0e02b2c3d479"
#define KEY_1 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
/* The same key as base64 of its 44 characters of base64. */
#define KEY_1_TWICE                                                            \
	"QVFFQkFRRUJBUUVCQVFFQkFRRUJBUUVCQVFFQkFRRUJBUUVCQVFFQkFRRT0="

static void
test_config(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	struct config config;
	struct err err;

	assert_int_equal(config_load(&config, &f->home, &err), 0);
	assert_string_equal(config.server_url, "");
	fixture_write(f, "config.json", "");
	assert_int_equal(config_load(&config, &f->home, &err), 0);
	assert_int_equal(config.storage_mode, 0);
	fixture_write(f, "config.json",
	    "{\"email\":\"a@b\",\"workspaces\":{\"x\":{\"key\":\"k\"}},"
	    "\"storage_mode\":2,\"default_storage_mode\":0}");
	assert_int_equal(config_load(&config, &f->home, &err), 0);
	assert_int_equal(config.storage_mode, 2);
	assert_string_equal(config.email, "a@b");
	config.email[0] = '\0';
	config.storage_mode = 1;
	snprintf(config.workspace, sizeof(config.workspace), WS_1);
	snprintf(config.environment, sizeof(config.environment), "staging");
	assert_int_equal(config_save(&config, &f->home, &err), 0);
	fixture_read(f, "config.json", &text);
	assert_string_equal(buf_text_view(&text),
	    "{\n  \"workspaces\": {\n    \"x\": {\n      \"key\": \"k\"\n"
	    "    }\n  },\n  \"storage_mode\": 1,\n"
	    "  \"default_storage_mode\": 1,\n"
	    "  \"selected_workspace_id\": \"" WS_1 "\",\n"
	    "  \"selected_environment\": \"staging\"\n}\n");
	assert_int_equal(config_load(&config, &f->home, &err), 0);
	assert_string_equal(config.environment, "staging");
	strcpy(config.environment, "prod");
	assert_int_equal(config_save(&config, &f->home, &err), -EXIT_FAILED);
	config.environment[0] = '\0';
	strcpy(config.email, "\xff");
	assert_int_equal(config_save(&config, &f->home, &err), -EXIT_FAILED);
	assert_int_equal(config_load(&config, &f->home, &err), 0);
	assert_string_equal(config.environment, "staging");
}

static void
test_config_refuses(void **state)
{
	static const char *const wrong[] = {"[]", "{\"server_url\":1}",
	    "{\"email\":[]}", "{\"selected_workspace_id\":\"../x\"}",
	    "{\"selected_environment\":\"prod\"}", "{\"storage_mode\":3}",
	    "{\"default_storage_mode\":\"1\"}", "{} {}"};
	struct fixture *f = *state;
	struct config config = {.storage_mode = 7};
	struct err err;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fixture_write(f, "config.json", wrong[i]);
		if (config_load(&config, &f->home, &err) != -EXIT_FAILED)
			fail_msg("accepted: %s", wrong[i]);
	}
	assert_int_equal(config.storage_mode, 7);
}

/* What other clients wrote stays, and in its order. */
static void
test_keys_save(void **state)
{
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	uint8_t one[KEY_BYTES];
	uint8_t two[KEY_BYTES];
	const struct config_workspace workspaces[] = {
	    {WS_1, "Ours", NULL, NULL, one},
	    {WS_2, "New", "owner", "personal", two},
	};
	struct err err;

	memset(one, 1, sizeof(one));
	memset(two, 0, sizeof(two));
	fixture_write(f, "config.json",
	    "{\"password_hash\":\"h\",\"workspaces\":{\"" WS_1
	    "\":{\"name\":\"A\",\"key\":\"old\",\"role\":\"admin\","
	    "\"type\":\"shared\",\"x\":[1]}},\"last\":2}");
	assert_int_equal(config_keys_save(&f->home, workspaces, 2, &err), 0);
	fixture_read(f, "config.json", &text);
	assert_string_equal(buf_text_view(&text),
	    "{\n  \"password_hash\": \"h\",\n  \"workspaces\": {\n"
	    "    \"" WS_1 "\": {\n      \"name\": \"Ours\",\n"
	    "      \"key\": \"" KEY_1 "\",\n      \"role\": \"admin\",\n"
	    "      \"type\": \"shared\",\n      \"x\": [\n        1\n      ]"
	    "\n    },\n    \"" WS_2 "\": {\n      \"name\": \"New\",\n"
	    "      \"key\": "
	    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\n"
	    "      \"role\": \"owner\",\n      \"type\": \"personal\"\n"
	    "    }\n  },\n  \"last\": 2\n}\n");
	assert_int_equal(config_keys_remove(&f->home, &err), 0);
	text.len = 0;
	fixture_read(f, "config.json", &text);
	assert_null(strstr(buf_text_view(&text), KEY_1));
	assert_null(strstr(buf_text_view(&text), "AAAA"));
	assert_non_null(strstr(buf_text_view(&text), "\"key\": \"\""));
	assert_non_null(strstr(buf_text_view(&text), "\"role\": \"admin\""));
}

/* A document of keys comes and goes in the arena only. */
static void
test_key_load(void **state)
{
	static const char *const wrong[] = {"", "\"\"", "7", "\"AAAA\"",
	    "\"" KEY_1 "\\n\"", "\"AQEBAQEB\"", "null", "[]"};
	struct fixture *f = *state;
	struct arena_mark mark = arena_mark();
	uint8_t *key = arena_alloc(KEY_BYTES, NULL);
	uint8_t want[KEY_BYTES];
	char text[512];
	struct err err;

	memset(want, 1, sizeof(want));
	assert_int_equal(config_key_load(key, &f->home, WS_1, &err), 0);
	fixture_write(f, "config.json",
	    "{\"workspaces\":{\"" WS_1 "\":{\"key\":\"" KEY_1 "\"},"
	    "\"" WS_2 "\":{\"key\":\"" KEY_1_TWICE "\"}}}");
	assert_int_equal(config_key_load(key, &f->home, WS_1, &err), 1);
	assert_memory_equal(key, want, KEY_BYTES);
	memset(key, 0, KEY_BYTES);
	assert_int_equal(config_key_load(key, &f->home, WS_2, &err), 1);
	assert_memory_equal(key, want, KEY_BYTES);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "{\"workspaces\":{\"%s\":{%s%s}}}",
		    WS_1, wrong[i][0] != '\0' ? "\"key\":" : "", wrong[i]);
		fixture_write(f, "config.json", text);
		if (config_key_load(key, &f->home, WS_1, &err) != 0)
			fail_msg("accepted: %s", text);
	}
	fixture_write(f, "config.json", "{\"workspaces\":");
	assert_int_equal(
	    config_key_load(key, &f->home, WS_1, &err), -EXIT_FAILED);
	assert_int_equal(config_keys_remove(&f->home, &err), -EXIT_FAILED);
	/* What was read there is gone from it. */
	for (size_t i = KEY_BYTES; i < 1024; i++)
		assert_int_equal(((uint8_t *)arena_alloc(1, NULL))[0], 0);
	arena_rewind(mark);
}

/* More than fits the first try: blanks are added in printing. */
static void
test_large(void **state)
{
	enum { MEMBERS = 9000 };
	struct fixture *f = *state;
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_BUF struct buf after = BUF_INIT;
	struct config config;
	struct err err;

	assert_int_equal(buf_append_text(&text, "{\"list\":[0"), 0);
	for (size_t i = 0; i < MEMBERS; i++)
		assert_int_equal(buf_append_text(&text, ",0"), 0);
	assert_int_equal(buf_append_text(&text, "]}"), 0);
	fixture_write(f, "config.json", buf_text_view(&text));
	assert_int_equal(config_load(&config, &f->home, &err), 0);
	assert_int_equal(config_save(&config, &f->home, &err), 0);
	fixture_read(f, "config.json", &after);
	assert_true(after.len > 2 * text.len + 8192);
	text.len = 0;
	assert_int_equal(buf_append_text(&text, "{\"list\":[0"), 0);
	for (size_t i = 0; i < 20 * MEMBERS; i++)
		assert_int_equal(buf_append_text(&text, ",0"), 0);
	assert_int_equal(buf_append_text(&text, "]}"), 0);
	fixture_write(f, "config.json", buf_text_view(&text));
	assert_int_equal(config_save(&config, &f->home, &err), -EXIT_FAILED);
	assert_non_null(strstr(err.text, "larger than"));
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_config),
	    EACH(test_config_refuses),
	    EACH(test_keys_save),
	    EACH(test_key_load),
	    EACH(test_large),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
