/*
 * terminal: asking a person. The terminal is /dev/tty; echo comes back after
 * every ending: an answer, Ctrl-C, Ctrl-Z, SIGTERM.
 */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <agentsecrets/flow.h>

/**
 * The asker of this process.
 *
 * `is_there` when a controlling terminal opens and standard input or standard
 * error is one too: a job whose three descriptors are all files or pipes is
 * never made to wait for a person.
 */
const struct asker *terminal_asker(void);

#endif
