/*
 * world: what a step of the model test is, and the state that it changes. The
 * reference model changes a world by its own rules; the homes, the server and
 * the copies are read into another one; the two must be the same.
 *
 * Three machines of one account: home 0 has the vault only, home 1 keeps
 * .env files and has two checkouts of the project, home 2 keeps its values in
 * the keychain.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <agentsecrets/names.h>

enum { NAMES_N = 5, HOMES_N = 3, COPIES_N = 3, PAST_N = 11 };

/* Where a step happens. */
enum seat { SEAT_VAULT, SEAT_FILE_A, SEAT_FILE_B, SEAT_ITEMS, SEATS_N };

/* A value is a number, VALUE_EMPTY is the empty one. */
enum { NONE, VALUE_EMPTY, VALUE_FIRST };

/* A name at the server, or as a vault knows it. */
struct cell {
	int value;
	int serial; /* how often it was written; 0: never there */
};

/* A name in a local copy. */
struct held {
	int value;
	int behind; /* the vault has moved away from it; and then ... */
	int base;   /* ... what it was last brought to agree with; else NONE */
};

struct world {
	struct cell server[ENVIRONMENTS_N][NAMES_N];
	/* What the server holds and held before, newest first. */
	int past[ENVIRONMENTS_N][NAMES_N][PAST_N];
	struct cell vault[HOMES_N][ENVIRONMENTS_N][NAMES_N];
	struct held copy[COPIES_N][ENVIRONMENTS_N][NAMES_N];
	int file[COPIES_N][ENVIRONMENTS_N]; /* whether it is there */
};

enum operation {
	OP_SET,
	OP_SET_ALL, /* in every environment */
	OP_DELETE,
	OP_PUSH, /* the own copy */
	OP_PUSH_FILE,
	OP_PULL,
	OP_FETCH, /* env --fresh */
	OP_DIFF,
	OP_DIFF_BOTH, /* two environments */
	OP_COPY,      /* from another environment; no name: all */
	OP_MERGE,
	OP_CLEAN,
	OP_RESTORE, /* one name; its value says which version */
	OP_EDIT,    /* another program changes the copy */
	OPERATIONS_N
};

/* What goes wrong in a step, at its `at`-th call to the outside. */
enum trouble_kind {
	TROUBLE_NONE,
	TROUBLE_REFUSED, /* it fails and does nothing */
	TROUBLE_UNHEARD, /* it does its work, and seems to fail */
	TROUBLE_END,	 /* from here on nothing works: as if killed */
	TROUBLES_N
};

/* What a flag says about conflicts. */
enum choice {
	CHOICE_NONE,
	CHOICE_OURS,
	CHOICE_THEIRS,
	CHOICE_FORCE,
	CHOICES_N
};

struct step {
	enum operation operation;
	enum seat seat;
	int environment;
	int from;	/* of a copy, a merge, a diff of two */
	unsigned names; /* a bit a name */
	int values[NAMES_N];
	enum choice choice;
	bool prune; /* of a push */
	bool blind; /* a keychain that does not answer is not waited for */
	enum trouble_kind trouble;
	int at;
};

/* What a command says. */
struct outcome {
	int status;	/* exit status */
	unsigned clash; /* the names that a conflict is about */
	/* written, deleted, taken; added, changed, gone or kept; the lists of a
	 * diff in the order of struct diff_result; the names that a command
	 * gets */
	unsigned sets[5];
	int count; /* unchanged; all that there are */
	char text[256];
};

static inline int
seat_home(enum seat seat)
{
	static const int homes[SEATS_N] = {0, 1, 1, 2};

	return homes[seat];
}

/* The copy of a seat, or -1. */
static inline int
seat_copy(enum seat seat)
{
	return (int)seat - 1;
}

static inline int
copy_home(int copy)
{
	return seat_home((enum seat)(copy + 1));
}

static inline bool
is_forced(const struct step *step)
{
	return step->choice == CHOICE_FORCE;
}

static inline unsigned
bit(int name)
{
	return 1U << name;
}

/** The server takes a value as the next version. */
static inline void
world_write(struct world *world, int environment, int name, int value)
{
	int *past = world->past[environment][name];

	for (int i = PAST_N - 1; i > 0; i--)
		past[i] = past[i - 1];
	past[0] = value;
	world->server[environment][name].value = value;
	world->server[environment][name].serial++;
}

/** What the copy was last brought to agree with. */
static inline int
world_base(const struct world *world, int copy, int environment, int name)
{
	const struct held *held = &world->copy[copy][environment][name];

	return held->behind
	    ? held->base
	    : world->vault[copy_home(copy)][environment][name].value;
}

#endif
