/*
 * output: what a person reads. Results go to standard output, everything
 * else to standard error; every foreign byte passes the sanitiser.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/flow.h>

/** "agentsecrets: what: why", and the hint. */
void print_error(const struct err *err);

/** One line on standard error, unless quiet; "hint: …" stands by itself. */
void print_notice(const char *text);
void output_be_quiet(bool quiet);

/** printf to standard output; every line passes the sanitiser as a whole. */
void print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Print text as it is: printable, and with its line ends. */
int print_text(const struct buf *text, struct err *err);

/** One name a line. */
void print_names(const struct names *names);

/** "prefix NAME" lines. */
void print_prefixed(const char *prefix, const struct names *names);

/** Write a secret as it is, and a newline when standard output is a terminal.
 */
int print_secret(const struct secret *secret, struct err *err);

/** Flush standard output. @return 0; -EXIT_FAILED when it could not be written
 */
int output_finish(struct err *err);

/* JSON built member by member: {"a":"b","c":["d"],"e":1}. */
struct json_out {
	struct buf text;
	bool failed;
	bool begun;
};

#define JSON_OUT_INIT                                                          \
	{                                                                      \
		BUF_INIT, false, false                                         \
	}
#define AUTO_JSON_OUT __attribute__((cleanup(json_out_release)))

void json_out_text(struct json_out *out, const char *key, const char *value);
void json_out_bool(struct json_out *out, const char *key, bool value);
void json_out_number(struct json_out *out, const char *key, uint64_t value);
void json_out_names(
    struct json_out *out, const char *key, const struct names *names);
/** Begin a member that is a list of objects; end it with json_out_list_end().
 */
void json_out_list(struct json_out *out, const char *key);
void json_out_list_item(struct json_out *out, const struct json_out *item);
void json_out_list_end(struct json_out *out);
/** Print it as one line. */
int json_out_print(struct json_out *out, struct err *err);
void json_out_release(struct json_out *out);

/** Seconds since the epoch as "2026-01-02T03:04:05Z"; "" for 0. */
void format_time(char out[32], uint64_t seconds);

/** How many seconds ago; 0 for what is still to come. */
uint64_t age_in_seconds(uint64_t seconds);

/** How long ago, in words: "3 minutes ago", "never". */
void format_age(char out[48], uint64_t seconds);

#endif
