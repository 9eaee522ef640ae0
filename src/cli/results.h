/*
 * results: what commands that write report, in one form.
 */
#ifndef RESULTS_H
#define RESULTS_H

#include "command.h"

/** Tell what set, delete or push did. @return 0; -EXIT_FAILED */
int print_written(const struct write_result *result,
    const struct common_args *args, struct err *err);

#endif
