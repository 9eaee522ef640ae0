/*
 * Exit statuses: the contract with scripts. An error carries the status it
 * leads to, so there is one table and no mapping. `env` turns every status
 * below 125 that is ours into EXIT_LAUNCHER.
 */
#ifndef AGENTSECRETS_EXITS_H
#define AGENTSECRETS_EXITS_H

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,      /* anything of ours without a row of its own */
	EXIT_USAGE = 2,	      /* the command line */
	EXIT_ACCESS = 3,      /* not logged in, not trusted, locked */
	EXIT_UNREACHABLE = 4, /* no server */
	EXIT_CONFLICT = 5,    /* somebody else wrote */
	EXIT_UNSAFE = 6,      /* tampering, rollback, substitution */
	EXIT_LAUNCHER = 125,  /* `env`: everything of ours */
	EXIT_CANNOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
};

#endif
