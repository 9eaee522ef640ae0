/*
 * grid: a listing in boxes, as other AgentSecrets programs print it and
 * scripts scrape it: rounded borders, a blank on each side of a cell.
 */
#ifndef GRID_H
#define GRID_H

#include <agentsecrets/buf.h>
#include <agentsecrets/err.h>
#include <agentsecrets/flow.h>

enum { GRID_COLUMNS_MAX = 8 };

struct grid {
	size_t columns;
	size_t widths[GRID_COLUMNS_MAX]; /* in columns of a terminal */
	struct names cells;		 /* row by row, the titles first */
	bool failed;
};

#define AUTO_GRID __attribute__((cleanup(grid_release)))

/** Begin a grid with its titles. @param titles  ends with NULL */
void grid_begin(struct grid *grid, const char *const *titles);

/** Add a cell; a row is full when it has as many as there are titles. */
void grid_cell(struct grid *grid, const char *text);
void grid_number(struct grid *grid, uint64_t number);

/** Print it. @return 0; -EXIT_FAILED when memory ran out on the way */
int grid_print(const struct grid *grid, struct err *err);

void grid_release(struct grid *grid);

/** How many columns of a terminal the printable text takes. */
size_t grid_width(const char *text);

#endif
