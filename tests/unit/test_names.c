/* names: what may be called how, and every name that is refused. */
#include "config.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/names.h>

/*
 * One name that each line of the refused list must catch: families with their
 * known members and with one that nobody has thought of.
 */
static const char *const refused[] = {"LD_PRELOAD", "LD_AUDIT",
    "LD_LIBRARY_PATH", "LD_X", "LD_", "GLIBC_TUNABLES", "GCONV_PATH",
    "GETCONF_DIR", "LOCPATH", "NLSPATH", "MALLOC_CHECK_", "MALLOC_X",
    "RES_OPTIONS", "LOCALDOMAIN", "HOSTALIASES", "RESOLV_HOST_CONF", "PATH",
    "IFS", "CDPATH", "ENV", "BASH_ENV", "BASH_FUNC_x", "SHELLOPTS", "BASHOPTS",
    "PS4", "PS1", "PROMPT_COMMAND", "GLOBIGNORE", "ZDOTDIR", "FPATH", "NULLCMD",
    "READNULLCMD", "SHELL", "HOME", "TMPDIR", "PYTHONPATH", "PYTHONSTARTUP",
    "PYTHONHOME", "PYTHONWARNINGS", "PYTHONUSERBASE", "PYTHONBREAKPOINT",
    "PYTHONINSPECT", "PYTHON", "PYTHONX", "BROWSER", "PERL5OPT", "PERL5DB",
    "PERL5LIB", "PERLLIB", "RUBYOPT", "RUBYLIB", "NODE_OPTIONS", "NODE_PATH",
    "NODE_EXTRA_CA_CERTS", "NPM_CONFIG_X", "NPM_CONFIG_REGISTRY",
    "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "MAVEN_OPTS",
    "GRADLE_OPTS", "CLASSPATH", "PHPRC", "PHP_INI_SCAN_DIR", "LUA_INIT",
    "LUA_INIT_5_4", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0", "GIT_EXTERNAL_DIFF", "GIT_EDITOR",
    "GIT_PAGER", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EXEC_PATH",
    "GIT_TEMPLATE_DIR", "GIT_DIR", "GIT_X", "SSH_ASKPASS", "EDITOR", "VISUAL",
    "PAGER", "MANPAGER", "LESSOPEN", "LESSCLOSE", "LESS", "MAKEFLAGS", "CC",
    "CXX", "LD", "RUSTC_WRAPPER", "RUSTFLAGS", "CARGO_HOME", "CARGO_X",
    "GOFLAGS", "GOPROXY", "PIP_INDEX_URL", "PIP_X", "UV_INDEX_URL", "UV_X",
    "DOCKER_HOST", "DOCKER_CONFIG", "KUBECONFIG", "AWS_CONFIG_FILE",
    "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSLKEYLOGFILE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "FTP_PROXY",
    "GIO_EXTRA_MODULES", "GIO_X", "GTK_MODULES", "GTK_X", "QT_PLUGIN_PATH",
    "QT_X", "XDG_CONFIG_HOME", "XDG_X", "DBUS_SESSION_BUS_ADDRESS", "DBUS_X",
    "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "TERM", "DISPLAY",
    "WAYLAND_DISPLAY", "LISTEN_FDS", "LISTEN_PID", "NOTIFY_SOCKET",
    "AGENTSECRETS_TOKEN", "AGENTSECRETS_X",
    /* Other launchers refuse these too. */
    "_RLD_LIST", "_RLD", "DYLD_INSERT_LIBRARIES", "LDR_PRELOAD", "LIBPATH",
    "SHLIB_PATH", "PATH_LOCALE", "PS2", "TMPPREFIX", "TERMPATH", "PERLIO_DEBUG",
    "DOTNET_STARTUP_HOOKS", "CORECLR_PROFILER", "R_PROFILE", "R_PROFILE_USER",
    "KRB5_CONFIG"};

static const char *const harmless[] = {"", "A", "API_KEY", "DATABASE_URL",
    "STRIPE_KEY", "GITHUB_TOKEN", "LDAP_PASSWORD", "PATHS", "MY_PATH", "ENVY",
    "PAT", "PYTHO", "NPM_TOKEN", "NPM_CONFIG", "XDG", "ZZZ", "_", "_A", "TER",
    "TERMINATOR_KEY", "MY_LD_PRELOAD", "KRB5_KTNAME", "R_TOKEN"};

enum { N_REFUSED = sizeof(refused) / sizeof(refused[0]) };

static void
test_refused_in_any_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_REFUSED; i++) {
		char lower[64] = "";
		char mixed[64] = "";

		for (size_t j = 0; refused[i][j] != '\0'; j++) {
			lower[j] = (char)tolower(refused[i][j]);
			mixed[j] = j % 2 == 0 ? lower[j] : refused[i][j];
		}
		if (!name_is_dangerous(refused[i]) ||
		    !name_is_dangerous(lower) || !name_is_dangerous(mixed))
			fail_msg("%s is let through", refused[i]);
	}
}

static void
test_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (name_is_dangerous(harmless[i]))
			fail_msg("%s is refused", harmless[i]);
	}
}

static void
test_stored_and_final(void **state)
{
	char longest[NAME_MAX_BYTES + 2];

	(void)state;
	memset(longest, 'A', sizeof(longest));
	longest[NAME_MAX_BYTES + 1] = '\0';
	assert_false(name_is_stored(longest));
	longest[NAME_MAX_BYTES] = '\0';
	assert_true(name_is_stored(longest));
	assert_true(name_is_stored("A1_B"));
	assert_false(name_is_stored(""));
	assert_false(name_is_stored("_A"));
	assert_false(name_is_stored("1A"));
	assert_false(name_is_stored("Ab"));
	assert_false(name_is_stored("A-B"));
	assert_false(name_is_stored("A\xc4\xb1"));
	assert_true(name_is_final("_a1B"));
	assert_true(name_is_final("a"));
	assert_false(name_is_final(""));
	assert_false(name_is_final("1a"));
	assert_false(name_is_final("a b"));
	assert_false(name_is_final("a=b"));
	assert_false(name_is_final("BASH_FUNC_x%%"));
}

static void
refuses(const char *given, size_t len)
{
	char out[NAME_MAX_BYTES + 1] = "before";
	struct err err;

	assert_int_equal(name_to_stored(out, given, len, &err), -EXIT_USAGE);
	assert_string_equal(out, "before");
	assert_int_equal(err.status, EXIT_USAGE);
	assert_memory_equal(err.text, "invalid name '", 14);
}

/* What is behind an '=' may be a value. */
static void
test_refusal_hides_values(void **state)
{
	char out[NAME_MAX_BYTES + 1];
	char given[NAME_MAX_BYTES + 32] = "NAME=secret";
	struct err err;

	(void)state;
	name_to_stored(out, given, strlen(given), &err);
	assert_non_null(strstr(err.text, "'NAME'"));
	assert_null(strstr(err.text, "secret"));
	memset(given + strlen(given), 'x', sizeof(given) - strlen(given));
	name_to_stored(out, given, sizeof(given), &err);
	assert_non_null(strstr(err.text, "'NAME…'"));
	assert_null(strstr(err.text, "secret"));
}

static void
test_to_stored(void **state)
{
	char out[NAME_MAX_BYTES + 1];
	char longest[NAME_MAX_BYTES + 1];

	(void)state;
	assert_int_equal(name_to_stored(out, "aB_1x", 4, NULL), 1);
	assert_string_equal(out, "AB_1");
	assert_int_equal(name_to_stored(out, "AB", 2, NULL), 0);
	assert_string_equal(out, "AB");
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(name_to_stored(out, longest, NAME_MAX_BYTES, NULL), 1);
	assert_int_equal(strlen(out), NAME_MAX_BYTES);
	refuses(longest, sizeof(longest));
	refuses("", 0);
	refuses("_A", 2);
	refuses("1A", 2);
	refuses(" A", 2);
	refuses("A ", 2);
	refuses("A\n", 2);
	refuses("A\0B", 3);
	refuses("A\xc4\xb1", 3);
}

static void
test_environment_and_project(void **state)
{
	(void)state;
	assert_true(environment_is_known("development"));
	assert_true(environment_is_known("staging"));
	assert_true(environment_is_known("production"));
	assert_false(environment_is_known("prod"));
	assert_false(environment_is_known("Production"));
	assert_false(environment_is_known(""));
	assert_true(project_name_is_valid("my-app_2"));
	assert_false(project_name_is_valid("a"));
	assert_false(project_name_is_valid("My"));
	assert_false(project_name_is_valid("a/b"));
	assert_false(project_name_is_valid(".."));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused_in_any_case),
	    cmocka_unit_test(test_harmless),
	    cmocka_unit_test(test_stored_and_final),
	    cmocka_unit_test(test_refusal_hides_values),
	    cmocka_unit_test(test_to_stored),
	    cmocka_unit_test(test_environment_and_project),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
