#include "config.h"

#include <agentsecrets/net_client.h>

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <agentsecrets/text.h>

#include "net_ask.h"

static int
open_server(
    struct net *net, const char *server, const char *data_dir, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;

	message_init(&request, MESSAGE_NET_OPEN);
	message_add_text(&request, FIELD_SERVER, server);
	if (data_dir != NULL)
		message_add_text(&request, FIELD_DATA_DIR, data_dir);
	if (net->patience > 0)
		message_add_number(&request, FIELD_PATIENCE, net->patience);
	if (net->current.len > 0)
		message_add_secret(&request, FIELD_SESSION, net->current.data,
		    net->current.len);
	return net_ask(net, &request, MESSAGE_NET_DONE, &answer, err);
}

int
net_start(struct net *net, const char *server, const char *data_dir,
    const struct net_session *session, struct err *err)
{
	int rc = helper_start(&net->helper, "agentsecrets-net", NULL, err);

	if (rc < 0)
		return rc;
	if (session != NULL) {
		net->session = *session;
		rc = session->load(session->context, &net->current, err);
	}
	if (rc >= 0)
		rc = open_server(net, server, data_dir, err);
	if (rc < 0)
		net_stop(net);
	return rc < 0 ? rc : 0;
}

void
net_stop(struct net *net)
{
	helper_stop(&net->helper);
	buf_release(&net->reply);
	/* That of a log-in is the caller's, who has yet to save it. */
	if (net->session.load != NULL)
		secret_wipe(net->current.data, net->current.len);
	net->current = (struct secret)SECRET_INIT;
}

/* Told, and no more than we send ourselves; else what every server takes. */
static uint64_t
limit_of(const struct message_view *answer, enum message_field field,
    uint64_t usual, uint64_t most)
{
	uint64_t told = message_find_number(answer, field, 0);

	if (told == 0)
		return usual;
	return told < most ? told : most;
}

int
net_status(struct net *net, struct net_server *out, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	struct net_server server;
	int rc;

	message_init(&request, MESSAGE_NET_STATUS);
	rc = net_ask(net, &request, MESSAGE_NET_SERVER, &answer, err);
	if (rc < 0)
		return rc;
	if (message_find_text(&answer, FIELD_VERSION, server.version,
		sizeof(server.version), err) < 0 ||
	    message_find_text(&answer, FIELD_EXTENSIONS, server.extensions,
		sizeof(server.extensions), err) < 0 ||
	    message_find_text(&answer, FIELD_ORIGIN, server.origin,
		sizeof(server.origin), err) < 0)
		return -EXIT_FAILED;
	server.date = message_find_number(&answer, FIELD_DATE, 0);
	server.limits = (struct net_limits){
	    limit_of(
		&answer, FIELD_REQUEST_SECRETS, USUAL_SECRETS, SECRETS_MAX),
	    limit_of(&answer, FIELD_REQUEST_BYTES, USUAL_REQUEST, REQUEST_MAX),
	    limit_of(&answer, FIELD_VALUE_BYTES, VALUE_MAX, VALUE_MAX),
	};
	*out = server;
	return 0;
}

int
net_ask_limits(struct net *net, struct net_limits *out, struct err *err)
{
	struct net_server server;

	if (net->limits.names == 0) {
		if (net_status(net, &server, err) < 0)
			return -(int)err->status;
		net->limits = server.limits;
	}
	*out = net->limits;
	return 0;
}

bool
net_has_extension(const struct net_server *server, const char *name)
{
	size_t len = strlen(name);
	const char *at = server->extensions;

	while (*at != '\0') {
		size_t word = strcspn(at, " ");

		if (word == len && memcmp(at, name, len) == 0)
			return true;
		at += word;
		at += strspn(at, " ");
	}
	return false;
}

/* A server wants one with every account. It salts nothing of ours. */
static int
make_key_salt(char out[2 * KEY_BYTES + 1], struct err *err)
{
	uint8_t bytes[KEY_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return err_sys(err, EXIT_FAILED, "no random bytes");
	text_hex_encode(out, bytes, sizeof(bytes));
	return 0;
}

int
net_register(struct net *net, const struct net_registration *registration,
    char *user_id, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	char salt[2 * KEY_BYTES + 1];
	int rc;

	message_init(&request, MESSAGE_NET_REGISTER);
	if (make_key_salt(salt, err) < 0)
		return -EXIT_FAILED;
	message_add_text(&request, FIELD_EMAIL, registration->email);
	if (registration->auth_secret != NULL)
		message_add_secret(&request, FIELD_PASSWORD,
		    registration->auth_secret->data,
		    registration->auth_secret->len);
	message_add_text(&request, FIELD_FIRST_NAME, registration->first_name);
	message_add_text(&request, FIELD_LAST_NAME, registration->last_name);
	message_add_text(&request, FIELD_KEY_SALT, salt);
	message_add(
	    &request, FIELD_PUBLIC_KEY, registration->public_key, KEY_BYTES);
	message_add_text(&request, FIELD_WORKSPACE, registration->workspace);
	message_add(
	    &request, FIELD_SEALED_KEY, registration->sealed_key, SEALED_KEY);
	message_add_number(&request, FIELD_KEY_EPOCH, registration->epoch);
	message_add_text(
	    &request, FIELD_SEALED_NAME, registration->sealed_name);
	rc = net_ask(net, &request, MESSAGE_NET_REGISTERED, &answer, err);
	if (rc < 0)
		return rc;
	return message_find_text(&answer, FIELD_USER, user_id, 65, err);
}

static int
read_login(
    const struct message_view *answer, struct net_login *out, struct err *err)
{
	const uint8_t *bytes;
	size_t len;

	if (message_find_text(answer, FIELD_USER, out->user_id,
		sizeof(out->user_id), err) < 0 ||
	    message_find_text(answer, FIELD_FIRST_NAME, out->first_name,
		sizeof(out->first_name), err) < 0 ||
	    message_find_text(answer, FIELD_LAST_NAME, out->last_name,
		sizeof(out->last_name), err) < 0)
		return -EXIT_FAILED;
	out->has_public_key =
	    message_find(answer, FIELD_PUBLIC_KEY, &bytes, &len);
	if (out->has_public_key)
		memcpy(out->public_key, bytes, KEY_BYTES);
	message_find(answer, FIELD_SESSION, &bytes, &len);
	out->session.data = arena_copy(bytes, len, err);
	out->session.len = len;
	if (out->session.data == NULL)
		return -EXIT_FAILED;
	return net_take_workspaces(answer, &out->workspaces, err);
}

int
net_log_in(struct net *net, const char *email, const struct secret *auth_secret,
    struct net_login *out, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	struct net_login login = {.session = SECRET_INIT};
	int rc;

	message_init(&request, MESSAGE_NET_LOGIN);
	message_add_text(&request, FIELD_EMAIL, email);
	message_add_secret(
	    &request, FIELD_PASSWORD, auth_secret->data, auth_secret->len);
	rc = net_ask(net, &request, MESSAGE_NET_LOGGED_IN, &answer, err);
	if (rc == -EXIT_ACCESS) {
		/* The server never says which of the two it was. */
		err_set(err, EXIT_ACCESS,
		    "wrong password, or no account '%s' at this server", email);
		return err_hint(err,
		    "if both are right, the account was made under another "
		    "address of this server");
	}
	if (rc < 0)
		return rc;
	rc = read_login(&answer, &login, err);
	if (rc < 0)
		return rc;
	net->current = login.session;
	*out = login;
	return 0;
}

int
net_log_out(struct net *net, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;

	message_init(&request, MESSAGE_NET_LOGOUT);
	return net_ask(net, &request, MESSAGE_NET_DONE, &answer, err);
}

static int
read_workspace(const uint8_t *bytes, size_t len, struct net_workspace *out)
{
	struct column columns[WORKSPACE_COLUMNS];
	uint64_t epoch = 1;

	if (record_read(bytes, len, columns, WORKSPACE_COLUMNS) < 0 ||
	    net_column_text(&columns[0], out->id, sizeof(out->id)) < 0 ||
	    !text_is_uuid(out->id) ||
	    net_column_text(&columns[1], out->name, sizeof(out->name)) < 0 ||
	    net_column_text(&columns[2], out->role, sizeof(out->role)) < 0 ||
	    net_column_text(&columns[3], out->type, sizeof(out->type)) < 0 ||
	    (columns[4].len != 0 && columns[4].len != SEALED_KEY) ||
	    (columns[5].len != 0 && column_number(&columns[5], &epoch) < 0) ||
	    epoch == 0 || epoch > UINT32_MAX ||
	    net_column_text(
		&columns[6], out->sealed_name, sizeof(out->sealed_name)) < 0)
		return -1;
	out->has_key = columns[4].len != 0;
	if (out->has_key)
		memcpy(out->sealed_key, columns[4].bytes, SEALED_KEY);
	out->epoch = (uint32_t)epoch;
	return 0;
}

/* How often the field stands in the answer. */
static size_t
count(const struct message_view *answer, enum message_field field)
{
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;
	size_t n = 0;

	while (message_next(answer, field, &cursor, &bytes, &len))
		n++;
	return n;
}

int
net_take_workspaces(const struct message_view *answer,
    struct net_workspaces *out, struct err *err)
{
	size_t n = count(answer, FIELD_WORKSPACE_RECORD);
	struct net_workspaces taken = {calloc(n + 1, sizeof(*taken.items)), 0};
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;

	if (taken.items == NULL)
		return err_memory(err);
	while (message_next(
	    answer, FIELD_WORKSPACE_RECORD, &cursor, &bytes, &len)) {
		if (read_workspace(bytes, len, &taken.items[taken.n++]) < 0) {
			net_workspaces_release(&taken);
			return net_nonsense("a workspace", err);
		}
	}
	*out = taken;
	return 0;
}

int
net_workspaces(struct net *net, struct net_workspaces *out, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;
	int rc;

	message_init(&request, MESSAGE_NET_WORKSPACES);
	rc = net_ask(net, &request, MESSAGE_NET_WORKSPACE_LIST, &answer, err);
	return rc < 0 ? rc : net_take_workspaces(&answer, out, err);
}

static int
read_project(const uint8_t *bytes, size_t len, struct net_project *out)
{
	struct column columns[PROJECT_COLUMNS];

	if (record_read(bytes, len, columns, PROJECT_COLUMNS) < 0 ||
	    net_column_text(&columns[0], out->id, sizeof(out->id)) < 0 ||
	    !text_is_uuid(out->id) ||
	    net_column_text(
		&columns[1], out->workspace, sizeof(out->workspace)) < 0 ||
	    !text_is_uuid(out->workspace) ||
	    net_column_text(&columns[2], out->name, sizeof(out->name)) < 0 ||
	    net_column_text(
		&columns[3], out->description, sizeof(out->description)) < 0)
		return -1;
	return 0;
}

int
net_projects(struct net *net, struct net_projects *out, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct net_projects taken = {NULL, 0};
	struct message_view answer;
	const uint8_t *bytes;
	size_t cursor = 0;
	size_t len;
	int rc;

	message_init(&request, MESSAGE_NET_PROJECTS);
	rc = net_ask(net, &request, MESSAGE_NET_PROJECT_LIST, &answer, err);
	if (rc < 0)
		return rc;
	taken.items = calloc(
	    count(&answer, FIELD_PROJECT_RECORD) + 1, sizeof(*taken.items));
	if (taken.items == NULL)
		return err_memory(err);
	while (message_next(
	    &answer, FIELD_PROJECT_RECORD, &cursor, &bytes, &len)) {
		if (read_project(bytes, len, &taken.items[taken.n++]) < 0) {
			net_projects_release(&taken);
			return net_nonsense("a project", err);
		}
	}
	*out = taken;
	return 0;
}

int
net_project_create(struct net *net, const char *id, const char *workspace,
    const char *name, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;

	message_init(&request, MESSAGE_NET_PROJECT_CREATE);
	message_add_text(&request, FIELD_PROJECT, id);
	message_add_text(&request, FIELD_WORKSPACE, workspace);
	message_add_text(&request, FIELD_PROJECT_NAME, name);
	return net_ask(net, &request, MESSAGE_NET_DONE, &answer, err);
}

int
net_project_update(struct net *net, const struct net_project *project,
    const char *name, const char *description, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;

	message_init(&request, MESSAGE_NET_PROJECT_UPDATE);
	message_add_text(&request, FIELD_PROJECT, project->id);
	message_add_text(&request, FIELD_WORKSPACE, project->workspace);
	message_add_text(&request, FIELD_PROJECT_NAME, project->name);
	if (name != NULL)
		message_add_text(&request, FIELD_NEW_NAME, name);
	if (description != NULL)
		message_add_text(&request, FIELD_DESCRIPTION, description);
	return net_ask(net, &request, MESSAGE_NET_DONE, &answer, err);
}

int
net_project_delete(
    struct net *net, const struct net_project *project, struct err *err)
{
	AUTO_MESSAGE struct message request;
	struct message_view answer;

	message_init(&request, MESSAGE_NET_PROJECT_DELETE);
	message_add_text(&request, FIELD_WORKSPACE, project->workspace);
	message_add_text(&request, FIELD_PROJECT_NAME, project->name);
	return net_ask(net, &request, MESSAGE_NET_DONE, &answer, err);
}

void
net_workspaces_release(struct net_workspaces *workspaces)
{
	free(workspaces->items);
	*workspaces = (struct net_workspaces){NULL, 0};
}

void
net_projects_release(struct net_projects *projects)
{
	free(projects->items);
	*projects = (struct net_projects){NULL, 0};
}
