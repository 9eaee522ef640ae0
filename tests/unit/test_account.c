/* account.json and settings.json: what is kept, what is refused. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/account.h>
#include <agentsecrets/json.h>
#include <agentsecrets/settings.h>

#include "store_fixture.h"

#define WS_1 "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WS_2 "f47ac10b-58cc-4372-a567-0e02b2c3d479"

static void
fill(struct account *account)
{
	struct account_workspace workspace = {
	    .id = WS_1, .name = "Personal", .epoch = 1795000000};

	snprintf(account->server, sizeof(account->server), "embedded");
	snprintf(account->email, sizeof(account->email), "local:%s", WS_2);
	snprintf(account->first_name, sizeof(account->first_name), "Äda");
	account->has_public_key = true;
	account->has_private_key = true;
	account->kit_exported = true;
	memset(account->public_key, 1, sizeof(account->public_key));
	memset(account->private_key, 2, sizeof(account->private_key));
	memset(account->key_salt, 0xab, sizeof(account->key_salt));
	memset(workspace.sealed_key, 3, sizeof(workspace.sealed_key));
	assert_int_equal(account_workspace_put(account, &workspace, NULL), 0);
}

static void
test_round_trip(void **state)
{
	struct fixture *f = *state;
	AUTO_ACCOUNT struct account out = ACCOUNT_INIT;
	AUTO_ACCOUNT struct account in = ACCOUNT_INIT;
	struct account_workspace *workspace;
	struct err err;

	assert_int_equal(account_load(&in, &f->home, &err), 0);
	fill(&out);
	assert_int_equal(account_save(&out, &f->home, &err), 0);
	assert_int_equal(account_load(&in, &f->home, &err), 1);
	assert_string_equal(in.server, "embedded");
	assert_string_equal(in.auth_origin, "");
	assert_string_equal(in.email, out.email);
	assert_string_equal(in.first_name, "Äda");
	assert_true(in.has_public_key && in.has_private_key);
	assert_true(in.kit_exported);
	assert_memory_equal(in.public_key, out.public_key, KEY_BYTES);
	assert_memory_equal(in.private_key, out.private_key, PRIVATE_KEY_BLOB);
	assert_memory_equal(in.key_salt, out.key_salt, KEY_BYTES);
	assert_int_equal(in.workspaces_n, 1);
	workspace = account_workspace_find(&in, WS_1);
	assert_non_null(workspace);
	assert_string_equal(workspace->name, "Personal");
	assert_int_equal(workspace->epoch, 1795000000);
	assert_memory_equal(
	    workspace->sealed_key, out.workspaces[0].sealed_key, SEALED_KEY);
	assert_null(account_workspace_find(&in, WS_2));
}

/* A machine that logged in without the key. */
static void
test_without_key(void **state)
{
	struct fixture *f = *state;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct err err;

	fill(&account);
	account.has_private_key = false;
	account.kit_exported = false;
	assert_int_equal(account_save(&account, &f->home, &err), 0);
	fixture_read(f, "account.json", &text);
	assert_null(strstr(buf_text_view(&text), "encrypted_private_key"));
	assert_null(strstr(buf_text_view(&text), "key_salt"));
	assert_null(strstr(buf_text_view(&text), "kit_exported"));
	assert_int_equal(account_load(&account, &f->home, &err), 1);
	assert_true(account.has_public_key);
	assert_false(account.has_private_key);
}

/* Put a member into a sound account.json and load it. */
static int
load_with(const struct fixture *f, const char *key, const char *value)
{
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_JSON cJSON *json = NULL;
	struct err err;

	fill(&account);
	assert_int_equal(account_save(&account, &f->home, &err), 0);
	fixture_read(f, "account.json", &text);
	assert_int_equal(
	    json_parse(&json, buf_text_view(&text), text.len, "x", &err), 0);
	assert_int_equal(json_put(json, key, cJSON_Parse(value)), 0);
	text.len = 0;
	assert_int_equal(json_print(&text, json, false), 0);
	fixture_write(f, "account.json", buf_text_view(&text));
	return account_load(&account, &f->home, &err);
}

static void
test_account_refuses(void **state)
{
	static const char *const wrong[][2] = {
	    {"version", "2"},
	    {"version", "\"1\""},
	    {"version", "null"},
	    {"store", "\"\""},
	    {"store", "\"sealed \""},
	    {"store", "\"vault\""},
	    {"store", "1"},
	    {"moving", "null"},
	    {"moving", "true"},
	    {"moving", "\"\""},
	    {"moving", "\"keyring\""},
	    {"store", "null"},
	    {"server", "\"\""},
	    {"server", "7"},
	    {"email", "null"},
	    {"user_id", "[]"},
	    {"public_key", "\"AAAA\""},
	    {"public_key", "null"},
	    {"public_key", "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF=\""},
	    {"encrypted_private_key", "\"!\""},
	    {"key_salt", "\"abab\""},
	    {"key_salt", "null"},
	    {"kit_exported", "1"},
	    {"workspaces", "[]"},
	    {"workspaces", "{\"x\":{}}"},
	    {"workspaces", "{\"" WS_1 "\":{\"epoch\":1}}"},
	    {"workspaces", "{\"" WS_1 "\":null}"},
	};
	struct fixture *f = *state;

	assert_int_equal(load_with(f, "version", "1"), 1);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (load_with(f, wrong[i][0], wrong[i][1]) != -EXIT_FAILED)
			fail_msg("accepted: %s %s", wrong[i][0], wrong[i][1]);
	}
	fixture_write(f, "account.json", "{");
	assert_int_equal(
	    account_load(&(struct account)ACCOUNT_INIT, &f->home, NULL),
	    -EXIT_FAILED);
	fixture_write(f, "account.json", "");
	assert_int_equal(
	    account_load(&(struct account)ACCOUNT_INIT, &f->home, NULL),
	    -EXIT_FAILED);
}

static void
test_stores(void **state)
{
	static const enum key_store stores[] = {
	    KEY_STORE_SEALED, KEY_STORE_KEYCHAIN, KEY_STORE_CONFIG};
	struct fixture *f = *state;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	enum key_store store = KEY_STORE_CONFIG;
	AUTO_BUF struct buf text = BUF_INIT;
	struct err err;

	fill(&account);
	for (size_t i = 0; i < 3; i++) {
		assert_true(key_store_parse(&store, key_store_name(stores[i])));
		assert_int_equal(store, stores[i]);
		account.store = stores[i];
		account.is_moving = true;
		account.other_store = stores[(i + 1) % 3];
		assert_int_equal(account_save(&account, &f->home, &err), 0);
		account.is_moving = false;
		assert_int_equal(account_load(&account, &f->home, &err), 1);
		assert_int_equal(account.store, stores[i]);
		assert_true(account.is_moving);
		assert_int_equal(account.other_store, stores[(i + 1) % 3]);
	}
	account.is_moving = false;
	assert_int_equal(account_save(&account, &f->home, &err), 0);
	fixture_read(f, "account.json", &text);
	assert_non_null(strstr(buf_text_view(&text), "\"store\": \"config\""));
	assert_null(strstr(buf_text_view(&text), "moving"));
	assert_int_equal(account_load(&account, &f->home, &err), 1);
	assert_false(account.is_moving);
	assert_false(key_store_parse(&store, ""));
	assert_false(key_store_parse(&store, "Sealed"));
	assert_int_equal(store, KEY_STORE_CONFIG);
}

/* What could not be read again is not written. */
static void
test_account_save_refuses(void **state)
{
	struct fixture *f = *state;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct err err;

	fill(&account);
	assert_int_equal(account_save(&account, &f->home, &err), 0);
	strcpy(account.first_name, "Jos\xe9");
	assert_int_equal(account_save(&account, &f->home, &err), -EXIT_FAILED);
	assert_non_null(strstr(err.text, "not UTF-8"));
	assert_int_equal(
	    account_pending_save(&account, &f->home, &err), -EXIT_FAILED);
	assert_int_equal(account_pending_load(&account, &f->home, &err), 0);
	strcpy(account.first_name, "Jos\xc3\xa9");
	account.workspaces[0].epoch = 0;
	assert_int_equal(account_save(&account, &f->home, &err), -EXIT_FAILED);
	assert_non_null(strstr(err.text, "'workspaces' would be malformed"));
	account.workspaces[0].epoch = 1;
	account.server[0] = '\0';
	assert_int_equal(account_save(&account, &f->home, NULL), -EXIT_FAILED);
	assert_int_equal(account_load(&account, &f->home, &err), 1);
	assert_string_equal(account.first_name, "Äda");
	fixture_read(f, "account.json", &text);
	assert_non_null(strstr(buf_text_view(&text), "\"embedded\""));
}

static void
test_account_keeps(void **state)
{
	struct fixture *f = *state;
	AUTO_ACCOUNT struct account account = ACCOUNT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	struct account_workspace more = {.id = WS_2, .epoch = 1};
	struct err err;

	assert_int_equal(load_with(f, "their_field", "{\"a\":[1]}"), 1);
	assert_int_equal(account_load(&account, &f->home, &err), 1);
	assert_int_equal(account_workspace_put(&account, &more, &err), 0);
	assert_int_equal(account_save(&account, &f->home, &err), 0);
	assert_int_equal(account_load(&account, &f->home, &err), 1);
	assert_int_equal(account.workspaces_n, 2);
	account.workspaces[0] = account.workspaces[1];
	account.workspaces_n = 1;
	assert_int_equal(account_save(&account, &f->home, &err), 0);
	fixture_read(f, "account.json", &text);
	assert_non_null(strstr(buf_text_view(&text), "their_field"));
	assert_null(strstr(buf_text_view(&text), WS_1));
	assert_non_null(strstr(buf_text_view(&text), WS_2));
}

static void
test_settings(void **state)
{
	static const char *const wrong[] = {"{\"session_cache\":-1}",
	    "{\"session_cache\":\"1h\"}", "{\"audit\":\"maybe\"}",
	    "{\"audit\":true}", "{\"allow_names\":\"PATH\"}",
	    "{\"allow_names\":[\"A B\"]}", "{\"allow_names\":[1]}",
	    "{\"max_age\":-1}", "{\"max_age\":\"soon\"}", "{\"max_age\":true}",
	    "{\"hardening\":\"on\"}", "{\"hardening\":true}"};
	struct fixture *f = *state;
	struct settings settings;
	struct err err;

	assert_int_equal(settings_load(&settings, &f->home, &err), 0);
	assert_int_equal(settings.session_cache, 3600);
	assert_int_equal(settings.audit, AUDIT_ON);
	assert_int_equal(settings.allow_names_n, 0);
	assert_true(settings.max_age == ANY_AGE);
	assert_false(settings.hardening_required);
	settings_release(&settings);
	fixture_write(
	    f, "settings.json", "{\"max_age\":90,\"hardening\":\"auto\"}");
	assert_int_equal(settings_load(&settings, &f->home, &err), 0);
	assert_int_equal(settings.max_age, 90);
	assert_false(settings.hardening_required);
	settings_release(&settings);
	fixture_write(f, "settings.json",
	    "{\"session_cache\":0,\"audit\":\"required\",\"new\":1,"
	    "\"max_age\":\"12h\",\"hardening\":\"require\","
	    "\"allow_names\":[\"PATH\",\"node_options\"]}");
	assert_int_equal(settings_load(&settings, &f->home, &err), 0);
	assert_int_equal(settings.session_cache, 0);
	assert_int_equal(settings.audit, AUDIT_REQUIRED);
	assert_int_equal(settings.max_age, 43200);
	assert_true(settings.hardening_required);
	assert_int_equal(settings.allow_names_n, 2);
	assert_string_equal(settings.allow_names[1], "node_options");
	settings_release(&settings);
	settings_release(&settings);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fixture_write(f, "settings.json", wrong[i]);
		if (settings_load(&settings, &f->home, &err) != -EXIT_FAILED)
			fail_msg("accepted: %s", wrong[i]);
	}
}

#define EACH(test)                                                             \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(test_round_trip),
	    EACH(test_without_key),
	    EACH(test_account_refuses),
	    EACH(test_stores),
	    EACH(test_account_save_refuses),
	    EACH(test_account_keeps),
	    EACH(test_settings),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
