/*
 * net_probe: drives net_client against a real or a hostile server, a command
 * a word, for the tests of agentsecrets-net.
 *
 *	net_probe SERVER DATA_DIR TOKEN_FILE COMMAND [ARG…] [, COMMAND …]
 *
 * Prints what comes back. An error is "error STATUS: text [hint]" and its
 * status the exit status.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/net_client.h>
#include <agentsecrets/text.h>

static const char *token_file;

static int
load(void *context, struct secret *out, struct err *err)
{
	AUTO_FD int fd = open(token_file, O_RDONLY | O_CLOEXEC);

	(void)context;
	if (fd < 0)
		return errno == ENOENT
		    ? 0
		    : err_sys(err, EXIT_FAILED, "'%s'", token_file);
	return arena_read(fd, out, SESSION_MAX, token_file, err);
}

static int
save(void *context, const struct secret *session, struct err *err)
{
	char next[4096];
	AUTO_FD int fd = -1;

	(void)context;
	/* Whole or not at all, as home_write() does: others read it unlocked.
	 */
	snprintf(next, sizeof(next), "%s.next", token_file);
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, session->data, session->len) < 0 ||
	    rename(next, token_file) < 0)
		return err_sys(err, EXIT_FAILED, "'%s'", token_file);
	return 0;
}

static int
lock(void *context, struct err *err)
{
	char path[4096];
	int fd;

	(void)context;
	snprintf(path, sizeof(path), "%s.lock", token_file);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return err_sys(err, EXIT_FAILED, "'%s'", path);
	return fd;
}

static void
print_rows(const char *label, const struct net_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct net_row *row = &rows->items[i];

		printf("%s %s version=%llu%s blob=%.*s\n", label, row->name,
		    (unsigned long long)row->version,
		    row->deleted ? " deleted" : "", (int)row->blob_len,
		    row->blob != NULL ? (const char *)row->blob : "");
	}
}

static void
print_workspaces(const struct net_workspaces *workspaces)
{
	for (size_t i = 0; i < workspaces->n; i++) {
		const struct net_workspace *item = &workspaces->items[i];

		printf("workspace %s %s %s key=%d epoch=%u sealed_name=%s\n",
		    item->id, item->role, item->type, item->has_key,
		    item->epoch, item->sealed_name);
	}
}

static int
run_status(struct net *net, char **args, struct err *err)
{
	struct net_server server;
	int rc = net_status(net, &server, err);

	(void)args;
	if (rc == 0)
		printf("server %s [%s] origin=%s takes=%llu,%llu,%llu\n",
		    server.version, server.extensions, server.origin,
		    (unsigned long long)server.limits.names,
		    (unsigned long long)server.limits.bytes,
		    (unsigned long long)server.limits.value_bytes);
	return rc;
}

/* EMAIL PASSWORD WORKSPACE; the password "-" is none. */
static int
run_register(struct net *net, char **args, struct err *err)
{
	static const uint8_t public_key[KEY_BYTES] = {9};
	static const uint8_t sealed_key[SEALED_KEY] = {1, 2, 3};
	struct secret password = {(uint8_t *)args[1], strlen(args[1])};
	const struct net_registration registration = {
	    .email = args[0],
	    .auth_secret = text_equal(args[1], "-") ? NULL : &password,
	    .first_name = "Ada",
	    .last_name = "Probe",
	    .public_key = public_key,
	    .workspace = args[2],
	    .sealed_key = sealed_key,
	    .epoch = 1,
	    .sealed_name = "Ada's workspace",
	};
	char user_id[65];
	int rc = net_register(net, &registration, user_id, err);

	if (rc == 0)
		printf("registered %s\n",
		    user_id[0] != '\0' ? "with an id" : "without an id");
	return rc;
}

static int
run_login(struct net *net, char **args, struct err *err)
{
	const struct secret password = {(uint8_t *)args[1], strlen(args[1])};
	struct net_login login;
	int rc = net_log_in(net, args[0], &password, &login, err);

	if (rc < 0)
		return rc;
	printf("logged in %s %s key=%d\n", login.first_name, login.last_name,
	    login.has_public_key);
	print_workspaces(&login.workspaces);
	net_workspaces_release(&login.workspaces);
	return save(NULL, &login.session, err);
}

static int
run_logout(struct net *net, char **args, struct err *err)
{
	(void)args;
	return net_log_out(net, err);
}

static int
run_workspaces(struct net *net, char **args, struct err *err)
{
	struct net_workspaces workspaces;
	int rc = net_workspaces(net, &workspaces, err);

	(void)args;
	if (rc == 0) {
		print_workspaces(&workspaces);
		net_workspaces_release(&workspaces);
	}
	return rc;
}

static int
run_projects(struct net *net, char **args, struct err *err)
{
	struct net_projects projects;
	int rc = net_projects(net, &projects, err);

	(void)args;
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < projects.n; i++)
		printf("project %s %s %s\n", projects.items[i].id,
		    projects.items[i].workspace, projects.items[i].name);
	net_projects_release(&projects);
	return 0;
}

static int
run_project(struct net *net, char **args, struct err *err)
{
	return net_project_create(net, args[0], args[1], args[2], err);
}

/* PROJECT WORKSPACE NAME NEW DESCRIPTION */
static int
run_update(struct net *net, char **args, struct err *err)
{
	struct net_project project = {.description = ""};

	snprintf(project.id, sizeof(project.id), "%s", args[0]);
	snprintf(project.workspace, sizeof(project.workspace), "%s", args[1]);
	snprintf(project.name, sizeof(project.name), "%s", args[2]);
	return net_project_update(net, &project, args[3], args[4], err);
}

/* WORKSPACE NAME */
static int
run_drop(struct net *net, char **args, struct err *err)
{
	struct net_project project = {.id = ""};

	snprintf(project.workspace, sizeof(project.workspace), "%s", args[0]);
	snprintf(project.name, sizeof(project.name), "%s", args[1]);
	return net_project_delete(net, &project, err);
}

/* PROJECT REVISION */
static int
run_list(struct net *net, char **args, struct err *err)
{
	struct net_list list;
	int rc = net_secrets(net, args[0], "development",
	    strtoull(args[1], NULL, 10), &list, err);

	if (rc < 0)
		return rc;
	printf("list revision=%llu epoch=%u%s\n",
	    (unsigned long long)list.revision, list.key_epoch,
	    list.unchanged ? " unchanged" : "");
	print_rows("row", &list.rows);
	net_rows_release(&list.rows);
	return 0;
}

/* PROJECT NAME */
static int
run_history(struct net *net, char **args, struct err *err)
{
	struct net_history history;
	int rc =
	    net_history(net, args[0], "development", args[1], &history, err);

	if (rc < 0)
		return rc;
	printf("history epoch=%u\n", history.key_epoch);
	for (size_t i = 0; i < history.rows.n; i++)
		printf("at %llu\n", (unsigned long long)history.written_at[i]);
	print_rows("version", &history.rows);
	net_history_release(&history);
	return 0;
}

static int
write_rows(struct net *net, const char *project, uint32_t epoch,
    const struct net_rows *rows, struct net_rows *written, struct err *err)
{
	struct net_rows conflicts = {NULL, 0, BUF_INIT};
	uint64_t revision = 0;
	int rc = net_write(net, project, "development", epoch, rows, written,
	    &revision, &conflicts, err);

	if (rc == 0)
		printf("written %zu revision=%llu\n", written->n,
		    (unsigned long long)revision);
	print_rows("conflict", &conflicts);
	net_rows_release(&conflicts);
	return rc;
}

/*
 * PROJECT EPOCH NAME BLOB VERSION: "-BLOB" is a tombstone, VERSION "-" is no
 * condition.
 */
static int
run_write(struct net *net, char **args, struct err *err)
{
	struct net_row row = {.deleted = args[3][0] == '-',
	    .has_version = args[4][0] != '-',
	    .version = strtoull(args[4], NULL, 10),
	    .blob = (const uint8_t *)args[3],
	    .blob_len = strlen(args[3])};
	const struct net_rows rows = {&row, 1, BUF_INIT};
	struct net_rows written = {NULL, 0, BUF_INIT};
	int rc;

	snprintf(row.name, sizeof(row.name), "%s", args[2]);
	if (row.deleted) {
		row.blob++;
		row.blob_len--;
	}
	rc = write_rows(net, args[0], (uint32_t)strtoul(args[1], NULL, 10),
	    &rows, &written, err);
	print_rows("wrote", &written);
	net_rows_release(&written);
	return rc;
}

static double
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* PROJECT COUNT: write that many rows of 64 + 28 bytes, list them again. */
static int
run_many(struct net *net, char **args, struct err *err)
{
	static const uint8_t blob[64 + BLOB_OVERHEAD] = {42};
	size_t n = strtoul(args[1], NULL, 10);
	struct net_rows rows = {calloc(n, sizeof(*rows.items)), n, BUF_INIT};
	struct net_rows written = {NULL, 0, BUF_INIT};
	struct net_list list = {.revision = 0};
	double begun = milliseconds();
	double wrote;
	int rc;

	if (rows.items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < n; i++) {
		snprintf(rows.items[i].name, sizeof(rows.items[i].name),
		    "NAME_NUMBER_%zu", i);
		rows.items[i].blob = blob;
		rows.items[i].blob_len = sizeof(blob);
	}
	rc = write_rows(net, args[0], 1, &rows, &written, err);
	wrote = milliseconds();
	if (rc == 0)
		rc = net_secrets(net, args[0], "development", 0, &list, err);
	if (rc == 0)
		printf("many %zu\n", list.rows.n);
	fprintf(stderr, "# wrote %zu in %.0f ms, listed in %.0f ms\n", n,
	    wrote - begun, milliseconds() - wrote);
	net_rows_release(&rows);
	net_rows_release(&written);
	net_rows_release(&list.rows);
	return rc;
}

/* Tell the helper's process id and wait for a line. */
static int
run_pause(struct net *net, char **args, struct err *err)
{
	char line[16];

	(void)args;
	(void)err;
	printf("helper %d\n", net->helper.pid);
	fflush(stdout);
	return read(0, line, sizeof(line)) < 0 ? -EXIT_FAILED : 0;
}

static const struct command {
	const char *name;
	int args;
	int (*run)(struct net *net, char **args, struct err *err);
} commands[] = {
    {"status", 0, run_status},
    {"register", 3, run_register},
    {"login", 2, run_login},
    {"logout", 0, run_logout},
    {"workspaces", 0, run_workspaces},
    {"projects", 0, run_projects},
    {"project", 3, run_project},
    {"update", 5, run_update},
    {"drop", 2, run_drop},
    {"list", 2, run_list},
    {"write", 5, run_write},
    {"history", 2, run_history},
    {"many", 2, run_many},
    {"pause", 0, run_pause},
};

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (text_equal(commands[i].name, name))
			return &commands[i];
	}
	fprintf(stderr, "net_probe: no command '%s'\n", name);
	exit(EXIT_USAGE);
}

static int
run_all(struct net *net, int argc, char **argv, struct err *err)
{
	int rc = 0;

	for (int at = 4; rc == 0 && at < argc; at++) {
		const struct command *command = find(argv[at]);

		if (at + command->args >= argc)
			exit(EXIT_USAGE);
		rc = command->run(net, argv + at + 1, err);
		at += command->args + 1;
		if (at < argc && !text_equal(argv[at], ","))
			exit(EXIT_USAGE);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	static const struct net_session session = {NULL, load, save, lock};
	AUTO_NET struct net net = NET_INIT;
	struct err err;
	int rc;

	if (argc < 5)
		return EXIT_USAGE;
	token_file = argv[3];
	rc = net_start(&net, argv[1],
	    text_equal(argv[1], NET_EMBEDDED) ? argv[2] : NULL,
	    text_equal(argv[1], NET_EMBEDDED) ? NULL : &session, &err);
	if (rc == 0)
		rc = run_all(&net, argc, argv, &err);
	if (rc < 0)
		printf("error %d: %s [%s]\n", -rc, err.text, err.hint);
	net_stop(&net);
	arena_end();
	return -rc;
}
