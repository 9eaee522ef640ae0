/*
 * resolve: what becomes of names that have two values: ours stays, or theirs
 * is taken. A flag says so for all of them, or a person for each.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <agentsecrets/flow.h>

/* How a conflict is told. Printable, without a line end. */
struct resolve_words {
	const char *what;   /* "changed here and on the server" */
	const char *ours;   /* what "mine" is: "what is here" */
	const char *theirs; /* "what the server has" */
	const char *hint;   /* after a refusal; "" is none */
};

/* For a copy and the server, where --ours and --theirs are flags. */
extern const struct resolve_words resolve_server_words;

struct resolver {
	enum resolution how; /* for whatever is not decided by name */
	const struct resolve_words *words;
	struct names ours; /* decided one by one; sorted */
	struct names theirs;
};

#define RESOLVER_INIT(h, w)                                                    \
	{                                                                      \
		.how = (h), .words = (w), .ours = NAMES_INIT,                  \
		.theirs = NAMES_INIT                                           \
	}
#define AUTO_RESOLVER __attribute__((cleanup(resolver_release)))

/** Free the lists. */
void resolver_release(struct resolver *resolver);

/**
 * Decide what becomes of names. With RESOLVE_ASK a person on the terminal
 * says it for each that is not decided yet, or for all that are left. What
 * was decided is remembered: one that comes again is not asked again.
 *
 * No value is ever shown.
 *
 * @param conflicts  sorted; without a name nothing happens
 * @return 0; -EXIT_CONFLICT, "WHAT: A, B" and the hint, when nobody can be
 *         asked, nobody may be asked (RESOLVE_REFUSE), or the person quits or
 *         the input ends. Nothing must have been changed by then
 */
int resolver_decide(struct resolver *resolver, const struct names *conflicts,
    const struct caller *caller, struct err *err);

/**
 * What was decided.
 *
 * @return RESOLVE_OURS or RESOLVE_THEIRS; anything else: nothing was
 */
enum resolution resolver_choice(
    const struct resolver *resolver, const char *name);

#endif
