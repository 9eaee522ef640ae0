/*
 * trust_text: what trust.c and trust_text.c share.
 */
#ifndef TRUST_TEXT_H
#define TRUST_TEXT_H

#include <agentsecrets/trust.h>

/**
 * Make room for one more entry at the end of an array.
 *
 * @param items  the address of the array's pointer
 * @return the new entry, zeroed and counted; NULL when memory is out
 */
void *trust_grow(void *items, size_t *n, size_t size);

#endif
