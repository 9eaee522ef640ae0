/*
 * command: a command is data and one function. The table drives parsing,
 * --help, completion, and the check against the manual.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <agentsecrets/err.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/flow_project.h>
#include <agentsecrets/launch.h>
#include <agentsecrets/option.h>

/* Options that many commands have. Every args struct begins with these. */
struct common_args {
	bool help;
	bool json;
	bool table; /* by --output */
	bool quiet;
	const char *output;
	const char *project;
	const char *environment;
	const char *password_file;
};

struct invocation {
	struct caller caller;
	void *args; /* the command's own struct */
	struct operands operands;
	struct launch_state *launch;
};

struct command {
	const char *name;	/* "secrets set" */
	const char *short_name; /* "set", or NULL */
	const char *operands;	/* "KEY ...", or ""; completion reads it */
	const char *summary;
	const struct option *options;
	size_t options_n;
	size_t args_size;
	size_t operands_least;
	size_t operands_most; /* SIZE_MAX: any number */
	bool launches; /* operands end the options; every failure is 125 */
	int (*run)(struct invocation *invocation, struct err *err);
};

#define COMMON_OFFSET(member) offsetof(struct common_args, member)
#define OPTION_HELP                                                            \
	{                                                                      \
		'h', "help", OPTION_FLAG, NULL, "show this help",              \
		    COMMON_OFFSET(help)                                        \
	}
#define OPTION_JSON                                                            \
	{                                                                      \
		0, "json", OPTION_FLAG, NULL, "print JSON",                    \
		    COMMON_OFFSET(json)                                        \
	}
/* Of commands that list. main sets `json` or `table` by it. */
#define OPTION_OUTPUT                                                          \
	{                                                                      \
		0, "output", OPTION_TEXT, "plain|table|json",                  \
		    "how to print it; json as --json", COMMON_OFFSET(output)   \
	}
#define OPTION_QUIET                                                           \
	{                                                                      \
		'q', "quiet", OPTION_FLAG, NULL,                               \
		    "print no confirmation and no warning",                    \
		    COMMON_OFFSET(quiet)                                       \
	}
#define OPTION_PROJECT                                                         \
	{                                                                      \
		'p', "project", OPTION_TEXT, "PROJECT",                        \
		    "a project that this machine knows, instead of the "       \
		    "directory's",                                             \
		    COMMON_OFFSET(project)                                     \
	}
#define OPTION_ENVIRONMENT                                                     \
	{                                                                      \
		'e', "environment", OPTION_TEXT, "NAME",                       \
		    "development, staging or production",                      \
		    COMMON_OFFSET(environment)                                 \
	}
#define OPTION_KEY_STORE(offset)                                               \
	{                                                                      \
		0, "key-store", OPTION_TEXT, "sealed|keychain|config",         \
		    "where the keys go: sealed, keychain or config", (offset)  \
	}
#define OPTION_PASSWORD                                                        \
	{                                                                      \
		0, "password-file", OPTION_TEXT, "FILE",                       \
		    "read the account password from FILE (- is standard "      \
		    "input)",                                                  \
		    COMMON_OFFSET(password_file)                               \
	}

#define COMMAND_OPTIONS(table)                                                 \
	.options = (table), .options_n = sizeof(table) / sizeof((table)[0])

/* Every command, sorted by the name that people use ("set", not "secrets
 * set"); the last entry is NULL. */
extern const struct command *const commands[];

extern const struct command command_delete;
extern const struct command command_diff;
extern const struct command command_doctor;
extern const struct command command_env;
extern const struct command command_environment_clean;
extern const struct command command_environment_copy;
extern const struct command command_environment_list;
extern const struct command command_environment_merge;
extern const struct command command_environment_switch;
extern const struct command command_export;
extern const struct command command_get;
extern const struct command command_history;
extern const struct command command_import;
extern const struct command command_init;
extern const struct command command_key_export;
extern const struct command command_key_import;
extern const struct command command_key_store;
extern const struct command command_list;
extern const struct command command_lock;
extern const struct command command_log_export;
extern const struct command command_log_list;
extern const struct command command_log_show;
extern const struct command command_login;
extern const struct command command_logout;
extern const struct command command_project_create;
extern const struct command command_project_delete;
extern const struct command command_project_list;
extern const struct command command_project_pin;
extern const struct command command_project_update;
extern const struct command command_project_use;
extern const struct command command_pull;
extern const struct command command_push;
extern const struct command command_server_get;
extern const struct command command_server_reset;
extern const struct command command_server_set;
extern const struct command command_server_status;
extern const struct command command_set;
extern const struct command command_status;
extern const struct command command_trust;
extern const struct command command_trust_accept_rollback;
extern const struct command command_unlock;
extern const struct command command_whoami;

/**
 * Find the command that the words name.
 *
 * @param words  how many of argv[1…] belong to it
 * @return NULL when they name none, or only a group
 */
const struct command *command_find(int argc, char **argv, int *words);

/** What the options and the environment say; the rest is for a terminal. */
void caller_fill(struct caller *caller, const struct common_args *args);

/**
 * What --key-store or an operand says.
 *
 * @param text   NULL: nothing
 * @param store  out, what it names
 * @param wish   set to `store` when there is something
 * @return 0; -EXIT_USAGE
 */
int key_store_wish(const char *text, enum key_store *store,
    const enum key_store **wish, struct err *err);

/** Whether the word begins the names of several commands ("secrets"). */
bool command_is_group(const char *word);

/** --help of the program, and of one command. */
void help_program(void);
void help_group(const char *group);
void help_command(const struct command *command);

/** __complete and __dump: what completions and checks ask. */
int complete_run(int argc, char **argv);
int dump_run(void);

#endif
