#include "config.h"

#include <agentsecrets/env_vector.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sys/resource.h>

#include <agentsecrets/arena.h>
#include <agentsecrets/text.h>

/* Of one name the lowest rank stays. */
enum rank { RANK_ACTIVE, RANK_SECRET, RANK_INHERITED, RANK_YIELDING };

struct entry {
	char *string;
	size_t name_len; /* all of it when it has no name */
	enum rank rank;
	bool has_name;
	size_t order; /* in the inherited environment */
};

/* Never for the command: they are ours. */
static const char *const credentials[] = {
    "AGENTSECRETS_PASSWORD_FILE",
    "AGENTSECRETS_TOKEN",
    "AGENTSECRETS_TOKEN_FILE",
};

static const char *const usual_names[] = {
    "COLORTERM",
    "HOME",
    "LANG",
    "LC_*",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_RUNTIME_DIR",
};

static const struct text_list usual = {
    .items = usual_names,
    .n = sizeof(usual_names) / sizeof(usual_names[0]),
};

static const struct text_list own = {
    .items = credentials,
    .n = sizeof(credentials) / sizeof(credentials[0]),
};

static bool
matches(const char *pattern, const char *name, size_t len)
{
	size_t pattern_len = strlen(pattern);

	if (pattern_len > 0 && pattern[pattern_len - 1] == '*')
		return len >= pattern_len - 1 &&
		    memcmp(pattern, name, pattern_len - 1) == 0;
	return len == pattern_len && memcmp(pattern, name, len) == 0;
}

static bool
in_list(const struct text_list *list, const char *name, size_t len)
{
	for (size_t i = 0; i < list->n; i++) {
		if (matches(list->items[i], name, len))
			return true;
	}
	return false;
}

/* A name and '=', as getenv(3) would find it. */
static struct entry
entry_of(char *string, enum rank rank, size_t order)
{
	size_t name_len = strcspn(string, "=");
	bool has_name = name_len > 0 && string[name_len] == '=';

	return (struct entry){
	    .string = string,
	    .name_len = has_name ? name_len : strlen(string),
	    .rank = rank,
	    .has_name = has_name,
	    .order = order,
	};
}

static bool
is_kept(const struct env_rules *rules, const struct entry *entry)
{
	if (!entry->has_name)
		return !rules->clean;
	if (in_list(&own, entry->string, entry->name_len))
		return false;
	return !rules->clean ||
	    in_list(rules->clean_has_list ? &rules->keep : &usual,
		entry->string, entry->name_len);
}

static bool
may_yield(const struct env_rules *rules, const char *name, size_t len)
{
	return rules->preserve &&
	    (!rules->preserve_has_list ||
		in_list(&rules->preserved, name, len));
}

bool
env_vector_preserves(
    const struct env_rules *rules, const char *name, char *const *inherited)
{
	size_t len = strlen(name);

	if (!may_yield(rules, name, len))
		return false;
	for (size_t i = 0; inherited[i] != NULL; i++) {
		struct entry entry = entry_of(inherited[i], RANK_INHERITED, i);

		if (entry.has_name && entry.name_len == len &&
		    memcmp(entry.string, name, len) == 0)
			return is_kept(rules, &entry);
	}
	return false;
}

static int
compare_names(const struct entry *a, const struct entry *b)
{
	size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
	int order = memcmp(a->string, b->string, len);

	if (order != 0)
		return order;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	/* Those without a name stand behind the run of one name. */
	return b->has_name - a->has_name;
}

static int
compare_entries(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	int order = compare_names(a, b);

	if (order != 0)
		return order;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Fill `entries` with all that may be in the vector. @return their number */
static size_t
collect(struct entry *entries, char *const *inherited, char *const *secrets,
    size_t n, char *active, const struct env_rules *rules)
{
	size_t used = 0;

	for (size_t i = 0; inherited[i] != NULL; i++) {
		entries[used] = entry_of(inherited[i], RANK_INHERITED, i);
		if (is_kept(rules, &entries[used]))
			used++;
	}
	for (size_t i = 0; i < n; i++) {
		struct entry *entry = &entries[used++];

		*entry = entry_of(secrets[i], RANK_SECRET, i);
		if (may_yield(rules, entry->string, entry->name_len))
			entry->rank = RANK_YIELDING;
	}
	if (active != NULL)
		entries[used++] = entry_of(active, RANK_ACTIVE, 0);
	return used;
}

int
env_vector_build(char ***out, char *const *inherited, char *const *secrets,
    size_t n, char *active, const struct env_rules *rules, struct err *err)
{
	struct entry *entries;
	char **vector;
	size_t used;
	size_t kept = 0;
	size_t max = n + 1;

	for (size_t i = 0; inherited[i] != NULL; i++)
		max++;
	/* Pointers only: what they point to stays where it is. */
	if ((entries = calloc(max, sizeof(*entries))) == NULL)
		return err_memory(err);
	used = collect(entries, inherited, secrets, n, active, rules);
	qsort(entries, used, sizeof(*entries), compare_entries);
	vector = arena_alloc((used + 1) * sizeof(*vector), err);
	for (size_t i = 0; i < used && vector != NULL; i++) {
		if (i == 0 || !entries[i].has_name ||
		    compare_names(&entries[i - 1], &entries[i]) != 0)
			vector[kept++] = entries[i].string;
	}
	free(entries);
	if (vector == NULL)
		return -EXIT_FAILED;
	vector[kept] = NULL;
	*out = vector;
	return 0;
}

/* What execve(2) leaves for strings and the pointers to them. */
static size_t
room_for_all(void)
{
	const size_t least = 131072;
	const size_t most = 6291456; /* 3/4 of the default stack, 8 MiB */
	struct rlimit stack;
	size_t room = most;

	if (getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur / 4 < most)
		room = (size_t)(stack.rlim_cur / 4);
	return room > least ? room : least;
}

static int
too_large(const char *string, size_t len, struct err *err)
{
	size_t name_len = strcspn(string, "=");

	/* Without '=' all of it is content, which is not for errors. */
	if (string[name_len] != '=')
		return err_set(err, EXIT_FAILED,
		    "an inherited string is too large for the environment: "
		    "%zu bytes, %d allowed",
		    len, (int)ENTRY_MAX);
	return err_set(err, EXIT_FAILED,
	    "the value of '%.*s' is too large for an environment variable: "
	    "%zu bytes, %d allowed with its name",
	    (int)name_len, string, len, (int)ENTRY_MAX);
}

int
env_vector_check(char *const *vector, char *const *argv, struct err *err)
{
	size_t room = room_for_all();
	size_t total = 0;
	size_t largest = 0;
	const char *culprit = NULL;

	for (size_t i = 0; argv[i] != NULL; i++) {
		size_t len = strlen(argv[i]);

		if (len > ENTRY_MAX)
			return err_set(err, EXIT_FAILED,
			    "argument %zu of the command is too large: %zu "
			    "bytes, %d allowed",
			    i, len, (int)ENTRY_MAX);
		total += len + 1 + sizeof(char *);
	}
	for (size_t i = 0; vector[i] != NULL; i++) {
		size_t len = strlen(vector[i]);

		if (len > ENTRY_MAX)
			return too_large(vector[i], len, err);
		total += len + 1 + sizeof(char *);
		if (len > largest && strchr(vector[i], '=') != NULL) {
			largest = len;
			culprit = vector[i];
		}
	}
	if (total <= room)
		return 0;
	err_set(err, EXIT_FAILED,
	    "environment and arguments are too large: %zu bytes, the stack "
	    "limit leaves %zu",
	    total, room);
	if (culprit == NULL)
		return -EXIT_FAILED;
	return err_hint(err, "the largest variable is '%.*s' with %zu bytes",
	    (int)strcspn(culprit, "="), culprit, largest);
}
