/*
 * project: what init needs of making projects.
 */
#ifndef PROJECT_H
#define PROJECT_H

#include <agentsecrets/flow.h>

/**
 * Choose the first project's name: the flag, else a question on a terminal
 * with the directory's name as the answer to Enter.
 *
 * @param out  LABEL_MAX + 1 bytes
 * @return 1; 0 when there is to be none; -EXIT_USAGE
 */
int project_name_for_init(
    char *out, const char *given, const struct caller *caller, struct err *err);

#endif
