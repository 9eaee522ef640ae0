#include "config.h"

#include "src/server/http/headers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* RFC 9110, 5.6.2. */
static bool
is_token(const char *name)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (const char *p = name; *p != '\0'; p++) {
		if (!(*p >= '0' && *p <= '9') &&
		    !((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z') &&
		    strchr(others, *p) == NULL)
			return false;
	}
	return *name != '\0';
}

/*
 * libmicrohttpd keeps a blank before the colon in the name, and glues a
 * folded line to the name of an empty header. Others read both as the header
 * that it looks like (RFC 9112, 5.1 and 5.2).
 */
static bool
is_ambiguous(const char *name)
{
	static const char *const framing[] = {
	    "Content-Length", "Transfer-Encoding", "Authorization", "Host"};

	for (size_t i = 0; i < sizeof(framing) / sizeof(framing[0]); i++) {
		size_t len = strlen(framing[i]);

		if (strncasecmp(name, framing[i], len) == 0)
			return name[len] != '\0';
	}
	return !is_token(name);
}

static enum MHD_Result
gather(
    void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct headers *h = context;

	(void)kind;
	if (value == NULL)
		value = "";
	if (is_ambiguous(name)) {
		h->why = "the request has a header whose name is not sound";
	} else if (strcasecmp(name, "Host") == 0) {
		h->hosts++;
	} else if (strcasecmp(name, "Content-Length") == 0) {
		h->content_lengths++;
		h->content_length = value;
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		h->transfer_encodings++;
		h->transfer_encoding = value;
	} else if (strcasecmp(name, "Authorization") == 0) {
		h->authorizations++;
		h->authorization = value;
	} else if (strcasecmp(name, "If-None-Match") == 0) {
		h->if_none_match = value;
	} else if (strcasecmp(name, "X-Forwarded-For") == 0) {
		h->forwarded_for = value;
	} else if (strcasecmp(name, "Expect") == 0) {
		h->expect = value;
	}
	return MHD_YES;
}

static const char *
check_framing(const struct headers *h)
{
	if (h->content_lengths > 1)
		return "the request has two lengths";
	if (h->content_lengths > 0 && h->transfer_encodings > 0)
		return "the request has a length and an encoding";
	if (h->content_lengths > 0 && h->content_length[0] == '0' &&
	    h->content_length[1] != '\0')
		return "the request's length has a leading zero";
	if (h->transfer_encodings > 1 ||
	    (h->transfer_encodings > 0 &&
		strcasecmp(h->transfer_encoding, "chunked") != 0))
		return "the request has an unknown encoding";
	return NULL;
}

void
headers_read(
    struct MHD_Connection *connection, const char *version, struct headers *out)
{
	*out = (struct headers){.why = NULL};
	MHD_get_connection_values(connection, MHD_HEADER_KIND, gather, out);
	if (out->why == NULL)
		out->why = check_framing(out);
	if (out->why == NULL && out->authorizations > 1)
		out->why = "the request has two authorizations";
	if (out->why == NULL &&
	    (out->hosts > 1 ||
		(out->hosts == 0 && strcmp(version, "HTTP/1.0") != 0)))
		out->why = "the request has no host, or two";
}

static void
network_4(const struct in_addr *address, char *out, size_t out_len)
{
	uint32_t host = ntohl(address->s_addr);

	snprintf(out, out_len, "%u.%u.%u.0/24", host >> 24, host >> 16 & 255,
	    host >> 8 & 255);
}

static void
network_6(const struct in6_addr *address, char *out, size_t out_len)
{
	struct in6_addr network = *address;
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(address)) {
		struct in_addr inner;

		memcpy(&inner, address->s6_addr + 12, 4);
		network_4(&inner, out, out_len);
		return;
	}
	memset(network.s6_addr + 8, 0, 8);
	if (inet_ntop(AF_INET6, &network, text, sizeof(text)) != NULL)
		snprintf(out, out_len, "%s/64", text);
}

/* The last address of a list is the one that our own proxy wrote. */
static void
network_text(const char *list, char *out, size_t out_len)
{
	const char *last = strrchr(list, ',');
	struct in6_addr six;
	struct in_addr four;

	last = last == NULL ? list : last + 1;
	last += strspn(last, " ");
	if (inet_pton(AF_INET, last, &four) == 1)
		network_4(&four, out, out_len);
	else if (inet_pton(AF_INET6, last, &six) == 1)
		network_6(&six, out, out_len);
	else
		snprintf(out, out_len, "unknown");
}

bool
address_is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *four = (const void *)address;

		return ntohl(four->sin_addr.s_addr) >> 24 == 127;
	}
	if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *six = (const void *)address;

		return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
	}
	return false;
}

void
peer_network(struct MHD_Connection *connection, const char *forwarded,
    char *out, size_t out_len)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address =
	    info == NULL ? NULL : info->client_addr;

	out[0] = '\0';
	if (forwarded != NULL) {
		network_text(forwarded, out, out_len);
		return;
	}
	if (address == NULL)
		return;
	if (address_is_loopback(address))
		return;
	if (address->sa_family == AF_INET)
		network_4(&((const struct sockaddr_in *)(const void *)address)
			       ->sin_addr,
		    out, out_len);
	else if (address->sa_family == AF_INET6)
		network_6(&((const struct sockaddr_in6 *)(const void *)address)
			       ->sin6_addr,
		    out, out_len);
}
