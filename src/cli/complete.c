/*
 * __complete WORD…: what may stand in place of the last word, one a line.
 * Completion scripts stay small: they ask this.
 */
#include "config.h"

#include "command.h"

#include <stdio.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

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

static void
offer(const char *word, const char *candidate)
{
	if (text_has_prefix(candidate, word))
		puts(candidate);
}

/* The first words of commands, each once: groups and short forms. */
static void
offer_first_words(const char *word)
{
	const char *before = "";
	size_t before_len = 0;

	for (size_t i = 0; commands[i] != NULL; i++) {
		const char *name = commands[i]->name;
		size_t len = strcspn(name, " ");
		char first[64];

		if (commands[i]->short_name != NULL)
			offer(word, commands[i]->short_name);
		if (len == before_len && strncmp(name, before, len) == 0)
			continue;
		snprintf(first, sizeof(first), "%.*s", (int)len, name);
		offer(word, first);
		before = name;
		before_len = len;
	}
	offer(word, "--help");
	offer(word, "--version");
}

static void
offer_second_words(const char *group, const char *word)
{
	size_t len = strlen(group);

	for (size_t i = 0; commands[i] != NULL; i++) {
		if (text_has_prefix(commands[i]->name, group) &&
		    commands[i]->name[len] == ' ')
			offer(word, commands[i]->name + len + 1);
	}
}

static void
offer_options(const struct command *command, const char *word)
{
	for (size_t i = 0; i < command->options_n; i++) {
		char text[64];

		snprintf(text, sizeof(text), "--%s", command->options[i].name);
		offer(word, text);
	}
}

/* The project's secret names, from the vault; nothing is asked or fetched. */
static void
offer_secret_names(const char *word)
{
	static const struct asker nobody = {.is_there = nobody_is_there};
	struct caller caller = {.ask = &nobody, .notice = say_nothing};
	struct list_result list = {.pulled_at = 0};
	struct err err;

	if (crypto_init(&err) == 0 &&
	    list_known_run(&caller, &list, &err) == 0) {
		for (size_t i = 0; i < list.names.n; i++)
			offer(word, list.names.items[i]);
	}
	names_release(&list.names);
}

static void
offer_environments(const char *word)
{
	offer(word, "development");
	offer(word, "staging");
	offer(word, "production");
}

static bool
takes_names(const struct command *command)
{
	return command == &command_get || command == &command_set ||
	    command == &command_delete;
}

int
complete_run(int argc, char **argv)
{
	/* argv[1] is __complete: what follows is the line without
	 * "agentsecrets" */
	const char *word = argc > 2 ? argv[argc - 1] : "";
	const char *before = argc > 3 ? argv[argc - 2] : "";
	const struct command *command;
	int words = 0;

	if (argc <= 3) {
		offer_first_words(word);
		return 0;
	}
	command = command_find(argc - 2, argv + 1, &words);
	if (command == NULL) {
		if (argc == 4)
			offer_second_words(argv[2], word);
		return 0;
	}
	if (text_equal(before, "-e") || text_equal(before, "--environment"))
		offer_environments(word);
	else if (word[0] == '-')
		offer_options(command, word);
	else if (takes_names(command) || text_equal(before, "--only") ||
	    text_equal(before, "--except"))
		offer_secret_names(word);
	return 0;
}
