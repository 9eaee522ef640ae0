#include "config.h"

#include <agentsecrets/project_file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

#include "json_file.h"
#include "plain_file.h"
#include "project_map.h"
#include "project_rules.h"
#include "replace.h"

static const char file_name[] = "project.json";
static const char sub_directory[] = ".agentsecrets";

/* What is known of a directory by statx(2). */
struct spot {
	unsigned major;
	unsigned minor;
	uint64_t inode;
	bool mount; /* something is mounted right here */
	bool there;
};

void
project_file_release(struct project_file *file)
{
	free(file->directory);
	project_map_end(file);
	free(file->map);
	json_release(&file->document);
	*file = (struct project_file)PROJECT_FILE_INIT;
}

static struct spot
look_at(const char *path)
{
	struct spot spot = {.there = false};
	struct statx st;

	if (path == NULL || statx(AT_FDCWD, path, 0, STATX_INO, &st) < 0)
		return spot;
	spot.major = st.stx_dev_major;
	spot.minor = st.stx_dev_minor;
	spot.inode = st.stx_ino;
	spot.mount = (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	spot.there = true;
	return spot;
}

static bool
is_same(const struct spot *a, const struct spot *b)
{
	return a->there && b->there && a->major == b->major &&
	    a->minor == b->minor && a->inode == b->inode;
}

/* A name for people: UTF-8 that moves no cursor. */
static bool
take_label(const cJSON *json, const char *key, char *out)
{
	size_t i = 0;
	size_t len;

	if (!json_take_text(json, key, out, LABEL_MAX + 1))
		return false;
	len = strlen(out);
	while (i < len) {
		uint32_t character;
		size_t n = text_decode(out + i, len - i, &character);

		if (n == 0 || text_is_unprintable(character))
			return false;
		i += n;
	}
	return true;
}

/* @return NULL, or the first member that is malformed */
static const char *
take_members(struct project_file *out, const cJSON *json)
{
	if (!json_take_uuid(json, "project_id", out->project))
		return "project_id";
	if (!json_take_uuid(json, "workspace_id", out->workspace))
		return "workspace_id";
	if (!take_label(json, "project_name", out->project_name))
		return "project_name";
	if (!take_label(json, "workspace_name", out->workspace_name))
		return "workspace_name";
	if (!json_take_environment(json, "environment", out->environment))
		return "environment";
	if (!json_take_mode(json, "storage_mode", &out->storage_mode))
		return "storage_mode";
	return project_rules_fault(json);
}

static void
path_of(char out[PATH_MAX], const char *directory)
{
	/* The root directory alone ends in a slash. */
	snprintf(out, PATH_MAX, "%s/%s/%s",
	    text_equal(directory, "/") ? "" : directory, sub_directory,
	    file_name);
}

/* Read the file of one directory. @return 1; 0 when it is missing; error */
static int
read_one(struct project_file *out, const char *directory, struct err *err)
{
	AUTO_PROJECT_FILE struct project_file local = PROJECT_FILE_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	char path[PATH_MAX];
	char shown[PATH_MAX + 2];
	const char *fault;
	int rc;

	path_of(path, directory);
	rc = plain_read_file(
	    &text, AT_FDCWD, path, OWNER_ME_OR_ROOT, SMALL_FILE_MAX, path, err);
	if (rc <= 0)
		return rc;
	snprintf(shown, sizeof(shown), "'%s'", path);
	rc = json_object_parse(&local.document, &text, shown, err);
	if (rc < 0)
		return rc;
	fault = take_members(&local, local.document);
	if (fault != NULL)
		return err_set(
		    err, EXIT_FAILED, "%s: '%s' is malformed", shown, fault);
	local.directory = strdup(directory);
	if (local.directory == NULL)
		return err_memory(err);
	rc = project_rules_fill(&local, err);
	if (rc < 0)
		return rc;
	project_file_release(out);
	*out = local;
	local = (struct project_file)PROJECT_FILE_INIT;
	return 1;
}

/* @param out  PATH_MAX bytes */
static int
real_directory(char *out, const char *directory, struct err *err)
{
	if (directory == NULL && getcwd(out, PATH_MAX) == NULL)
		return err_sys(
		    err, EXIT_FAILED, "cannot find the working directory");
	if (directory != NULL && realpath(directory, out) == NULL)
		return err_sys(
		    err, EXIT_FAILED, "cannot resolve '%s'", directory);
	if (strlen(out) + sizeof(sub_directory) + sizeof(file_name) + 2 >
	    PATH_MAX)
		return err_set(err, EXIT_FAILED,
		    "cannot use '%s': the path is too long", out);
	return 0;
}

/* Cut the last component off. @return whether there was one */
static bool
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || path[1] == '\0')
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

int
project_file_find(struct project_file *out, const char *start, struct err *err)
{
	const struct spot user = look_at(getenv("HOME"));
	char path[PATH_MAX];
	int rc = real_directory(path, start, err);

	if (rc < 0)
		return rc;
	for (;;) {
		struct spot here = look_at(path);

		if (is_same(&here, &user))
			return 0;
		rc = read_one(out, path, err);
		if (rc != 0)
			return rc;
		if (here.mount || !go_up(path))
			return 0;
	}
}

int
project_file_open(
    struct project_file *out, const char *directory, struct err *err)
{
	const struct spot user = look_at(getenv("HOME"));
	AUTO_PROJECT_FILE struct project_file local = PROJECT_FILE_INIT;
	char path[PATH_MAX];
	struct spot here;
	int rc = real_directory(path, directory, err);

	if (rc < 0)
		return rc;
	here = look_at(path);
	if (is_same(&here, &user))
		return err_set(err, EXIT_FAILED,
		    "cannot bind '%s': the home directory itself is never "
		    "searched",
		    path);
	rc = read_one(out, path, err);
	if (rc != 0)
		return rc;
	local.directory = strdup(path);
	local.document = cJSON_CreateObject();
	if (local.directory == NULL || local.document == NULL)
		return err_memory(err);
	rc = project_rules_fill(&local, err);
	if (rc < 0)
		return rc;
	project_file_release(out);
	*out = local;
	local = (struct project_file)PROJECT_FILE_INIT;
	return 0;
}

static int
give(cJSON *json, const char *key, const char *text)
{
	return json_put(json, key, cJSON_CreateString(text));
}

/* Members that other clients expect and that we only carry along. */
static int
give_missing(cJSON *json, const char *key)
{
	return json_get(json, key) != NULL ? 0 : give(json, key, "");
}

/* In the order of the other clients; what is there keeps its place. */
static int
give_members(cJSON *json, const struct project_file *file)
{
	if (give(json, "project_id", file->project) < 0 ||
	    give(json, "project_name", file->project_name) < 0 ||
	    give_missing(json, "description") < 0 ||
	    give(json, "environment", file->environment) < 0 ||
	    give(json, "workspace_id", file->workspace) < 0 ||
	    give(json, "workspace_name", file->workspace_name) < 0 ||
	    give_missing(json, "last_pull") < 0 ||
	    give_missing(json, "last_push") < 0)
		return -1;
	if (file->storage_mode == 0 && json_get(json, "storage_mode") == NULL)
		return 0;
	return json_put(
	    json, "storage_mode", cJSON_CreateNumber(file->storage_mode));
}

/* Open DIRECTORY/.agentsecrets, made when it is missing. */
static int
open_directory(const char *path, struct err *err)
{
	int fd = plain_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0 && errno == ENOENT &&
	    (mkdir(path, 0755) == 0 || errno == EEXIST))
		fd = plain_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "cannot write to '%s'", path);
	return fd;
}

static const char *
judge(const cJSON *json)
{
	struct project_file again = PROJECT_FILE_INIT;

	return take_members(&again, json);
}

int
project_file_save(struct project_file *file, struct err *err)
{
	const struct replace_rules rules = {.mode = 0644};
	AUTO_BUF struct buf text = BUF_INIT;
	AUTO_FD int dir = -1;
	char path[PATH_MAX];
	char hash[sizeof(file->rules)];
	int rc;

	if (give_members(file->document, file) < 0 ||
	    project_rules_hash(hash, file->document) < 0)
		return err_memory(err);
	path_of(path, file->directory);
	rc = json_print_judged(&text, file->document, path, judge, err);
	if (rc < 0)
		return rc;
	*strrchr(path, '/') = '\0';
	dir = open_directory(path, err);
	if (dir < 0)
		return dir;
	path_of(path, file->directory);
	rc =
	    replace_file(dir, file_name, text.data, text.len, rules, path, err);
	if (rc < 0)
		return rc;
	memcpy(file->rules, hash, sizeof(hash));
	return 0;
}
