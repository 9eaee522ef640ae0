/*
 * writer: JSON written straight into a buffer, without a tree. Commas are
 * its business. Running out of memory is remembered and asked for once.
 */
#ifndef AGENTSECRETS_SERVER_WRITER_H
#define AGENTSECRETS_SERVER_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/buf.h>

struct writer {
	struct buf *out;
	bool comma;  /* one is due before the next value or key */
	bool failed; /* memory ran out */
};

/** '{' or '['. */
void writer_open(struct writer *w, char bracket);

/** '}' or ']'. */
void writer_close(struct writer *w, char bracket);

/** A member's name, of ours, without escapes; its value must follow. */
void writer_key(struct writer *w, const char *key);

/** A member's name that a client chose, escaped; its value must follow. */
void writer_foreign_key(struct writer *w, const char *key);

/** A string, escaped; null for NULL. */
void writer_text(struct writer *w, const char *text);

/** A string whose bytes need no escape (base64, names); null for NULL. */
void writer_plain(struct writer *w, const char *text, size_t len);

/** A whole number. */
void writer_number(struct writer *w, int64_t number);

/** true or false. */
void writer_truth(struct writer *w, bool truth);

/** null. */
void writer_null(struct writer *w);

/** A time as RFC 3339 text in UTC, of seconds since the epoch. */
void writer_time(struct writer *w, int64_t seconds);

/** Bytes as standard base64; null for NULL. At most 1024 bytes. */
void writer_base64(struct writer *w, const void *bytes, size_t len);

/** writer_key() and writer_text(). */
void writer_member(struct writer *w, const char *key, const char *text);

/** writer_key() and writer_number(). */
void writer_member_number(struct writer *w, const char *key, int64_t number);

/** writer_key() and writer_time(). */
void writer_member_time(struct writer *w, const char *key, int64_t seconds);

#endif
