/*
 * project_rules: the members of project.json that say what a command gets:
 * names, minimum and map (A7).
 */
#ifndef PROJECT_RULES_H
#define PROJECT_RULES_H

#include <agentsecrets/project_file.h>

/**
 * Check the three members.
 *
 * @return NULL, or the first one that is malformed
 */
const char *project_rules_fault(const cJSON *document);

/**
 * Compute `rules` of struct project_file from a document that was checked.
 *
 * @return 0, or -1 when memory is out
 */
int project_rules_hash(char out[2 * KEY_BYTES + 1], const cJSON *document);

/**
 * Fill `rules`, `map` and `map_n` from the document, which has been checked.
 *
 * @return 0; -EXIT_FAILED when memory is out
 */
int project_rules_fill(struct project_file *file, struct err *err);

#endif
