/*
 * nearest: what somebody probably meant who mistyped a word.
 *
 *	struct nearest nearest = {.wanted = "sett"};
 *
 *	nearest_offer(&nearest, "set");
 *	if (nearest.found[0] != '\0')
 *		return err_hint(err, "did you mean '%s'?", nearest.found);
 */
#ifndef AGENTSECRETS_NEAREST_H
#define AGENTSECRETS_NEAREST_H

#include <stddef.h>

enum { NEAREST_MAX = 64 }; /* letters; longer words are not like any other */

struct nearest {
	const char *wanted;	     /* what was typed */
	char found[NEAREST_MAX + 1]; /* "": nothing comes close */
	size_t distance;	     /* of `found` */
};

/**
 * Consider one word. Near is what differs in one letter of every three, two at
 * most: one that is wrong, left out, one too many, or swapped with the next.
 * Case does not count. Of equally near words the first stays.
 */
void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
