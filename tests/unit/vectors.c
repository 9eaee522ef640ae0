#include "config.h"

#include "vectors.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

cJSON *
vectors_load(const char *name)
{
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_FD int fd = -1;
	char path[4096];
	struct err err;
	cJSON *json;

	snprintf(path, sizeof(path), "%s/%s", VECTORS_DIR, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_read_all(fd, &text, 1 << 20, name, &err), 0);
	/* json_parse() refuses the \u0000 that stands in some plaintexts. */
	json = cJSON_Parse(buf_text_view(&text));
	assert_non_null(json);
	return json;
}

const cJSON *
vectors_list(const cJSON *json, const char *key)
{
	const cJSON *list = json_get(json, key);

	assert_non_null(list);
	assert_non_null(list->child);
	return list;
}

const char *
vectors_text(const cJSON *json, const char *key)
{
	const char *text = json_get_text(json, key);

	if (text == NULL)
		fail_msg("the vector has no text '%s'", key);
	return text;
}

uint64_t
vectors_number(const cJSON *json, const char *key)
{
	uint64_t number = 0;

	assert_int_equal(json_get_u64(json, key, &number), 1);
	return number;
}

struct vector_bytes
vectors_hex(const cJSON *json, const char *key)
{
	const char *text = vectors_text(json, key);
	struct vector_bytes bytes = {.len = strlen(text) / 2};

	assert_true(bytes.len <= sizeof(bytes.data));
	assert_int_equal(text_hex_decode(bytes.data, bytes.len, text), 0);
	return bytes;
}

struct vector_bytes
vectors_base64(const cJSON *json, const char *key)
{
	const char *text = vectors_text(json, key);
	struct vector_bytes bytes;
	long len = base64_decode(bytes.data, sizeof(bytes.data), text,
	    strlen(text), BASE64_STANDARD);

	assert_true(len >= 0);
	bytes.len = (size_t)len;
	return bytes;
}

struct vector_bytes
vectors_key(const cJSON *vectors, const char *name)
{
	struct vector_bytes key =
	    vectors_hex(vectors_list(vectors, "keys"), name);

	assert_int_equal(key.len, KEY_BYTES);
	return key;
}

void
vectors_expect(
    const uint8_t *bytes, size_t len, const cJSON *json, const char *key)
{
	struct vector_bytes want = vectors_hex(json, key);

	assert_int_equal(want.len, len);
	assert_memory_equal(bytes, want.data, len);
}
