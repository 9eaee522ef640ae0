#include "config.h"

#include "resolve.h"

#include <stdio.h>

#include <agentsecrets/text.h>

const struct resolve_words resolve_server_words = {
    .what = "changed here and on the server",
    .ours = "what is here",
    .theirs = "what the server has",
    .hint = "see 'agentsecrets diff'; --ours keeps what is here, --theirs "
	    "takes what the server has",
};

void
resolver_release(struct resolver *resolver)
{
	names_release(&resolver->ours);
	names_release(&resolver->theirs);
}

enum resolution
resolver_choice(const struct resolver *resolver, const char *name)
{
	if (names_has(&resolver->ours, name))
		return RESOLVE_OURS;
	if (names_has(&resolver->theirs, name))
		return RESOLVE_THEIRS;
	return resolver->how;
}

static bool
is_decided(const struct resolver *resolver, const char *name)
{
	enum resolution choice = resolver_choice(resolver, name);

	return choice == RESOLVE_OURS || choice == RESOLVE_THEIRS;
}

static int
refuse(const struct resolver *resolver, const struct names *conflicts,
    struct err *err)
{
	char list[1024];

	err_set(err, EXIT_CONFLICT, "%s: %s", resolver->words->what,
	    names_join(list, sizeof(list), conflicts, 32));
	return err_hint(err, "%s", resolver->words->hint);
}

static int
decide(struct names *names, const char *name, struct err *err)
{
	if (names_add(names, name) < 0)
		return err_memory(err);
	names_sort(names);
	return 0;
}

/* @return 1 when the answer is none, and is to be asked for again */
static int
take_answer(struct resolver *resolver, const char *name, const char *answer,
    const struct names *conflicts, struct err *err)
{
	if (text_equal(answer, "m"))
		return decide(&resolver->ours, name, err);
	if (text_equal(answer, "t"))
		return decide(&resolver->theirs, name, err);
	if (text_equal(answer, "q") || text_equal(answer, "Q"))
		return refuse(resolver, conflicts, err);
	if (text_equal(answer, "M"))
		resolver->how = RESOLVE_OURS;
	else if (text_equal(answer, "T"))
		resolver->how = RESOLVE_THEIRS;
	else
		return 1;
	return 0;
}

static int
ask(struct resolver *resolver, const char *name, const struct names *conflicts,
    const struct caller *caller, struct err *err)
{
	char question[ERR_TEXT_MAX];
	char answer[16];
	int rc;

	snprintf(question, sizeof(question),
	    "%s: [m]ine (%s), [t]heirs (%s), [M] or [T] for all, [q]uit? ",
	    name, resolver->words->ours, resolver->words->theirs);
	do {
		rc = caller->ask->line(question, answer, sizeof(answer), err);
		if (rc == 0)
			rc =
			    take_answer(resolver, name, answer, conflicts, err);
		else if (rc == -EXIT_USAGE) /* longer than any answer */
			rc = 1;
		else
			rc = refuse(resolver, conflicts, err);
	} while (rc > 0);
	return rc;
}

/* What there is to be asked about, before the first question. */
static void
tell(const struct resolver *resolver, const struct names *conflicts,
    const struct caller *caller)
{
	char list[1024];
	char text[ERR_TEXT_MAX];

	snprintf(text, sizeof(text), "%s: %s", resolver->words->what,
	    names_join(list, sizeof(list), conflicts, 32));
	caller->notice(text);
}

int
resolver_decide(struct resolver *resolver, const struct names *conflicts,
    const struct caller *caller, struct err *err)
{
	AUTO_NAMES struct names open = NAMES_INIT;

	for (size_t i = 0; i < conflicts->n; i++) {
		if (!is_decided(resolver, conflicts->items[i]) &&
		    names_add(&open, conflicts->items[i]) < 0)
			return err_memory(err);
	}
	if (open.n == 0)
		return 0;
	if (resolver->how == RESOLVE_REFUSE || !caller->ask->is_there())
		return refuse(resolver, conflicts, err);
	tell(resolver, &open, caller);
	for (size_t i = 0; i < open.n; i++) {
		if (!is_decided(resolver, open.items[i]) &&
		    ask(resolver, open.items[i], conflicts, caller, err) < 0)
			return -(int)err->status;
	}
	return 0;
}
