/*
 * __complete WORD…: what may stand in place of the last word, one a line.
 * Completion scripts stay small: they ask this. A line that begins with ':'
 * is for the script: ":files" says that the name of a file may stand there,
 * ":command N" that word N, counted from 0, begins a command of its own.
 */
#include "config.h"

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/home.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>
#include <agentsecrets/trust.h>

/* The last word, and where in it the part begins that is completed. */
struct slot {
	const char *word;
	size_t head;
};

/* A command whose line is not finished. */
struct unfinished {
	const struct command *command;
	char **words; /* between the command's own and the last one */
	size_t n;
	size_t before; /* how many the command's own are */
	struct slot slot;
	struct common_args *args; /* what the words say; the command's struct */
	struct operands operands;
	const struct option *option; /* the one whose value is completed */
};

static void
offer(const struct slot *slot, const char *candidate)
{
	if (text_has_prefix(candidate, slot->word + slot->head))
		printf("%.*s%s\n", (int)slot->head, slot->word, candidate);
}

static void
offer_files(void)
{
	puts(":files");
}

/* Move the head behind the last of that character, if it is there. */
static bool
skip_past(struct slot *slot, char c)
{
	const char *last = strrchr(slot->word + slot->head, c);

	if (last != NULL)
		slot->head = (size_t)(last + 1 - slot->word);
	return last != NULL;
}

/* Whether an earlier command has the same first word. */
static bool
was_offered(size_t index, size_t len)
{
	for (size_t i = 0; i < index; i++) {
		if (strncmp(commands[i]->name, commands[index]->name, len) ==
			0 &&
		    strcspn(commands[i]->name, " ") == len)
			return true;
	}
	return false;
}

/* The first words of commands, each once: groups and short forms. */
static void
offer_first_words(const struct slot *slot)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		const char *name = commands[i]->name;
		size_t len = strcspn(name, " ");
		char first[64];

		if (commands[i]->short_name != NULL)
			offer(slot, commands[i]->short_name);
		if (was_offered(i, len))
			continue;
		snprintf(first, sizeof(first), "%.*s", (int)len, name);
		offer(slot, first);
	}
	offer(slot, "--help");
	offer(slot, "--version");
}

static void
offer_second_words(const char *group, const struct slot *slot)
{
	size_t len = strlen(group);

	for (size_t i = 0; commands[i] != NULL; i++) {
		if (text_has_prefix(commands[i]->name, group) &&
		    commands[i]->name[len] == ' ')
			offer(slot, commands[i]->name + len + 1);
	}
}

static void
offer_options(const struct command *command, const struct slot *slot)
{
	for (size_t i = 0; i < command->options_n; i++) {
		const struct option *option = &command->options[i];
		char text[64];

		if (option->letter != 0) {
			snprintf(text, sizeof(text), "-%c", option->letter);
			offer(slot, text);
		}
		snprintf(text, sizeof(text), "--%s", option->name);
		offer(slot, text);
	}
}

static bool
nobody_is_there(void)
{
	return false;
}

static void
say_nothing(const char *text)
{
	(void)text;
}

/* The secret names, from the vault; nothing is asked or fetched. */
static void
offer_secret_names(const struct common_args *args, const struct slot *slot)
{
	static const struct asker nobody = {.is_there = nobody_is_there};
	struct caller caller;
	struct list_result list = {.pulled_at = 0};
	struct err err;

	caller_fill(&caller, args);
	caller.ask = &nobody;
	caller.notice = say_nothing;
	if (crypto_init(&err) == 0 &&
	    list_known_run(&caller, &list, &err) == 0) {
		for (size_t i = 0; i < list.names.n; i++)
			offer(slot, list.names.items[i]);
	}
	names_release(&list.names);
}

static void
offer_environments(const struct slot *slot)
{
	for (size_t i = 0; i < ENVIRONMENTS_N; i++)
		offer(slot, environment_names[i]);
}

/*
 * The projects that were used on this machine before. bash(1) types a
 * candidate without quotes, and a name may come from a project.json that was
 * cloned.
 */
static void
offer_projects(const struct slot *slot)
{
	AUTO_HOME struct home home = HOME_INIT;
	AUTO_TRUST struct trust trust = TRUST_INIT;
	struct err err;

	if (home_open(&home, false, &err) <= 0 ||
	    trust_load(&trust, &home, &err) < 0)
		return;
	for (size_t i = 0; i < trust.projects_n; i++) {
		if (text_is_plain_word(trust.projects[i].name))
			offer(slot, trust.projects[i].name);
	}
}

/* "1|2", "[sealed|keychain]": each of them. */
static void
offer_choices(const char *choices, const struct slot *slot)
{
	char text[128];
	char *rest = text;
	char *one;

	snprintf(text, sizeof(text), "%s", choices);
	while ((one = strsep(&rest, "[|]")) != NULL) {
		if (one[0] != '\0')
			offer(slot, one);
	}
}

/* What help calls it says what it is: "FILE", "[PROJECT]", "1|2". */
static void
offer_kind(
    const char *kind, const struct common_args *args, const struct slot *slot)
{
	if (strstr(kind, "FILE") != NULL)
		offer_files();
	else if (text_equal(kind, "ENVIRONMENT") || text_equal(kind, "FROM") ||
	    text_equal(kind, "TO"))
		offer_environments(slot);
	else if (strstr(kind, "PROJECT") != NULL)
		offer_projects(slot);
	else if (strstr(kind, "KEY") != NULL)
		offer_secret_names(args, slot);
	else if (strchr(kind, '|') != NULL)
		offer_choices(kind, slot);
}

static void
offer_value(const struct unfinished *line, struct slot slot)
{
	const struct option *option = line->option;

	if (text_equal(option->name, "environment")) {
		offer_environments(&slot);
	} else if (text_equal(option->metavar, "NAMES") &&
	    option->kind == OPTION_LIST) {
		skip_past(&slot, ',');
		offer_secret_names(line->args, &slot);
	} else if (text_equal(option->metavar, "NEW=OLD")) {
		skip_past(&slot, ',');
		if (skip_past(&slot, '='))
			offer_secret_names(line->args, &slot);
	} else {
		offer_kind(option->metavar, line->args, &slot);
	}
}

/* What help calls the operand with that index, into `kind`; "" for none. The
 * one before "..." is as often there as one likes. */
static void
operand_kind(const char *operands, size_t index, char *kind, size_t kind_len)
{
	for (size_t i = 0;; i++) {
		size_t len = strcspn(operands, " ");
		const char *next = operands + len + strspn(operands + len, " ");

		if (i == index || text_has_prefix(next, "...")) {
			snprintf(kind, kind_len, "%.*s", (int)len, operands);
			return;
		}
		operands = next;
	}
}

static void
offer_operands(const struct unfinished *line)
{
	const struct command *command = line->command;
	const char *value = strchr(line->slot.word, '=');
	char kind[64];

	operand_kind(command->operands, line->operands.n, kind, sizeof(kind));
	if (command == &command_set && value != NULL) {
		if (value[1] == '@')
			offer_files();
	} else if (command == &command_set) {
		offer_secret_names(line->args, &line->slot);
	} else if (text_equal(kind, "[KEY")) {
		/* environment copy FROM TO KEY: names of FROM */
		line->args->environment = line->operands.items[0];
		offer_secret_names(line->args, &line->slot);
	} else if (text_equal(kind, "URL")) {
		offer(&line->slot, "embedded");
	} else {
		offer_kind(kind, line->args, &line->slot);
	}
}

/* The option that wants the next word as its value, or NULL. */
static const struct option *
wants_next(const struct command *command, const char *word)
{
	for (size_t i = 0; i < command->options_n; i++) {
		const struct option *option = &command->options[i];
		bool takes =
		    option->kind == OPTION_TEXT || option->kind == OPTION_LIST;

		if (takes && word[0] == '-' &&
		    ((word[1] == '-' && text_equal(word + 2, option->name)) ||
			(option->letter != 0 && word[1] != '-' &&
			    word[strlen(word) - 1] == option->letter)))
			return option;
	}
	return NULL;
}

/* The option of "--name=…", or NULL. */
static const struct option *
has_value(const struct command *command, const char *word)
{
	size_t len = strcspn(word, "=");

	if (word[len] == '\0' || !text_has_prefix(word, "--"))
		return NULL;
	for (size_t i = 0; i < command->options_n; i++) {
		const struct option *option = &command->options[i];

		if (option->metavar != NULL &&
		    strlen(option->name) == len - 2 &&
		    strncmp(option->name, word + 2, len - 2) == 0)
			return option;
	}
	return NULL;
}

/* Parse the first `n` words. @param copy  room for one more than those */
static int
parse(struct unfinished *line, size_t n, char **copy)
{
	static char program[] = "";
	const struct command *command = line->command;
	struct err err;

	option_release(command->options, command->options_n, line->args);
	memset(line->args, 0, command->args_size);
	copy[0] = program;
	memcpy(copy + 1, line->words, n * sizeof(*copy));
	return option_parse(command->options, command->options_n,
	    !command->launches, (int)n + 1, copy, line->args, &line->operands,
	    &err);
}

static bool
is_ended(const struct unfinished *line)
{
	for (size_t i = 0; i < line->n; i++) {
		if (text_equal(line->words[i], "--"))
			return true;
	}
	return false;
}

/* "-…", "--name" or "--name=…". */
static void
complete_option(struct unfinished *line)
{
	struct slot slot = line->slot;

	line->option = has_value(line->command, slot.word);
	if (line->option == NULL) {
		offer_options(line->command, &slot);
		return;
	}
	slot.head = strcspn(slot.word, "=") + 1;
	offer_value(line, slot);
}

static void
complete_line(struct unfinished *line, char **copy)
{
	const struct command *command = line->command;
	size_t n = line->n;

	if (parse(line, n, copy) < 0) {
		/* All is well but for the value that is being typed. */
		if (n > 0 && parse(line, n - 1, copy) == 0)
			line->option = wants_next(command, line->words[n - 1]);
		if (line->option != NULL)
			offer_value(line, line->slot);
	} else if (command->launches && line->operands.n > 0) {
		n = (size_t)(line->operands.items - copy) - 1;
		printf(":command %zu\n", line->before + n);
	} else if (line->slot.word[0] == '-' && !is_ended(line)) {
		complete_option(line);
	} else if (command->launches) {
		printf(":command %zu\n", line->before + n);
	} else {
		offer_operands(line);
	}
}

static int
complete_command(struct unfinished *line)
{
	char **copy = calloc(line->n + 1, sizeof(*copy));
	struct common_args *args = calloc(1, line->command->args_size);

	line->args = args;
	if (copy != NULL && args != NULL) {
		complete_line(line, copy);
		option_release(
		    line->command->options, line->command->options_n, args);
	}
	free(args);
	free(copy);
	return 0;
}

int
complete_run(int argc, char **argv)
{
	/* argv[1] is __complete: what follows is the line without
	 * "agentsecrets" */
	struct slot slot = {argc > 2 ? argv[argc - 1] : "", 0};
	struct unfinished line = {.slot = slot};
	int words = 0;

	if (argc <= 3) {
		offer_first_words(&slot);
		return 0;
	}
	line.command = command_find(argc - 2, argv + 1, &words);
	if (argc == 4)
		offer_second_words(argv[2], &slot);
	if (line.command == NULL) {
		if (argc == 4 && command_is_group(argv[2]))
			offer(&slot, "--help");
		return 0;
	}
	line.words = argv + 2 + words;
	line.n = (size_t)(argc - 3 - words);
	line.before = (size_t)words;
	return complete_command(&line);
}
