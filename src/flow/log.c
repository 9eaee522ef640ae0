/* log list, show, export: what was started with secrets. Names only. */
#include "config.h"

#include <agentsecrets/flow_log.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <agentsecrets/home.h>
#include <agentsecrets/json.h>
#include <agentsecrets/names.h>
#include <agentsecrets/settings.h>
#include <agentsecrets/text.h>

/* A filter whose texts were understood. */
struct sieve {
	const struct log_filter *filter;
	char since[AUDIT_TIME + 1]; /* "" for any time */
	uint64_t last;		    /* 0: all */
};

static void
entry_release(struct log_entry *entry)
{
	free(entry->event);
	free(entry->project);
	free(entry->project_id);
	free(entry->environment);
	free(entry->command);
	names_release(&entry->names);
}

void
log_entries_release(struct log_entries *entries)
{
	for (size_t i = 0; i < entries->n; i++)
		entry_release(&entries->items[i]);
	free(entries->items);
	*entries = (struct log_entries)LOG_ENTRIES_INIT;
}

/* A duration before now, a day, or a time; UTC. */
static int
parse_since(char out[AUDIT_TIME + 1], const char *text, struct err *err)
{
	uint64_t now = (uint64_t)time(NULL);
	uint64_t seconds;
	char full[AUDIT_TIME + 1];

	if (text_parse_duration(text, &seconds) == 0) {
		audit_time(out, seconds < now ? now - seconds : 0);
		return 0;
	}
	snprintf(full, sizeof(full), "%s%s", text,
	    strlen(text) == strlen("2026-11-24") ? "T00:00:00Z" : "");
	if (strlen(text) <= AUDIT_TIME && audit_time_is_sound(full)) {
		memcpy(out, full, sizeof(full));
		return 0;
	}
	err_set(err, EXIT_USAGE, "'%.*s' is no time", text_before_equals(text),
	    text);
	return err_hint(err,
	    "give how long ago, such as 90m, 12h, 7d, or a day or time in UTC, "
	    "such as 2026-11-24 or 2026-11-24T21:10:08Z");
}

static int
sieve_fill(
    struct sieve *sieve, const struct log_filter *filter, struct err *err)
{
	sieve->filter = filter;
	if (filter->environment != NULL &&
	    !environment_is_known(filter->environment)) {
		err_set(err, EXIT_USAGE, "unknown environment '%.*s'",
		    text_before_equals(filter->environment),
		    filter->environment);
		return err_hint(
		    err, "it is one of development, staging, production");
	}
	if (filter->last != NULL &&
	    (text_parse_u64(filter->last, INT32_MAX, &sieve->last) < 0 ||
		sieve->last == 0))
		return err_set(err, EXIT_USAGE,
		    "'%.*s' is no number of entries",
		    text_before_equals(filter->last), filter->last);
	return filter->since != NULL
	    ? parse_since(sieve->since, filter->since, err)
	    : 0;
}

static bool
passes(const struct sieve *sieve, const struct audit_entry *entry)
{
	const struct log_filter *filter = sieve->filter;

	if (filter->project != NULL &&
	    !text_equal(entry->project, filter->project) &&
	    !text_equal(entry->project_id, filter->project))
		return false;
	if (filter->environment != NULL &&
	    !text_equal(entry->environment, filter->environment))
		return false;
	return strcmp(entry->timestamp, sieve->since) >= 0;
}

/* ---- list and show ----------------------------------------------------- */

/* What the visitor of a list works on. */
struct listing {
	struct sieve sieve;
	struct log_entries *entries;
	uint64_t wanted; /* line of `show`; 0: any */
};

static int
copy_names(struct names *out, const cJSON *names)
{
	const cJSON *name;

	cJSON_ArrayForEach(name, names) {
		if (names_add(out, name->valuestring) < 0)
			return -1;
	}
	return 0;
}

static int
append(struct log_entries *entries, const struct audit_entry *entry)
{
	struct log_entry *item;

	if (entries->n == entries->room) {
		size_t room = entries->room > 0 ? 2 * entries->room : 16;
		struct log_entry *grown =
		    reallocarray(entries->items, room, sizeof(*grown));

		if (grown == NULL)
			return -1;
		entries->items = grown;
		entries->room = room;
	}
	item = &entries->items[entries->n++];
	*item = (struct log_entry){
	    .number = entry->number,
	    .pid = entry->pid,
	    .event = strdup(entry->event),
	    .project = strdup(entry->project),
	    .project_id = strdup(entry->project_id),
	    .environment = strdup(entry->environment),
	    .command = strdup(entry->command),
	};
	memcpy(item->timestamp, entry->timestamp, sizeof(item->timestamp));
	if (item->event == NULL || item->project == NULL ||
	    item->project_id == NULL || item->environment == NULL ||
	    item->command == NULL || copy_names(&item->names, entry->names) < 0)
		return -1;
	return 0;
}

/* Only the newest are kept: the older ones go in turn, not one by one. */
static void
drop_oldest(struct log_entries *entries, uint64_t last, bool at_end)
{
	size_t surplus =
	    last > 0 && entries->n > last ? entries->n - (size_t)last : 0;

	if (surplus == 0 || (!at_end && surplus < last + 64))
		return;
	for (size_t i = 0; i < surplus; i++)
		entry_release(&entries->items[i]);
	entries->n -= surplus;
	memmove(entries->items, entries->items + surplus,
	    entries->n * sizeof(*entries->items));
}

static int
list_one(void *context, const struct audit_entry *entry, struct err *err)
{
	struct listing *listing = context;

	if ((listing->wanted != 0 && entry->number != listing->wanted) ||
	    !passes(&listing->sieve, entry))
		return 0;
	if (append(listing->entries, entry) < 0)
		return err_memory(err);
	drop_oldest(listing->entries, listing->sieve.last, false);
	return 0;
}

static int
open_log(struct home *home, bool *audit_is_off, struct err *err)
{
	AUTO_SETTINGS struct settings settings = {.allow_names = NULL};
	int rc = home_open(home, false, err);

	if (rc > 0)
		rc = settings_load(&settings, home, err);
	if (rc >= 0 && audit_is_off != NULL)
		*audit_is_off = settings.audit == AUDIT_OFF;
	return rc < 0 ? rc : 0;
}

int
log_list_run(const struct log_filter *filter, struct log_entries *entries,
    struct err *err)
{
	AUTO_HOME struct home home = HOME_INIT;
	struct listing listing = {.entries = entries};
	struct audit_count count;

	if (sieve_fill(&listing.sieve, filter, err) < 0 ||
	    open_log(&home, &entries->audit_is_off, err) < 0 ||
	    audit_read(&home, list_one, &listing, &count, err) < 0)
		return -(int)err->status;
	drop_oldest(entries, listing.sieve.last, true);
	entries->damaged = count.damaged;
	return 0;
}

static int
not_there(const char *number, const struct audit_count *count, struct err *err)
{
	if (number == NULL || count->lines == 0)
		return err_set(
		    err, EXIT_FAILED, "nothing was started with secrets yet");
	err_set(err, EXIT_FAILED, "audit.log has no entry %s", number);
	return err_hint(
	    err, "'agentsecrets log list' shows the number of each");
}

int
log_show_run(const char *number, struct log_entries *entries, struct err *err)
{
	const struct log_filter newest = {.last = "1"};
	const struct log_filter all = {.last = NULL};
	AUTO_HOME struct home home = HOME_INIT;
	struct listing listing = {.entries = entries};
	struct audit_count count;

	if (number != NULL &&
	    (text_parse_u64(number, UINT64_MAX, &listing.wanted) < 0 ||
		listing.wanted == 0))
		return err_set(err, EXIT_USAGE,
		    "'%.*s' is no number of an entry",
		    text_before_equals(number), number);
	if (sieve_fill(&listing.sieve, number == NULL ? &newest : &all, err) <
		0 ||
	    open_log(&home, NULL, err) < 0 ||
	    audit_read(&home, list_one, &listing, &count, err) < 0)
		return -(int)err->status;
	drop_oldest(entries, listing.sieve.last, true);
	return entries->n == 1 ? 0 : not_there(number, &count, err);
}

/* ---- export ------------------------------------------------------------ */

/* What the visitor of an export works on: the text, and where lines begin. */
struct exporting {
	struct sieve sieve;
	struct buf *text;
	size_t *starts;
	size_t n;
	size_t room;
};

static int
export_one(void *context, const struct audit_entry *entry, struct err *err)
{
	struct exporting *exporting = context;

	if (!passes(&exporting->sieve, entry))
		return 0;
	if (exporting->n == exporting->room) {
		size_t room = 2 * exporting->room + 64;
		size_t *grown =
		    reallocarray(exporting->starts, room, sizeof(*grown));

		if (grown == NULL)
			return err_memory(err);
		exporting->starts = grown;
		exporting->room = room;
	}
	exporting->starts[exporting->n++] = exporting->text->len;
	if (json_print_printable(exporting->text, entry->text, entry->len) <
		0 ||
	    buf_append_text(exporting->text, "\n") < 0)
		return err_memory(err);
	return 0;
}

/* Leave the last ones in the text. */
static void
keep_last(struct exporting *exporting)
{
	struct buf *text = exporting->text;
	size_t last = (size_t)exporting->sieve.last;
	size_t from;

	if (last == 0 || exporting->n <= last)
		return;
	from = exporting->starts[exporting->n - last];
	text->len -= from;
	memmove(text->data, text->data + from, text->len + 1);
	exporting->n = last;
}

int
log_export_run(const struct log_filter *filter, const char *file, bool force,
    struct log_export *result, struct err *err)
{
	AUTO_HOME struct home home = HOME_INIT;
	struct exporting exporting = {.text = &result->text};
	struct audit_count count;
	bool printed = text_equal(file, "-");
	int rc = sieve_fill(&exporting.sieve, filter, err);

	if (rc == 0 && !printed && !force)
		rc = file_check_new(file, err);
	if (rc == 0)
		rc = open_log(&home, NULL, err);
	if (rc == 0)
		rc = audit_read(&home, export_one, &exporting, &count, err);
	if (rc == 0) {
		keep_last(&exporting);
		result->entries = exporting.n;
		result->damaged = count.damaged;
	}
	free(exporting.starts);
	if (rc < 0 || printed)
		return rc;
	return file_write(
	    file, result->text.data, result->text.len, 0600, force, err);
}
