#include "config.h"

#include "homes.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/flow_project.h>

#include "doubles.h"
#include "src/flow/place.h"

#define EMAIL "model@example.com"

extern char **environ;

static char top[PATH_MAX - 64];
static char url[64];
static pid_t server_pid;
static int limit;
static char home_paths[HOMES_N][PATH_MAX];
static char directories[SEATS_N][PATH_MAX];
static char password_file[PATH_MAX];
static char kit_file[PATH_MAX];
static char project_id[UUID_TEXT + 1];
static unsigned projects_n;

/* The whole environment; AGENTSECRETS_HOME is changed in place. */
static char home_variable[PATH_MAX + 32];
static char user_variable[PATH_MAX + 32];
static char path_variable[] = "PATH=/usr/bin:/bin";
static char *variables[] = {home_variable, user_variable, path_variable, NULL};

static struct caller caller;

static bool
nobody_is_there(void)
{
	return false;
}

static void
drop_notice(const char *text)
{
	(void)text;
}

static const struct asker nobody = {.is_there = nobody_is_there};

int
homes_failed(const char *what, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	return -1;
}

const char *
homes_path(int home)
{
	return home_paths[home];
}

const char *
homes_directory(enum seat seat)
{
	return directories[seat];
}

const char *
homes_project(void)
{
	return project_id;
}

const char *
homes_environment(int environment)
{
	return environment_names[environment];
}

const struct caller *
homes_caller(void)
{
	return &caller;
}

void
homes_enter(enum seat seat, int environment)
{
	int home = seat_home(seat);

	snprintf(home_variable, sizeof(home_variable), "AGENTSECRETS_HOME=%s",
	    home_paths[home]);
	environ = variables;
	if (chdir(directories[seat]) < 0)
		perror(directories[seat]);
	doubles_enter(home);
	caller = (struct caller){.ask = &nobody,
	    .notice = drop_notice,
	    .password_file = password_file,
	    .environment = homes_environment(environment)};
}

bool
homes_split(void)
{
	return limit > 0;
}

int
homes_warm(void)
{
	struct project_items list = {NULL, 0};
	struct err err;

	if (doubles_have_helper())
		return 0;
	if (project_list_run(&caller, &list, &err) < 0)
		return homes_failed("a helper", &err);
	free(list.items);
	return 0;
}

/* ---- the server -------------------------------------------------------- */

static void
run_server(const char *server, int log)
{
	char database[PATH_MAX + 16];
	char keys[PATH_MAX];
	char number[16];
	const char *const argv[] = {"agentsecrets-server", "--listen",
	    "127.0.0.1:0", "--db", database, "--keys", keys,
	    "--open-registration", "--secrets-per-request", number, NULL};

	snprintf(database, sizeof(database), "sqlite:%s/server/data", top);
	snprintf(keys, sizeof(keys), "%s/server/keys", top);
	snprintf(number, sizeof(number), "%d", limit > 0 ? limit : SECRETS_MAX);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(log, STDERR_FILENO);
	/* execv(3) changes none of them. */
	execv(server, (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* It says where it listens in its first line. */
static int
start_server(const char *server)
{
	char line[256] = "";
	const char *at;
	int out[2];
	ssize_t n;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	server_pid = fork();
	if (server_pid == 0)
		run_server(server, out[1]);
	close(out[1]);
	n = read(out[0], line, sizeof(line) - 1);
	/* The other end stays open: it would die of its next line. */
	at = n > 0 ? strstr(line, "127.0.0.1:") : NULL;
	if (at == NULL) {
		fprintf(stderr, "no server: %s\n", line);
		return -1;
	}
	snprintf(url, sizeof(url), "http://%.*s", (int)strcspn(at, "\n "), at);
	return 0;
}

void
homes_close(void)
{
	doubles_stop_helpers(false);
	if (server_pid <= 0)
		return;
	kill(server_pid, SIGTERM);
	waitpid(server_pid, NULL, 0);
	server_pid = 0;
}

/* ---- the machines ------------------------------------------------------ */

static int
write_text(const char *path, const void *text, size_t len)
{
	AUTO_FD int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : fd_write_all(fd, text, len);
}

static int
found_account(struct err *err)
{
	const enum key_store store = KEY_STORE_SEALED;
	const struct init_request request = {
	    .store = &store, .email = EMAIL, .name = "Model Test"};
	struct init_result result = {.server = ""};
	struct secret kit;

	homes_enter(SEAT_VAULT, 0);
	caller.server = url;
	if (init_run(&request, &caller, &result, err) < 0 ||
	    key_export_run(password_file, &caller, &kit, err) < 0)
		return homes_failed("init", err);
	init_result_release(&result);
	return write_text(kit_file, kit.data, kit.len);
}

static int
join_account(enum seat seat, enum key_store store, struct err *err)
{
	struct login_result login = {.server = ""};
	struct key_import_result imported = {.key_number = ""};

	homes_enter(seat, 0);
	caller.server = url;
	if (login_run(EMAIL, &caller, &login, err) < 0 ||
	    key_import_run(
		kit_file, password_file, &store, &caller, &imported, err) < 0)
		return homes_failed("login", err);
	names_release(&login.pending);
	names_release(&imported.pending);
	free(imported.workspaces);
	return 0;
}

/* The second machine keeps .env files. */
static int
choose_files(struct err *err)
{
	AUTO_HOME struct home home = HOME_INIT;
	struct config config;

	homes_enter(SEAT_FILE_A, 0);
	if (home_open(&home, false, err) < 0 ||
	    config_load(&config, &home, err) < 0)
		return homes_failed("config", err);
	config.storage_mode = 2;
	return config_save(&config, &home, err) < 0
	    ? homes_failed("config", err)
	    : 0;
}

static int
set_up(void)
{
	static const char password[] = "8nq0Zt4mWc7rLx2vKf5p";
	struct err err;

	if (write_text(password_file, password, sizeof(password) - 1) < 0)
		return -1;
	return found_account(&err) < 0 ||
		join_account(SEAT_FILE_A, KEY_STORE_SEALED, &err) < 0 ||
		join_account(SEAT_ITEMS, KEY_STORE_KEYCHAIN, &err) < 0 ||
		choose_files(&err) < 0
	    ? -1
	    : 0;
}

static int
make_directories(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/server", top);
	if (mkdir(path, 0700) < 0)
		return -1;
	for (int i = 0; i < HOMES_N; i++) {
		snprintf(
		    home_paths[i], sizeof(home_paths[i]), "%s/home%d", top, i);
		if (mkdir(home_paths[i], 0700) < 0)
			return -1;
	}
	for (int i = 0; i < SEATS_N; i++) {
		snprintf(directories[i], sizeof(directories[i]), "%s/seat%d",
		    top, i);
		if (mkdir(directories[i], 0700) < 0)
			return -1;
	}
	return 0;
}

int
homes_open(const char *directory, const char *server, int secrets)
{
	int status = -1;
	pid_t pid;

	limit = secrets;
	snprintf(top, sizeof(top), "%s", directory);
	snprintf(user_variable, sizeof(user_variable), "HOME=%s", top);
	snprintf(password_file, sizeof(password_file), "%s/password", top);
	snprintf(kit_file, sizeof(kit_file), "%s/kit", top);
	if (make_directories() < 0 || doubles_open() < 0 ||
	    start_server(server) < 0)
		return -1;
	/* In a process of its own: this one has an empty arena then, and so
	 * may fork. */
	pid = fork();
	if (pid == 0)
		_exit(set_up() < 0 ? 1 : 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return -1;
	return 0;
}

/* ---- the project ------------------------------------------------------- */

/* A new directory each time: nothing of the last project is in it. */
static const char *
next_directory(enum seat seat)
{
	snprintf(directories[seat], sizeof(directories[seat]), "%s/seat%d/%u",
	    top, (int)seat, projects_n);
	return directories[seat];
}

void
homes_follow(void)
{
	projects_n = 1;
	for (int seat = 0; seat < SEATS_N; seat++)
		next_directory((enum seat)seat);
}

int
homes_begin(void)
{
	struct project_bound bound;
	struct err err;
	char name[32];

	snprintf(name, sizeof(name), "model-%u", ++projects_n);
	for (int seat = 0; seat < SEATS_N; seat++) {
		AUTO_PLACE struct place place = PLACE_INIT;

		if (mkdir(next_directory((enum seat)seat), 0700) < 0)
			return -1;
		homes_enter((enum seat)seat, 0);
		if ((seat == 0 ? project_create_run(name, &caller, &bound, &err)
			       : project_use_run(name, &caller, &bound, &err)) <
			0 ||
		    place_find(&place, &caller, &err) < 0)
			return homes_failed(name, &err);
		memcpy(project_id, place.project, sizeof(project_id));
	}
	return 0;
}

int
homes_end(void)
{
	struct project_deleted deleted;
	struct err err;

	/* The second checkout is forgotten with the first. */
	for (int seat = SEATS_N - 1; seat >= 0; seat--) {
		if (seat == SEAT_FILE_B)
			continue;
		homes_enter((enum seat)seat, 0);
		if (project_delete_run(
			project_id, true, &caller, &deleted, &err) < 0)
			return homes_failed("project delete", &err);
	}
	doubles_drop_items(project_id);
	return 0;
}
