/*
 * race: two commands at once about one name. One wins, the other is told;
 * server and vaults say the same afterwards, and no value was lost in between.
 */
#ifndef RACE_H
#define RACE_H

#include <stdint.h>

/**
 * Run rounds, and tell what went wrong.
 *
 * It forks, so nothing may be in the arena yet.
 *
 * @return the status of the program
 */
int race(int rounds, uint64_t seed);

#endif
