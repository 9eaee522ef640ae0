/* exchange: frames to a helper and from it, as every client needs them. */
#ifndef HELPER_EXCHANGE_H
#define HELPER_EXCHANGE_H

#include <agentsecrets/helper.h>
#include <agentsecrets/message.h>

/**
 * Send a request. A helper that cannot be written to is ended.
 *
 * @param name  "the network helper", for the error
 * @return 0; -EXIT_FAILED
 */
int helper_say(struct helper *helper, const char *name,
    const struct message *request, struct err *err);

/**
 * Receive the next frame. A helper that breaks the rules or has ended is
 * stopped, and not asked again.
 *
 * @param reply   where a body that is not secret goes
 * @param answer  a view into `reply`, or into the arena if secret
 * @return 0; -EXIT_FAILED
 */
int helper_hear(struct helper *helper, const char *name, struct buf *reply,
    struct message_view *answer, struct err *err);

#endif
