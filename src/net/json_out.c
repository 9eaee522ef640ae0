#include "config.h"

#include "json_out.h"

#include <agentsecrets/crypto.h>
#include <agentsecrets/json.h>

static void
note(struct json_out *out, int rc)
{
	if (rc < 0)
		out->failed = true;
}

/* A comma, unless this is the first in its object or array. */
static void
separate(struct json_out *out)
{
	uint8_t last = out->buf.len > 0 ? out->buf.data[out->buf.len - 1] : '[';

	if (last != '{' && last != '[' && last != ':')
		note(out, buf_append(&out->buf, ",", 1));
}

void
json_out_begin(struct json_out *out, char bracket)
{
	separate(out);
	note(out, buf_append(&out->buf, &bracket, 1));
}

void
json_out_end(struct json_out *out, char bracket)
{
	note(out, buf_append(&out->buf, &bracket, 1));
}

void
json_out_key(struct json_out *out, const char *key)
{
	separate(out);
	note(out, buf_append(&out->buf, "\"", 1));
	note(out, buf_append_text(&out->buf, key));
	note(out, buf_append(&out->buf, "\":", 2));
}

void
json_out_text(
    struct json_out *out, const char *key, const void *text, size_t len)
{
	json_out_key(out, key);
	note(out, json_print_text(&out->buf, text, len));
}

void
json_out_base64(
    struct json_out *out, const char *key, const void *bytes, size_t len)
{
	size_t room = base64_encoded_size(len, BASE64_STANDARD);

	json_out_key(out, key);
	note(out, buf_append(&out->buf, "\"", 1));
	if (buf_reserve(&out->buf, room) < 0) {
		out->failed = true;
		return;
	}
	out->buf.len += base64_encode((char *)out->buf.data + out->buf.len,
	    room, bytes, len, BASE64_STANDARD);
	note(out, buf_append(&out->buf, "\"", 1));
}

void
json_out_number(struct json_out *out, const char *key, uint64_t number)
{
	json_out_key(out, key);
	note(out, buf_printf(&out->buf, "%llu", (unsigned long long)number));
}

void
json_out_word(struct json_out *out, const char *key, const char *word)
{
	json_out_key(out, key);
	note(out, buf_append_text(&out->buf, word));
}

void
json_out_release(struct json_out *out)
{
	buf_release(&out->buf);
}
