/*
 * json_out: a request body, written straight into a buffer. Running out of
 * memory is remembered, so that it is asked for once, at the end.
 */
#ifndef NET_JSON_OUT_H
#define NET_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>

struct json_out {
	struct buf buf;
	bool failed;
};

#define JSON_OUT_INIT                                                          \
	{                                                                      \
		BUF_INIT, false                                                \
	}
#define AUTO_JSON_OUT __attribute__((cleanup(json_out_release)))

/** Begin or end an object or array; `bracket` is one of "{[]}". */
void json_out_begin(struct json_out *out, char bracket);
void json_out_end(struct json_out *out, char bracket);

/** `"key":`, for json_out_begin() to follow. `key` needs no escapes. */
void json_out_key(struct json_out *out, const char *key);

void json_out_text(
    struct json_out *out, const char *key, const void *text, size_t len);
void json_out_base64(
    struct json_out *out, const char *key, const void *bytes, size_t len);
void json_out_number(struct json_out *out, const char *key, uint64_t number);

/** A word of the language: true, false, null. */
void json_out_word(struct json_out *out, const char *key, const char *word);

void json_out_release(struct json_out *out);

#endif
