#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/selection.h>
#include <agentsecrets/text.h>

void
list_release(char ***items, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		free((*items)[i]);
	free(*items);
	*items = NULL;
	*n = 0;
}

static int
append(char ***items, size_t *n, const char *part, size_t len)
{
	char **grown = realloc(*items, (*n + 1) * sizeof(**items));

	if (grown == NULL)
		return -1;
	*items = grown;
	if ((grown[*n] = strndup(part, len)) == NULL)
		return -1;
	(*n)++;
	return 0;
}

int
list_split(char ***items, size_t *n, const char *text, const char *option,
    struct err *err)
{
	size_t before = *n;

	for (const char *part = text;;) {
		size_t len = strcspn(part, ",");

		if (len == 0 || append(items, n, part, len) < 0) {
			while (*n > before)
				free((*items)[--*n]);
			if (len > 0)
				return err_memory(err);
			return err_set(err, EXIT_USAGE,
			    "'%s' has an empty name in its list: '%.*s'",
			    option, text_before_equals(text), text);
		}
		if (part[len] == '\0')
			return 0;
		part += len + 1;
	}
}
