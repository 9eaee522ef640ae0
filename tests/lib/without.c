/*
 * without: run a command on a kernel that lacks some system calls.
 *
 *	without [-p] CALL[,CALL...] COMMAND...
 *
 * Each CALL answers ENOSYS; with -p, EPERM, as a container's filter does. The
 * filter stays for the command and all that it starts.
 */
#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

static const struct call {
	const char *name;
	long number;
} calls[] = {
    {"memfd_secret", SYS_memfd_secret},
    {"memfd_create", SYS_memfd_create},
    {"mlock", SYS_mlock},
    {"mlock2", SYS_mlock2},
    {"madvise", SYS_madvise},
    {"keyctl", SYS_keyctl},
    {"add_key", SYS_add_key},
    {"request_key", SYS_request_key},
    {"landlock_create_ruleset", SYS_landlock_create_ruleset},
    {"seccomp", SYS_seccomp},
    {"close_range", SYS_close_range},
    {"openat2", SYS_openat2},
    {"getrandom", SYS_getrandom},
};

enum { CALLS = sizeof(calls) / sizeof(*calls) };

static long
number_of(const char *name)
{
	for (size_t i = 0; i < CALLS; i++)
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	fprintf(stderr, "without: unknown call '%s'\n", name);
	exit(99);
}

int
main(int argc, char **argv)
{
	struct sock_filter filter[2 * CALLS + 2] = {BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
	struct sock_fprog program = {0, filter};
	unsigned short n = 1;
	int first = 1;
	unsigned error = ENOSYS;
	char *rest;

	if (argc > 1 && strcmp(argv[1], "-p") == 0) {
		error = EPERM;
		first++;
	}
	if (argc < first + 2) {
		fputs("usage: without [-p] CALL[,CALL] COMMAND...\n", stderr);
		return 99;
	}
	rest = argv[first];
	for (char *name; (name = strsep(&rest, ",")) != NULL;) {
		if (n + 3 > 2 * CALLS + 2)
			return 99;
		filter[n++] = (struct sock_filter)BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number_of(name), 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(
		    BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
	}
	filter[n++] =
	    (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	/* Root needs no promise; without it a set-uid command still works. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)) {
		perror("without");
		return 99;
	}
	execvp(argv[first + 1], argv + first + 1);
	perror(argv[first + 1]);
	return 127;
}
