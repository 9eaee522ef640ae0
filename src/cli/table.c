#include "config.h"

#include "command.h"

#include <string.h>

#include <agentsecrets/text.h>

const struct command *const commands[] = {
    &command_delete,
    &command_diff,
    &command_doctor,
    &command_env,
    &command_environment_clean,
    &command_environment_copy,
    &command_environment_list,
    &command_environment_merge,
    &command_environment_switch,
    &command_export,
    &command_get,
    &command_history,
    &command_import,
    &command_init,
    &command_key_export,
    &command_key_import,
    &command_key_store,
    &command_list,
    &command_lock,
    &command_log_export,
    &command_log_list,
    &command_log_show,
    &command_login,
    &command_logout,
    &command_project_create,
    &command_project_delete,
    &command_project_list,
    &command_project_pin,
    &command_project_update,
    &command_project_use,
    &command_pull,
    &command_push,
    &command_server_get,
    &command_server_reset,
    &command_server_set,
    &command_server_status,
    &command_set,
    &command_status,
    &command_trust,
    &command_trust_accept_rollback,
    &command_unlock,
    &command_whoami,
    NULL,
};

/* Whether "group word" is the name. */
static bool
is_pair(const char *name, const char *group, const char *word)
{
	size_t len = strlen(group);

	return text_has_prefix(name, group) && name[len] == ' ' &&
	    text_equal(name + len + 1, word);
}

const struct command *
command_find(int argc, char **argv, int *words)
{
	/* "trust" is a command, and "trust accept-rollback" another one. */
	*words = 2;
	for (size_t i = 0; argc > 2 && commands[i] != NULL; i++) {
		if (is_pair(commands[i]->name, argv[1], argv[2]))
			return commands[i];
	}
	*words = 1;
	for (size_t i = 0; argc > 1 && commands[i] != NULL; i++) {
		const struct command *one = commands[i];

		if (text_equal(one->name, argv[1]) ||
		    (one->short_name != NULL &&
			text_equal(one->short_name, argv[1])))
			return one;
	}
	return NULL;
}

bool
command_is_group(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; commands[i] != NULL; i++) {
		if (text_has_prefix(commands[i]->name, word) &&
		    commands[i]->name[len] == ' ')
			return true;
	}
	return false;
}
