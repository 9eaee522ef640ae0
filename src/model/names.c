#include "config.h"

#include <agentsecrets/names.h>

#include <stdlib.h>
#include <string.h>

/*
 * Sorted bytewise, upper case: they are searched by halves.
 *
 * Sources: sudo's initial_badenv_table and the lists of other launchers, plus
 * names with which running a common program was shown to run foreign code.
 * Proxy, certificate and registry variables are here because they send
 * traffic, and so code and credentials, somewhere else.
 */
static const char *const dangerous_names[] = {
    "ALL_PROXY",
    "AWS_CONFIG_FILE",
    "BASHOPTS",
    "BASH_ENV",
    "BROWSER",
    "CC",
    "CDPATH",
    "CLASSPATH",
    "CURL_CA_BUNDLE",
    "CXX",
    "DISPLAY",
    "DOCKER_CONFIG",
    "DOCKER_HOST",
    "DOTNET_STARTUP_HOOKS",
    "EDITOR",
    "ENV",
    "FPATH",
    "FTP_PROXY",
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "GLOBIGNORE",
    "GOFLAGS",
    "GOPROXY",
    "GRADLE_OPTS",
    "HOME",
    "HOSTALIASES",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "KUBECONFIG",
    "LD",
    "LESS",
    "LESSCLOSE",
    "LESSOPEN",
    "LIBPATH",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LOCALDOMAIN",
    "LOCPATH",
    "MAKEFLAGS",
    "MANPAGER",
    "MAVEN_OPTS",
    "NLSPATH",
    "NODE_EXTRA_CA_CERTS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NOTIFY_SOCKET",
    "NO_PROXY",
    "NULLCMD",
    "OPENSSL_CONF",
    "OPENSSL_ENGINES",
    "OPENSSL_MODULES",
    "PAGER",
    "PATH",
    "PATH_LOCALE",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PERLIO_DEBUG",
    "PERLLIB",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PROMPT_COMMAND",
    "PS1",
    "PS2",
    "PS4",
    "READNULLCMD",
    "REQUESTS_CA_BUNDLE",
    "RESOLV_HOST_CONF",
    "RES_OPTIONS",
    "RUBYLIB",
    "RUBYOPT",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "SHELL",
    "SHELLOPTS",
    "SHLIB_PATH",
    "SSH_ASKPASS",
    "SSLKEYLOGFILE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TERM",
    "TERMCAP",
    "TERMPATH",
    "TMPDIR",
    "TMPPREFIX",
    "VISUAL",
    "WAYLAND_DISPLAY",
    "ZDOTDIR",
    "_JAVA_OPTIONS",
};

/* Sorted as above; no entry begins with another one. */
static const char *const dangerous_prefixes[] = {
    "AGENTSECRETS_",
    "BASH_FUNC_",
    "CARGO_",
    "CORECLR_",
    "DBUS_",
    "DYLD_",
    "GIO_",
    "GIT_",
    "GTK_",
    "KRB5_CONFIG",
    "LDR_",
    "LD_",
    "LUA_INIT",
    "MALLOC_",
    "NPM_CONFIG_",
    "PIP_",
    "PYTHON",
    "QT_",
    "R_PROFILE",
    "TERMINFO",
    "UV_",
    "XDG_",
    "_RLD",
};

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* The C library's functions ask the locale; names are ASCII. */
static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
to_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool
name_is_stored(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_BYTES || !is_letter(name[0]))
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p != '_' && !is_digit(*p) && !(*p >= 'A' && *p <= 'Z'))
			return false;
	}
	return true;
}

bool
name_is_final(const char *name)
{
	if (*name != '_' && !is_letter(*name))
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p != '_' && !is_digit(*p) && !is_letter(*p))
			return false;
	}
	return true;
}

/* Up to an '=': what follows it may be a value in the wrong place. */
static int
to_show(const char *given, size_t len)
{
	const char *equals = memchr(given, '=', len);

	if (equals != NULL)
		len = (size_t)(equals - given);
	return len > NAME_MAX_BYTES ? NAME_MAX_BYTES : (int)len;
}

int
name_to_stored(char *out, const char *given, size_t len, struct err *err)
{
	int shown = to_show(given, len);
	char name[NAME_MAX_BYTES + 1];
	bool changed = false;

	if (len == 0)
		return err_set(err, EXIT_USAGE, "invalid name '': it is empty");
	if (len > NAME_MAX_BYTES)
		return err_set(err, EXIT_USAGE,
		    "invalid name '%.*s…': it is longer than %d bytes", shown,
		    given, (int)NAME_MAX_BYTES);
	for (size_t i = 0; i < len; i++) {
		char c = given[i];

		if (!is_letter(c) && (i == 0 || (c != '_' && !is_digit(c)))) {
			err_set(err, EXIT_USAGE,
			    "invalid name '%.*s': not a letter followed by "
			    "letters, digits and '_'",
			    shown, given);
			return -EXIT_USAGE;
		}
		name[i] = to_upper(c);
		changed |= name[i] != c;
	}
	name[len] = '\0';
	memcpy(out, name, len + 1);
	return changed;
}

/* As strcmp() of the folded name and a table's entry. */
static int
compare_folded(const void *name, const void *entry)
{
	const char *a = name;
	const char *b = *(const char *const *)entry;

	while (*a != '\0' && to_upper(*a) == *b) {
		a++;
		b++;
	}
	return (unsigned char)to_upper(*a) - (unsigned char)*b;
}

/* The same, equal when the name only begins with the entry. */
static int
compare_prefix(const void *name, const void *entry)
{
	const char *a = name;
	const char *b = *(const char *const *)entry;

	while (*b != '\0' && to_upper(*a) == *b) {
		a++;
		b++;
	}
	return *b == '\0' ? 0 : (unsigned char)to_upper(*a) - (unsigned char)*b;
}

bool
name_is_dangerous(const char *name)
{
	return bsearch(name, dangerous_names, N_ELEMENTS(dangerous_names),
		   sizeof(dangerous_names[0]), compare_folded) != NULL ||
	    bsearch(name, dangerous_prefixes, N_ELEMENTS(dangerous_prefixes),
		sizeof(dangerous_prefixes[0]), compare_prefix) != NULL;
}

const char *const environment_names[ENVIRONMENTS_N] = {
    "development", "staging", "production"};

bool
environment_is_known(const char *environment)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++) {
		if (strcmp(environment, environment_names[i]) == 0)
			return true;
	}
	return false;
}

bool
project_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	if (len < 2 || len > LABEL_MAX)
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p != '_' && *p != '-' && !is_digit(*p) &&
		    !(*p >= 'a' && *p <= 'z'))
			return false;
	}
	return true;
}
