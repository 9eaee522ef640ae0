/* url: the server's address, and the parts that are put behind it. */
#ifndef NET_URL_H
#define NET_URL_H

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>

/**
 * Check a server URL and make the base of every request from it: without a
 * trailing slash, "/api" where it has no path (protocol 1.1).
 *
 * The rules of the origin are those of A1: https, or http to 127.0.0.1, [::1]
 * or localhost; no user, query or fragment. The launcher has checked them;
 * the helper does not rely on that.
 *
 * @param base    an empty buffer
 * @param origin  an empty buffer: scheme, host and port
 * @return 0; -EXIT_FAILED with the reason
 */
int url_base(
    struct buf *base, struct buf *origin, const char *url, struct err *err);

/**
 * Append a path segment and its slash; all but the unreserved characters of
 * RFC 3986 are percent-encoded. @return 0, or -1 when memory is out
 */
int url_add_segment(struct buf *path, const void *bytes, size_t len);

#endif
