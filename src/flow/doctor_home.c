/* doctor: the directory, what lies in it, and who holds its locks. */
#include "config.h"

#include "doctor_check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>

enum {
	LEAST_ROOM = 4 << 20, /* bytes: a vault is written as a whole */
	LOCK_TRIES = 10,
	LOCK_MS = 50,
};

/* A file or directory below the home, and what it should be. */
struct entry {
	int dir;
	const char *name;  /* in dir */
	const char *shown; /* from the home */
	bool directory;
};

/* A file system without modes takes chmod(2) and changes nothing. */
static int
set_mode(const struct entry *entry, mode_t mode, struct err *err)
{
	struct stat st;

	if (fchmodat(entry->dir, entry->name, mode, 0) < 0 ||
	    fstatat(entry->dir, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, EXIT_FAILED, "cannot change its mode");
	if ((st.st_mode & 0777) != mode)
		return err_set(err, EXIT_FAILED,
		    "the file system keeps no modes; use another one, or "
		    "AGENTSECRETS_HOME");
	return 0;
}

static void
check_mode(struct doctor *doctor, const struct entry *entry,
    const struct stat *st, const char *path)
{
	mode_t wanted = entry->directory ? 0700 : 0600;
	mode_t mode = st->st_mode & 07777;
	struct err err;

	if ((mode & 022) == 0 && (mode & wanted) == wanted && (mode & 077) == 0)
		return;
	if ((mode & wanted) != wanted)
		doctor_say(doctor, "mode", DOCTOR_PROBLEM,
		    "'%s' is closed to yourself (mode %04o)", path,
		    (unsigned)mode);
	else if ((mode & 022) != 0)
		doctor_say(doctor, "mode", DOCTOR_PROBLEM,
		    "'%s' may be changed by other users (mode %04o), so "
		    "commands refuse it",
		    path, (unsigned)mode);
	else
		/* The server does not start with such keys. */
		doctor_say(doctor, "mode",
		    text_equal(entry->shown, "server/keys") ? DOCTOR_PROBLEM
							    : DOCTOR_WARNING,
		    "'%s' is open to other users (mode %04o)", path,
		    (unsigned)mode);
	doctor_hint_mode(doctor, (unsigned)wanted, path);
	if (!doctor_may_mend(doctor))
		return;
	if (set_mode(entry, wanted, &err) < 0)
		doctor_not_mended(doctor, &err);
	else
		doctor_mended(doctor, "'%s' had mode %04o and has %04o now",
		    path, (unsigned)mode, (unsigned)wanted);
}

/* @return whether it is there, of the right kind, and ours */
static bool
check_entry(struct doctor *doctor, const struct entry *entry)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s%s", doctor->place.home.path,
	    entry->shown[0] != '\0' ? "/" : "", entry->shown);
	if (fstatat(entry->dir, entry->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISLNK(st.st_mode)) {
		doctor_say(doctor, "type", DOCTOR_PROBLEM,
		    "'%s' is a symbolic link, which is never followed", path);
		doctor_hint(doctor, "put what it points to in its place");
		return false;
	}
	if (entry->directory ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode)) {
		doctor_say(doctor, "type", DOCTOR_PROBLEM, "'%s' is no %s",
		    path, entry->directory ? "directory" : "regular file");
		doctor_hint(doctor, "move it away");
		return false;
	}
	if (st.st_uid != geteuid()) {
		doctor_say(doctor, "owner", DOCTOR_PROBLEM,
		    "'%s' belongs to another user (uid %u)", path,
		    (unsigned)st.st_uid);
		if (text_is_plain_word(doctor->place.home.path))
			doctor_hint(doctor, "run 'sudo chown -R %u %s'",
			    (unsigned)geteuid(), doctor->place.home.path);
		else
			doctor_hint(doctor,
			    "give all of the home to yourself (uid %u)",
			    (unsigned)geteuid());
		return false;
	}
	check_mode(doctor, entry, &st, path);
	return true;
}

static void
check_leftover(struct doctor *doctor, const struct entry *entry)
{
	if (!home_leftover(entry->dir, entry->name, false))
		return;
	doctor_say(doctor, "temporary", DOCTOR_NOTE,
	    "'%s/%s' was left by a command that was killed",
	    doctor->place.home.path, entry->shown);
	if (!doctor_may_mend(doctor))
		return;
	if (home_leftover(entry->dir, entry->name, true))
		doctor_mended(doctor,
		    "'%s/%s', left by a killed command, is "
		    "removed",
		    doctor->place.home.path, entry->shown);
}

static bool
is_file_of_ours(const char *name)
{
	static const char *const names[] = {"account.json", "account.pending",
	    "audit.log", "config.json", "lock", "settings.json", "token.json",
	    "token.lock", "trust"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_equal(name, names[i]))
			return true;
	}
	return false;
}

static bool
is_directory_of_ours(const char *name)
{
	return text_equal(name, "vault") || text_equal(name, "server");
}

/*
 * Look at each entry of a directory. What is not ours in the home itself is
 * left alone; below it everything is.
 */
static void
walk(struct doctor *doctor, int dir, const char *below)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *one;

	if (listing == NULL) {
		fd_close(&copy);
		return;
	}
	while ((one = readdir(listing)) != NULL) {
		char shown[PATH_MAX];
		struct entry entry = {dir, one->d_name, shown,
		    below[0] == '\0' && is_directory_of_ours(one->d_name)};
		AUTO_FD int inside = -1;

		if (text_equal(one->d_name, ".") ||
		    text_equal(one->d_name, ".."))
			continue;
		snprintf(shown, sizeof(shown), "%s%s%s", below,
		    below[0] != '\0' ? "/" : "", one->d_name);
		check_leftover(doctor, &entry);
		if (below[0] == '\0' && !entry.directory &&
		    !is_file_of_ours(one->d_name))
			continue;
		if (!check_entry(doctor, &entry) || !entry.directory)
			continue;
		inside = openat(dir, one->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inside >= 0)
			walk(doctor, inside, one->d_name);
	}
	closedir(listing);
}

static void
check_room(struct doctor *doctor)
{
	struct statvfs fs;
	unsigned long long room;

	if (fstatvfs(doctor->place.home.fd, &fs) < 0)
		return;
	room = (unsigned long long)fs.f_bavail * fs.f_frsize;
	if ((fs.f_flag & ST_RDONLY) != 0) {
		doctor->can_write = false;
		doctor_say(doctor, "room", DOCTOR_WARNING,
		    "'%s' cannot be written: its file system is read-only",
		    doctor->place.home.path);
		doctor_hint(doctor,
		    "'env' works; for everything else mount "
		    "it read-write");
	} else if (room < LEAST_ROOM) {
		doctor_say(doctor, "room", DOCTOR_PROBLEM,
		    "the disk under '%s' is full: %llu KiB are left",
		    doctor->place.home.path, room >> 10);
		doctor_hint(doctor, "make room; nothing is half-written");
	} else if (fs.f_files > 0 && fs.f_favail == 0) {
		doctor_say(doctor, "room", DOCTOR_PROBLEM,
		    "the disk under '%s' can hold no more files",
		    doctor->place.home.path);
		doctor_hint(doctor, "remove some");
	} else {
		doctor_say(
		    doctor, "room", DOCTOR_OK, "%llu MiB are left", room >> 20);
	}
}

/* The rest of a line of text that begins with `key`; NULL: there is none. */
static const char *
line_after(const char *text, const char *key)
{
	const char *found = strstr(text, key);

	return found != NULL ? found + strlen(key) : NULL;
}

static int
read_proc(struct buf *out, const char *path)
{
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1
		      : fd_read_all(fd, out, SMALL_FILE_MAX, "'/proc'", NULL);
}

/*
 * Who holds a lock, by /proc/locks (proc(5)): "1: FLOCK ADVISORY WRITE PID
 * MAJOR:MINOR:INODE 0 EOF". @return 0: not to be seen from here
 */
static unsigned
holder(const struct stat *st)
{
	AUTO_BUF struct buf locks = BUF_INIT;
	char inode[32];
	const char *line;

	if (read_proc(&locks, "/proc/locks") < 0)
		return 0;
	snprintf(
	    inode, sizeof(inode), ":%llu ", (unsigned long long)st->st_ino);
	for (line = buf_text_view(&locks); line != NULL && *line != '\0';
	     line = strchr(line, '\n') != NULL ? strchr(line, '\n') + 1
					       : NULL) {
		size_t len = strcspn(line, "\n");
		const char *kind = line_after(line, "WRITE ");
		const char *there = strstr(line, inode);

		if (kind != NULL && kind < line + len && there != NULL &&
		    there < line + len)
			return (unsigned)strtoul(kind, NULL, 10);
	}
	return 0;
}

/* What a process is called, and whether it is stopped (Ctrl-Z). */
static void
describe(char *out, size_t out_len, unsigned pid)
{
	AUTO_BUF struct buf status = BUF_INIT;
	const char *name;
	const char *state;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	if (pid == 0 || read_proc(&status, path) < 0) {
		snprintf(
		    out, out_len, "a process that is not to be seen from here");
		return;
	}
	name = line_after(buf_text_view(&status), "Name:\t");
	state = line_after(buf_text_view(&status), "State:\t");
	snprintf(out, out_len, "%.*s, process %u%s",
	    name != NULL ? (int)strcspn(name, "\n") : 0,
	    name != NULL ? name : "", pid,
	    state != NULL && (*state == 'T' || *state == 't') ? ", which is "
								"stopped"
							      : "");
}

static bool
is_free(int fd)
{
	const struct timespec moment = {.tv_nsec = LOCK_MS * 1000000L};

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
			return true;
		nanosleep(&moment, NULL);
	}
	return false;
}

static void
check_lock(struct doctor *doctor, const char *name)
{
	AUTO_FD int fd = openat(doctor->place.home.fd, name,
	    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
	char who[128];
	struct stat st;
	unsigned pid;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || is_free(fd))
		return;
	doctor->can_write = false;
	pid = holder(&st);
	describe(who, sizeof(who), pid);
	doctor_say(doctor, "lock", DOCTOR_WARNING,
	    "'%s/%s' is held by %s; commands that write wait for it",
	    doctor->place.home.path, name, who);
	if (pid > 0)
		doctor_hint(doctor,
		    "let it finish ('fg' if it was stopped), or end it: "
		    "'kill %u'",
		    pid);
	else
		doctor_hint(doctor, "let it finish, or end it");
}

/* @return whether there is a directory of ours */
static bool
check_directory(struct doctor *doctor)
{
	char *path = NULL;
	struct err err;
	struct entry entry = {AT_FDCWD, NULL, "", true};
	bool sound;

	if (home_path(&path, &err) < 0) {
		doctor_say_err(doctor, "path", DOCTOR_PROBLEM, &err);
		free(path);
		return false;
	}
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		doctor_say(
		    doctor, "path", DOCTOR_NOTE, "there is no '%s' yet", path);
		doctor_hint(doctor,
		    "run 'agentsecrets init' (new) or 'agentsecrets login' "
		    "(you have an account)");
		free(path);
		return false;
	}
	if (access(path, F_OK) < 0) {
		err_sys(&err, EXIT_FAILED, "cannot look at '%s'", path);
		err_hint(&err, "look at the directories above it");
		doctor_say_err(doctor, "path", DOCTOR_PROBLEM, &err);
		free(path);
		return false;
	}
	doctor->place.home.path = path;
	entry.name = path;
	sound = check_entry(doctor, &entry);
	home_release(&doctor->place.home);
	if (!sound)
		return false;
	if (home_look(&doctor->place.home, &err) <= 0) {
		/* A mode that is the reason is a finding already. */
		if (err.sys != EACCES) {
			doctor_say_err(doctor, "path", DOCTOR_PROBLEM, &err);
			doctor_hint(doctor, "look at that directory");
		}
		return false;
	}
	doctor_say(doctor, "path", DOCTOR_OK, "'%s'", doctor->place.home.path);
	return true;
}

void
doctor_home(struct doctor *doctor)
{
	if (!check_directory(doctor))
		return;
	doctor->can_write = true;
	check_room(doctor);
	walk(doctor, doctor->place.home.fd, "");
	check_lock(doctor, "lock");
	check_lock(doctor, "token.lock");
}
