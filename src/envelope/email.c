#include "config.h"

#include <agentsecrets/envelope.h>

#include <string.h>

#include <agentsecrets/text.h>

enum { EMAIL_LEAST = 3 };

static const char blanks[] = " \t\r\n\v\f";

static int
refuse(struct err *err, const char *email, const char *why)
{
	return err_set(err, EXIT_USAGE, "'%.*s' is no e-mail address: %s",
	    text_before_equals(email), email, why);
}

int
email_canonical(char *out, const char *email, struct err *err)
{
	const char *start = email + strspn(email, blanks);
	size_t len = strlen(start);
	char lower[EMAIL_MAX + 1];
	const char *at;

	while (len > 0 && strchr(blanks, start[len - 1]) != NULL)
		len--;
	if (len < EMAIL_LEAST || len > EMAIL_MAX)
		return refuse(err, email, "it needs 3 to 254 characters");
	for (size_t i = 0; i < len; i++) {
		char c = start[i];

		if (c <= ' ' || c > '~')
			return refuse(
			    err, email, "only printable ASCII is possible");
		lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	lower[len] = '\0';
	at = strchr(lower, '@');
	if (at == NULL || strchr(at + 1, '@') != NULL)
		return refuse(err, email, "it needs one '@'");
	if (at == lower || at[1] == '\0')
		return refuse(err, email, "a side of the '@' is empty");
	memcpy(out, lower, len + 1);
	return 0;
}
