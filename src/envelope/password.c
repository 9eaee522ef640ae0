/* A1: what a password must be, and one for those who have none at hand. */
#include "config.h"

#include <agentsecrets/envelope.h>

#include <string.h>
#include <strings.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "crockford.h"

enum {
	CHARACTERS_LEAST = 12,
	DIFFERENT_LEAST = 5,
	LOCAL_PART_LEAST = 4,
	GENERATED_BYTES = 10,
	GENERATED_CHARACTERS = 16,
	GENERATED_TEXT = 19,
};

/* Whether the character at `at` stands in front of it too. */
static bool
occurs_before(const struct secret *password, size_t at, uint32_t character)
{
	for (size_t i = 0; i < at;) {
		uint32_t other;

		i += text_decode(password->data + i, password->len - i, &other);
		if (other == character)
			return true;
	}
	return false;
}

static void
count(const struct secret *password, size_t *characters, size_t *different)
{
	*characters = 0;
	*different = 0;
	for (size_t at = 0; at < password->len;) {
		uint32_t character;
		size_t len = text_decode(
		    password->data + at, password->len - at, &character);

		*characters += 1;
		*different += !occurs_before(password, at, character);
		at += len;
	}
}

static bool
holds_local_part(const struct secret *password, const char *email)
{
	const char *end = strchr(email, '@');
	size_t len = end == NULL ? 0 : (size_t)(end - email);

	if (len < LOCAL_PART_LEAST)
		return false;
	for (size_t at = 0; at + len <= password->len; at++) {
		if (strncasecmp(
			(const char *)password->data + at, email, len) == 0)
			return true;
	}
	return false;
}

static int
advise(struct err *err)
{
	return err_hint(
	    err, "take five random words; an empty answer has one made");
}

int
password_check(
    const struct secret *password, const char *email, struct err *err)
{
	size_t characters;
	size_t different;

	if (password->len > PASSWORD_MAX)
		return err_set(err, EXIT_USAGE,
		    "the password is longer than %d bytes", PASSWORD_MAX);
	if (!text_is_utf8(password->data, password->len))
		return err_set(err, EXIT_USAGE, "the password is not UTF-8");
	if (password->len > 0 &&
	    memchr(password->data, '\0', password->len) != NULL)
		return err_set(
		    err, EXIT_USAGE, "the password holds a zero byte");
	count(password, &characters, &different);
	if (characters < CHARACTERS_LEAST) {
		err_set(err, EXIT_USAGE,
		    "the password is too short: it needs %d characters",
		    CHARACTERS_LEAST);
		return advise(err);
	}
	if (different < DIFFERENT_LEAST) {
		err_set(err, EXIT_USAGE,
		    "the password is too uniform: it needs %d different "
		    "characters",
		    DIFFERENT_LEAST);
		return advise(err);
	}
	if (holds_local_part(password, email)) {
		err_set(err, EXIT_USAGE,
		    "the password contains the name in the e-mail address");
		return advise(err);
	}
	return 0;
}

int
password_generate(struct secret *out, struct err *err)
{
	struct arena_mark before = arena_mark();
	char *text = arena_alloc(GENERATED_TEXT + 1, err);
	struct arena_mark mark = arena_mark();
	uint8_t *bytes;

	if (text == NULL)
		return -EXIT_FAILED;
	bytes = arena_alloc(GENERATED_BYTES, err);
	if (bytes == NULL) {
		arena_rewind(before);
		return -EXIT_FAILED;
	}
	crypto_random(bytes, GENERATED_BYTES);
	crockford_encode(text, bytes, GENERATED_CHARACTERS);
	arena_rewind(mark);
	*out = (struct secret){(uint8_t *)text, GENERATED_TEXT};
	return 0;
}
