/* trust: one text for one belief, and nothing that is said twice. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/trust.h>

#include "store_fixture.h"

#define WS_1 "3fa85f64-5717-4562-b3fc-2c963f66afa6"
#define WS_2 "f47ac10b-58cc-4372-a567-0e02b2c3d479"
#define KEY_1 "j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF8"
#define KEY_2 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define HEX "46df4283efe7f3f49b8907712df611be0d572ed7e52b1201ff40870108e731b9"
#define TITLE "agentsecrets-trust 1\n"
#define ME "me " KEY_1 "\n"
#define PIN_1 "pin " KEY_1 " a@b.example line\n"
#define PIN_2 "pin " KEY_2 " c@d.example first-use\n"
#define SPACE_1 "workspace " WS_1 " 1795000000 " HEX " strict " KEY_1 " "
#define SPACE_2 "workspace " WS_2 " 1 " HEX " compat " KEY_2 " \n"
#define TO "to " WS_1 " " KEY_2 "\n"
#define TOKEN "token " WS_1 " " KEY_2 " 0 id-1 CI%20token\n"
#define PROJECT "project " WS_2 " " WS_1 " payments\n"
#define PLACE "directory " WS_2 " " WS_1
#define DIR_1 PLACE " embedded - /srv/a%20b%25\n"
#define DIR_2 PLACE " https://a.example " HEX " /srv/%C3%A4\n"
#define WHOLE                                                                  \
	TITLE ME PIN_1 PIN_2 SPACE_1                                           \
	    "A's\n" SPACE_2 TO TOKEN PROJECT DIR_1 DIR_2

static int
parse(const char *text, size_t len)
{
	AUTO_TRUST struct trust trust = TRUST_INIT;
	struct err err;

	return trust_parse(&trust, text, len, &err);
}

static int
parse_body(const char *body)
{
	AUTO_BUF struct buf text = BUF_INIT;

	fixture_seal(&text, body);
	return parse(buf_text_view(&text), text.len);
}

static void
test_round_trip(void **state)
{
	AUTO_TRUST struct trust trust = TRUST_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_BUF struct buf again = BUF_INIT;
	struct err err;

	(void)state;
	fixture_seal(&text, WHOLE);
	assert_int_equal(
	    trust_parse(&trust, buf_text_view(&text), text.len, &err), 0);
	assert_true(trust.has_me);
	assert_false(trust.exposed);
	assert_int_equal(trust.me[0], 0x8f);
	assert_int_equal(trust.pins_n, 2);
	assert_int_equal(trust.pins[1].how, PIN_FIRST_USE);
	assert_int_equal(trust.workspaces_n, 2);
	assert_string_equal(trust_workspace_find(&trust, WS_1)->name, "A's");
	assert_int_equal(trust_workspace_find(&trust, WS_1)->epoch, 1795000000);
	assert_true(trust_workspace_find(&trust, WS_2)->compat);
	assert_string_equal(trust_workspace_find(&trust, WS_2)->name, "");
	assert_int_equal(trust.recipients_n, 1);
	assert_string_equal(trust.tokens[0].name, "CI token");
	assert_string_equal(trust_project_find(&trust, WS_2)->name, "payments");
	assert_null(trust_project_find(&trust, WS_1));
	assert_string_equal(
	    trust_directory_find(&trust, "/srv/a b%")->origin, "embedded");
	assert_string_equal(trust_directory_find(&trust, "/srv/ä")->rules, HEX);
	assert_int_equal(trust_print(&again, &trust, &err), 0);
	assert_string_equal(buf_text_view(&again), buf_text_view(&text));
	assert_int_equal(parse_body(TITLE), 0);
	assert_int_equal(parse_body(TITLE "me " KEY_1 " exposed\n"), 0);
}

static void
test_damage(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT;

	(void)state;
	fixture_seal(&text, WHOLE);
	for (size_t i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		assert_int_equal(
		    parse(buf_text_view(&text), text.len), -EXIT_UNSAFE);
		text.data[i] ^= 1;
	}
	for (size_t len = 0; len < text.len; len++)
		assert_int_equal(
		    parse(buf_text_view(&text), len), -EXIT_UNSAFE);
}

static const char *const malformed[] = {
    "",
    "agentsecrets-trust 2\n" ME,
    TITLE ME ME,
    TITLE PIN_1 ME,
    TITLE "me " KEY_1 " hidden\n",
    TITLE "me " KEY_1 " exposed exposed\n",
    TITLE "me\n",
    TITLE "me " KEY_1 "\r\n",
    TITLE "me " KEY_1 "A\n",
    TITLE "me j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4KF9\n",
    TITLE "me j0DFrbaPJWJK5bIU6nZ6bslNgp09e14a0bpvPiE4K+8\n",
    TITLE "you " KEY_1 "\n",
    TITLE "\n" ME,
    TITLE ME "# comment\n",
    TITLE PIN_1 PIN_1,
    TITLE PIN_1 "pin " KEY_1 " c@d.example line\n",
    TITLE PIN_1 "pin " KEY_2 " a@b.example line\n",
    TITLE "pin " KEY_1 " a@b.example maybe\n",
    TITLE "pin " KEY_1 " nobody line\n",
    TITLE "pin " KEY_1 " a@b@c line\n",
    TITLE "pin " KEY_1 " a@b.example\n",
    TITLE SPACE_1 "a\n" SPACE_1 "b\n",
    TITLE SPACE_1 "a b\n",
    TITLE SPACE_1 "%41\n",
    TITLE SPACE_1 "A%27s\n",
    TITLE SPACE_1 "%c3%a4\n",
    TITLE SPACE_1 "%C3%A\n",
    TITLE SPACE_1 "%0\n",
    TITLE SPACE_1 "a%00b\n",
    TITLE SPACE_1 "%\n",
    TITLE SPACE_1 "\xc3\xa4\n",
    TITLE "workspace " WS_1 " 0 " HEX " strict " KEY_1 " a\n",
    TITLE "workspace " WS_1 " 4294967296 " HEX " strict " KEY_1 " a\n",
    TITLE "workspace " WS_1 " 1 " HEX " lax " KEY_1 " a\n",
    TITLE "workspace " WS_1 " 1 46DF4283efe7f3f49b8907712df611be0d572ed7e52b1"
	  "201ff40870108e731b9 strict " KEY_1 " a\n",
    TITLE "workspace " WS_1 " 1 " HEX " strict " KEY_1 "\n",
    TITLE TO TO,
    TITLE "to " WS_1 " " KEY_2 " x\n",
    TITLE TOKEN TOKEN,
    TITLE "token " WS_1 " " KEY_2 " 0  a\n",
    TITLE PROJECT PROJECT,
    TITLE DIR_1 PROJECT,
    TITLE DIR_1 DIR_1,
    TITLE PLACE " embedded - \n",
    TITLE PLACE " embedded - srv\n",
    TITLE PLACE " embedded x /srv\n",
    TITLE PLACE " server - /srv\n",
    TITLE PLACE " embedded -\n",
};

static void
test_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		if (parse_body(malformed[i]) != -EXIT_UNSAFE)
			fail_msg("accepted: %s", malformed[i]);
	}
}

static void
test_names_fit(void **state)
{
	AUTO_BUF struct buf body = BUF_INIT;
	char name[LABEL_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[LABEL_MAX] = '\0';
	buf_printf(&body, "%sproject %s %s %s\n", TITLE, WS_1, WS_2, name);
	assert_int_equal(parse_body(buf_text_view(&body)), 0);
	name[LABEL_MAX] = 'n';
	name[LABEL_MAX + 1] = '\0';
	body.len = 0;
	buf_printf(&body, "%sproject %s %s %s\n", TITLE, WS_1, WS_2, name);
	assert_int_equal(parse_body(buf_text_view(&body)), -EXIT_UNSAFE);
}

static void
test_put(void **state)
{
	AUTO_TRUST struct trust trust = TRUST_INIT;
	char path[] = "/srv/x";
	struct trust_directory directory = {
	    .project = WS_1, .workspace = WS_2, .path = path};
	struct trust_workspace workspace = {.id = WS_1, .epoch = 1};
	struct trust_project project = {.id = WS_1, .name = "one"};
	struct err err;

	(void)state;
	assert_int_equal(trust_directory_put(&trust, &directory, &err), 0);
	snprintf(directory.rules, sizeof(directory.rules), "-");
	assert_int_equal(trust_directory_put(&trust, &directory, &err), 0);
	path[5] = 'y';
	assert_int_equal(trust_directory_put(&trust, &directory, &err), 0);
	assert_int_equal(trust.directories_n, 2);
	assert_string_equal(trust_directory_find(&trust, "/srv/x")->rules, "-");
	assert_true(trust_directory_remove(&trust, "/srv/x"));
	assert_false(trust_directory_remove(&trust, "/srv/x"));
	assert_non_null(trust_directory_find(&trust, "/srv/y"));
	assert_int_equal(trust_workspace_put(&trust, &workspace, &err), 0);
	workspace.epoch = 2;
	assert_int_equal(trust_workspace_put(&trust, &workspace, &err), 0);
	assert_int_equal(trust.workspaces_n, 1);
	assert_int_equal(trust.workspaces[0].epoch, 2);
	assert_int_equal(trust_project_put(&trust, &project, &err), 0);
	snprintf(project.name, sizeof(project.name), "two");
	assert_int_equal(trust_project_put(&trust, &project, &err), 0);
	assert_int_equal(trust.projects_n, 1);
	assert_string_equal(trust.projects[0].name, "two");
}

/* A project goes with its directories, and nothing else does. */
static void
test_project_remove(void **state)
{
	AUTO_TRUST struct trust trust = TRUST_INIT;
	struct trust_project project = {.id = WS_1, .name = "one"};
	struct trust_directory directory = {.rules = "-"};
	char path[] = "/srv/a";
	struct err err;

	(void)state;
	assert_int_equal(trust_project_put(&trust, &project, &err), 0);
	memcpy(project.id, WS_2, sizeof(project.id));
	assert_int_equal(trust_project_put(&trust, &project, &err), 0);
	directory.path = path;
	for (; path[5] < 'e'; path[5]++) {
		memcpy(directory.project, path[5] == 'c' ? WS_2 : WS_1,
		    sizeof(directory.project));
		assert_int_equal(
		    trust_directory_put(&trust, &directory, &err), 0);
	}
	trust_project_remove(&trust, WS_1);
	assert_null(trust_project_find(&trust, WS_1));
	assert_non_null(trust_project_find(&trust, WS_2));
	assert_int_equal(trust.directories_n, 1);
	assert_string_equal(trust.directories[0].path, "/srv/c");
	trust_project_remove(&trust, WS_1);
	assert_int_equal(trust.projects_n, 1);
}

static void
test_files(void **state)
{
	struct fixture *f = *state;
	AUTO_TRUST struct trust trust = TRUST_INIT;
	AUTO_BUF struct buf before = BUF_INIT;
	AUTO_BUF struct buf after = BUF_INIT;
	struct err err;

	assert_int_equal(trust_load(&trust, &f->home, &err), -EXIT_UNSAFE);
	assert_non_null(strstr(err.text, "/trust' is missing"));
	assert_non_null(strstr(err.hint, "key import"));
	fixture_write(f, "trust", "");
	assert_int_equal(trust_load(&trust, &f->home, &err), -EXIT_UNSAFE);
	assert_non_null(strstr(err.text, "/trust': damaged"));
	assert_non_null(strstr(err.hint, "key import"));
	trust.has_me = true;
	assert_int_equal(trust_save(&trust, &f->home, &err), 0);
	trust_release(&trust);
	assert_int_equal(trust_load(&trust, &f->home, &err), 0);
	assert_true(trust.has_me);
	/* What could not be read again is not written. */
	fixture_read(f, "trust", &before);
	trust.workspaces = calloc(1, sizeof(*trust.workspaces));
	trust.workspaces_n = 1;
	assert_int_equal(trust_save(&trust, &f->home, &err), -EXIT_FAILED);
	fixture_read(f, "trust", &after);
	assert_string_equal(buf_text_view(&before), buf_text_view(&after));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_names_fit),
	    cmocka_unit_test(test_put),
	    cmocka_unit_test(test_project_remove),
	    cmocka_unit_test_setup_teardown(
		test_files, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
