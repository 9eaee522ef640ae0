/*
 * probe: print in what state this process was started, one `what: value` a
 * line, for a comparison of two ways to start it.
 *
 *	probe [FILE]
 *
 * What differs between any two starts (ids, times, sizes) is left out, and so
 * is the environment. FILE is for a probe without standard output.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/keyctl.h>

static FILE *out;

/* The lines of /proc/self/status that an exec must not change. */
static const char *const status_lines[] = {"Name", "Umask", "Uid", "Gid",
    "Groups", "TracerPid", "VmLck", "VmPin", "Threads", "SigPnd", "ShdPnd",
    "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd",
    "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters",
    "Speculation_Store_Bypass", "SpeculationIndirectBranch", "THP_enabled",
    "Cpus_allowed", "Mems_allowed"};

static const struct flag {
	const char *name;
	int get; /* prctl(2) */
	bool by_pointer;
} flags[] = {
    {"child subreaper", PR_GET_CHILD_SUBREAPER, true},
    {"death signal", PR_GET_PDEATHSIG, true},
    {"dumpable", PR_GET_DUMPABLE, false},
    {"keep capabilities", PR_GET_KEEPCAPS, false},
    {"machine check", PR_MCE_KILL_GET, false},
    {"no new privileges", PR_GET_NO_NEW_PRIVS, false},
    {"seccomp", PR_GET_SECCOMP, false},
    {"secure bits", PR_GET_SECUREBITS, false},
    {"timer slack", PR_GET_TIMERSLACK, false},
    {"no huge pages", PR_GET_THP_DISABLE, false},
};

static void
print_file(const char *name)
{
	char path[64];
	char line[1024];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	if ((file = fopen(path, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		fprintf(
		    out, "%s: %.*s\n", name, (int)strcspn(line, "\n"), line);
	fclose(file);
}

static void
print_status(void)
{
	char line[1024];
	FILE *file = fopen("/proc/self/status", "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		size_t len = strcspn(line, ":");

		for (size_t i = 0;
		     i < sizeof(status_lines) / sizeof(status_lines[0]); i++) {
			if (strlen(status_lines[i]) == len &&
			    memcmp(status_lines[i], line, len) == 0)
				fprintf(out, "status: %s", line);
		}
	}
	if (file != NULL)
		fclose(file);
}

/* Every descriptor but those that looking needs. */
static void
print_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");

	if (directory == NULL)
		return;
	for (int fd = 0; fd < 4096; fd++) {
		char path[64];
		char target[512];
		int descriptor_flags = fcntl(fd, F_GETFD);
		ssize_t len;

		if (descriptor_flags < 0 || fd == dirfd(directory) ||
		    fd == fileno(out))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target));
		fprintf(out, "fd %d: %.*s %#x %#x\n", fd,
		    len < 0 ? 0 : (int)len, target, (unsigned)descriptor_flags,
		    (unsigned)fcntl(fd, F_GETFL));
	}
	closedir(directory);
}

static void
print_signals(void)
{
	for (int n = 1; n < NSIG; n++) {
		struct sigaction action;

		if (sigaction(n, NULL, &action) == 0 &&
		    action.sa_handler != SIG_DFL)
			fprintf(out, "signal %d: %s\n", n,
			    action.sa_handler == SIG_IGN ? "ignored"
							 : "caught");
	}
}

static void
print_limits(void)
{
	for (int n = 0; n < RLIMIT_NLIMITS; n++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)n, &limit) == 0)
			fprintf(out, "limit %d: %llu %llu\n", n,
			    (unsigned long long)limit.rlim_cur,
			    (unsigned long long)limit.rlim_max);
	}
}

static void
print_timers(void)
{
	static const int timers[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		struct itimerval timer;

		if (getitimer((__itimer_which_t)timers[i], &timer) == 0)
			fprintf(out, "timer %d: %s, every %ld s\n", timers[i],
			    timer.it_value.tv_sec + timer.it_value.tv_usec > 0
				? "runs"
				: "stands",
			    (long)timer.it_interval.tv_sec);
	}
}

static void
print_flags(void)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int value = 0;
		int rc = flags[i].by_pointer ? prctl(flags[i].get, &value)
					     : prctl(flags[i].get, 0, 0, 0, 0);

		fprintf(out, "%s: %d\n", flags[i].name,
		    flags[i].by_pointer ? value : rc);
	}
}

static void
print_scheduling(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	fprintf(out, "nice: %d\n", getpriority(PRIO_PROCESS, 0));
	fprintf(out, "policy: %d\n", sched_getscheduler(0));
	fprintf(out, "processors: %d\n", CPU_COUNT(&cpus));
	fprintf(out, "i/o priority: %ld\n", syscall(SYS_ioprio_get, 1, 0));
}

static void
print_family(void)
{
	int status;
	pid_t child = waitpid(-1, &status, WNOHANG | __WALL);

	/* 0: it runs; a number: it is dead and nobody asked after it. */
	fprintf(out, "child: %s\n",
	    child < 0 && errno == ECHILD ? "none" : "there is one");
	fprintf(out, "parent, group, session: %d %d %d\n", getppid(), getpgrp(),
	    getsid(0));
	fprintf(out, "session keyring: %ld\n",
	    syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING,
		0));
}

int
main(int argc, char **argv)
{
	char directory[4096];
	mode_t mask = umask(0);

	umask(mask);
	out = argc > 1 ? fopen(argv[1], "we") : stdout;
	if (out == NULL)
		return 1;
	fprintf(out, "arguments: %d\n", argc);
	fprintf(out, "directory: %s\n",
	    getcwd(directory, sizeof(directory)) != NULL ? directory : "?");
	fprintf(out, "umask: %#o\n", mask);
	fprintf(out, "personality: %#x\n", (unsigned)personality(0xffffffff));
	print_descriptors();
	print_signals();
	print_limits();
	print_timers();
	print_flags();
	print_scheduling();
	print_family();
	print_status();
	print_file("oom_score_adj");
	print_file("coredump_filter");
	print_file("cgroup");
	print_file("timers");
	print_file("loginuid");
	return fclose(out) == 0 ? 0 : 1;
}
