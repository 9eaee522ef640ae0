#include "config.h"

#include "observe.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <agentsecrets/envelope.h>
#include <agentsecrets/fd.h>
#include <agentsecrets/text.h>
#include <agentsecrets/vault.h>

#include "act.h"
#include "doubles.h"
#include "homes.h"
#include "src/flow/exchange.h"
#include "src/flow/place.h"

/* Each home, opened once; the first one asks the server. */
static struct place places[HOMES_N];
static struct net net;
static struct blob_key *key;

static int
number_of(const char *name)
{
	for (int i = 0; i < NAMES_N; i++) {
		if (text_equal(name, act_name(i)))
			return i;
	}
	return -1;
}

int
observe_begin(void)
{
	struct err err;

	for (int i = 0; i < HOMES_N; i++) {
		homes_enter(i == 0 ? SEAT_VAULT
			: i == 1   ? SEAT_FILE_A
				   : SEAT_ITEMS,
		    0);
		places[i] = (struct place)PLACE_INIT;
		if (place_find(&places[i], homes_caller(), &err) < 0)
			return homes_failed("observe", &err);
	}
	doubles_keep_helpers(false);
	net = (struct net)NET_INIT;
	homes_enter(SEAT_VAULT, 0);
	if (exchange_connect(&net, &places[0], homes_caller(), &err) < 0 ||
	    blob_key_new(&key, doubles_key(), &err) < 0)
		return homes_failed("observe", &err);
	doubles_keep_helpers(true);
	return 0;
}

void
observe_end(void)
{
	doubles_keep_helpers(false);
	net_stop(&net);
	doubles_keep_helpers(true);
	for (int i = 0; i < HOMES_N; i++)
		place_release(&places[i]);
}

/* ---- blobs ------------------------------------------------------------- */

/*
 * Open what a row holds. It must be of this name, and of the version that it
 * is said to be.
 */
static int
open_cell(struct cell *out, int environment, const char *name, bool deleted,
    uint64_t serial, const uint8_t *blob, size_t len)
{
	struct blob_place place = {deleted ? BLOB_DELETED : BLOB_SECRET,
	    homes_project(), homes_environment(environment), name};
	struct arena_mark mark = arena_mark();
	uint32_t version = 0;
	uint8_t *value = len < BLOB_OVERHEAD ? NULL : arena_alloc(len, NULL);

	if (value == NULL ||
	    blob_open(key, &place, blob, len, value, &version) != BLOB_BOUND ||
	    version != serial) {
		fprintf(stderr, "'%s' is not what it is said to be\n", name);
		return -1;
	}
	out->serial = (int)serial;
	out->value = deleted
	    ? NONE
	    : act_value_read((const char *)value, len - BLOB_OVERHEAD);
	arena_rewind(mark);
	return 0;
}

static int
open_row(
    struct cell cells[NAMES_N], int environment, const struct vault_row *row)
{
	int name = number_of(row->name);

	if (name < 0 || row->row != row->version) {
		fprintf(stderr, "a row of '%s' that nobody wrote\n", row->name);
		return -1;
	}
	return open_cell(&cells[name], environment, row->name, row->deleted,
	    row->row, row->blob, row->blob_len);
}

int
observe_server(struct world *out, int environment)
{
	struct net_list list = {.revision = 0};
	struct cell *cells = out->server[environment];
	struct cell now[NAMES_N] = {{0, 0}};
	struct err err;
	int rc = net_secrets(&net, homes_project(),
	    homes_environment(environment), 0, &list, &err);

	if (rc < 0)
		return homes_failed("the server", &err);
	for (size_t i = 0; rc == 0 && i < list.rows.n; i++) {
		const struct net_row *row = &list.rows.items[i];
		int name = number_of(row->name);

		rc = name < 0 || now[name].serial != 0
		    ? -1
		    : open_cell(&now[name], environment, row->name,
			  row->deleted, row->version, row->blob, row->blob_len);
	}
	net_rows_release(&list.rows);
	for (int i = 0; i < NAMES_N; i++) {
		if (now[i].serial == cells[i].serial + 1)
			world_write(out, environment, i, now[i].value);
		cells[i] = now[i];
	}
	return rc;
}

int
observe_history(struct cell out[PAST_N], int environment, int name)
{
	struct net_history history = {.key_epoch = 0};
	struct err err;
	int rc = net_history(&net, homes_project(),
	    homes_environment(environment), act_name(name), &history, &err);

	if (rc < 0)
		return homes_failed("a history", &err);
	memset(out, 0, PAST_N * sizeof(*out));
	for (size_t i = 0; rc == 0 && i < history.rows.n; i++) {
		const struct net_row *row = &history.rows.items[i];

		rc = i >= PAST_N
		    ? -1
		    : open_cell(&out[i], environment, act_name(name),
			  row->deleted, row->version, row->blob, row->blob_len);
	}
	net_history_release(&history);
	return rc;
}

/* ---- vaults ------------------------------------------------------------ */

/* What the copy agrees with: rows of it, or that it was never compared. */
static int
observe_behind(struct world *out, int copy, int environment,
    struct vault *vault, struct err *err)
{
	struct held *held = out->copy[copy][environment];
	const char *directory = copy + 1 == SEAT_ITEMS
	    ? NULL
	    : homes_directory((enum seat)(copy + 1));
	AUTO_VAULT struct vault behind = VAULT_INIT;
	int rc = vault_local_load(
	    &behind, &places[copy_home(copy)].home, vault, directory, err);

	if (rc < 0)
		return homes_failed("what a copy agrees with", err);
	for (int i = 0; i < NAMES_N; i++) {
		const struct vault_row *row = vault_find(&behind, act_name(i));
		struct cell cell = {NONE, 0};

		/* A name that it did not have is a row of no real blob. */
		if (row != NULL && !row->deleted &&
		    open_cell(&cell, environment, row->name, false,
			row->version, row->blob, row->blob_len) < 0)
			return -1;
		held[i].behind = row != NULL ||
		    (rc == 0 &&
			out->vault[copy_home(copy)][environment][i].value !=
			    NONE);
		held[i].base = held[i].behind ? cell.value : NONE;
	}
	return 0;
}

static int
observe_vault(struct world *out, int home, int environment)
{
	struct place *place = &places[home];
	struct cell *cells = out->vault[home][environment];
	AUTO_VAULT struct vault vault = VAULT_INIT;
	struct err err;

	if (vault_load(&vault, &place->home, place->project,
		place->workspace->id, homes_environment(environment), &err) < 0)
		return homes_failed("a vault", &err);
	memset(cells, 0, sizeof(out->vault[home][environment]));
	for (size_t i = 0; i < vault.rows_n; i++) {
		if (open_row(cells, environment, &vault.rows[i]) < 0)
			return -1;
	}
	for (int copy = 0; copy < COPIES_N; copy++) {
		if (copy_home(copy) == home &&
		    observe_behind(out, copy, environment, &vault, &err) < 0)
			return -1;
	}
	return 0;
}

/* ---- copies ------------------------------------------------------------ */

/* A line NAME=VALUE; values are plain, or an empty one in quotes. */
static int
read_line(struct held held[NAMES_N], char *line)
{
	char *equals = strchr(line, '=');
	int name;

	if (line[0] == '\0' || line[0] == '#')
		return 0;
	if (equals == NULL)
		return -1;
	*equals++ = '\0';
	if (text_equal(equals, "\"\"") || text_equal(equals, "''"))
		equals += 2;
	name = number_of(line);
	if (name < 0 || held[name].value != NONE)
		return -1;
	held[name].value = act_value_read(equals, strlen(equals));
	return held[name].value < 0 ? -1 : 0;
}

static int
observe_file(struct world *out, enum seat seat, int environment)
{
	struct held *held = out->copy[seat_copy(seat)][environment];
	char path[PATH_MAX];
	char text[1024];
	char *line = text;
	ssize_t n = 0;
	AUTO_FD int fd = -1;

	snprintf(path, sizeof(path), "%s/.env.%s", homes_directory(seat),
	    homes_environment(environment));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	out->file[seat_copy(seat)][environment] = fd >= 0;
	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -1;
	text[n] = '\0';
	while (line != NULL && *line != '\0') {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end++ = '\0';
		if (read_line(held, line) < 0) {
			fprintf(stderr, "%s: %s\n", path, line);
			return -1;
		}
		line = end;
	}
	return 0;
}

static int
observe_items(struct held held[NAMES_N], int environment)
{
	for (int i = 0; i < NAMES_N; i++) {
		char entry[128];
		const char *value;

		snprintf(entry, sizeof(entry), "%s:%s:%s", homes_project(),
		    homes_environment(environment), act_name(i));
		value = doubles_item(entry);
		held[i].value =
		    value == NULL ? NONE : act_value_read(value, strlen(value));
	}
	return 0;
}

int
observe(struct world *out, int environment)
{
	for (int e = 0; e < ENVIRONMENTS_N; e++) {
		if ((e == environment || environment == OBSERVE_ALL) &&
		    observe_server(out, e) < 0)
			return -1;
	}
	memset(out->copy, 0, sizeof(out->copy));
	for (int e = 0; e < ENVIRONMENTS_N; e++) {
		for (int home = 0; home < HOMES_N; home++) {
			if (observe_vault(out, home, e) < 0)
				return -1;
		}
		if (observe_file(out, SEAT_FILE_A, e) < 0 ||
		    observe_file(out, SEAT_FILE_B, e) < 0 ||
		    observe_items(out->copy[seat_copy(SEAT_ITEMS)][e], e) < 0)
			return -1;
	}
	return 0;
}
