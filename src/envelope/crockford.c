#include "config.h"

#include "crockford.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void
crockford_encode(char *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned value = 0;

		for (size_t bit = 5 * i; bit < 5 * i + 5; bit++)
			value =
			    value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1u);
		if (i > 0 && i % 4 == 0)
			*out++ = '-';
		*out++ = alphabet[value];
	}
	*out = '\0';
}

static int
value_of(char c)
{
	const char *found;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		return 0;
	if (c == 'I' || c == 'L')
		return 1;
	found = c == '\0' ? NULL : strchr(alphabet, c);
	return found == NULL ? -1 : (int)(found - alphabet);
}

int
crockford_decode(uint8_t *out, size_t n, const char *text)
{
	size_t read = 0;

	memset(out, 0, (n * 5 + 7) / 8);
	for (; *text != '\0'; text++) {
		int value;

		if (strchr("- \t\r\n", *text) != NULL)
			continue;
		value = value_of(*text);
		if (value < 0 || read == n)
			return -1;
		for (size_t i = 0; i < 5; i++) {
			size_t bit = 5 * read + i;

			out[bit / 8] = (uint8_t)(out[bit / 8] |
			    (value >> (4 - i) & 1) << (7 - bit % 8));
		}
		read++;
	}
	return read == n ? 0 : -1;
}
