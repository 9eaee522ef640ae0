#include "config.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/text.h>

enum {
	COLUMN = 28, /* where the right one begins, after a margin of two */
	WIDTH = 80 - 2 - COLUMN
};

/* How much of the text goes into one line: whole words. */
static size_t
line_length(const char *text)
{
	size_t len = strlen(text);

	if (len <= WIDTH)
		return len;
	for (len = WIDTH; len > 0 && text[len] != ' '; len--) {
	}
	return len > 0 ? len : strcspn(text, " ");
}

static void
two_columns(const char *left, const char *right)
{
	if (strlen(left) + 2 > COLUMN) {
		printf("  %s\n", left);
		left = "";
	}
	while (right[0] != '\0') {
		size_t len = line_length(right);

		printf("  %-*s%.*s\n", COLUMN, left, (int)len, right);
		right += len + strspn(right + len, " ");
		left = "";
	}
}

/* How people call it: "set", not "secrets set"; but "env", not "run". */
static const char *
usual_name(const struct command *command)
{
	return command->short_name != NULL && !command->launches
	    ? command->short_name
	    : command->name;
}

static void
command_line(const struct command *command)
{
	char left[128];

	snprintf(left, sizeof(left), "%s %s", usual_name(command),
	    command->operands);
	two_columns(left, command->summary);
}

void
help_program(void)
{
	puts("usage: agentsecrets command [options] [operands]\n"
	     "\n"
	     "Start commands with a project's secrets in their environment; "
	     "keep the\n"
	     "secrets on a server that cannot read them.\n"
	     "\n"
	     "commands:");
	for (size_t i = 0; commands[i] != NULL; i++)
		command_line(commands[i]);
	puts("\noptions:");
	two_columns("-h, --help", "show this help");
	two_columns("--version", "show the version");
	puts("\n"
	     "'agentsecrets COMMAND --help' shows a command's options,\n"
	     "'man agentsecrets' the rest.");
}

void
help_group(const char *group)
{
	size_t len = strlen(group);

	printf("usage: agentsecrets %s command [options] [operands]\n\n"
	       "commands:\n",
	    group);
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (text_has_prefix(commands[i]->name, group) &&
		    commands[i]->name[len] == ' ')
			command_line(commands[i]);
	}
}

static void
option_line(const struct option *option)
{
	char left[128];
	char letter[8] = "";

	if (option->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, option->name,
	    option->kind == OPTION_OPTIONAL   ? "[="
		: option->kind == OPTION_FLAG ? ""
					      : " ",
	    option->metavar != NULL ? option->metavar : "",
	    option->kind == OPTION_OPTIONAL ? "]" : "");
	two_columns(left, option->help);
}

void
help_command(const struct command *command)
{
	const char *dash = command->launches ? "[--] " : "";

	printf("usage: agentsecrets %s [options] %s%s\n", usual_name(command),
	    dash, command->operands);
	printf("\n%s\n\noptions:\n", command->summary);
	for (size_t i = 0; i < command->options_n; i++)
		option_line(&command->options[i]);
}

int
dump_run(void)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		const struct command *one = commands[i];

		printf("%s\t\t\t\t%s\n", one->name, one->summary);
		for (size_t k = 0; k < one->options_n; k++) {
			const struct option *option = &one->options[k];
			char letter[2] = {option->letter, '\0'};

			printf("%s\t%s\t%s\t%s\t%s\n", one->name, letter,
			    option->name,
			    option->metavar != NULL ? option->metavar : "",
			    option->help);
		}
	}
	return 0;
}
