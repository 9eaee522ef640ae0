/*
 * execstop: stop a program right before it turns into another one, and let a
 * scanner look at it.
 *
 *	execstop N SCANNER... -- COMMAND...
 *	execstop exit SCANNER... -- COMMAND...
 *	execstop exit:NAME SCANNER... -- COMMAND...
 *
 * Runs COMMAND and stops it at the entry of the execve that would be its N-th
 * to succeed (the first is that of COMMAND itself), or stops whichever of its
 *descendants is called NAME at its entry of exit_group. Everything else that
 *lives is stopped as far as it has got. SCANNER is then run with the ids of all
 *of them appended, and everything goes on.
 *
 * Exit: 99 when it never came to that, else the scanner's status if that is
 * not 0, else the command's (128 + signal when one killed it).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

enum { PIDS_MAX = 64, ARGS_MAX = 256, NEVER = 99 };

static pid_t pids[PIDS_MAX];
static int pids_n;
static int scanner_status = -1;
static long execs; /* of the first process, that succeeded */

static void
die(const char *what)
{
	fprintf(stderr, "execstop: %s: %s\n", what, strerror(errno));
	exit(NEVER);
}

static void
forget(pid_t pid)
{
	for (int i = 0; i < pids_n; i++)
		if (pids[i] == pid)
			pids[i--] = pids[--pids_n];
}

static void
remember(pid_t pid)
{
	forget(pid);
	if (pids_n < PIDS_MAX)
		pids[pids_n++] = pid;
}

static int
is_called(pid_t pid, const char *name)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(comm, sizeof(comm), file) == NULL)
		comm[0] = '\0';
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	/* The kernel keeps fifteen characters. */
	return comm[0] != '\0' && strncmp(comm, name, 15) == 0;
}

static void
scan(char **scanner, int scanner_n)
{
	static char numbers[PIDS_MAX][16];
	char *args[ARGS_MAX];
	int status = 0;
	int n = 0;
	pid_t child;

	for (; n < scanner_n && n < ARGS_MAX - PIDS_MAX - 1; n++)
		args[n] = scanner[n];
	for (int i = 0; i < pids_n; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%d", (int)pids[i]);
		args[n++] = numbers[i];
	}
	args[n] = NULL;
	child = fork();
	if (child == 0) {
		execvp(args[0], args);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		die("scanner");
	scanner_status = WIFEXITED(status) ? WEXITSTATUS(status) : NEVER;
}

/* Whether this stop is the one that was asked for. */
static int
is_the_stop(pid_t pid, pid_t root, const char *at)
{
	static int stopped;
	struct ptrace_syscall_info info;

	if (stopped ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return 0;
	if (strcmp(at, "exit") == 0)
		stopped = pid == root && info.entry.nr == SYS_exit_group;
	else if (strncmp(at, "exit:", 5) == 0)
		stopped =
		    info.entry.nr == SYS_exit_group && is_called(pid, at + 5);
	else if (pid == root &&
	    (info.entry.nr == SYS_execve || info.entry.nr == SYS_execveat))
		stopped = execs + 1 == atol(at);
	return stopped;
}

/* Go on after a stop, with the signal that is the command's own. */
static void
go_on(pid_t pid, int status)
{
	int signal = WSTOPSIG(status);

	if (signal == (SIGTRAP | 0x80) || status >> 16 != 0 ||
	    (signal == SIGSTOP))
		signal = 0;
	ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal);
}

static int
watch(pid_t root, const char *at, char **scanner, int scanner_n)
{
	int root_status = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			forget(pid);
			if (pid == root)
				root_status = WIFEXITED(status)
				    ? WEXITSTATUS(status)
				    : 128 + WTERMSIG(status);
			continue;
		}
		remember(pid);
		if (pid == root &&
		    status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
			execs++;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) &&
		    is_the_stop(pid, root, at))
			scan(scanner, scanner_n);
		go_on(pid, status);
	}
	return root_status;
}

int
main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
	    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
	    PTRACE_O_EXITKILL;
	int dashes = 2;
	int status;
	pid_t root;

	while (dashes < argc && strcmp(argv[dashes], "--") != 0)
		dashes++;
	if (dashes < 3 || dashes + 1 >= argc) {
		fputs(
		    "usage: execstop N|exit[:NAME] SCANNER... -- COMMAND...\n",
		    stderr);
		return NEVER;
	}
	root = fork();
	if (root == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			die("traceme");
		raise(SIGSTOP);
		execvp(argv[dashes + 1], argv + dashes + 1);
		die(argv[dashes + 1]);
	}
	if (root < 0 || waitpid(root, &status, 0) < 0 ||
	    ptrace(PTRACE_SETOPTIONS, root, NULL, (void *)options) < 0)
		die("start");
	ptrace(PTRACE_SYSCALL, root, NULL, NULL);
	status = watch(root, argv[1], argv + 2, dashes - 2);
	if (scanner_status < 0)
		return NEVER;
	return scanner_status != 0 ? scanner_status : status;
}
