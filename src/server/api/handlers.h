/* The handlers that the route table names; see call.h for what they return. */
#ifndef AGENTSECRETS_SERVER_HANDLERS_H
#define AGENTSECRETS_SERVER_HANDLERS_H

#include "src/server/api/call.h"

typedef int handler(struct call *call, struct err *err);

handler status_get;
handler account_register;
handler account_public_key;
handler session_login;
handler session_refresh;
handler session_logout;
handler session_change_password;
handler workspace_list;
handler workspace_create;
handler workspace_get;
handler workspace_update;
handler workspace_delete;
handler workspace_key_put;
handler project_list;
handler project_create;
handler project_get;
handler project_update;
handler project_delete;
handler project_environments;
handler project_coverage;
handler project_diff;
handler secret_bulk;
handler secret_list;
handler secret_get;
handler secret_versions;
handler secret_update;
handler secret_delete;

/**
 * The status, for a database that answers or does not; call->db is not used.
 *
 * @return as reply_end()
 */
int status_write(struct call *call, bool healthy, struct err *err);

#endif
