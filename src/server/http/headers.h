/* headers: what is refused before a handler sees the request. */
#ifndef AGENTSECRETS_SERVER_HEADERS_H
#define AGENTSECRETS_SERVER_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <microhttpd.h>

struct headers {
	const char *why; /* NULL: sound; else what is wrong with them */
	int hosts;
	int content_lengths;
	int transfer_encodings;
	int authorizations;
	const char *content_length;
	const char *transfer_encoding;
	const char *authorization;
	const char *if_none_match;
	const char *forwarded_for; /* the last one */
	const char *expect;
};

/**
 * Gather the headers and refuse what two programs could read differently:
 * two lengths, a length and chunks, an unknown encoding, two authorizations,
 * a name that is not sound, no host or two (RFC 9112, 3.2, 5.1, 6.3 and
 * 11.2).
 *
 * @param version  "HTTP/1.1"; HTTP/1.0 needs no host
 */
void headers_read(struct MHD_Connection *connection, const char *version,
    struct headers *out);

/**
 * The network of the peer for counting attempts: "10.0.0.0/24",
 * "2001:db8::/64".
 *
 * @param forwarded  an address to use instead of the socket's, or NULL
 * @param out        at least 64 bytes; "" for a Unix socket and for a
 *                   loopback address: behind a proxy that is not known as
 *                   one, that is everybody, and one stranger's failures would
 *                   count against all
 */
void peer_network(struct MHD_Connection *connection, const char *forwarded,
    char *out, size_t out_len);

/** Whether it is of 127.0.0.0/8 or ::1. */
bool address_is_loopback(const struct sockaddr *address);

#endif
