/*
 * lines: the text form that vault and trust share. Lines end in LF, fields
 * are separated by one space and hold bytes 0x21…0x7e only, and the last line
 * is "end " and the SHA-256 of everything before it.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>

enum { LINE_FIELDS_MAX = 8 };

struct field {
	const char *text; /* a view, no zero byte after it */
	size_t len;
};

struct line {
	struct field fields[LINE_FIELDS_MAX];
	size_t n;
};

struct lines {
	const char *next;
	const char *end;
	size_t number; /* of the line read last, from 1 */
};

/**
 * Check the trailer and the first line.
 *
 * @param title  the first line without its LF
 * @return 0 with `out` at the second line; -EXIT_UNSAFE
 */
int lines_open(struct lines *out, const char *text, size_t len,
    const char *title, struct err *err);

/**
 * Split the next line.
 *
 * @return 1; 0 after the last one before the trailer; -EXIT_UNSAFE when it
 *         has too many fields or bytes that no field may hold
 */
int lines_next(struct lines *lines, struct line *out, struct err *err);

/** Fail because of the line read last. @return -EXIT_UNSAFE */
int lines_wrong(const struct lines *lines, const char *why, struct err *err);

/** Append the trailer. @return 0; -1 when memory is out */
int lines_close(struct buf *text);

/** Whether the field is that text. */
bool field_is(const struct field *field, const char *text);

/** Copy it with a zero byte. @return 0; -1 when it does not fit */
int field_copy(char *out, size_t out_len, const struct field *field);

/** A canonical id. @return 0, or -1 */
int field_uuid(char out[UUID_TEXT + 1], const struct field *field);

/** A decimal number, as text_parse_u64(). @return 0, or -1 */
int field_u64(uint64_t *out, uint64_t max, const struct field *field);
int field_u32(uint32_t *out, const struct field *field);

/** "embedded", or an http or https URL. @return 0, or -1 */
int field_origin(char *out, size_t out_len, const struct field *field);

/** 43 characters of base64url. @return 0, or -1 */
int field_key(uint8_t out[KEY_BYTES], const struct field *field);

/** 64 lower-case digits. @return 0, or -1 */
int field_hash(uint8_t out[KEY_BYTES], const struct field *field);

/**
 * Undo name_append().
 *
 * @return the length; -1 when it is not canonical (an escape that is not
 *         needed, lower-case digits), holds %00, or does not fit
 */
long field_name(char *out, size_t out_len, const struct field *field);

/**
 * Append a name: bytes outside 0x21…0x7e and '%' become %XX, upper case.
 *
 * @return 0; -1 when memory is out
 */
int name_append(struct buf *out, const char *name);

/** Append 43 characters of base64url. @return 0; -1 when memory is out */
int key_append(struct buf *out, const uint8_t key[KEY_BYTES]);

#endif
