#include "config.h"

#include <agentsecrets/nearest.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool
is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The optimal string alignment distance: one row of the usual table for each
 * letter of `a`, of which three are needed.
 */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NEAREST_MAX + 1];

	for (size_t k = 0; k <= b_len; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];
		const size_t *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t k = 1; k <= b_len; k++) {
			row[k] = least(above[k], row[k - 1]) + 1;
			row[k] = least(row[k],
			    above[k - 1] + !is_same(a[i - 1], b[k - 1]));
			if (i > 1 && k > 1 && is_same(a[i - 1], b[k - 2]) &&
			    is_same(a[i - 2], b[k - 1]))
				row[k] = least(row[k], before[k - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

void
nearest_offer(struct nearest *nearest, const char *candidate)
{
	size_t wanted_len = strlen(nearest->wanted);
	size_t len = strlen(candidate);
	size_t apart;

	if (wanted_len > NEAREST_MAX || len > NEAREST_MAX)
		return;
	apart = distance(nearest->wanted, wanted_len, candidate, len);
	if (apart > 2 || 3 * apart > wanted_len)
		return;
	if (nearest->found[0] == '\0' || apart < nearest->distance) {
		memcpy(nearest->found, candidate, len + 1);
		nearest->distance = apart;
	}
}
