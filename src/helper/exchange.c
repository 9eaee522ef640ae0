#include "config.h"

#include "exchange.h"

#include <agentsecrets/arena.h>

int
helper_say(struct helper *helper, const char *name,
    const struct message *request, struct err *err)
{
	if (helper->fd < 0)
		return err_set(err, EXIT_FAILED, "%s is not running", name);
	if (message_send(helper->fd, request, err) == 0)
		return 0;
	helper_stop(helper);
	return -EXIT_FAILED;
}

int
helper_hear(struct helper *helper, const char *name, struct buf *reply,
    struct message_view *answer, struct err *err)
{
	int rc;

	if (helper->fd < 0)
		return err_set(err, EXIT_FAILED, "%s is not running", name);
	rc = message_receive(
	    helper->fd, arena_message_memory, reply, answer, err);
	if (rc == 1)
		return 0;
	if (rc == 0)
		err_set(err, EXIT_FAILED, "%s has ended", name);
	helper_stop(helper);
	return -EXIT_FAILED;
}
