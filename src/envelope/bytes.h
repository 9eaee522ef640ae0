/* bytes: how numbers and labels stand in what is hashed. */
#ifndef ENVELOPE_BYTES_H
#define ENVELOPE_BYTES_H

#include <stdint.h>
#include <string.h>

#include <agentsecrets/crypto.h>

/* A label as a piece: with its zero byte where the definition has "\0". */
#define PIECE_LABEL(literal) ((struct piece){literal, sizeof(literal) - 1})
#define PIECE_LABEL_0(literal) ((struct piece){literal, sizeof(literal)})

/** A text without its zero byte. */
static inline struct piece
piece_text(const char *text)
{
	return (struct piece){text, strlen(text)};
}

/** Big-endian, as everywhere but in f(x). */
static inline void
bytes_put_big(uint8_t out[4], uint32_t number)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(number >> (24 - 8 * i));
}

/** Little-endian: the length in front of x in f(x). */
static inline void
bytes_put_little(uint8_t out[4], uint32_t number)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(number >> (8 * i));
}

#endif
