/*
 * waiting: what takes its time and cannot say how far it is: an answer that is
 * waited for, a password that is stretched. Whoever shows that to a person
 * says so once, in main; below it is only told.
 */
#ifndef AGENTSECRETS_WAITING_H
#define AGENTSECRETS_WAITING_H

/**
 * Who is told from now on.
 *
 * @param tell  gets what begins ("waiting for the server", valid for good), or
 *              NULL when it has ended; NULL: nobody is told, as at first
 */
void waiting_tell(void (*tell)(const char *what));

/** It begins. Until waiting_end() nothing is printed and nobody is asked. */
void waiting_begin(const char *what);

/** It has ended, well or not. */
void waiting_end(void);

#endif
