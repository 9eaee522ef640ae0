#include "config.h"

#include "server_choice.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/envelope.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/text.h>

int
server_normalise(char *out, const char *url, struct err *err)
{
	char origin[URL_MAX_BYTES + 1];
	const char *host = strstr(url, "://");
	const char *path;
	size_t path_len;

	if (text_equal(url, NET_EMBEDDED)) {
		snprintf(out, URL_MAX_BYTES + 1, "%s", url);
		return 0;
	}
	if (origin_canonical(origin, url, err) < 0)
		return -(int)err->status;
	path = host != NULL ? strchr(host + 3, '/') : NULL;
	path = path != NULL ? path : "";
	path_len = strlen(path);
	while (path_len > 0 && path[path_len - 1] == '/')
		path_len--;
	if (strlen(origin) + path_len > URL_MAX_BYTES)
		return err_set(err, EXIT_USAGE,
		    "the server's URL is longer than %d characters",
		    URL_MAX_BYTES);
	snprintf(out, URL_MAX_BYTES + 1, "%s%.*s", origin, (int)path_len, path);
	return 0;
}

int
server_origin(char *out, const char *server, struct err *err)
{
	if (!text_equal(server, NET_EMBEDDED))
		return origin_canonical(out, server, err);
	snprintf(out, URL_MAX_BYTES + 1, "%s", NET_EMBEDDED);
	return 0;
}

int
server_wanted(char *out, const struct caller *caller,
    const struct config *config, struct err *err)
{
	const char *server = caller->server;

	if (server == NULL && config->server_url[0] != '\0')
		server = config->server_url;
	return server_normalise(
	    out, server != NULL ? server : NET_EMBEDDED, err);
}

int
server_check(const struct caller *caller, const struct config *config,
    const char *origin, struct err *err)
{
	char wanted[URL_MAX_BYTES + 1];
	char wanted_origin[URL_MAX_BYTES + 1];

	if (caller->server == NULL && config->server_url[0] == '\0')
		return 0;
	if (server_wanted(wanted, caller, config, err) < 0 ||
	    server_origin(wanted_origin, wanted, err) < 0)
		return -(int)err->status;
	if (text_equal(wanted_origin, origin))
		return 0;
	err_set(err, EXIT_ACCESS,
	    "server '%s' is asked for, but this belongs to '%s'", wanted_origin,
	    origin);
	if (caller->server != NULL)
		return err_hint(err,
		    "leave --server and AGENTSECRETS_SERVER_URL out, or use "
		    "another AGENTSECRETS_HOME");
	if (text_equal(origin, NET_EMBEDDED))
		return err_hint(err,
		    "config.json names it; run 'agentsecrets server reset'");
	return err_hint(err,
	    "config.json names it; run 'agentsecrets server set %s'", origin);
}
