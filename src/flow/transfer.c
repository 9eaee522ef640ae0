/* import and export: secrets as a file that other programs make or read. */
#include "config.h"

#include <agentsecrets/flow_transfer.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/dotenv.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/home.h>
#include <agentsecrets/other_home.h>
#include <agentsecrets/secrets_json.h>
#include <agentsecrets/text.h>

#include "changes.h"
#include "exchange.h"
#include "place.h"

enum format { FORMAT_UNKNOWN, FORMAT_DOTENV, FORMAT_JSON };

static const char *const format_names[] = {"", "dotenv", "json"};

/* What was asked for, or what the file is called. */
static int
choose_format(
    enum format *out, const char *given, const char *file, struct err *err)
{
	size_t len = strlen(file);

	*out = FORMAT_UNKNOWN;
	if (given == NULL) {
		if (len > 5 && text_equal(file + len - 5, ".json"))
			*out = FORMAT_JSON;
		return 0;
	}
	for (int i = FORMAT_DOTENV; i <= FORMAT_JSON; i++) {
		if (text_equal(given, format_names[i]))
			*out = (enum format)i;
	}
	if (*out != FORMAT_UNKNOWN)
		return 0;
	err_set(err, EXIT_USAGE, "unknown format '%.*s'",
	    text_before_equals(given), given);
	return err_hint(err, "it is dotenv or json");
}

/* ---- import ------------------------------------------------------------ */

void
import_result_release(struct import_result *result)
{
	names_release(&result->added);
	names_release(&result->changed);
	names_release(&result->mapped);
}

static int
read_text(
    struct secret *out, const char *file, const char *what, struct err *err)
{
	AUTO_FD int fd = -1;

	if (text_equal(file, "-"))
		return arena_read(STDIN_FILENO, out, DOTENV_MAX, what, err);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, EXIT_FAILED, "cannot read '%.*s'",
		    text_before_equals(file), file);
	return arena_read(fd, out, DOTENV_MAX, what, err);
}

/* No line of a .env file begins with a brace, and every object does. */
static enum format
format_of(const struct secret *text)
{
	size_t i = 0;

	while (i < text->len && strchr(" \t\r\n", text->data[i]) != NULL &&
	    text->data[i] != '\0')
		i++;
	return i < text->len && text->data[i] == '{' ? FORMAT_JSON
						     : FORMAT_DOTENV;
}

/*
 * JSON of a flat object, or the keyring.json of other clients, which has the
 * values of every project that they know.
 */
static int
parse_json(struct dotenv *out, const struct secret *text, const char *what,
    const struct place *place, struct err *err)
{
	int rc = keyring_values(
	    out, text, what, place->project, place->environment, err);

	if (rc == 0)
		return secrets_json_parse(out, text, what, err);
	if (rc < 0 || out->n > 0)
		return rc < 0 ? rc : 0;
	err_set(err, EXIT_FAILED, "'%s' has no values of %s/%s", what,
	    place->project_name, place->environment);
	return err_hint(
	    err, "work in the directory of another project, or give -e");
}

static int
read_entries(struct dotenv *out, const struct import_request *request,
    const char *what, const struct place *place, struct err *err)
{
	struct secret text = SECRET_INIT;
	enum format format;

	if (choose_format(&format, request->format, request->file, err) < 0 ||
	    read_text(&text, request->file, what, err) < 0)
		return -(int)err->status;
	if (format == FORMAT_UNKNOWN)
		format = format_of(&text);
	return format == FORMAT_JSON ? parse_json(out, &text, what, place, err)
				     : dotenv_parse(out, &text, what, err);
}

/* What an import works on. */
struct import {
	struct place place;
	struct vault vault;
	struct net net;
	struct name_maps maps;
	struct workspace_key key;
	struct dotenv entries;
	struct change *changes; /* sorted by name */
	size_t n;
};

#define IMPORT_INIT                                                            \
	{                                                                      \
		.place = PLACE_INIT, .vault = VAULT_INIT, .net = NET_INIT,     \
		.maps = NAME_MAPS_INIT, .key = WORKSPACE_KEY_INIT,             \
		.entries = DOTENV_INIT                                         \
	}

static void
import_release(struct import *import)
{
	free(import->changes);
	dotenv_release(&import->entries);
	name_maps_release(&import->maps);
	net_stop(&import->net);
	vault_release(&import->vault);
	place_release(&import->place);
}

static int
fill_changes(struct import *import, const char *what,
    const struct caller *caller, struct err *err)
{
	size_t n = import->entries.n;

	import->changes = calloc(n + 1, sizeof(*import->changes));
	if (import->changes == NULL)
		return err_memory(err);
	import->n = n;
	return changes_from_entries(import->changes, &import->entries, what,
	    &import->place, caller, &import->maps, err);
}

/* Keep what differs, and sort its names into what a person wants to know. */
static int
keep_changed(
    struct import *import, struct import_result *result, struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < import->n; i++) {
		const struct change *change = &import->changes[i];
		const struct vault_row *row =
		    vault_find(&import->vault, change->name);
		struct names *names = row != NULL && !row->deleted
		    ? &result->changed
		    : &result->added;
		int differs =
		    change_differs(change, &import->key, &import->vault, err);

		if (differs < 0)
			return differs;
		if (differs == 0)
			continue;
		if (names_add(names, change->name) < 0)
			return err_memory(err);
		import->changes[kept++] = *change;
	}
	result->unchanged = import->n - kept;
	import->n = kept;
	return 0;
}

static int
store_changes(struct import *import, bool force, const struct caller *caller,
    struct import_result *result, struct err *err)
{
	if (name_maps_keep(
		&import->maps, &import->place, &result->mapped, err) < 0)
		return -(int)err->status;
	return import->n == 0
	    ? 0
	    : write_changes(&import->net, &import->place, &import->key,
		  &import->vault, import->changes, import->n, force,
		  force ? COPY_TAKES : COPY_FOLLOWS, caller, err);
}

int
import_run(const struct import_request *request, const struct caller *caller,
    struct import_result *result, struct err *err)
{
	__attribute__((cleanup(import_release))) struct import import =
	    IMPORT_INIT;
	const char *what =
	    text_equal(request->file, "-") ? "standard input" : request->file;

	/* Nobody is asked for a file that has no place to go. */
	if (place_find(&import.place, caller, err) < 0 ||
	    exchange_load(&import.vault, &import.place, err) < 0)
		return -(int)err->status;
	flow_where_set(&result->where, &import.place);
	if (read_entries(&import.entries, request, what, &import.place, err) <
		0 ||
	    fill_changes(&import, what, caller, err) < 0 ||
	    name_maps_check(&import.maps, &import.place, err) < 0)
		return -(int)err->status;
	if (import.n == 0)
		return 0;
	if ((!request->dry_run &&
		exchange_connect(&import.net, &import.place, caller, err) <
		    0) ||
	    exchange_unlock(&import.key, &import.place, caller, err) < 0 ||
	    keep_changed(&import, result, err) < 0)
		return -(int)err->status;
	return request->dry_run
	    ? 0
	    : store_changes(&import, request->force, caller, result, err);
}

/* ---- export ------------------------------------------------------------ */

/* Before anybody is asked for a password. */
static int
check_target(const struct export_request *request, struct err *err)
{
	const char *file = request->file;

	if (text_equal(file, "-")) {
		err_set(
		    err, EXIT_USAGE, "secrets are not printed: name a file");
		return err_hint(err, "'agentsecrets get KEY' prints one value");
	}
	return request->force ? 0 : file_check_new(file, err);
}

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct dotenv_entry *)a)->name,
	    ((const struct dotenv_entry *)b)->name);
}

/* Open every live row under the name that a command would find. */
static int
collect(struct dotenv *out, struct place *place, struct vault *vault,
    const struct workspace_key *key, struct err *err)
{
	vault_sort(vault);
	out->items = calloc(vault->rows_n + 1, sizeof(*out->items));
	if (out->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < vault->rows_n; i++) {
		const struct vault_row *row = &vault->rows[i];
		struct dotenv_entry *entry = &out->items[out->n];

		if (row->deleted)
			continue;
		snprintf(entry->name, sizeof(entry->name), "%s",
		    place_outer_name(place, row->name));
		if (exchange_open(key, vault, row, 0, &entry->value, err) < 0)
			return -(int)err->status;
		out->n++;
	}
	qsort(out->items, out->n, sizeof(*out->items), compare_entries);
	return 0;
}

static int
print_entries(struct secret *out, const struct dotenv *entries,
    enum format format, const char *file, struct err *err)
{
	const struct secret none = SECRET_INIT;

	return format == FORMAT_JSON
	    ? secrets_json_print(out, entries->items, entries->n, err)
	    : dotenv_update(out, &none, entries->items, entries->n, file, err);
}

int
export_run(const struct export_request *request, const struct caller *caller,
    struct export_result *result, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;
	AUTO_VAULT struct vault vault = VAULT_INIT;
	AUTO_DOTENV struct dotenv entries = DOTENV_INIT;
	struct workspace_key key = WORKSPACE_KEY_INIT;
	struct secret text = SECRET_INIT;
	enum format format;

	if (choose_format(&format, request->format, request->file, err) < 0 ||
	    check_target(request, err) < 0 ||
	    place_find(&place, caller, err) < 0 ||
	    exchange_ready(&vault, &key, &place, ANY_AGE, caller, err) < 0)
		return -(int)err->status;
	if (format == FORMAT_UNKNOWN)
		format = FORMAT_DOTENV;
	flow_where_set(&result->where, &place);
	if ((key.blobs == NULL &&
		exchange_unlock(&key, &place, caller, err) < 0) ||
	    collect(&entries, &place, &vault, &key, err) < 0 ||
	    print_entries(&text, &entries, format, request->file, err) < 0)
		return -(int)err->status;
	result->secrets = entries.n;
	result->format = format_names[format];
	return file_write(
	    request->file, text.data, text.len, 0600, request->force, err);
}
