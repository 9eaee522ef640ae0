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

struct project_minimum {
	const char *name;
	uint32_t epoch;
	uint32_t version;
};

struct project_file {
	char *directory; /* real path of the directory that holds .agentsecrets */
	char project[UUID_TEXT + 1];   /* "" while unbound */
	char workspace[UUID_TEXT + 1];
	char project_name[LABEL_MAX + 1];
	char workspace_name[LABEL_MAX + 1];
	char environment[ENVIRONMENT_MAX + 1]; /* "" when not set */
	int storage_mode;			/* 0: inherit, 1, 2 */
	char rules[2 * KEY_BYTES + 1]; /* SHA-256 of the canonical JSON of
					  names, minimum and map; "-" */
	struct name_map *map; /* views into document */
	size_t map_n;
	cJSON *document; /* as read: unknown fields survive */
};

#define PROJECT_FILE_INIT {.directory = NULL}
#define AUTO_PROJECT_FILE __attribute__((cleanup(project_file_release)))

/**
 * Look from `start` upwards for .agentsecrets/project.json and read it.
 *
 * The home directory itself is not searched. The file must be regular, not a
 * symbolic link, owned by the effective user or root, and not writable by
 * others.
 *
 * @param start  NULL: the working directory
 * @return 1; 0 when there is none; -EXIT_FAILED when it is damaged, has a
 *         malformed id, name or environment, or is not safe to read
 */
int project_file_find(struct project_file *out, const char *start,
    struct err *err);

/**
 * Read or begin the file of one directory, without looking upwards: what
 * `project create|use` writes to.
 *
 * @return 1 when it exists, 0 when `out` is a fresh one; -EXIT_FAILED
 */
int project_file_open(struct project_file *out, const char *directory,
    struct err *err);

/**
 * Write the struct's own fields into the document and the file, durably; the
 * directory .agentsecrets is made (0755, the file 0644).
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
int project_file_names(const struct project_file *file,
    const char *environment, struct text_list *out, struct err *err);

/** The same for `minimum`: an array to free(), its names are views. */
int project_file_minimum(const struct project_file *file,
    const char *environment, struct project_minimum **out, size_t *n,
    struct err *err);

/**
 * Add a lasting map entry (and recompute `rules`).
 *
 * @param final   [A-Za-z_][A-Za-z0-9_]*
 * @param stored  a stored name
 * @return 1 when it is new, 0 when it was there; -EXIT_FAILED when `final`
 *         or `stored` already means something else
 */
int project_file_map_add(struct project_file *file, const char *final,
    const char *stored, struct err *err);

#endif
