/*
 * json: reading JSON that somebody else wrote, on top of cJSON.
 *
 * cJSON alone accepts trailing bytes, doubled keys, broken UTF-8, raw control
 * characters, and cuts strings at \u0000. json_parse() refuses all of these
 * before cJSON sees the text. Keys are matched with regard to case. A secret
 * goes through cJSON only where its memory is the arena; json_check() takes
 * none.
 */
#ifndef AGENTSECRETS_JSON_H
#define AGENTSECRETS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

/*
 * cJSON takes about 80 bytes for a value, whatever its text: two bytes of
 * text are enough for one. So a text has a limit of values, too: ten for each
 * secret of a full request, where a row of ours has seven.
 */
enum { JSON_DEPTH_MAX = 16, JSON_VALUES_MAX = 10 * SECRETS_MAX };

#define AUTO_JSON __attribute__((cleanup(json_release)))

/** Delete `*json` and make it NULL. */
void json_release(cJSON **json);

/**
 * Walk the text of one JSON value by the grammar of RFC 8259, without taking
 * memory: for texts that hold secrets, too.
 *
 * Refused on top of bad grammar: bytes after the value, invalid UTF-8, raw
 * control characters, \u0000 and lone surrogates in strings, more than
 * JSON_DEPTH_MAX levels or JSON_VALUES_MAX values. Doubled keys are not looked
 * for.
 *
 * @param where  how many bytes stand in front of what is wrong; may be NULL
 * @return NULL when it is sound, else what is wrong with it
 */
const char *json_check(const char *text, size_t len, size_t *where);

/**
 * Parse one JSON value and nothing after it but white space. What is nested
 * deeper than JSON_DEPTH_MAX or has more values than JSON_VALUES_MAX, counted
 * at all depths, is refused before memory is taken for it.
 *
 * @param what  names the text in the error
 * @param out   the caller deletes it with json_release()
 * @return 0; -EXIT_FAILED when it is not sound JSON or memory is out
 */
int json_parse(cJSON **out, const char *text, size_t len, const char *what,
    struct err *err);

/** The member, or NULL. `object` may be NULL or no object. */
cJSON *json_get(const cJSON *object, const char *key);

/** The member's text, or NULL when it is missing or no string. */
const char *json_get_text(const cJSON *object, const char *key);

/**
 * Read a member that is a whole number in 0…2^53-1.
 *
 * @return 1; 0 when it is missing or null; -1 when it is anything else
 */
int json_get_u64(const cJSON *object, const char *key, uint64_t *out);

/**
 * Put `value` at `key`, replacing what is there in place so that the order
 * of the other members stays. Takes `value`, also when it fails.
 *
 * @return 0, or -1 when memory is out (or `value` is NULL)
 */
int json_put(cJSON *object, const char *key, cJSON *value);

/**
 * Append the text of `json`, indented by two spaces and with a final newline
 * when `pretty`, else without any white space.
 *
 * @return 0, or -1 when memory is out
 */
int json_print(struct buf *out, const cJSON *json, bool pretty);

/**
 * Append `text` as a JSON string with its quotes. Controls, DEL, C1, bidi
 * and zero-width characters are written \uXXXX, invalid UTF-8 as \ufffd, so
 * that the line is safe in a log and on a terminal.
 *
 * @return 0, or -1 when memory is out
 */
int json_print_text(struct buf *out, const char *text, size_t len);

/**
 * Append sound JSON as it is, but for what is unprintable in its texts: that
 * is written \uXXXX, as by json_print_text(). It means the same.
 *
 * @return 0, or -1 when memory is out
 */
int json_print_printable(struct buf *out, const char *json, size_t len);

#endif
