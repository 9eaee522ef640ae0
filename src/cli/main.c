/*
 * agentsecrets: take what is secret out of sight, find the command, parse its
 * options, run it, and turn its error into a line and a status.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/crypto.h>
#include <agentsecrets/nearest.h>
#include <agentsecrets/text.h>
#include <agentsecrets/waiting.h>

#include "command.h"
#include "credentials.h"
#include "output.h"
#include "progress.h"
#include "terminal.h"

/* A variable that is set to nothing is not set. */
static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

void
caller_fill(struct caller *caller, const struct common_args *args)
{
	*caller = (struct caller){
	    .ask = terminal_asker(),
	    .notice = print_notice,
	    .progress = args->quiet ? NULL : progress_count,
	    .password_file = args->password_file,
	    .project = args->project != NULL ? args->project
					     : variable("AGENTSECRETS_PROJECT"),
	    .environment = args->environment != NULL
		? args->environment
		: variable("AGENTSECRETS_ENV"),
	    .server = variable("AGENTSECRETS_SERVER_URL"),
	    .storage_mode = variable("AGENTSECRETS_STORAGE_MODE"),
	};
}

static int
usage(const struct command *command, struct err *err)
{
	return err->hint[0] != '\0'
	    ? -(int)err->status
	    : err_hint(err, "see 'agentsecrets %s --help'", command->name);
}

static int
check_operands(const struct command *command, const struct operands *operands,
    struct err *err)
{
	const char *surplus = operands->n > command->operands_most
	    ? operands->items[command->operands_most]
	    : NULL;

	if (operands->n == 0 && command->launches)
		err_set(
		    err, EXIT_USAGE, "%s: no command to start", command->name);
	else if (operands->n < command->operands_least)
		err_set(err, EXIT_USAGE, "%s: %s is missing", command->name,
		    command->operands);
	else if (surplus != NULL)
		err_set(err, EXIT_USAGE, "%s: '%.*s' is one too many",
		    command->name, text_before_equals(surplus), surplus);
	else
		return 0;
	return usage(command, err);
}

/* --output is another way to say --json, or nothing. */
static int
choose_output(
    struct common_args *common, const struct command *command, struct err *err)
{
	const char *output = common->output;

	if (output == NULL)
		return 0;
	if (common->json && !text_equal(output, "json")) {
		err_set(
		    err, EXIT_USAGE, "--json and --output exclude each other");
		return usage(command, err);
	}
	common->json = text_equal(output, "json");
	common->table = text_equal(output, "table");
	if (common->json || common->table || text_equal(output, "plain"))
		return 0;
	err_set(err, EXIT_USAGE, "unknown output '%.*s'",
	    text_before_equals(output), output);
	return err_hint(err, "it is one of plain, table, json");
}

static int
run_command(const struct command *command, int argc, char **argv,
    const struct credentials *credentials, struct launch_state *launch,
    struct err *err)
{
	struct invocation invocation = {.launch = launch};
	struct common_args *common = calloc(1, command->args_size);
	int rc;

	if (common == NULL)
		return err_memory(err);
	invocation.args = common;
	rc = option_parse(command->options, command->options_n,
	    !command->launches, argc, argv, common, &invocation.operands, err);
	if (rc < 0)
		rc = usage(command, err);
	else if (common->help)
		help_command(command);
	else if ((rc = choose_output(common, command, err)) == 0)
		rc = check_operands(command, &invocation.operands, err);
	if (rc == 0 && !common->help) {
		output_be_quiet(common->quiet);
		if (!common->quiet)
			waiting_tell(progress_wait);
		caller_fill(&invocation.caller, common);
		if (common->password_file == NULL)
			invocation.caller.password_file =
			    credentials->password_file;
		rc = crypto_init(err);
		if (rc == 0)
			rc = command->run(&invocation, err);
	}
	option_release(command->options, command->options_n, common);
	free(common);
	return rc;
}

/* What was meant, of all first words. */
static int
hint_first_word(const char *word, struct err *err)
{
	struct nearest nearest = {.wanted = word};

	for (size_t i = 0; commands[i] != NULL; i++) {
		const char *name = commands[i]->name;
		char first[NEAREST_MAX];

		if (commands[i]->short_name != NULL)
			nearest_offer(&nearest, commands[i]->short_name);
		if (text_copy(first, sizeof(first), name, strcspn(name, " ")) ==
		    0)
			nearest_offer(&nearest, first);
	}
	return nearest.found[0] != '\0'
	    ? err_hint(err, "did you mean 'agentsecrets %s'?", nearest.found)
	    : err_hint(err, "see 'agentsecrets --help'");
}

/* What was meant, of the commands of a group. */
static int
hint_second_word(const char *group, const char *word, struct err *err)
{
	struct nearest nearest = {.wanted = word};
	size_t len = strlen(group);

	for (size_t i = 0; commands[i] != NULL; i++) {
		const char *name = commands[i]->name;

		if (text_has_prefix(name, group) && name[len] == ' ')
			nearest_offer(&nearest, name + len + 1);
	}
	return nearest.found[0] != '\0'
	    ? err_hint(err, "did you mean 'agentsecrets %s %s'?", group,
		  nearest.found)
	    : err_hint(err, "see 'agentsecrets %s --help'", group);
}

static int no_command(int argc, char **argv, struct err *err);

/* "help", and what it is about. @return 0 when it was answered */
static int
help_about(int argc, char **argv, struct err *err)
{
	int words;
	const struct command *command =
	    argc > 2 ? command_find(argc - 1, argv + 1, &words) : NULL;

	if (argc == 2)
		help_program();
	else if (command != NULL)
		help_command(command);
	else if (argc == 3 && command_is_group(argv[2]))
		help_group(argv[2]);
	else
		return no_command(argc - 1, argv + 1, err);
	return 0;
}

/* What argv[1] is when it is no command. @return 0 when it was answered */
static int
no_command(int argc, char **argv, struct err *err)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (word == NULL) {
		err_set(err, EXIT_USAGE, "no command given");
		return err_hint(err, "see 'agentsecrets --help'");
	}
	if (text_equal(word, "help"))
		return help_about(argc, argv, err);
	if (text_equal(word, "--help") || text_equal(word, "-h")) {
		help_program();
		return 0;
	}
	if (text_equal(word, "--version")) {
		print_line("agentsecrets %s", PACKAGE_VERSION);
		return 0;
	}
	if (command_is_group(word) && argc > 2 &&
	    (text_equal(argv[2], "--help") || text_equal(argv[2], "-h"))) {
		help_group(word);
		return 0;
	}
	if (command_is_group(word) && argc > 2) {
		err_set(err, EXIT_USAGE, "unknown command '%s %.*s'", word,
		    text_before_equals(argv[2]), argv[2]);
		return hint_second_word(word, argv[2], err);
	}
	if (command_is_group(word)) {
		err_set(err, EXIT_USAGE, "'%s' needs a command after it", word);
		return err_hint(err, "see 'agentsecrets %s --help'", word);
	}
	err_set(err, EXIT_USAGE, "unknown %s '%.*s'",
	    word[0] == '-' ? "option" : "command", text_before_equals(word),
	    word);
	return hint_first_word(word, err);
}

static int
dispatch(const struct command *command, int words, int argc, char **argv,
    struct launch_state *launch, struct err *err)
{
	struct credentials credentials = {NULL};

	if (credentials_take(&credentials, environ, err) < 0)
		return -(int)err->status;
	/* The operands of a launched command are its own. */
	if ((command == NULL || !command->launches) &&
	    operands_take(argc, argv, err) < 0)
		return -(int)err->status;
	if (command == NULL)
		return no_command(argc, argv, err);
	return run_command(
	    command, argc - words, argv + words, &credentials, launch, err);
}

/* For `env` everything of ours is 125; only the command's fate is not. */
static int
exit_status(const struct err *err, const struct command *command)
{
	bool launches = command != NULL && command->launches;
	bool of_the_command =
	    err->status == EXIT_NOT_FOUND || err->status == EXIT_CANNOT_RUN;

	return launches && !of_the_command ? EXIT_LAUNCHER : (int)err->status;
}

int
main(int argc, char **argv)
{
	struct launch_state launch;
	struct err err = {.status = EXIT_DONE};
	const struct command *command;
	int words = 0;
	int rc;

	rc = launch_state_enter(&launch, &err);
	if (rc == 0 && argc > 1 && text_equal(argv[1], "__complete"))
		return complete_run(argc, argv);
	if (rc == 0 && argc > 1 && text_equal(argv[1], "__dump"))
		return dump_run();
	command = command_find(argc, argv, &words);
	if (rc == 0)
		rc = dispatch(command, words, argc, argv, &launch, &err);
	if (rc >= 0 && output_finish(&err) < 0)
		rc = -(int)err.status;
	arena_end();
	if (rc >= 0)
		return rc;
	print_error(&err);
	return exit_status(&err, command);
}
