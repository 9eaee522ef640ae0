#include "config.h"

#include "credentials.h"

#include <string.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/text.h>

/* The value of `entry` when it is NAME=value with this name, else NULL. */
static char *
value_of(char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '='
	    ? entry + len + 1
	    : NULL;
}

int
credentials_take(struct credentials *out, char **environment, struct err *err)
{
	static const char *const names[] = {"AGENTSECRETS_TOKEN",
	    "AGENTSECRETS_TOKEN_FILE", "AGENTSECRETS_PASSWORD_FILE"};

	for (; *environment != NULL; environment++) {
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			char *value = value_of(*environment, names[i]);
			const char *copy;

			if (value == NULL || *value == '\0')
				continue;
			copy = arena_copy(value, strlen(value), err);
			if (copy == NULL)
				return -(int)err->status;
			secret_wipe(value, strlen(value));
			if (text_equal(names[i], "AGENTSECRETS_PASSWORD_FILE"))
				out->password_file = copy;
		}
	}
	return 0;
}

int
operands_take(int argc, char **argv, struct err *err)
{
	for (int i = 1; i < argc; i++) {
		char *equals = strchr(argv[i], '=');
		char *copy;

		if (equals == NULL || argv[i][0] == '-' || equals[1] == '\0')
			continue;
		copy = arena_copy(argv[i], strlen(argv[i]), err);
		if (copy == NULL)
			return -(int)err->status;
		memset(equals + 1, '*', strlen(equals + 1));
		argv[i] = copy;
	}
	return 0;
}
