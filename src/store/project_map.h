/*
 * project_map: adding to the `map` of project.json. The entries are kept
 * sorted by both of their names meanwhile, so that a .env file with thousands
 * of lower-case names does not compare each with each.
 */
#ifndef PROJECT_MAP_H
#define PROJECT_MAP_H

#include <agentsecrets/project_file.h>

/** Forget the order; the next project_file_map_add() makes it anew. */
void project_map_end(struct project_file *file);

#endif
