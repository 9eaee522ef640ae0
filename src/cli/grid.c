#include "config.h"

#include "grid.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <agentsecrets/text.h>

/*
 * Wide characters take two columns and combining ones none, in every locale:
 * the borders are UTF-8 in any case.
 */
size_t
grid_width(const char *text)
{
	static locale_t utf8;
	size_t len = strlen(text);
	size_t width = 0;
	locale_t before;

	if (utf8 == (locale_t)0)
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
	while (len > 0) {
		uint32_t c = 0;
		size_t n = text_decode(text, len, &c);
		int columns = n > 0 ? wcwidth((wchar_t)c) : 1;

		n = n > 0 ? n : 1;
		width += columns >= 0 ? (size_t)columns : 1;
		text += n;
		len -= n;
	}
	if (before != (locale_t)0)
		uselocale(before);
	return width;
}

void
grid_begin(struct grid *grid, const char *const *titles)
{
	*grid = (struct grid){.cells = NAMES_INIT};
	while (titles[grid->columns] != NULL)
		grid->columns++;
	for (size_t i = 0; i < grid->columns; i++)
		grid_cell(grid, titles[i]);
}

void
grid_cell(struct grid *grid, const char *text)
{
	size_t len = strlen(text);
	size_t room = 10 * len + 8;
	char *safe = malloc(room);
	size_t *width = &grid->widths[grid->cells.n % grid->columns];
	size_t own;

	if (safe == NULL) {
		grid->failed = true;
		return;
	}
	text_printable(safe, room, text, len, len);
	own = grid_width(safe);
	*width = own > *width ? own : *width;
	if (names_add(&grid->cells, safe) < 0)
		grid->failed = true;
	free(safe);
}

void
grid_number(struct grid *grid, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	grid_cell(grid, text);
}

static void
print_border(const struct grid *grid, const char *left, const char *between,
    const char *right)
{
	for (size_t i = 0; i < grid->columns; i++) {
		fputs(i == 0 ? left : between, stdout);
		for (size_t k = 0; k < grid->widths[i] + 2; k++)
			fputs("─", stdout);
	}
	puts(right);
}

static void
print_row(const struct grid *grid, char *const *cells)
{
	for (size_t i = 0; i < grid->columns; i++)
		printf("│ %s%*s ", cells[i],
		    (int)(grid->widths[i] - grid_width(cells[i])), "");
	puts("│");
}

int
grid_print(const struct grid *grid, struct err *err)
{
	size_t columns = grid->columns;

	if (grid->failed)
		return err_memory(err);
	print_border(grid, "╭", "┬", "╮");
	print_row(grid, grid->cells.items);
	print_border(grid, "├", "┼", "┤");
	for (size_t i = columns; i + columns <= grid->cells.n; i += columns)
		print_row(grid, grid->cells.items + i);
	print_border(grid, "╰", "┴", "╯");
	return 0;
}

void
grid_release(struct grid *grid)
{
	names_release(&grid->cells);
}
