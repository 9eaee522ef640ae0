#include "config.h"

#include <agentsecrets/selection.h>

#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <agentsecrets/names.h>
#include <agentsecrets/nearest.h>
#include <agentsecrets/text.h>

#include "name_report.h"

/* What is known of a stored name. */
enum {
	LISTED = 1 << 0,     /* by project.json, or there is no list */
	WANTED = 1 << 1,     /* by --only, or there is none */
	UNWANTED = 1 << 2,   /* by --except */
	GIVEN_MAP = 1 << 3,  /* --map renames it */
	LASTING_MAP = 1 << 4 /* project.json renames it */
};

/* One line of a map whose secret is stored. */
struct alias {
	const char *final;
	size_t index;
};

struct work {
	const struct selection_rules *rules;
	const char *const *stored;
	size_t n;
	uint8_t *marks;	       /* of each stored name */
	struct alias *lasting; /* sorted by final name */
	size_t lasting_n;
	struct alias *given;
	size_t given_n;
	const char **missing;
	size_t missing_n;
	const char *left_out; /* a missing name that is stored, or NULL */
	bool left_out_by_list;
	bool listed_is_missing;
};

#define AUTO_WORK __attribute__((cleanup(work_release)))

static void
work_release(struct work *work)
{
	free(work->marks);
	free(work->lasting);
	free(work->given);
	free(work->missing);
}

static int
compare_text(const void *key, const void *item)
{
	return strcmp(key, *(const char *const *)item);
}

static int
compare_items(const void *a, const void *b)
{
	return compare_text(*(const char *const *)a, b);
}

static int
compare_alias(const void *a, const void *b)
{
	return strcmp(
	    ((const struct alias *)a)->final, ((const struct alias *)b)->final);
}

static int
compare_selected(const void *a, const void *b)
{
	return strcmp(((const struct selected *)a)->final,
	    ((const struct selected *)b)->final);
}

static bool
in_list(const struct text_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++) {
		if (text_equal(list->items[i], text))
			return true;
	}
	return false;
}

/* The index of a stored name, or -1. */
static ssize_t
find_stored(const struct work *work, const char *name)
{
	const char *const *found = bsearch(
	    name, work->stored, work->n, sizeof(*work->stored), compare_text);

	return found != NULL ? found - work->stored : -1;
}

/* The index of what is called so, by its stored or its lasting name, or -1. */
static ssize_t
find_named(const struct work *work, const char *name)
{
	const struct alias key = {.final = name};
	const struct alias *alias;
	ssize_t i = find_stored(work, name);

	if (i >= 0 || work->lasting_n == 0)
		return i;
	alias = bsearch(&key, work->lasting, work->lasting_n,
	    sizeof(*work->lasting), compare_alias);
	return alias != NULL ? (ssize_t)alias->index : -1;
}

static bool
has_all(const struct work *work, size_t index, uint8_t needed)
{
	return (work->marks[index] & needed) == needed;
}

/*
 * Mark everything that a name or glob means, and say whether it means
 * anything that has the marks in `needed`.
 */
static bool
mark_matches(
    struct work *work, const char *pattern, uint8_t mark, uint8_t needed)
{
	bool found = false;

	if (strpbrk(pattern, "*?[\\") == NULL) {
		ssize_t i = find_named(work, pattern);

		if (i < 0)
			return false;
		work->marks[i] |= mark;
		return has_all(work, (size_t)i, needed);
	}
	for (size_t i = 0; i < work->n; i++) {
		if (fnmatch(pattern, work->stored[i], 0) != 0)
			continue;
		work->marks[i] |= mark;
		found |= has_all(work, i, needed);
	}
	for (size_t i = 0; i < work->lasting_n; i++) {
		if (fnmatch(pattern, work->lasting[i].final, 0) != 0)
			continue;
		work->marks[work->lasting[i].index] |= mark;
		found |= has_all(work, work->lasting[i].index, needed);
	}
	return found;
}

/* Note a missing name, unless --allow-missing has it. */
static void
miss(struct work *work, const char *name)
{
	ssize_t i = find_named(work, name);

	if (in_list(&work->rules->allow_missing, name))
		return;
	work->missing[work->missing_n++] = name;
	if (i >= 0 && work->left_out == NULL) {
		work->left_out = name;
		work->left_out_by_list = !has_all(work, (size_t)i, LISTED);
	}
}

static int
begin(struct work *work, struct err *err)
{
	const struct selection_rules *rules = work->rules;

	/* One more, as calloc(0) may be NULL. */
	work->marks = calloc(work->n + 1, 1);
	work->lasting = calloc(rules->lasting_n + 1, sizeof(*work->lasting));
	work->given = calloc(rules->given_n + 1, sizeof(*work->given));
	work->missing = calloc(rules->listed.n + rules->only.n +
		rules->except.n + rules->given_n + 1,
	    sizeof(*work->missing));
	if (work->marks == NULL || work->lasting == NULL ||
	    work->given == NULL || work->missing == NULL)
		return err_memory(err);
	for (size_t i = 0; i < rules->lasting_n; i++) {
		ssize_t index = find_stored(work, rules->lasting[i].stored);

		/* The map outlives a deleted secret. */
		if (index < 0)
			continue;
		work->marks[index] |= LASTING_MAP;
		work->lasting[work->lasting_n++] =
		    (struct alias){rules->lasting[i].final, (size_t)index};
	}
	qsort(work->lasting, work->lasting_n, sizeof(*work->lasting),
	    compare_alias);
	return 0;
}

static void
apply_list(struct work *work)
{
	const struct text_list *listed = &work->rules->listed;

	for (size_t i = 0; i < work->n && !work->rules->has_list; i++)
		work->marks[i] |= LISTED;
	for (size_t i = 0; i < listed->n && work->rules->has_list; i++) {
		ssize_t index = find_named(work, listed->items[i]);

		if (index >= 0) {
			work->marks[index] |= LISTED;
			continue;
		}
		miss(work, listed->items[i]);
		work->listed_is_missing |= work->missing_n > 0;
	}
}

static void
apply_only_and_except(struct work *work)
{
	const struct text_list *only = &work->rules->only;
	const struct text_list *except = &work->rules->except;

	for (size_t i = 0; i < work->n && only->n == 0; i++)
		work->marks[i] |= WANTED;
	for (size_t i = 0; i < only->n; i++) {
		if (!mark_matches(work, only->items[i], WANTED, LISTED))
			miss(work, only->items[i]);
	}
	/* Leaving out what the list leaves out already is no mistake. */
	for (size_t i = 0; i < except->n; i++) {
		if (!mark_matches(work, except->items[i], UNWANTED, 0))
			miss(work, except->items[i]);
	}
}

static bool
is_chosen(const struct work *work, size_t index)
{
	return (work->marks[index] & (LISTED | WANTED | UNWANTED)) ==
	    (LISTED | WANTED);
}

static void
apply_given_map(struct work *work)
{
	const struct selection_rules *rules = work->rules;

	for (size_t i = 0; i < rules->given_n; i++) {
		ssize_t index = find_named(work, rules->given[i].stored);

		if (index < 0 || !is_chosen(work, (size_t)index)) {
			miss(work, rules->given[i].stored);
			continue;
		}
		work->marks[index] |= GIVEN_MAP;
		work->given[work->given_n++] =
		    (struct alias){rules->given[i].final, (size_t)index};
	}
}

/* For one missing name, what was meant. */
static int
hint_nearest(const struct work *work, struct err *err)
{
	struct nearest nearest = {.wanted = work->missing[0]};

	for (size_t i = 0; work->missing_n == 1 && i < work->n; i++)
		nearest_offer(&nearest, work->stored[i]);
	return nearest.found[0] != '\0'
	    ? err_hint(err, "did you mean '%s'?", nearest.found)
	    : err_hint(err, "'agentsecrets list' shows what there is");
}

static int
report_missing(const struct work *work, struct err *err)
{
	struct name_report report = NAME_REPORT_INIT;

	qsort(work->missing, work->missing_n, sizeof(*work->missing),
	    compare_items);
	for (size_t i = 0; i < work->missing_n; i++) {
		if (i == 0 ||
		    !text_equal(work->missing[i], work->missing[i - 1]))
			name_report_add(&report, work->missing[i]);
	}
	err_set(err, EXIT_FAILED, "secret%s not found: %s",
	    report.n == 1 ? "" : "s", report.text);
	if (work->left_out != NULL && work->left_out_by_list)
		return err_hint(err,
		    "'%s' is stored, but the list of project.json leaves it "
		    "out",
		    work->left_out);
	if (work->left_out != NULL)
		return err_hint(err,
		    "'%s' is stored, but --only or --except leaves it out",
		    work->left_out);
	if (work->listed_is_missing)
		return err_hint(err,
		    "the list of project.json wants them; 'agentsecrets list' "
		    "shows what there is, --allow-missing does without");
	return hint_nearest(work, err);
}

static int
add(struct selection *out, size_t index, const char *prefix, const char *name,
    struct err *err)
{
	struct selected *item = &out->items[out->n];
	int len =
	    snprintf(item->final, sizeof(item->final), "%s%s", prefix, name);

	if (len < 0 || (size_t)len >= sizeof(item->final))
		return err_set(err, EXIT_FAILED,
		    "the name '%.64s…' is too long: %zu bytes, %zu allowed",
		    *prefix != '\0' ? prefix : name,
		    strlen(prefix) + strlen(name), sizeof(item->final) - 1);
	if (!name_is_final(item->final))
		return err_set(err, EXIT_FAILED,
		    "'%s' is no name for an environment variable: not a "
		    "letter or '_', followed by letters, digits and '_'",
		    item->final);
	item->index = index;
	out->n++;
	return 0;
}

/* Give every chosen secret its final name, or its several ones. */
static int
name_chosen(struct selection *out, const struct work *work, struct err *err)
{
	const char *prefix =
	    work->rules->prefix != NULL ? work->rules->prefix : "";
	int status = 0;

	out->items = calloc(
	    work->n + work->lasting_n + work->given_n + 1, sizeof(*out->items));
	if (out->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < work->given_n && status == 0; i++)
		status = add(
		    out, work->given[i].index, "", work->given[i].final, err);
	for (size_t i = 0; i < work->lasting_n && status == 0; i++) {
		size_t index = work->lasting[i].index;

		if (is_chosen(work, index) &&
		    (work->marks[index] & GIVEN_MAP) == 0)
			status =
			    add(out, index, "", work->lasting[i].final, err);
	}
	for (size_t i = 0; i < work->n && status == 0; i++) {
		if (is_chosen(work, i) &&
		    (work->marks[i] & (GIVEN_MAP | LASTING_MAP)) == 0)
			status = add(out, i, prefix, work->stored[i], err);
		if ((work->marks[i] & LISTED) == 0)
			out->unlisted++;
	}
	return status;
}

static int
check_final_names(
    const struct selection *out, const struct work *work, struct err *err)
{
	struct name_report refused = NAME_REPORT_INIT;
	const char *first = NULL;

	for (size_t i = 0; i < out->n; i++) {
		const char *name = out->items[i].final;

		if (i > 0 && text_equal(name, out->items[i - 1].final))
			return err_set(err, EXIT_FAILED,
			    "'%s' and '%s' would both be '%s'",
			    work->stored[out->items[i - 1].index],
			    work->stored[out->items[i].index], name);
		if (!name_is_dangerous(name) ||
		    in_list(&work->rules->allowed, name))
			continue;
		if (first == NULL)
			first = name;
		name_report_add(&refused, name);
	}
	if (first == NULL)
		return 0;
	err_set(err, EXIT_FAILED,
	    "refused: %s: changes how programs load or run code", refused.text);
	return err_hint(
	    err, "if that is what you want, add --allow-name %s", first);
}

int
selection_apply(struct selection *out, const struct selection_rules *rules,
    const char *const *stored, size_t n, struct err *err)
{
	AUTO_WORK struct work work = {
	    .rules = rules,
	    .stored = stored,
	    .n = n,
	};
	AUTO_SELECTION struct selection made = SELECTION_INIT;
	int status;

	if ((status = begin(&work, err)) < 0)
		return status;
	apply_list(&work);
	apply_only_and_except(&work);
	apply_given_map(&work);
	if (work.missing_n > 0)
		return report_missing(&work, err);
	if ((status = name_chosen(&made, &work, err)) < 0)
		return status;
	qsort(made.items, made.n, sizeof(*made.items), compare_selected);
	if ((status = check_final_names(&made, &work, err)) < 0)
		return status;
	*out = made;
	made = (struct selection)SELECTION_INIT;
	return 0;
}

void
selection_release(struct selection *selection)
{
	free(selection->items);
	*selection = (struct selection)SELECTION_INIT;
}
