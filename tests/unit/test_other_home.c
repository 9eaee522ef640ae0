/* other_home: homes of other clients, as those write them, and damaged. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/other_home.h>
#include <agentsecrets/settings.h>

#include "store_fixture.h"

#define WS_1 "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WS_2 "f47ac10b-58cc-4372-a567-0e02b2c3d479"
#define PROJECT "0b0e4d1c-5c0e-4b8e-9d4a-1f2e3d4c5b6a"
#define OTHER "11111111-2222-4333-8444-555555555555"
/* 32 bytes 80…9f, raw and as their own base64 (protocol 4.6). */
#define KEY_32 "gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8="
#define KEY_44 "Z0lHQ2c0U0Zob2VJaVlxTGpJMk9qNUNSa3BPVWxaYVhtSm1hbTV5ZG5wOD0="
#define HASH "95a0d8ad4e0e0f2b64cb29548664eeec476c84eadc20962f97e1af407064b9e5"
#define GO_1                                                                   \
	"{\n  \"email\": \"Alice@Example.com\",\n"                             \
	"  \"selected_workspace_id\": \"" WS_1 "\",\n"                         \
	"  \"workspaces\": {\n"                                                \
	"    \"" WS_1 "\": {\n      \"name\": \"Alice's workspace\",\n"        \
	"      \"key\": \"" KEY_44 "\",\n      \"role\": \"owner\",\n"         \
	"      \"type\": \"personal\"\n    },\n"                               \
	"    \"" WS_2 "\": {\n      \"name\": \"Team\",\n"                     \
	"      \"key\": \"" KEY_32 "\"\n    }\n  },\n"                         \
	"  \"password_hash\": \"" HASH "\",\n  \"storage_mode\": 1\n}"

static void
test_go_1(void **state)
{
	struct fixture *f = *state;
	AUTO_OTHER_HOME struct other_home home = OTHER_HOME_INIT;
	uint8_t *key = arena_alloc(KEY_BYTES, NULL);
	char email[EMAIL_MAX + 1];
	struct err err;

	assert_int_equal(other_home_load(&home, &f->home, &err), 0);
	fixture_write(f, "config.json", GO_1);
	fixture_write(f, "token.json",
	    "{\"access_token\":\"a\",\"refresh_token\":\"r\","
	    "\"expires_at\":\"2026-01-02T03:04:05.678Z\"}");
	assert_int_equal(other_home_is(&f->home, email, &err), 1);
	assert_string_equal(email, "Alice@Example.com");
	assert_int_equal(other_home_load(&home, &f->home, &err), 1);
	assert_string_equal(home.email, "Alice@Example.com");
	assert_string_equal(home.server_url, "");
	assert_string_equal(home.password_hash, HASH);
	assert_int_equal(home.workspaces_n, 2);
	assert_string_equal(home.workspaces[1].name, "Team");
	assert_true(home.workspaces[0].key_in_config);
	assert_true(home.session_in_file);
	assert_false(home.key_in_file);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
		    config_key_load(key, &f->home, home.workspaces[i].id, &err),
		    1);
		assert_int_equal(key[0], 0x80);
		assert_int_equal(key[31], 0x9f);
	}
	/* With an account of ours, or one begun, it is ours. */
	fixture_write(f, "account.pending", "{}");
	assert_int_equal(other_home_is(&f->home, email, &err), 0);
}

/* Keys and session lie in the keychain. */
static void
test_go_3(void **state)
{
	struct fixture *f = *state;
	AUTO_OTHER_HOME struct other_home home = OTHER_HOME_INIT;
	struct err err;

	fixture_write(f, "config.json",
	    "{\n  \"server_url\": \"https://as.example.com\",\n"
	    "  \"email\": \"a@b.c\",\n"
	    "  \"selected_environment\": \"staging\",\n"
	    "  \"workspaces\": {\"" WS_1
	    "\": {\"name\": \"W\", \"key\": \"\"}},\n"
	    "  \"default_storage_mode\": 1\n}");
	fixture_write(f, "token.json", "{}");
	assert_int_equal(other_home_load(&home, &f->home, &err), 1);
	assert_string_equal(home.server_url, "https://as.example.com");
	assert_false(home.workspaces[0].key_in_config);
	assert_false(home.session_in_file);
	assert_string_equal(home.password_hash, "");
}

/* What begun ours, or nobody's, looks like. */
static void
test_no_other_home(void **state)
{
	static const char *const texts[] = {"", "{}", "{\"storage_mode\":2}",
	    "{\"email\":\"\",\"workspaces\":{}}",
	    "{\"email\":\"a@b.c\",\"server_url\":\"https://x\"}"};
	struct fixture *f = *state;
	AUTO_OTHER_HOME struct other_home home = OTHER_HOME_INIT;
	char email[EMAIL_MAX + 1];
	struct err err;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		fixture_write(f, "config.json", texts[i]);
		assert_int_equal(other_home_is(&f->home, email, &err), 0);
		assert_int_equal(other_home_load(&home, &f->home, &err), 0);
	}
}

static void
test_damaged(void **state)
{
	static const char *const damage[][3] = {
	    {"config.json", "{\"email\":\"a@b.c\"", "config.json"},
	    {"config.json", "{\"email\":\"a@b.c\",\"workspaces\":[]}",
		"'workspaces' is wrong"},
	    {"config.json", "{\"email\":\"a@b.c\",\"workspaces\":{\"x\":{}}}",
		"workspace 'x' is wrong"},
	    {"config.json",
		"{\"email\":\"a@b.c\",\"workspaces\":{\"" WS_1
		"\":{\"key\":\"AAAA\"}}}",
		"workspace '" WS_1 "' is wrong"},
	    {"config.json", "{\"email\":\"a@b.c\",\"password_hash\":\"abc\"}",
		"'password_hash' is wrong"},
	    {"config.json",
		"{\"email\":\"a@b.c\",\"workspaces\":{},\"server_url\":1}",
		"'server_url' is wrong"},
	    {"token.json", "{\"access_token\":", "token.json"},
	    {"keyring.json", "{\"x\":{\"private\":", "keyring.json"},
	    {"keyring.json", "{\"x\":1}", "has no 'private' text"},
	    {"keyring.json", "[]", "keyring.json"},
	};
	struct fixture *f = *state;
	AUTO_OTHER_HOME struct other_home home = OTHER_HOME_INIT;
	struct err err;

	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		fixture_write(f, "config.json", GO_1);
		fixture_write(f, "token.json", "{}");
		fixture_write(f, "keyring.json", "{}");
		assert_int_equal(other_home_load(&home, &f->home, &err), 1);
		other_home_release(&home);
		fixture_write(f, damage[i][0], damage[i][1]);
		assert_int_equal(
		    other_home_load(&home, &f->home, &err), -EXIT_FAILED);
		if (strstr(err.text, damage[i][2]) == NULL)
			fail_msg("'%s' is not '%s'", err.text, damage[i][2]);
		/* A value or key is never part of a message. */
		assert_null(strstr(err.text, "AAAA"));
	}
}

#define ENTRY(name, value)                                                     \
	"\"" name "\": {\"private\": \"" value "\", \"public\": \"\"}"
#define KEYRING                                                                \
	"{\"Alice@Example.com\": {\"private\": \"" KEY_32                      \
	"\", \"public\": \"" KEY_32 "\"},\n" ENTRY("Secret_" PROJECT "_OLD",   \
	    "b2xk") ",\n" ENTRY("Secret_" PROJECT "_BOTH",                     \
	    "b2xk") ",\n" ENTRY(PROJECT ":development:BOTH",                   \
	    "bmV3") ",\n" ENTRY(PROJECT ":development:RAW",                    \
	    "not base64!") ",\n" ENTRY(PROJECT ":development:WORD",            \
	    "password1234") ",\n" ENTRY(PROJECT ":development:EMPTY",          \
	    "") ",\n" ENTRY(PROJECT ":staging:OLD",                            \
	    "c3RhZ2luZw==") ",\n" ENTRY(PROJECT ":development:OLD:policy",     \
	    "e30=") ",\n" ENTRY(OTHER ":development:X",                        \
	    "eA==") ",\n" ENTRY("ProjectKeys_" PROJECT,                        \
	    "T0xELEJPVEg=") ",\n" ENTRY("workspace_key_" WS_1, KEY_44) "}"

static void
expect(const struct dotenv *values, const char *name, const char *value)
{
	for (size_t i = 0; i < values->n; i++) {
		const struct dotenv_entry *one = &values->items[i];

		if (strcmp(one->name, name) != 0)
			continue;
		assert_int_equal(one->value.len, strlen(value));
		assert_memory_equal(one->value.data, value, one->value.len);
		assert_true(arena_holds(one->value.data, one->value.len + 1));
		return;
	}
	fail_msg("'%s' is not there", name);
}

static int
values_of(struct dotenv *out, const char *text, const char *environment)
{
	struct secret bytes = {
	    arena_copy(text, strlen(text), NULL), strlen(text)};
	struct err err;

	return keyring_values(out, &bytes, "'k'", PROJECT, environment, &err);
}

static void
test_keyring(void **state)
{
	struct fixture *f = *state;
	AUTO_OTHER_HOME struct other_home home = OTHER_HOME_INIT;
	AUTO_DOTENV struct dotenv values = DOTENV_INIT;
	uint8_t *key = arena_alloc(KEY_BYTES, NULL);
	uint8_t public_key[KEY_BYTES];
	struct err err;

	fixture_write(f, "config.json", GO_1);
	fixture_write(f, "keyring.json", KEYRING);
	assert_int_equal(other_home_load(&home, &f->home, &err), 1);
	assert_true(home.key_in_file);
	assert_int_equal(home.values, 8);
	assert_int_equal(home.projects, 2);
	assert_int_equal(keyring_key_pair(key, public_key, &f->home,
			     "Alice@Example.com", &err),
	    1);
	assert_int_equal(key[1], 0x81);
	assert_int_equal(public_key[1], 0x81);
	assert_int_equal(
	    keyring_key_pair(key, public_key, &f->home, "b@c.d", &err), 0);
	assert_int_equal(values_of(&values, KEYRING, "development"), 1);
	assert_int_equal(values.n, 5);
	expect(&values, "OLD", "old");
	expect(&values, "BOTH", "new");
	expect(&values, "RAW", "not base64!");
	expect(&values, "WORD", "password1234");
	expect(&values, "EMPTY", "");
	assert_int_equal(values_of(&values, KEYRING, "staging"), 1);
	assert_int_equal(values.n, 1);
	expect(&values, "OLD", "staging");
	assert_int_equal(values_of(&values, KEYRING, "production"), 1);
	assert_int_equal(values.n, 0);
}

static void
test_keyring_refuses(void **state)
{
	AUTO_DOTENV struct dotenv values = DOTENV_INIT;

	(void)state;
	assert_int_equal(values_of(&values, "{}", "staging"), 0);
	assert_int_equal(values_of(&values, "{\"A\": \"b\"}", "staging"), 0);
	assert_int_equal(
	    values_of(&values, "{" ENTRY("a", "") ", \"A\": \"b\"}", "staging"),
	    0);
	assert_int_equal(values_of(&values, "{", "staging"), 0);
	assert_int_equal(
	    values_of(&values, "{\"private\":", "staging"), -EXIT_FAILED);
	assert_int_equal(
	    values_of(&values, "{" ENTRY(PROJECT ":staging:A B", "eA==") "}",
		"staging"),
	    -EXIT_FAILED);
	assert_int_equal(
	    values_of(
		&values, "{" ENTRY(PROJECT ":staging:", "eA==") "}", "staging"),
	    -EXIT_FAILED);
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_go_1),
	    EACH(test_go_3),
	    EACH(test_no_other_home),
	    EACH(test_damaged),
	    EACH(test_keyring),
	    EACH(test_keyring_refuses),
	};

	return cmocka_run_group_tests_name("other_home", tests, NULL, NULL);
}
