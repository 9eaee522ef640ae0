#include "config.h"

#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/flow.h>
#include <agentsecrets/names.h>
#include <agentsecrets/text.h>

#define AFTER_RESTORE                                                          \
	"if the server was restored from a backup, see 'agentsecrets trust "   \
	"accept-rollback'"

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
	if (known->epoch == epoch && known->version < version)
		return JUDGED_NEWER;
	refuse(err, name,
	    known->epoch == epoch && known->version == version
		? "differs from one of the same version that was seen before"
		: "is older than one that was seen before (rollback)");
	return err_hint(err, AFTER_RESTORE);
}

void
judged_release(struct judged *judged)
{
	names_release(&judged->unbound);
	names_release(&judged->unproven);
	free(judged->older.items);
	judged->older = (struct older_rows){NULL, 0, 0};
}

static bool
is_known_blob(const struct vault_row *known, const struct net_row *row)
{
	return known != NULL && known->deleted == row->deleted &&
	    known->blob_len == row->blob_len &&
	    memcmp(known->blob, row->blob, row->blob_len) == 0;
}

/*
 * A blob that opens and was not made for this place. No client makes a
 * tombstone of that kind.
 */
static int
judge_unbound(const struct judge *judge, const struct net_row *row,
    const struct vault_row *known, const struct blob_place *place,
    uint8_t *scratch, struct err *err)
{
	if (judge->seen == NULL || row->deleted)
		return refuse(err, row->name,
		    "was not made for this name, project and environment");
	if (is_known_blob(known, row))
		return JUDGED_UNBOUND;
	if (is_relabelled(judge->seen, judge->key, place, row->blob,
		row->blob_len, scratch))
		return refuse(err, row->name,
		    "is that of another name or environment (relabelled)");
	return JUDGED_UNBOUND;
}

static int
judge_opened(const struct judge *judge, const struct net_row *row,
    const struct vault_row *known, uint8_t *scratch, struct vault_row *mark,
    struct err *err)
{
	struct blob_place place = {
	    .kind = row->deleted ? BLOB_DELETED : BLOB_SECRET,
	    .project = judge->vault->project,
	    .environment = judge->vault->environment,
	    .name = row->name,
	};
	uint32_t version = 0;
	int rc;

	switch (blob_open(
	    judge->key, &place, row->blob, row->blob_len, scratch, &version)) {
	case BLOB_BOUND:
		rc = compare_with_mark(
		    known, judge->epoch, version, row->name, err);
		if (rc >= 0) {
			mark->epoch = judge->epoch;
			mark->version = version;
		}
		return rc;
	case BLOB_UNBOUND:
		rc = judge_unbound(judge, row, known, &place, scratch, err);
		/* The mark stays: it is never lowered. */
		if (rc >= 0) {
			mark->epoch = known != NULL ? known->epoch : 0;
			mark->version = known != NULL ? known->version : 0;
		}
		return rc;
	case BLOB_BROKEN:
		break;
	}
	return refuse(
	    err, row->name, "does not open with this workspace's key");
}

int
judge_row(const struct judge *judge, const struct net_row *row,
    struct vault_row *mark, struct err *err)
{
	const struct vault_row *known = vault_find(judge->vault, row->name);
	struct arena_mark before = arena_mark();
	uint8_t *scratch;
	int rc;

	if (is_known_blob(known, row) && known->epoch == judge->epoch) {
		mark->epoch = known->epoch;
		mark->version = known->version;
		return JUDGED_SAME;
	}
	if (row->blob_len < BLOB_OVERHEAD)
		return refuse(
		    err, row->name, "does not open with this workspace's key");
	scratch = arena_alloc(row->blob_len - BLOB_OVERHEAD + 1, err);
	if (scratch == NULL)
		return -(int)err->status;
	rc = judge_opened(judge, row, known, scratch, mark, err);
	arena_rewind(before);
	return rc;
}

int
judge_gone(const struct judge *judge, const char *name, uint64_t row,
    struct vault *out, struct err *err)
{
	const struct vault_row *known = vault_find(judge->vault, name);
	struct blob_place place = {BLOB_DELETED, judge->vault->project,
	    judge->vault->environment, name};
	uint8_t blob[BLOB_OVERHEAD];
	struct vault_row line = {.deleted = true,
	    .row = row,
	    .blob = blob,
	    .blob_len = sizeof(blob)};

	if (known != NULL) {
		line.epoch = known->epoch;
		line.version = known->version;
	}
	/* It holds the place and is never sent. */
	blob_seal(judge->key, &place, line.version > 0 ? line.version : 1, NULL,
	    0, blob);
	snprintf(line.name, sizeof(line.name), "%s", name);
	return vault_put(out, &line, err);
}

/*
 * A row that was deleted without a tombstone. In a compat workspace it is
 * remembered for the server's version, without which the name could not be
 * written again; a name that is live here is among the omitted.
 *
 * @return 1 when it is remembered; 0
 */
static int
accept_gone(const struct judge *judge, const struct net_row *row,
    struct vault *accepted, struct err *err)
{
	const struct vault_row *known = vault_find(judge->vault, row->name);

	if (judge->seen == NULL || (known != NULL && !known->deleted))
		return 0;
	return judge_gone(judge, row->name, row->version, accepted, err) < 0
	    ? -(int)err->status
	    : 1;
}

/* @return 1 when it is accepted; 0 when it says nothing */
static int
accept_row(const struct judge *judge, const struct net_row *row,
    struct vault *accepted, struct judged *judged, struct err *err)
{
	struct vault_row line = {.deleted = row->deleted,
	    .row = row->version,
	    .blob_len = row->blob_len};
	int rc;

	if (!name_is_stored(row->name))
		return err_set(err, EXIT_UNSAFE,
		    "the server sent a malformed name '%s'", row->name);
	if (row->deleted && row->blob_len == 0)
		return accept_gone(judge, row, accepted, err);
	rc = judge_row(judge, row, &line, err);
	if (rc == -EXIT_UNSAFE && judged->may_be_older) {
		struct err damage;

		/* What is wrong otherwise stays what is told. */
		rc = judge_older(judge, row, &line, &judged->older, &damage);
		if (rc == 0)
			return -EXIT_UNSAFE;
		if (rc < 0)
			*err = damage;
	}
	if (rc < 0)
		return rc;
	if (rc == JUDGED_UNBOUND && names_add(&judged->unbound, row->name) < 0)
		return err_memory(err);
	memcpy(line.name, row->name, sizeof(line.name));
	/* vault_put() copies; the row's bytes are only read. */
	line.blob = (uint8_t *)(uintptr_t)row->blob;
	return vault_put(accepted, &line, err) < 0 ? -(int)err->status : 1;
}

/* Names that were live here and of which the server shows nothing. */
static int
find_omitted(const struct judge *judge, struct vault *accepted,
    struct names *omitted, struct err *err)
{
	struct vault *vault = judge->vault;

	vault_sort(vault);
	for (size_t i = 0; i < vault->rows_n; i++) {
		const struct vault_row *row = &vault->rows[i];

		if (!row->deleted && vault_find(accepted, row->name) == NULL &&
		    names_add(omitted, row->name) < 0)
			return err_memory(err);
	}
	return 0;
}

static int
refuse_omitted(const struct names *omitted, struct err *err)
{
	char list[1024];

	err_set(err, EXIT_UNSAFE,
	    "the server holds back secrets that were here before: %s",
	    names_join(list, sizeof(list), omitted, 20));
	return err_hint(err,
	    "a delete leaves a signed mark and there is none; " AFTER_RESTORE);
}

/* The server's version of a row that is shown as deleted, or 0. */
static uint64_t
deleted_version(const struct net_list *list, const char *name)
{
	for (size_t i = 0; i < list->rows.n; i++) {
		if (list->rows.items[i].deleted &&
		    text_equal(list->rows.items[i].name, name))
			return list->rows.items[i].version;
	}
	return 0;
}

static int
take_omitted(const struct judge *judge, const struct net_list *list,
    struct judged *judged, struct vault *accepted, struct err *err)
{
	for (size_t i = 0; i < judged->unproven.n; i++) {
		const char *name = judged->unproven.items[i];

		if (judged->may_be_older &&
		    older_add_missing(judge, name, &judged->older, err) < 0)
			return -(int)err->status;
		if (judge_gone(judge, name, deleted_version(list, name),
			accepted, err) < 0)
			return -(int)err->status;
	}
	return 0;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* There is one: a row was accepted that took the place of another. */
static int
refuse_double(const struct net_list *list, struct err *err)
{
	size_t n = list->rows.n;
	const char **names = calloc(n, sizeof(*names));
	const char *twice = "";

	if (names == NULL)
		return err_memory(err);
	for (size_t i = 0; i < n; i++)
		names[i] = list->rows.items[i].name;
	qsort(names, n, sizeof(*names), compare_texts);
	for (size_t i = 1; i < n; i++) {
		if (text_equal(names[i - 1], names[i]))
			twice = names[i];
	}
	free(names);
	return err_set(err, EXIT_UNSAFE, "the server sent '%s' twice", twice);
}

/* Why the first one is refused, and which others are. */
static int
refuse_all(struct names *refused, const struct err *why, struct err *err)
{
	char list[1024];

	*err = *why;
	names_sort(refused);
	return refused->n > 1
	    ? err_prefix(err, "%s", names_join(list, sizeof(list), refused, 20))
	    : -EXIT_UNSAFE;
}

int
judge_list(const struct judge *judge, const struct net_list *list,
    struct vault *accepted, struct judged *judged, struct err *err)
{
	AUTO_NAMES struct names refused = NAMES_INIT;
	size_t expected = 0;
	struct err why;

	for (size_t i = 0; i < list->rows.n; i++) {
		const struct net_row *row = &list->rows.items[i];
		int rc = accept_row(judge, row, accepted, judged, err);

		if (rc == -EXIT_UNSAFE) {
			if (refused.n == 0)
				why = *err;
			if (names_add(&refused, row->name) < 0)
				return err_memory(err);
		} else if (rc < 0) {
			return rc;
		} else {
			expected += (size_t)rc;
		}
	}
	if (refused.n > 0)
		return refuse_all(&refused, &why, err);
	vault_sort(accepted);
	if (accepted->rows_n != expected)
		return refuse_double(list, err);
	if (find_omitted(judge, accepted, &judged->unproven, err) < 0)
		return -(int)err->status;
	if (judged->unproven.n == 0)
		return 0;
	return judge->seen == NULL && !judged->may_be_older
	    ? refuse_omitted(&judged->unproven, err)
	    : take_omitted(judge, list, judged, accepted, err);
}
