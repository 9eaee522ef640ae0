#include "config.h"

#include <agentsecrets/audit.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <agentsecrets/fd.h>
#include <agentsecrets/json.h>
#include <agentsecrets/text.h>

#include "plain_file.h"

/* As every line of ours begins; inside a text the quotes would be escaped. */
static const char beginning[] = "{\"timestamp\":\"";

bool
audit_time_is_sound(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00Z";

	if (strlen(text) != AUDIT_TIME)
		return false;
	for (size_t i = 0; i < AUDIT_TIME; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';

		if (form[i] == '0' ? !is_digit : text[i] != form[i])
			return false;
	}
	return strncmp(text + 5, "01", 2) >= 0 &&
	    strncmp(text + 5, "12", 2) <= 0 &&
	    strncmp(text + 8, "01", 2) >= 0 &&
	    strncmp(text + 8, "31", 2) <= 0 && text[11] <= '2' &&
	    strncmp(text + 11, "23", 2) <= 0 && text[14] <= '5' &&
	    text[17] <= '6';
}

static const char *
text_or_nothing(const cJSON *json, const char *key)
{
	const char *text = json_get_text(json, key);

	return text != NULL ? text : "";
}

static bool
names_are_texts(const cJSON *names)
{
	const cJSON *name;

	cJSON_ArrayForEach(name, names) {
		if (!cJSON_IsString(name))
			return false;
	}
	return names == NULL || cJSON_IsArray(names);
}

/* @return whether the document has what an entry must have */
static bool
fill(struct audit_entry *entry, const cJSON *json)
{
	entry->timestamp = text_or_nothing(json, "timestamp");
	entry->event = text_or_nothing(json, "event");
	entry->project = text_or_nothing(json, "project");
	entry->project_id = text_or_nothing(json, "project_id");
	entry->environment = text_or_nothing(json, "environment");
	entry->command = text_or_nothing(json, "command");
	entry->names = json_get(json, "secret_keys");
	entry->pid = 0;
	return json_get_u64(json, "pid", &entry->pid) >= 0 &&
	    audit_time_is_sound(entry->timestamp) && entry->event[0] != '\0' &&
	    names_are_texts(entry->names);
}

/* The last beginning in the line that is not at its own, or NULL. */
static const char *
later_beginning(const char *line)
{
	const char *found = NULL;

	while (*line != '\0' && (line = strstr(line + 1, beginning)) != NULL)
		found = line;
	return found;
}

/* @return whether it was an entry, `rc` then being the visitor's word */
static bool
visit_text(const char *text, size_t len, struct audit_entry *entry,
    audit_visitor *visit, void *context, int *rc, struct err *err)
{
	AUTO_JSON cJSON *json = NULL;

	if (json_parse(&json, text, len, "the line", NULL) < 0 ||
	    !cJSON_IsObject(json) || !fill(entry, json))
		return false;
	entry->text = text;
	entry->len = len;
	*rc = visit(context, entry, err);
	return true;
}

static int
visit_line(const char *line, size_t len, struct audit_count *count,
    audit_visitor *visit, void *context, struct err *err)
{
	struct audit_entry entry = {.number = ++count->lines};
	const char *later;
	int rc = 0;

	/* Without its end it is still being written, or was never. */
	if (line[len - 1] == '\n' &&
	    visit_text(line, len - 1, &entry, visit, context, &rc, err))
		return rc;
	count->damaged++;
	later = later_beginning(line);
	if (later != NULL && line[len - 1] == '\n')
		visit_text(later, (size_t)(line + len - 1 - later), &entry,
		    visit, context, &rc, err);
	return rc;
}

static void
close_stream(FILE **stream)
{
	if (*stream != NULL)
		fclose(*stream);
}

static void
free_line(char **line)
{
	free(*line);
}

int
audit_read(const struct home *home, audit_visitor *visit, void *context,
    struct audit_count *count, struct err *err)
{
	__attribute__((cleanup(close_stream))) FILE *stream = NULL;
	__attribute__((cleanup(free_line))) char *line = NULL;
	AUTO_FD int fd = -1;
	char shown[PATH_MAX];
	size_t room = 0;
	size_t len;
	ssize_t n;
	int rc;

	*count = (struct audit_count){0, 0};
	if (home->fd < 0)
		return 0;
	snprintf(shown, sizeof(shown), "%s/audit.log", home->path);
	rc = plain_open_read(
	    &fd, &len, home->fd, "audit.log", OWNER_ME, SSIZE_MAX, shown, err);
	if (rc <= 0)
		return rc;
	stream = fdopen(fd, "re");
	if (stream == NULL)
		return err_sys(err, EXIT_FAILED, "cannot read '%s'", shown);
	fd = -1; /* the stream's */
	while ((n = getline(&line, &room, stream)) > 0) {
		rc = visit_line(line, (size_t)n, count, visit, context, err);
		if (rc != 0)
			return rc;
	}
	if (ferror(stream))
		return err_sys(err, EXIT_FAILED, "cannot read '%s'", shown);
	return 0;
}
