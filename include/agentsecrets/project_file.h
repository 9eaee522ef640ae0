/*
 * project_file: .agentsecrets/project.json, which project a directory means.
 * It is meant to be committed, so anybody may have written it: nothing in it
 * is obeyed before the directory is trusted, and a server URL never.
 */
#ifndef AGENTSECRETS_PROJECT_FILE_H
#define AGENTSECRETS_PROJECT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include <agentsecrets/err.h>
#include <agentsecrets/limits.h>
#include <agentsecrets/selection.h>

struct project_map;

struct project_minimum {
	const char *name;
	uint32_t epoch;
	uint32_t version;
};

struct project_file {
	char *
	    directory; /* real path of the directory that holds .agentsecrets */
	char project[UUID_TEXT + 1]; /* "" while unbound */
	char workspace[UUID_TEXT + 1];
	char project_name[LABEL_MAX + 1];
	char workspace_name[LABEL_MAX + 1];
	char environment[ENVIRONMENT_MAX + 1]; /* "" when not set */
	int storage_mode;		       /* 0: inherit, 1, 2 */
	/*
	 * What trust binds besides the ids: 64 hex digits, the SHA-256 of
	 * {"map":…,"minimum":…,"names":…}, members that are absent or null
	 * left out, keys sorted bytewise at every level, lists in their
	 * order, no white space (RFC 8785); "-" when none of the three is
	 * there; "", which nothing can be bound to, after an entry was added
	 * and until the file is saved.
	 */
	char rules[2 * KEY_BYTES + 1];
	struct name_map *map; /* views into document */
	size_t map_n;
	struct project_map *index; /* once it was looked into */
	cJSON *document;	   /* as read: unknown fields survive */
};

#define PROJECT_FILE_INIT                                                      \
	{                                                                      \
		.directory = NULL                                              \
	}
#define AUTO_PROJECT_FILE __attribute__((cleanup(project_file_release)))

/**
 * Look from `start` upwards for .agentsecrets/project.json and read it.
 *
 * The search ends before $HOME, and after a mount point. The file must be
 * regular, not reached by a symbolic link, owned by the effective user or
 * root, and not writable by others; one's own group may write it (a clone
 * made with umask 002): whatever counts is bound by trust. An empty file is
 * an unbound one.
 *
 * @param out    PROJECT_FILE_INIT before; as it was unless the result is 1
 * @param start  NULL: the working directory
 * @return 1; 0 when there is none; -EXIT_FAILED when it is damaged, has a
 *         malformed id, name, environment, names list, minimum or map, is
 *         larger than SMALL_FILE_MAX, or is not safe to read
 */
int project_file_find(
    struct project_file *out, const char *start, struct err *err);

/**
 * Read or begin the file of one directory, without looking upwards: what
 * `project create|use` writes to.
 *
 * @param directory  NULL: the working directory
 * @return 1 when it exists, 0 when `out` is a fresh one; -EXIT_FAILED as
 *         project_file_find(), and when it is $HOME, which is never searched
 */
int project_file_open(
    struct project_file *out, const char *directory, struct err *err);

/**
 * Write the struct's own fields into the document and the file, durably; the
 * directory .agentsecrets is made (0755, the file 0644, less umask(2)).
 * Other members and their order are kept. `rules` is computed anew.
 *
 * @return 0; -EXIT_FAILED, the old file is as it was, also when
 *         project_file_find() would refuse what is to be written
 */
int project_file_save(struct project_file *file, struct err *err);

/** Free what it holds; a zeroed or half-filled one is fine. */
void project_file_release(struct project_file *file);

/**
 * The list of names for an environment.
 *
 * @param out  views into the file; free the array `out->items` itself
 * @return 1; 0 when the environment has no list; -EXIT_FAILED
 */
int project_file_names(const struct project_file *file, const char *environment,
    struct text_list *out, struct err *err);

/** The same for `minimum`: an array to free(), its names are views. */
int project_file_minimum(const struct project_file *file,
    const char *environment, struct project_minimum **out, size_t *n,
    struct err *err);

/**
 * Add a lasting map entry. n entries take n log n; `rules` is computed once,
 * by project_file_save().
 *
 * @param final   [A-Za-z_][A-Za-z0-9_]*
 * @param stored  a stored name
 * @return 1 when it is new, 0 when it was there; -EXIT_FAILED when `final`
 *         or `stored` already means something else
 */
int project_file_map_add(struct project_file *file, const char *final,
    const char *stored, struct err *err);

/**
 * The final name that the map has for a stored one, or NULL. The first call
 * sorts the map, so that n of them take n log n.
 */
const char *project_file_map_find(
    struct project_file *file, const char *stored);

/** The stored name that the map has for a final one, or NULL; likewise. */
const char *project_file_map_stored(
    struct project_file *file, const char *final);

/**
 * Replace the list of names of an environment, and what each must be at
 * least. `rules` is "" until the file is saved.
 *
 * @param names  stored names, sorted bytewise, each once
 * @param marks  NULL: the marks that are there stay, but for those of names
 *               that are not in the list
 * @return 0; -EXIT_FAILED when memory is out
 */
int project_file_pin(struct project_file *file, const char *environment,
    struct text_list names, const struct project_minimum *marks, size_t n,
    struct err *err);

/** Take list and marks of an environment out. @return whether it had any */
bool project_file_unpin(struct project_file *file, const char *environment);

/** Set `description`, which only other clients look at. 0; -EXIT_FAILED */
int project_file_describe(
    struct project_file *file, const char *description, struct err *err);

/**
 * Make it the file of no project: ids, names, description, times, map, names
 * and minimum go; environment, storage mode and members of others stay.
 *
 * @return 0; -EXIT_FAILED when memory is out
 */
int project_file_unbind(struct project_file *file, struct err *err);

#endif
