/*
 * json_file: the JSON files of the store. They are objects of at most
 * SMALL_FILE_MAX bytes whose unknown members survive.
 */
#ifndef JSON_FILE_H
#define JSON_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/home.h>
#include <agentsecrets/json.h>

/**
 * Parse text that must be one object; no text at all is an empty object.
 *
 * @return 0; -EXIT_FAILED
 */
int json_object_parse(
    cJSON **out, const struct buf *text, const char *shown, struct err *err);

/**
 * Read a file of the home.
 *
 * @return 1; 0 when it is missing, then `out` is an empty object;
 *         -EXIT_FAILED
 */
int json_file_load(
    cJSON **out, const struct home *home, const char *name, struct err *err);

/** @return NULL, or the first member that the file's reader would refuse */
typedef const char *json_judge(const cJSON *json);

/**
 * Replace a file of the home, unless what would be written could not be read
 * again: it is parsed and judged as the next reader will.
 *
 * @param judge  NULL: any object will do
 * @return 0; -EXIT_FAILED, the old file is as it was
 */
int json_file_save(const cJSON *json, const struct home *home, const char *name,
    json_judge *judge, struct err *err);

/**
 * Judge a text that is about to be written.
 *
 * @param path   of the file, for the error
 * @param judge  as in json_file_save()
 * @return 0; -EXIT_FAILED when it is larger than SMALL_FILE_MAX, is not sound
 *         JSON, or is refused
 */
int json_judge_text(const struct buf *text, const char *path, json_judge *judge,
    struct err *err);

/**
 * Print an object and judge what came out, as json_judge_text().
 *
 * @param out  empty before
 */
int json_print_judged(struct buf *out, const cJSON *json, const char *path,
    json_judge *judge, struct err *err);

/**
 * Copy a text member.
 *
 * @param out  "" when it is missing or null
 * @return whether it has a text of at most out_len - 1 bytes, or none
 */
bool json_take_text(
    const cJSON *object, const char *key, char *out, size_t out_len);

/** As json_take_text(), and an id unless it is "". */
bool json_take_uuid(const cJSON *object, const char *key, char *out);

/** As json_take_text(), and a known environment unless it is "". */
bool json_take_environment(const cJSON *object, const char *key, char *out);

/** 0 when it is missing. @return whether it is 0, 1 or 2 */
bool json_take_mode(const cJSON *object, const char *key, int *out);

/**
 * Decode a base64 member of exactly `len` bytes, at most SEALED_KEY.
 *
 * @return 1; 0 when it is missing or null; -1 when it is anything else
 */
int json_take_bytes(
    const cJSON *object, const char *key, uint8_t *out, size_t len);

/** Put a text, or remove the member when it is "". @return 0; -1 */
int json_give_text(cJSON *object, const char *key, const char *text);

/** Put bytes (at most SEALED_KEY) as base64. @return 0; -1 */
int json_give_bytes(
    cJSON *object, const char *key, const uint8_t *bytes, size_t len);

/**
 * The member, made when it is missing or of another type.
 *
 * @return a view; NULL when memory is out
 */
cJSON *json_object_at(cJSON *object, const char *key);

#endif
