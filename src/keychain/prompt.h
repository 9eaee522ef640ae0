/* prompt: having the provider ask a person. */
#ifndef KEYCHAIN_PROMPT_H
#define KEYCHAIN_PROMPT_H

#include "state.h"

/* What a call returns when there is nothing to ask, or nothing came of it. */
#define NO_OBJECT "/"

enum prompt_purpose {
	PROMPT_UNLOCK, /* it needs a person: without a display it fails */
	PROMPT_CHANGE, /* some providers ask for form's sake, and answer it */
};

/**
 * Ask, if a call returned a prompt. One that is not answered at once is
 * announced to the launcher and takes as long as the person does; it ends
 * with us, with the provider and with the bus. libsecret's own way does not
 * tell "dismissed" from "done".
 *
 * @param prompt  its path; NO_OBJECT is none, and success
 * @param result  out: what came of it, to be released, or NULL; may be NULL
 * @return 0; -EXIT_FAILED with REASON_LOCKED when nobody can be asked or the
 *         question was dismissed, or as bus_failed()
 */
int prompt_ask(struct keychain_state *state, const char *prompt,
    enum prompt_purpose purpose, GVariant **result, struct err *err);

#endif
