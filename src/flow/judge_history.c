/* Judging what a name held before: each blob proves its own version. */
#include "config.h"

#include "judge.h"

#include <string.h>

#include <agentsecrets/text.h>

/* A deletion that left no tombstone says nothing, and proves nothing. */
static int
judge_empty(const struct judge *judge, const struct net_row *row, bool newest,
    struct err *err)
{
	const struct vault_row *known = vault_find(judge->vault, row->name);
	bool was_live = known != NULL && !known->deleted;

	if (row->deleted && (!newest || judge->seen != NULL || !was_live))
		return 0;
	return err_set(err, EXIT_UNSAFE,
	    "the server holds back the value of '%s'", row->name);
}

int
judge_version(const struct judge *judge, const struct net_row *row,
    uint32_t *version, struct err *err)
{
	struct vault nothing = VAULT_INIT;
	const struct judge without_marks = {
	    &nothing, judge->key, judge->epoch, judge->seen};
	struct vault_row mark = {.version = 0};

	memcpy(nothing.project, judge->vault->project, sizeof(nothing.project));
	memcpy(nothing.environment, judge->vault->environment,
	    sizeof(nothing.environment));
	if (judge_row(&without_marks, row, &mark, err) < 0)
		return -(int)err->status;
	*version = mark.version;
	return 0;
}

/*
 * Each is older than the one before it. A blob that is not bound tells
 * nothing, and the machine that wrote after it may have seen less.
 */
static int
check_order(const char *name, uint32_t newer, uint32_t version, struct err *err)
{
	if (newer == 0 || version == 0 || version < newer)
		return 0;
	return err_set(err, EXIT_UNSAFE,
	    version == newer
		? "the server shows version %2$u of '%1$s' twice"
		: "the server shows version %2$u of '%1$s' among older ones",
	    name, version);
}

int
judge_history(const struct judge *judge, const char *name,
    const struct net_rows *rows, uint32_t *versions, struct err *err)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct net_row *row = &rows->items[i];
		struct vault_row mark;

		if (!text_equal(row->name, name))
			return err_set(err, EXIT_UNSAFE,
			    "the server sent the history of another name than "
			    "'%s'",
			    name);
		versions[i] = 0;
		if (row->blob_len == 0) {
			if (judge_empty(judge, row, i == 0, err) < 0)
				return -(int)err->status;
			continue;
		}
		if (i == 0 && judge_row(judge, row, &mark, err) < 0)
			return -(int)err->status;
		if (judge_version(judge, row, &versions[i], err) < 0 ||
		    check_order(name, i > 0 ? versions[i - 1] : 0, versions[i],
			err) < 0)
			return -(int)err->status;
	}
	return 0;
}
