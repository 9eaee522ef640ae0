/* where: whether a command has a place to work, before a person is asked. */
#include "config.h"

#include <agentsecrets/flow.h>

#include "changes.h"
#include "place.h"

int
where_run(
    const struct caller *caller, struct flow_where *where, struct err *err)
{
	AUTO_PLACE struct place place = PLACE_INIT;

	if (place_find(&place, caller, err) < 0)
		return -(int)err->status;
	flow_where_set(where, &place);
	return 0;
}
