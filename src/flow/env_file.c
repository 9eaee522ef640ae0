#include "config.h"

#include "env_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

/* Of the same secret in the order of the file. */
static int
compare_names(const void *a, const void *b)
{
	const struct env_name *left = a;
	const struct env_name *right = b;
	int order = strcmp(left->stored, right->stored);

	return order != 0 ? order
			  : (left->entry->line > right->entry->line) -
		(left->entry->line < right->entry->line);
}

/* A file has the names that commands see, or such that become them. */
static int
name_entries(struct env_file *file, struct place *place, struct err *err)
{
	file->names = calloc(file->entries.n + 1, sizeof(*file->names));
	if (file->names == NULL)
		return err_memory(err);
	for (size_t i = 0; i < file->entries.n; i++) {
		const struct dotenv_entry *entry = &file->entries.items[i];
		struct env_name *name = &file->names[i];
		const char *stored =
		    project_file_map_stored(&place->file, entry->name);

		name->entry = entry;
		if (stored != NULL)
			snprintf(
			    name->stored, sizeof(name->stored), "%s", stored);
		else if (name_to_stored(name->stored, entry->name,
			     strlen(entry->name), err) < 0)
			return err_prefix(err, "%s:%zu:%zu", file->path,
			    entry->line, entry->column);
	}
	qsort(
	    file->names, file->entries.n, sizeof(*file->names), compare_names);
	return 0;
}

int
env_file_read(struct env_file *file, const char *path, struct place *place,
    struct err *err)
{
	char what[4200];
	struct stat st;
	AUTO_FD int fd = -1;

	if (text_copy(file->path, sizeof(file->path), path, strlen(path)) < 0)
		return err_set(
		    err, EXIT_FAILED, "the path of a .env file is too long");
	snprintf(what, sizeof(what), "'%s'", path);
	/* A FIFO must not make us wait, nor a terminal become ours. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "cannot read '%.*s'",
		    text_before_equals(path), path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, EXIT_FAILED, "%s is no regular file", what);
	if (arena_read(fd, &file->text, DOTENV_MAX, what, err) < 0 ||
	    dotenv_parse(&file->entries, &file->text, path, err) < 0 ||
	    name_entries(file, place, err) < 0)
		return -(int)err->status;
	file->exists = true;
	return 1;
}

int
env_file_path(
    char *out, size_t out_len, const struct place *place, struct err *err)
{
	int n;

	if (place->file.directory == NULL)
		return err_set(err, EXIT_USAGE,
		    "storage mode 2 needs the project's directory");
	n = snprintf(out, out_len, "%s/.env.%s", place->file.directory,
	    place->environment);
	return n > 0 && (size_t)n < out_len
	    ? 0
	    : err_set(err, EXIT_FAILED, "the path '%s' is too long",
		  place->file.directory);
}

const struct env_name *
env_file_spellings(const struct env_file *file, const char *stored, size_t *n)
{
	size_t low = 0;
	size_t high = file->entries.n;

	*n = 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(file->names[middle].stored, stored) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + *n < file->entries.n &&
	    text_equal(file->names[low + *n].stored, stored))
		(*n)++;
	return *n > 0 ? &file->names[low] : NULL;
}

const struct dotenv_entry *
env_file_find(
    const struct env_file *file, const char *stored, const char *outer)
{
	size_t n;
	const struct env_name *found = env_file_spellings(file, stored, &n);

	for (size_t i = 0; i < n; i++) {
		if (text_equal(found[i].entry->name, outer))
			return found[i].entry;
	}
	return n > 0 ? found[n - 1].entry : NULL;
}

void
env_file_entry(const struct env_file *file, struct dotenv_entry *entries,
    size_t *n, const char *stored, const char *outer,
    const struct secret *value)
{
	struct dotenv_entry *entry = &entries[(*n)++];
	size_t spellings;
	const struct env_name *found =
	    env_file_spellings(file, stored, &spellings);

	*entry = (struct dotenv_entry){
	    .value = *value, .removed = value->data == NULL};
	snprintf(entry->name, sizeof(entry->name), "%s", outer);
	for (size_t i = 0; i < spellings; i++) {
		if (text_equal(found[i].entry->name, outer))
			continue;
		entry = &entries[(*n)++];
		*entry = (struct dotenv_entry){.removed = true};
		memcpy(entry->name, found[i].entry->name, sizeof(entry->name));
	}
}

int
env_file_write(const struct env_file *file, const struct dotenv_entry *entries,
    size_t n, struct err *err)
{
	struct secret text = SECRET_INIT;

	if (dotenv_update(&text, &file->text, entries, n, file->path, err) < 0)
		return -(int)err->status;
	if (file->exists && text.len == file->text.len &&
	    (text.len == 0 ||
		memcmp(text.data, file->text.data, text.len) == 0))
		return 0;
	return file_write(file->path, text.data, text.len, 0600, true, err);
}

/* What .gitignore says of an environment's file: this very line. */
static int
read_ignored(struct buf *text, bool *found, const struct place *place,
    const char *environment, struct err *err)
{
	char path[4096];
	char line[32];
	AUTO_FD int fd = -1;
	const char *p;

	*found = false;
	snprintf(path, sizeof(path), "%s/.gitignore", place->file.directory);
	snprintf(line, sizeof(line), ".env.%s", environment);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "cannot read '%s'", path);
	if (fd_read_all(fd, text, SMALL_FILE_MAX, "'.gitignore'", err) < 0)
		return -EXIT_FAILED;
	for (p = buf_text_view(text); p != NULL && *p != '\0';
	     p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1 : NULL) {
		size_t len = strcspn(p, "\r\n");

		if (len == strlen(line) && strncmp(p, line, len) == 0)
			*found = true;
	}
	return 0;
}

bool
env_file_is_ignored(const struct place *place, const char *environment)
{
	AUTO_BUF struct buf text = BUF_INIT;
	bool found;

	return read_ignored(&text, &found, place, environment, NULL) == 0 &&
	    found;
}

int
env_file_ignore(
    const struct place *place, const char *environment, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	char path[4096];
	bool found;

	if (read_ignored(&text, &found, place, environment, err) < 0)
		return -(int)err->status;
	if (found)
		return 0;
	if ((text.len > 0 && text.data[text.len - 1] != '\n' &&
		buf_append_text(&text, "\n") < 0) ||
	    buf_printf(&text, ".env.%s\n", environment) < 0)
		return err_memory(err);
	snprintf(path, sizeof(path), "%s/.gitignore", place->file.directory);
	return file_write(path, text.data, text.len, 0644, true, err);
}

void
env_file_release(struct env_file *file)
{
	free(file->names);
	dotenv_release(&file->entries);
}
