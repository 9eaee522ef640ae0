#include "config.h"

#include <agentsecrets/option.h>

#include <stdlib.h>
#include <string.h>

#include <agentsecrets/nearest.h>
#include <agentsecrets/text.h>

static const struct option *
find_long(const struct option *options, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		if (options[i].name != NULL && strlen(options[i].name) == len &&
		    memcmp(options[i].name, name, len) == 0)
			return &options[i];
	}
	return NULL;
}

static const struct option *
find_letter(const struct option *options, size_t n, char letter)
{
	for (size_t i = 0; i < n; i++) {
		if (options[i].letter != 0 && options[i].letter == letter)
			return &options[i];
	}
	return NULL;
}

static bool
needs_value(const struct option *option)
{
	return option->kind == OPTION_TEXT || option->kind == OPTION_LIST;
}

static int
store(
    const struct option *option, const char *value, void *args, struct err *err)
{
	char *at = (char *)args + option->offset;

	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)(void *)at = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)(void *)at = value;
		return 0;
	case OPTION_OPTIONAL:
		((struct option_optional *)(void *)at)->given = true;
		((struct option_optional *)(void *)at)->text = value;
		return 0;
	case OPTION_LIST: {
		struct option_list *list = (void *)at;
		const char **items =
		    reallocarray(list->items, list->n + 1, sizeof(*items));

		if (items == NULL)
			return err_memory(err);
		items[list->n] = value;
		list->items = items;
		list->n++;
		return 0;
	}
	}
	return 0;
}

/* Not the text after '=': it may be a secret in the wrong place. */
static int
unknown_long(const struct option *options, size_t n, const char *name,
    size_t len, struct err *err)
{
	char word[NEAREST_MAX + 2];
	struct nearest nearest = {.wanted = word};

	text_copy(word, sizeof(word), name,
	    len < sizeof(word) ? len : sizeof(word) - 1);
	for (size_t i = 0; i < n; i++)
		nearest_offer(&nearest, options[i].name);
	err_set(err, EXIT_USAGE, "unknown option '--%.*s'", (int)len, name);
	return nearest.found[0] != '\0'
	    ? err_hint(err, "did you mean '--%s'?", nearest.found)
	    : -EXIT_USAGE;
}

/* "--name", "--name=value" or "--name value"; moves *at past the value. */
static int
take_long(const struct option *options, size_t n, int argc, char **argv,
    int *at, void *args, struct err *err)
{
	const char *name = argv[*at] + 2;
	const char *value = strchr(name, '=');
	size_t len = value != NULL ? (size_t)(value - name) : strlen(name);
	const struct option *option = find_long(options, n, name, len);

	if (option == NULL)
		return unknown_long(options, n, name, len, err);
	if (value != NULL)
		value++;
	if (option->kind == OPTION_FLAG && value != NULL)
		return err_set(err, EXIT_USAGE, "option '--%s' takes no value",
		    option->name);
	if (needs_value(option) && value == NULL) {
		if (*at + 1 >= argc)
			return err_set(err, EXIT_USAGE,
			    "option '--%s' needs a value: %s", option->name,
			    option->metavar);
		value = argv[++*at];
	}
	return store(option, value, args, err);
}

/* "-q", "-qv", "-e NAME" or "-eNAME". */
static int
take_letters(const struct option *options, size_t n, int argc, char **argv,
    int *at, void *args, struct err *err)
{
	for (const char *p = argv[*at] + 1; *p != '\0'; p++) {
		const struct option *option = find_letter(options, n, *p);
		const char *value = NULL;

		if (option == NULL)
			return err_set(
			    err, EXIT_USAGE, "unknown option '-%c'", *p);
		if (needs_value(option)) {
			value = p[1] != '\0' ? p + 1
			    : *at + 1 < argc ? argv[++*at]
					     : NULL;
			if (value == NULL)
				return err_set(err, EXIT_USAGE,
				    "option '-%c' needs a value: %s", *p,
				    option->metavar);
		}
		if (store(option, value, args, err) < 0)
			return -(int)err->status;
		if (value != NULL)
			break;
	}
	return 0;
}

int
option_parse(const struct option *options, size_t n, bool permute, int argc,
    char **argv, void *args, struct operands *operands, struct err *err)
{
	size_t kept = 1; /* operands are moved to argv[1…] */
	bool ended = false;

	operands->items = argv + 1;
	operands->n = 0;
	for (int i = 1; i < argc; i++) {
		int rc = 0;

		if (!ended && text_equal(argv[i], "--")) {
			ended = true;
			if (!permute) {
				operands->items = argv + i + 1;
				operands->n = (size_t)(argc - i - 1);
				return 0;
			}
			continue;
		}
		if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
			if (!permute) {
				operands->items = argv + i;
				operands->n = (size_t)(argc - i);
				return 0;
			}
			argv[kept++] = argv[i];
			operands->n++;
			continue;
		}
		rc = argv[i][1] == '-'
		    ? take_long(options, n, argc, argv, &i, args, err)
		    : take_letters(options, n, argc, argv, &i, args, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void
option_release(const struct option *options, size_t n, void *args)
{
	for (size_t i = 0; i < n; i++) {
		struct option_list *list;

		if (options[i].kind != OPTION_LIST)
			continue;
		list = (void *)((char *)args + options[i].offset);
		free(list->items);
		*list = (struct option_list){NULL, 0};
	}
}
