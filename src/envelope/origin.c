/*
 * A1: the one spelling of a server's address. What is accepted today is
 * hashed into every log-in, so the rules may grow but never change.
 */
#include "config.h"

#include <agentsecrets/envelope.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <agentsecrets/text.h>

enum { LABEL_LAST = 63, HOST_LAST = 253, PORT_LAST = 65535 };

struct origin {
	bool secure;
	char host[HOST_LAST + 1]; /* IPv6 without brackets */
	bool is_ipv6;
	uint64_t port; /* 0: the scheme's own */
};

static int
refuse(struct err *err, const char *url, const char *why)
{
	return err_set(err, EXIT_USAGE, "'%.*s' is no server URL: %s",
	    text_before_equals(url), url, why);
}

static int
too_long(struct err *err)
{
	return err_set(err, EXIT_USAGE,
	    "a server URL has at most %d characters", URL_MAX_BYTES);
}

/* What must hold before any of it may be shown or taken apart. */
static int
check_characters(const char *url, struct err *err)
{
	if (strchr(url, '@') != NULL)
		return err_set(err, EXIT_USAGE,
		    "a server URL must not hold a user name or password");
	for (const char *c = url; *c != '\0'; c++) {
		if (*c > ' ' && *c <= '~')
			continue;
		refuse(err, url, "only printable ASCII is possible");
		return err_hint(
		    err, "write an international name in its 'xn--' form");
	}
	if (strlen(url) > URL_MAX_BYTES)
		return too_long(err);
	if (strpbrk(url, "?#") != NULL)
		return refuse(err, url, "it has a query or a fragment");
	return 0;
}

static bool
is_label(const char *label, size_t len)
{
	if (len == 0 || len > LABEL_LAST || label[0] == '-' ||
	    label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = label[i];

		if (c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z'))
			return false;
	}
	return true;
}

/* As a last label: then resolvers take the host for an IPv4 address. */
static bool
is_number(const char *label)
{
	if (text_has_prefix(label, "0x"))
		return strspn(label + 2, "0123456789abcdef") ==
		    strlen(label + 2);
	return strspn(label, "0123456789") == strlen(label);
}

static bool
is_host(const char *host)
{
	const char *label = host;
	struct in_addr address;

	for (;;) {
		size_t len = strcspn(label, ".");

		if (!is_label(label, len))
			return false;
		if (label[len] == '\0')
			break;
		label += len + 1;
	}
	return !is_number(label) || inet_pton(AF_INET, host, &address) == 1;
}

static int
read_ipv6(struct origin *origin, const char *text, size_t len)
{
	char host[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (text_copy(host, sizeof(host), text, len) < 0 ||
	    inet_pton(AF_INET6, host, &address) != 1)
		return -1;
	/* RFC 5952 has one text for an address. */
	inet_ntop(AF_INET6, &address, origin->host, sizeof(origin->host));
	origin->is_ipv6 = true;
	return 0;
}

static int
read_name(struct origin *origin, const char *text, size_t len)
{
	if (text_copy(origin->host, sizeof(origin->host), text, len) < 0)
		return -1;
	for (char *c = origin->host; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	return is_host(origin->host) ? 0 : -1;
}

/* `text` begins with the host; *rest is what follows it. */
static int
read_host(struct origin *origin, const char *text, const char **rest)
{
	size_t len;

	if (text[0] == '[') {
		len = strcspn(text + 1, "]/");
		if (text[1 + len] != ']')
			return -1;
		*rest = text + len + 2;
		return read_ipv6(origin, text + 1, len);
	}
	len = strcspn(text, ":/");
	*rest = text + len;
	return read_name(origin, text, len);
}

/* `text` is ":port", or nothing, and perhaps a path. */
static int
read_port(struct origin *origin, const char *text)
{
	char digits[6];
	size_t len;

	if (text[0] == '\0' || text[0] == '/')
		return 0;
	len = strcspn(text + 1, "/");
	if (text[0] != ':' ||
	    text_copy(digits, sizeof(digits), text + 1, len) < 0 ||
	    text_parse_u64(digits, PORT_LAST, &origin->port) < 0 ||
	    origin->port == 0)
		return -1;
	if (origin->port == (origin->secure ? 443 : 80))
		origin->port = 0;
	return 0;
}

static int
read_scheme(struct origin *origin, const char *url, const char **rest)
{
	const char *end = strstr(url, "://");

	if (end == NULL)
		return -1;
	*rest = end + 3;
	origin->secure = end - url == 5 && strncasecmp(url, "https", 5) == 0;
	if (origin->secure ||
	    (end - url == 4 && strncasecmp(url, "http", 4) == 0))
		return 0;
	return -1;
}

static bool
is_this_machine(const struct origin *origin)
{
	return text_equal(
		   origin->host, origin->is_ipv6 ? "::1" : "127.0.0.1") ||
	    (!origin->is_ipv6 && text_equal(origin->host, "localhost"));
}

static int
read_url(struct origin *origin, const char *url, struct err *err)
{
	const char *fault = NULL;
	const char *rest;

	if (check_characters(url, err) < 0)
		return -EXIT_USAGE;
	if (read_scheme(origin, url, &rest) < 0)
		fault = "it does not begin with 'https://'";
	else if (read_host(origin, rest, &rest) < 0)
		fault = "its host is not a name or address";
	else if (read_port(origin, rest) < 0)
		fault = "its port is not 1 to 65535";
	if (fault != NULL) {
		refuse(err, url, fault);
		return err_hint(
		    err, "write it as https://HOST or https://HOST:PORT");
	}
	if (!origin->secure && !is_this_machine(origin)) {
		err_set(err, EXIT_USAGE, "'%.*s' is not encrypted",
		    text_before_equals(url), url);
		return err_hint(err,
		    "use https; http is for a server on this machine only");
	}
	return 0;
}

int
origin_canonical(char *out, const char *url, struct err *err)
{
	struct origin origin = {0};
	char text[HOST_LAST + 32];
	char port[8] = "";
	int rc = read_url(&origin, url, err);

	if (rc < 0)
		return rc;
	if (origin.port != 0)
		snprintf(port, sizeof(port), ":%u", (unsigned)origin.port);
	snprintf(text, sizeof(text), "%s://%s%s%s%s",
	    origin.secure ? "https" : "http", origin.is_ipv6 ? "[" : "",
	    origin.host, origin.is_ipv6 ? "]" : "", port);
	if (text_copy(out, URL_MAX_BYTES + 1, text, strlen(text)) < 0)
		return too_long(err);
	return 0;
}
