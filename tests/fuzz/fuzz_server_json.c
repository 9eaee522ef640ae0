/*
 * Whole requests without a socket: "METHOD target\nbody". The server keeps
 * its database in memory; it is the embedded one, so every route is open.
 * Whatever comes in, JSON goes out, and never 500.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/json.h>

#include "src/server/http/request.h"
#include "src/server/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
report(const struct err *err)
{
	fprintf(stderr, "%s\n", err->text);
}

static struct server *
start(void)
{
	static struct server server;
	static char keys[] = "/tmp/fuzz-server-XXXXXX";
	struct server_config config = {.db = "sqlite::memory:",
	    .threads = 1,
	    .limits = {SECRETS_MAX, REQUEST_MAX, VALUE_MAX},
	    .embedded = true,
	    .report = report};
	struct err err;
	char text[45];
	int fd;

	if (server.pool != NULL)
		return &server;
	fd = mkstemp(keys);
	fernet_key_random(text);
	config.keys = keys;
	if (fd < 0 || write(fd, text, 44) != 44 || crypto_init(&err) < 0 ||
	    server_init(&server, &config, &err) < 0)
		abort();
	close(fd);
	unlink(keys);
	return &server;
}

static void
check_answer(const struct response *response)
{
	AUTO_JSON cJSON *json = NULL;

	if (response->status == 500 || response->status == 0)
		abort();
	if (response->status != 304 &&
	    json_parse(&json, buf_text_view(&response->body),
		response->body.len, "the answer", NULL) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct response response = RESPONSE_INIT;
	struct request request = {.method = "GET"};
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	char line[512];
	char *blank;
	size_t len = end != NULL ? (size_t)(end - data) : size;

	if (len >= sizeof(line))
		return 0;
	if (len > 0)
		memcpy(line, data, len);
	line[len] = '\0';
	blank = strchr(line, ' ');
	if (blank == NULL)
		return 0;
	*blank = '\0';
	request.method = line;
	request.target = blank + 1;
	if (end != NULL) {
		request.body = end + 1;
		request.body_len = size - len - 1;
	}
	http_handle(start(), &request, &response);
	check_answer(&response);
	response_release(&response);
	return 0;
}
