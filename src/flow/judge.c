#include "config.h"

#include "judge.h"

#include <string.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

static int
refuse(struct err *err, const char *name, const char *why)
{
	return err_set(
	    err, EXIT_UNSAFE, "the server's value of '%s' %s", name, why);
}

/* The sealed version against the mark of the name. */
static int
compare_with_mark(const struct vault_row *known, uint32_t epoch,
    uint32_t version, const char *name, struct err *err)
{
	if (known == NULL || known->epoch < epoch)
		return JUDGED_NEWER;
	if (known->epoch > epoch || known->version > version)
		return refuse(err, name,
		    "is older than one that was seen before (rollback)");
	if (known->version == version)
		return refuse(err, name,
		    "differs from one of the same version that was seen "
		    "before");
	return JUDGED_NEWER;
}

int
judge_row(struct vault *vault, struct blob_key *key, uint32_t epoch,
    const struct net_row *row, uint32_t *version, struct err *err)
{
	const struct vault_row *known = vault_find(vault, row->name);
	struct blob_place place = {
	    .kind = row->deleted ? BLOB_DELETED : BLOB_SECRET,
	    .project = vault->project,
	    .environment = vault->environment,
	    .name = row->name,
	};
	struct arena_mark mark = arena_mark();
	enum blob_state state = BLOB_BROKEN;
	uint8_t *value;

	if (known != NULL && known->deleted == row->deleted &&
	    known->epoch == epoch && known->blob_len == row->blob_len &&
	    memcmp(known->blob, row->blob, row->blob_len) == 0) {
		*version = known->version;
		return JUDGED_SAME;
	}
	if (row->blob_len >= BLOB_OVERHEAD) {
		value = arena_alloc(row->blob_len - BLOB_OVERHEAD + 1, err);
		if (value == NULL)
			return -(int)err->status;
		state = blob_open(
		    key, &place, row->blob, row->blob_len, value, version);
		arena_rewind(mark);
	}
	if (state == BLOB_BROKEN)
		return refuse(
		    err, row->name, "does not open with this workspace's key");
	if (state == BLOB_UNBOUND)
		return refuse(err, row->name,
		    "was not made for this name, project and environment");
	return compare_with_mark(known, epoch, *version, row->name, err);
}

static int
accept_row(struct vault *vault, struct blob_key *key, uint32_t epoch,
    const struct net_row *row, struct vault *accepted, struct err *err)
{
	struct vault_row line = {.deleted = row->deleted,
	    .epoch = epoch,
	    .row = row->version,
	    .blob_len = row->blob_len};
	int rc;

	if (!name_is_stored(row->name))
		return err_set(err, EXIT_UNSAFE,
		    "the server sent a malformed name '%s'", row->name);
	/* A row that was deleted without a tombstone proves nothing. */
	if (row->deleted && row->blob_len == 0)
		return 0;
	rc = judge_row(vault, key, epoch, row, &line.version, err);
	if (rc < 0)
		return rc;
	memcpy(line.name, row->name, sizeof(line.name));
	/* vault_put() copies; the row's bytes are only read. */
	line.blob = (uint8_t *)(uintptr_t)row->blob;
	return vault_put(accepted, &line, err);
}

/* Names that were live here and of which the server shows nothing. */
static int
find_omitted(struct vault *vault, struct vault *accepted, struct err *err)
{
	AUTO_NAMES struct names missing = NAMES_INIT;
	char list[1024];

	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++) {
		const struct vault_row *row = &vault->rows[i];

		if (!row->deleted && vault_find(accepted, row->name) == NULL &&
		    names_add(&missing, row->name) < 0)
			return err_memory(err);
	}
	if (missing.n == 0)
		return 0;
	err_set(err, EXIT_UNSAFE,
	    "the server holds back secrets that were here before: %s",
	    names_join(list, sizeof(list), &missing, 20));
	return err_hint(err,
	    "a delete leaves a signed mark and there is none; ask who runs "
	    "the server");
}

int
judge_list(struct vault *vault, struct blob_key *key, uint32_t epoch,
    const struct net_list *list, struct vault *accepted, struct err *err)
{
	size_t expected = 0;

	for (size_t i = 0; i < list->rows.n; i++) {
		const struct net_row *row = &list->rows.items[i];

		if (accept_row(vault, key, epoch, row, accepted, err) < 0)
			return -(int)err->status;
		expected += !(row->deleted && row->blob_len == 0);
	}
	vault_sort(accepted);
	if (accepted->rows_n != expected)
		return err_set(
		    err, EXIT_UNSAFE, "the server sent a name twice");
	return find_omitted(vault, accepted, err);
}
