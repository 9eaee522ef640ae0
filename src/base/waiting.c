#include "config.h"

#include <agentsecrets/waiting.h>

#include <stddef.h>

/* Of the process, like the terminal that it ends on. */
static void (*teller)(const char *what);

void
waiting_tell(void (*tell)(const char *what))
{
	teller = tell;
}

void
waiting_begin(const char *what)
{
	if (teller != NULL)
		teller(what);
}

void
waiting_end(void)
{
	if (teller != NULL)
		teller(NULL);
}
