/*
 * results: what several commands report, in one form.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include "command.h"

struct json_out;

/** A line for each workspace: its name, and date and number of its key. */
void print_workspaces(const struct workspace_number *workspaces, size_t n);

/** The same as the list "workspaces". */
void json_out_workspaces(
    struct json_out *out, const struct workspace_number *workspaces, size_t n);

/** Tell what set, delete or push did. @return 0; -EXIT_FAILED */
int print_written(const struct write_result *result,
    const struct common_args *args, struct err *err);

#endif
