#include "config.h"

#include <agentsecrets/vault.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/crypto.h>
#include <agentsecrets/text.h>

#include "vault_text.h"

enum {
	SUFFIX_MAX = sizeof(".local") + 1 + HOME_DIGITS,
	FILE_NAME =
	    sizeof("vault/") + UUID_TEXT + 1 + ENVIRONMENT_MAX + SUFFIX_MAX,
};

void
vault_release(struct vault *vault)
{
	for (size_t i = 0; i < vault->rows_n; i++)
		free(vault->rows[i].blob);
	free(vault->rows);
	free(vault->order);
	*vault = (struct vault)VAULT_INIT;
}

/* Of the same name, the one that was put in first comes first. */
static int
compare_rows(const void *a, const void *b)
{
	const struct vault_row *left = *(struct vault_row *const *)a;
	const struct vault_row *right = *(struct vault_row *const *)b;
	int order = strcmp(left->name, right->name);

	if (order != 0)
		return order;
	return left < right ? -1 : left > right;
}

static bool
is_older(const struct vault_row *row, const struct vault_row *than)
{
	return row->epoch != than->epoch ? row->epoch < than->epoch
					 : row->version < than->version;
}

/* Bring the rows into the order of `order`, along its cycles. */
static void
permute(struct vault *vault)
{
	struct vault_row *rows = vault->rows;

	for (size_t i = 0; i < vault->rows_n; i++) {
		struct vault_row saved;
		size_t to = i;

		if (vault->order[i] == &rows[i])
			continue;
		saved = rows[i];
		for (;;) {
			size_t from = (size_t)(vault->order[to] - rows);

			vault->order[to] = &rows[to];
			if (from == i)
				break;
			rows[to] = rows[from];
			to = from;
		}
		rows[to] = saved;
	}
}

/* Keep one row a name: the one put in last, unless its mark is older. */
static void
merge_twins(struct vault *vault)
{
	struct vault_row *rows = vault->rows;
	size_t kept = 0;

	for (size_t i = 1; i < vault->rows_n; i++) {
		if (!text_equal(rows[kept].name, rows[i].name)) {
			rows[++kept] = rows[i];
		} else if (is_older(&rows[i], &rows[kept])) {
			free(rows[i].blob);
		} else {
			free(rows[kept].blob);
			rows[kept] = rows[i];
		}
	}
	vault->rows_n = kept + 1;
}

void
vault_sort(struct vault *vault)
{
	if (vault->unsorted == 0)
		return;
	for (size_t i = 0; i < vault->rows_n; i++)
		vault->order[i] = &vault->rows[i];
	qsort(vault->order, vault->rows_n, sizeof(*vault->order), compare_rows);
	permute(vault);
	merge_twins(vault);
	vault->unsorted = 0;
}

static struct vault_row *
find_sorted(const struct vault *vault, const char *name)
{
	size_t low = 0;
	size_t high = vault->rows_n - vault->unsorted;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, vault->rows[middle].name);

		if (order == 0)
			return &vault->rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct vault_row *
vault_find(struct vault *vault, const char *name)
{
	vault_sort(vault);
	return find_sorted(vault, name);
}

size_t
vault_live(struct vault *vault)
{
	size_t live = 0;

	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++)
		live += !vault->rows[i].deleted;
	return live;
}

/* `order` grows along, so that sorting later cannot fail. */
static int
make_room(struct vault *vault, struct err *err)
{
	size_t room = vault->rows_room > 0 ? 2 * vault->rows_room : 32;
	struct vault_row *rows;
	struct vault_row **order;

	if (vault->rows_n < vault->rows_room)
		return 0;
	rows = reallocarray(vault->rows, room, sizeof(*rows));
	if (rows == NULL)
		return err_memory(err);
	vault->rows = rows;
	order = reallocarray(vault->order, room, sizeof(struct vault_row *));
	if (order == NULL)
		return err_memory(err);
	vault->order = order;
	vault->rows_room = room;
	return 0;
}

int
vault_put(struct vault *vault, const struct vault_row *row, struct err *err)
{
	const char *fault = vault_row_fault(row);
	struct vault_row new = *row;
	struct vault_row *there;

	if (fault != NULL)
		return err_set(
		    err, EXIT_FAILED, "cannot keep '%s': %s", row->name, fault);
	there = find_sorted(vault, row->name);
	if (there != NULL && is_older(row, there))
		return 0;
	if (there == NULL && make_room(vault, err) < 0)
		return -EXIT_FAILED;
	new.blob = malloc(row->blob_len);
	if (new.blob == NULL)
		return err_memory(err);
	memcpy(new.blob, row->blob, row->blob_len);
	if (there != NULL) {
		free(there->blob);
		*there = new;
		return 0;
	}
	if (vault->unsorted > 0 ||
	    (vault->rows_n > 0 &&
		strcmp(vault->rows[vault->rows_n - 1].name, row->name) > 0))
		vault->unsorted++;
	vault->rows[vault->rows_n++] = new;
	return 0;
}

void
vault_drop(struct vault *vault, const char *const *names, size_t n)
{
	size_t kept = 0;
	size_t next = 0;

	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++) {
		int order = -1;

		while (next < n &&
		    (order = strcmp(names[next], vault->rows[i].name)) < 0)
			next++;
		if (next < n && order == 0)
			free(vault->rows[i].blob);
		else
			vault->rows[kept++] = vault->rows[i];
	}
	vault->rows_n = kept;
}

static int
file_name(char out[FILE_NAME], const char *project, const char *environment,
    const char *suffix, struct err *err)
{
	int n = snprintf(
	    out, FILE_NAME, "vault/%s.%s%s", project, environment, suffix);

	if (!text_is_uuid(project) || n < 0 || n >= FILE_NAME)
		return err_set(err, EXIT_FAILED,
		    "cannot name a vault file: '%s' is not a project id",
		    project);
	return 0;
}

static void
begin(struct vault *out, const char *project, const char *workspace,
    const char *environment)
{
	vault_release(out);
	snprintf(out->project, sizeof(out->project), "%s", project);
	snprintf(out->workspace, sizeof(out->workspace), "%s", workspace);
	snprintf(out->environment, sizeof(out->environment), "%s", environment);
}

/* @param hint  what to do about a damaged one */
static int
load(struct vault *out, const struct home *home, const char *name,
    const char *project, const char *environment, const char *hint,
    struct err *err)
{
	AUTO_VAULT struct vault local = VAULT_INIT;
	AUTO_BUF struct buf text = BUF_INIT;
	int rc = home_read(home, name, &text, VAULT_FILE_MAX, err);

	if (rc <= 0)
		return rc;
	rc = vault_parse(&local, buf_text_view(&text), text.len, err);
	if (rc < 0) {
		err_prefix(err, "'%s/%s'", home->path, name);
		return err_hint(err, "%s", hint);
	}
	if (!text_equal(local.project, project) ||
	    !text_equal(local.environment, environment))
		return err_set(err, EXIT_UNSAFE,
		    "'%s/%s' is the vault of another project or environment",
		    home->path, name);
	vault_release(out);
	*out = local;
	local = (struct vault)VAULT_INIT;
	return 1;
}

int
vault_load(struct vault *out, const struct home *home, const char *project,
    const char *workspace, const char *environment, struct err *err)
{
	AUTO_VAULT struct vault local = VAULT_INIT;
	char name[FILE_NAME];
	int rc = file_name(name, project, environment, "", err);

	if (rc == 0)
		rc = load(&local, home, name, project, environment,
		    "put it back from a backup; or remove it, and the next "
		    "'agentsecrets pull' takes what the server says",
		    err);
	if (rc < 0)
		return rc;
	if (rc == 0) {
		begin(out, project, workspace, environment);
		return 0;
	}
	if (!text_equal(local.workspace, workspace))
		return err_set(err, EXIT_UNSAFE,
		    "'%s/%s' belongs to workspace %s, not to %s", home->path,
		    name, local.workspace, workspace);
	vault_release(out);
	*out = local;
	local = (struct vault)VAULT_INIT;
	return 1;
}

/* Which copy it is: the items, or the file in a directory. */
static void
local_suffix(char out[SUFFIX_MAX], const char *directory)
{
	uint8_t hash[HASH_BYTES];
	char digits[2 * HASH_BYTES + 1];

	if (directory == NULL) {
		snprintf(out, SUFFIX_MAX, ".local");
		return;
	}
	crypto_sha256(hash, directory, strlen(directory));
	text_hex_encode(digits, hash, sizeof(hash));
	snprintf(out, SUFFIX_MAX, ".%.*s.local", HOME_DIGITS, digits);
}

static int
local_name(char out[FILE_NAME], const char *project, const char *environment,
    const char *directory, struct err *err)
{
	char suffix[SUFFIX_MAX];

	local_suffix(suffix, directory);
	return file_name(out, project, environment, suffix, err);
}

int
vault_local_load(struct vault *out, const struct home *home,
    const struct vault *vault, const char *directory, struct err *err)
{
	AUTO_VAULT struct vault local = VAULT_INIT;
	char name[FILE_NAME];
	int rc = local_name(
	    name, vault->project, vault->environment, directory, err);

	if (rc == 0)
		rc =
		    load(&local, home, name, vault->project, vault->environment,
			"remove it, and look at 'agentsecrets diff' before the "
			"next 'agentsecrets push'",
			err);
	if (rc < 0)
		return rc;
	/* Under another workspace it says nothing any more. */
	if (rc == 0 || !text_equal(local.workspace, vault->workspace)) {
		begin(
		    out, vault->project, vault->workspace, vault->environment);
		snprintf(out->origin, sizeof(out->origin), "%s", vault->origin);
		return 0;
	}
	vault_release(out);
	*out = local;
	local = (struct vault)VAULT_INIT;
	return 1;
}

static int
save(struct vault *vault, const struct home *home, const char *name,
    struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT;
	int rc = vault_print(&text, vault, err);

	if (rc < 0)
		return rc;
	if (text.len > VAULT_FILE_MAX)
		return err_set(err, EXIT_FAILED,
		    "cannot write '%s/%s': it would be larger than %d bytes",
		    home->path, name, VAULT_FILE_MAX);
	return home_write(home, name, text.data, text.len, err);
}

int
vault_save(struct vault *vault, const struct home *home, struct err *err)
{
	char name[FILE_NAME];
	int rc = file_name(name, vault->project, vault->environment, "", err);

	return rc < 0 ? rc : save(vault, home, name, err);
}

int
vault_local_save(struct vault *local, const struct home *home,
    const char *directory, struct err *err)
{
	char name[FILE_NAME];
	int rc = local_name(
	    name, local->project, local->environment, directory, err);

	return rc < 0 ? rc : save(local, home, name, err);
}

int
vault_local_remove(const struct home *home, const char *project,
    const char *environment, const char *directory, struct err *err)
{
	char name[FILE_NAME];
	int rc = local_name(name, project, environment, directory, err);

	return rc < 0 ? rc : home_remove(home, name, err);
}
