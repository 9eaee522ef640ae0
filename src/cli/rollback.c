/* trust accept-rollback. */
#include "config.h"

#include <agentsecrets/flow_history.h>

#include "command.h"
#include "output.h"

struct rollback_args {
	struct common_args common;
	bool ours;
	bool theirs;
	bool yes;
};

static const struct option rollback_options[] = {
    OPTION_ENVIRONMENT,
    {0, "ours", OPTION_FLAG, NULL,
	"write what was seen here again, as the newest version",
	offsetof(struct rollback_args, ours)},
    {0, "theirs", OPTION_FLAG, NULL, "take what the server shows",
	offsetof(struct rollback_args, theirs)},
    {'y', "yes", OPTION_FLAG, NULL, "do not ask",
	offsetof(struct rollback_args, yes)},
    OPTION_PASSWORD,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
};

static int
print(const struct rollback_result *result, const struct common_args *args,
    struct err *err)
{
	AUTO_JSON_OUT struct json_out out = JSON_OUT_INIT;

	if (args->json) {
		json_out_text(&out, "project", result->where.project_name);
		json_out_text(&out, "environment", result->where.environment);
		json_out_names(&out, "written", &result->written);
		json_out_names(&out, "accepted", &result->accepted);
		return json_out_print(&out, err);
	}
	if (args->quiet)
		return 0;
	print_prefixed("written again", &result->written);
	print_prefixed("accepted", &result->accepted);
	if (result->written.n == 0 && result->accepted.n == 0)
		print_line("the server shows nothing in %s/%s that is older "
			   "than what was seen here",
		    result->where.project_name, result->where.environment);
	return 0;
}

static int
accept_rollback(struct invocation *invocation, struct err *err)
{
	const struct rollback_args *args = invocation->args;
	struct caller *caller = &invocation->caller;
	struct rollback_result result = {.written = NAMES_INIT};
	enum resolution how = RESOLVE_ASK;
	int rc;

	if (args->ours && args->theirs)
		return err_set(
		    err, EXIT_USAGE, "--ours and --theirs exclude each other");
	if (args->ours || args->theirs)
		how = args->ours ? RESOLVE_OURS : RESOLVE_THEIRS;
	if (invocation->operands.n > 0)
		caller->project = invocation->operands.items[0];
	rc = rollback_run(how, args->yes, caller, &result, err);
	if (rc == 0)
		rc = print(&result, &args->common, err);
	rollback_result_release(&result);
	return rc;
}

const struct command command_trust_accept_rollback = {
    .name = "trust accept-rollback",
    .operands = "[PROJECT]",
    .summary = "go on with a server that was restored from a backup",
    COMMAND_OPTIONS(rollback_options),
    .args_size = sizeof(struct rollback_args),
    .operands_most = 1,
    .run = accept_rollback,
};
