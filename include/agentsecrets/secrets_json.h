/*
 * secrets_json: names and values as one flat JSON object of texts. Text and
 * values are secrets: they stay in the arena, and no JSON library sees them.
 */
#ifndef AGENTSECRETS_SECRETS_JSON_H
#define AGENTSECRETS_SECRETS_JSON_H

#include <agentsecrets/dotenv.h>

/**
 * Parse a whole text.
 *
 * A member whose value is anything but a text (a number, true, null, a list,
 * an object) is refused by its name: what bytes were meant is a guess.
 *
 * @param out   entries in the order of the text; a name that occurs twice is
 *              there twice
 * @param what  the file's name, for errors
 * @return 0; -EXIT_FAILED when it is no sound JSON (json_check()), no object,
 *         has a key that is no variable's name, more than SECRETS_MAX
 *         members, or another value than a text: "FILE:LINE:COLUMN: why",
 *         column in bytes, never with a value; the arena is then as it was
 */
int secrets_json_parse(struct dotenv *out, const struct secret *text,
    const char *what, struct err *err);

/**
 * Write entries as an object, a member a line, in their order. Quotes,
 * backslashes and what is unprintable are escaped, everything else is as it
 * is; secrets_json_parse() reads back the same bytes.
 *
 * @param out  in the arena
 * @return 0; -EXIT_FAILED naming the entry whose value is not UTF-8 or holds a
 *         NUL, or when the text would be larger than DOTENV_MAX
 */
int secrets_json_print(struct secret *out, const struct dotenv_entry *entries,
    size_t n, struct err *err);

#endif
