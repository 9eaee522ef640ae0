/* refuse: the one sentence for each reason why a command cannot be run. */
#ifndef AGENTSECRETS_REFUSE_H
#define AGENTSECRETS_REFUSE_H

#include <stdbool.h>

#include <agentsecrets/err.h>

/**
 * @param why  an errno; EISDIR for a directory, ENOENT for nothing found
 * @return -EXIT_NOT_FOUND or -EXIT_CANNOT_RUN
 */
int launch_refuse(const char *command, int why, struct err *err);

/** Whether anything is to be seen under that name. */
bool launch_is_there(const char *path);

#endif
