/* set, get, delete. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#include "command.h"
#include "output.h"
#include "results.h"

struct write_args {
	struct common_args common;
	bool force;
	bool all; /* of set */
};

#define FORCE_OPTION                                                           \
	{                                                                      \
		'f', "force", OPTION_FLAG, NULL,                               \
		    "write over what somebody else changed",                   \
		    offsetof(struct write_args, force)                         \
	}

static const struct option set_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    {0, "all-envs", OPTION_FLAG, NULL,
	"store them in development, staging and production",
	offsetof(struct write_args, all)},
    FORCE_OPTION,
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static const struct option write_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    FORCE_OPTION,
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static const struct option get_options[] = {
    OPTION_ENVIRONMENT,
    OPTION_PROJECT,
    OPTION_PASSWORD,
    OPTION_HELP,
};

/* ---- set --------------------------------------------------------------- */

static int
read_value(int fd, struct set_item *item, const char *what, struct err *err)
{
	return arena_read(fd, &item->value, VALUE_MAX + 1, what, err);
}

/* A file often ends in a newline that nobody meant. */
static void
warn_of_newline(const struct set_item *item, const struct caller *caller)
{
	const struct secret *value = &item->value;
	char text[NAME_MAX_BYTES + 128];

	if (!caller->ask->is_there() || value->len == 0 ||
	    memchr(value->data, '\n', value->len) !=
		value->data + value->len - 1)
		return;
	snprintf(text, sizeof(text),
	    "warning: the value of '%s' ends in a newline, which is kept",
	    item->name);
	caller->notice(text);
}

static int
value_from_file(struct set_item *item, const char *path,
    const struct caller *caller, struct err *err)
{
	char what[NAME_MAX_BYTES + 32];
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	/* Not its path: that may be a value which begins with '@'. */
	snprintf(what, sizeof(what), "the file for '%.*s'", NAME_MAX_BYTES,
	    item->name);
	if (fd < 0) {
		err_sys(err, EXIT_FAILED, "cannot read %s", what);
		return err_hint(err,
		    "a value that begins with '@' comes by a prompt or by "
		    "standard input");
	}
	if (read_value(fd, item, what, err) < 0)
		return -(int)err->status;
	warn_of_newline(item, caller);
	return 0;
}

static int
value_from_person(
    struct set_item *item, const struct caller *caller, struct err *err)
{
	char prompt[NAME_MAX_BYTES + 64];

	if (!caller->ask->is_there()) {
		err_set(err, EXIT_USAGE,
		    "no value for '%s', and there is no terminal to ask on",
		    item->name);
		return err_hint(err, "give %s=- (standard input) or %s=@FILE",
		    item->name, item->name);
	}
	snprintf(prompt, sizeof(prompt), "Value of %s: ", item->name);
	if (caller->ask->secret(prompt, &item->value, err) < 0)
		return -(int)err->status;
	if (item->value.len == 0) {
		snprintf(prompt, sizeof(prompt),
		    "warning: the value of '%s' is empty", item->name);
		caller->notice(prompt);
	}
	return 0;
}

/*
 * KEY (ask), KEY=- (standard input), KEY=@FILE, KEY=value. The operand was
 * copied into the arena when it has a value; only the name is cut out of it.
 */
static int
read_item(struct set_item *item, char *operand, bool *used_stdin,
    const struct caller *caller, struct err *err)
{
	char *equals = strchr(operand, '=');
	const char *value = equals != NULL ? equals + 1 : NULL;

	item->name = operand;
	if (equals == NULL)
		return value_from_person(item, caller, err);
	*equals = '\0';
	if (text_equal(value, "-")) {
		if (*used_stdin)
			return err_set(err, EXIT_USAGE,
			    "only one value can come from standard input");
		*used_stdin = true;
		if (read_value(STDIN_FILENO, item, "standard input", err) < 0)
			return -(int)err->status;
		warn_of_newline(item, caller);
		return 0;
	}
	if (value[0] == '@')
		return value_from_file(item, value + 1, caller, err);
	item->value.data = (uint8_t *)equals + 1;
	item->value.len = strlen(value);
	if (caller->ask->is_there() && item->value.len > 0)
		caller->notice("warning: a value on the command line stays in "
			       "the shell's history; 'set KEY' asks for it");
	return 0;
}

/* Nobody is asked for a value that has no name or no place. */
static int
check_before_values(const struct operands *operands,
    const struct caller *caller, struct err *err)
{
	struct flow_where where;
	char stored[NAME_MAX_BYTES + 1];

	for (size_t i = 0; i < operands->n; i++) {
		const char *operand = operands->items[i];
		size_t len = (size_t)text_before_equals(operand);

		if (name_to_stored(stored, operand, len, err) < 0)
			return -(int)err->status;
	}
	return where_run(caller, &where, err);
}

static int
set(struct invocation *invocation, struct err *err)
{
	const struct write_args *args = invocation->args;
	size_t n = invocation->operands.n;
	struct set_item *items = calloc(n, sizeof(*items));
	struct write_result result = {.unchanged = 0};
	bool used_stdin = false;
	int rc = items == NULL ? err_memory(err) : 0;

	if (rc == 0 && args->all && args->common.environment != NULL)
		rc = err_set(err, EXIT_USAGE,
		    "--all-envs and --environment exclude each other");
	if (rc == 0)
		rc = check_before_values(
		    &invocation->operands, &invocation->caller, err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = read_item(&items[i], invocation->operands.items[i],
		    &used_stdin, &invocation->caller, err);
	if (rc == 0)
		rc = (args->all ? set_everywhere_run : set_run)(
		    items, n, args->force, &invocation->caller, &result, err);
	if (rc == 0)
		rc = print_written(&result, &args->common, err);
	write_result_release(&result);
	free(items);
	return rc;
}

const struct command command_set = {
    .name = "secrets set",
    .short_name = "set",
    .operands = "KEY[=VALUE|=-|=@FILE] ...",
    .summary = "store values, here and on the server",
    COMMAND_OPTIONS(set_options),
    .args_size = sizeof(struct write_args),
    .operands_least = 1,
    .operands_most = SIZE_MAX,
    .run = set,
};

/* ---- delete ------------------------------------------------------------ */

static int
delete_secrets(struct invocation *invocation, struct err *err)
{
	const struct write_args *args = invocation->args;
	struct write_result result = {.unchanged = 0};
	int rc = delete_run((const char *const *)invocation->operands.items,
	    invocation->operands.n, args->force, &invocation->caller, &result,
	    err);

	if (rc == 0)
		rc = print_written(&result, &args->common, err);
	write_result_release(&result);
	return rc;
}

const struct command command_delete = {
    .name = "secrets delete",
    .short_name = "delete",
    .operands = "KEY ...",
    .summary = "delete secrets, here and on the server",
    COMMAND_OPTIONS(write_options),
    .args_size = sizeof(struct write_args),
    .operands_least = 1,
    .operands_most = SIZE_MAX,
    .run = delete_secrets,
};

/* ---- get --------------------------------------------------------------- */

static int
get(struct invocation *invocation, struct err *err)
{
	struct secret value = SECRET_INIT;
	int rc = get_run(
	    invocation->operands.items[0], &invocation->caller, &value, err);

	return rc < 0 ? rc : print_secret(&value, err);
}

const struct command command_get = {
    .name = "secrets get",
    .short_name = "get",
    .operands = "KEY",
    .summary = "print one value",
    COMMAND_OPTIONS(get_options),
    .args_size = sizeof(struct common_args),
    .operands_least = 1,
    .operands_most = 1,
    .run = get,
};
