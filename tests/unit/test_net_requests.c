/* What agentsecrets-net makes of an address, a segment, a body, a session. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/json.h>

#include "json_out.h"
#include "records.h"
#include "session.h"
#include "url.h"

static void
test_addresses(void **state)
{
	static const struct {
		const char *url;
		const char *base; /* NULL: refused */
		const char *origin;
	} cases[] = {
	    {"https://a.example", "https://a.example/api", "https://a.example"},
	    {"https://a.example/", "https://a.example/api",
		"https://a.example"},
	    {"https://a.example:443/api/", "https://a.example/api",
		"https://a.example"},
	    {"https://a.example:8443/team/v1//",
		"https://a.example:8443/team/v1", "https://a.example:8443"},
	    {"http://127.0.0.1:80", "http://127.0.0.1/api", "http://127.0.0.1"},
	    {"http://localhost:8000", "http://localhost:8000/api",
		"http://localhost:8000"},
	    {"http://[::1]:1", "http://[::1]:1/api", "http://[::1]:1"},
	    {"http://a.example", NULL, NULL},
	    {"http://127.0.0.2", NULL, NULL},
	    {"http://localhost.a.example", NULL, NULL},
	    {"ftp://a.example", NULL, NULL},
	    {"file:///etc/passwd", NULL, NULL},
	    {"a.example", NULL, NULL},
	    {"https://u@a.example", NULL, NULL},
	    {"https://u:p@a.example", NULL, NULL},
	    {"https://a.example?q", NULL, NULL},
	    {"https://a.example/#f", NULL, NULL},
	    {"https://a.example/a b", NULL, NULL},
	    {"https://a.example/%2e", NULL, NULL},
	    {"https://a.example\\@b.example", NULL, NULL},
	    {"https://a.example\r\nX: 1", NULL, NULL},
	    {"https://", NULL, NULL},
	    {"", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_BUF struct buf base = BUF_INIT;
		AUTO_BUF struct buf origin = BUF_INIT;
		struct err err;
		int rc = url_base(&base, &origin, cases[i].url, &err);

		if (cases[i].base == NULL) {
			assert_int_equal(rc, -EXIT_FAILED);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(buf_text_view(&base), cases[i].base);
		assert_string_equal(buf_text_view(&origin), cases[i].origin);
	}
}

static void
test_segments(void **state)
{
	AUTO_BUF struct buf path = BUF_INIT;

	(void)state;
	assert_int_equal(url_add_segment(&path, "Az09-._~", 8), 0);
	assert_int_equal(url_add_segment(&path, "a/b?c#d%e\0\xff ", 12), 0);
	assert_string_equal(
	    buf_text_view(&path), "Az09-._~/a%2Fb%3Fc%23d%25e%00%FF%20/");
}

static void
test_bodies(void **state)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	(void)state;
	json_out_begin(&out, '{');
	json_out_key(&out, "rows");
	json_out_begin(&out, '[');
	for (int i = 0; i < 2; i++) {
		json_out_begin(&out, '{');
		json_out_base64(&out, "value", "\xff\xfe", 2);
		json_out_end(&out, '}');
	}
	json_out_end(&out, ']');
	json_out_text(&out, "name", "a\"\\\n\xff", 5);
	json_out_number(&out, "epoch", 7);
	json_out_word(&out, "old", "null");
	json_out_text(&out, "last", "", 0);
	json_out_end(&out, '}');
	assert_false(out.failed);
	assert_string_equal(buf_text_view(&out.buf),
	    "{\"rows\":[{\"value\":\"//4=\"},{\"value\":\"//4=\"}],"
	    "\"name\":\"a\\\"\\\\\\u000a\\ufffd\",\"epoch\":7,\"old\":null,"
	    "\"last\":\"\"}");
}

#define SERVER "https://a.example/api"

static int
set(struct session *session, const char *text)
{
	struct err err;

	return session_set(session, SERVER, text, strlen(text), &err);
}

static uint64_t
time_read(const char *json)
{
	AUTO_MESSAGE struct message answer;
	AUTO_JSON cJSON *array = NULL;
	struct message_view view;
	struct err err;

	assert_int_equal(
	    json_parse(&array, json, strlen(json), "a test", &err), 0);
	message_init(&answer, MESSAGE_NET_VERSIONS);
	add_times(&answer, array);
	view = (struct message_view){
	    answer.type, answer.body.data, answer.body.len};
	return message_find_number(&view, FIELD_WRITTEN_AT, 99);
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds;
	} cases[] = {
	    {"1970-01-01T00:00:01Z", 1},
	    {"2026-11-24T21:10:54+00:00", 1795554654},
	    {"2000-02-29T23:59:59.123456Z", 951868799},
	    {"2100-03-01T00:00:00Z", 4107542400},
	    {"2026-11-24T21:10:54+01:30", 1795549254},
	    {"2026-11-24T21:10:54-01:30", 1795560054},
	    {"1969-12-31T23:59:59Z", 0},
	    {"2026-13-24T21:10:54Z", 0},
	    {"2026-00-24T21:10:54Z", 0},
	    {"2026-11-24T21:10:54", 0},
	    {"2026-11-24T21:10:54Zx", 0},
	    {"2026-11-24T21:10:54+0130", 0},
	    {"2026-11-24 21:10:54Z", 0},
	    {"2026-1-24T21:10:54Z", 0},
	    {"soon", 0},
	    {"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char json[128];

		snprintf(json, sizeof(json), "[{\"updated_at\":\"%s\"}]",
		    cases[i].text);
		if (time_read(json) != cases[i].seconds)
			fail_msg("%s: %llu", cases[i].text,
			    (unsigned long long)time_read(json));
	}
	assert_int_equal(time_read("[{}]"), 0);
	assert_int_equal(time_read("[{\"updated_at\":7}]"), 0);
	assert_int_equal(time_read("[]"), 99);
}

static void
test_sessions(void **state)
{
	struct session session = {NULL};
	AUTO_BUF struct buf text = BUF_INIT;

	(void)state;
	assert_null(session_access(&session));
	assert_int_equal(set(&session, "{}"), 0);
	assert_null(session_access(&session));
	assert_int_equal(
	    set(&session, "{\"access_token\":\"a\",\"kept\":[1]}"), 0);
	assert_int_equal(set(&session, "[]"), -EXIT_FAILED);
	assert_int_equal(set(&session, "{\"access_token\":1}"), -EXIT_FAILED);
	assert_int_equal(
	    set(&session, "{\"refresh_token\":\"a b\"}"), -EXIT_FAILED);
	assert_int_equal(
	    set(&session, "{\"access_token\":\"a\\r\\nX: 1\"}"), -EXIT_FAILED);
	assert_string_equal(session_access(&session), "a");
	assert_null(session_refresh(&session));
	assert_int_equal(session_print(&session, &text), 0);
	assert_non_null(strstr(buf_text_view(&text), "\"kept\""));
	session_release(&session);
}

/* Two homes may find each other's session in one keychain. */
static void
test_session_of_a_server(void **state)
{
	static const char *const others[] = {"\"https://b.example/api\"",
	    "\"https://a.example\"", "\"\"", "null", "[]"};
	struct session session = {NULL};
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_JSON cJSON *data = cJSON_Parse("{\"access\":\"new\"}");
	char made[128];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		snprintf(made, sizeof(made),
		    "{\"access_token\":\"a\",\"server\":%s}", others[i]);
		assert_int_equal(set(&session, "{\"access_token\":\"x\"}"), 0);
		assert_int_equal(set(&session, made), 0);
		assert_null(session_access(&session));
	}
	assert_int_equal(
	    set(&session, "{\"access_token\":\"a\",\"server\":\"" SERVER "\"}"),
	    0);
	assert_string_equal(session_access(&session), "a");
	session_release(&session);
	assert_int_equal(session_take(&session, SERVER, data), 0);
	assert_int_equal(session_print(&session, &text), 0);
	assert_non_null(
	    strstr(buf_text_view(&text), "\"server\": \"" SERVER "\""));
	session_release(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_segments),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_sessions),
	    cmocka_unit_test(test_session_of_a_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
