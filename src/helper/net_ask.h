/* net_ask: one request to agentsecrets-net and its answer. */
#ifndef HELPER_NET_ASK_H
#define HELPER_NET_ASK_H

#include <agentsecrets/message.h>
#include <agentsecrets/net_client.h>

/**
 * Send a request and receive its answer. An expired session is renewed under
 * the token lock and the request sent again.
 *
 * @param wanted  the only type of answer that is taken
 * @param answer  a view into net->reply, or into the arena if secret; until
 *                the next call
 * @return 0; -EXIT_x of the refusal, `net->http_status` is then set
 */
int net_ask(struct net *net, const struct message *request,
    enum message_type wanted, struct message_view *answer, struct err *err);

/**
 * As net_ask(), with a second type of answer.
 *
 * @return 0 for `wanted`, 1 for `other`
 */
int net_ask_either(struct net *net, const struct message *request,
    enum message_type wanted, enum message_type other,
    struct message_view *answer, struct err *err);

/** Read the rows of an answer; takes over net->reply, where the blobs are. */
int net_take_rows(struct net *net, const struct message_view *answer,
    struct net_rows *out, struct err *err);

/** Read the workspaces of an answer. */
int net_take_workspaces(const struct message_view *answer,
    struct net_workspaces *out, struct err *err);

/** An answer that the message table allows and its meaning does not. */
int net_nonsense(const char *what, struct err *err);

/** Copy a column with a zero byte. @return 0, or -1 when it does not fit */
int net_column_text(const struct column *column, char *out, size_t out_len);

#endif
