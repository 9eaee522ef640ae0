#include "config.h"

#include "url.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <string.h>

#include <agentsecrets/text.h>

#define UNRESERVED                                                             \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

static void
free_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void
free_text(char **text)
{
	curl_free(*text);
}

#define AUTO_CURLU __attribute__((cleanup(free_url)))
#define AUTO_TEXT __attribute__((cleanup(free_text)))

static bool
has_part(CURLU *url, CURLUPart part)
{
	AUTO_TEXT char *text = NULL;

	return curl_url_get(url, part, &text, 0) == CURLUE_OK;
}

static bool
is_loopback(const char *host)
{
	return text_equal(host, "127.0.0.1") || text_equal(host, "[::1]") ||
	    text_equal(host, "localhost");
}

static int
split(CURLU *parts, const char *url, struct err *err)
{
	/* Nothing that two parsers could read in two ways. */
	if (strspn(url, UNRESERVED ":/[]") != strlen(url) ||
	    curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    has_part(parts, CURLUPART_USER) ||
	    has_part(parts, CURLUPART_QUERY) ||
	    has_part(parts, CURLUPART_FRAGMENT))
		return err_set(
		    err, EXIT_FAILED, "'%s' is no server address", url);
	return 0;
}

static int
join(struct buf *base, struct buf *origin, const char *scheme, const char *host,
    const char *port, const char *path)
{
	size_t path_len = strlen(path);

	while (path_len > 0 && path[path_len - 1] == '/')
		path_len--;
	if (buf_printf(origin, "%s://%s%s%s", scheme, host,
		port != NULL ? ":" : "", port != NULL ? port : "") < 0 ||
	    buf_append(base, origin->data, origin->len) < 0)
		return -1;
	return path_len > 0 ? buf_append(base, path, path_len)
			    : buf_append_text(base, "/api");
}

int
url_base(struct buf *base, struct buf *origin, const char *url, struct err *err)
{
	AUTO_CURLU CURLU *parts = curl_url();
	AUTO_TEXT char *scheme = NULL;
	AUTO_TEXT char *host = NULL;
	AUTO_TEXT char *port = NULL;
	AUTO_TEXT char *path = NULL;

	if (parts == NULL)
		return err_memory(err);
	if (split(parts, url, err) < 0)
		return -EXIT_FAILED;
	if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_PATH, &path, 0) != CURLUE_OK)
		return err_memory(err);
	if (curl_url_get(parts, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) !=
	    CURLUE_OK)
		port = NULL;
	if (!text_equal(scheme, "https") &&
	    !(text_equal(scheme, "http") && is_loopback(host)))
		return err_set(err, EXIT_FAILED,
		    "'%s' would be reached without encryption", url);
	if (join(base, origin, scheme, host, port, path) < 0)
		return err_memory(err);
	return 0;
}

int
url_add_segment(struct buf *path, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		int rc = p[i] != '\0' && strchr(UNRESERVED, p[i]) != NULL
		    ? buf_append(path, p + i, 1)
		    : buf_printf(path, "%%%02X", (unsigned)p[i]);

		if (rc < 0)
			return -1;
	}
	return buf_append_text(path, "/");
}
