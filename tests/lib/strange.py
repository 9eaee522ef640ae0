"""Put the process into a state that few are in, and become a command.

usage: strange.py COMMAND...

Everything here survives an exec, so a launcher in between must hand it on.
"""

import ctypes
import os
import resource
import signal
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_TIMERSLACK = 1, 22, 29
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_THP_DISABLE = 36, 38, 41
SECCOMP_MODE_FILTER = 2
IOPRIO_SET, WHO_PROCESS, IDLE_CLASS = 251, 1, 3

LIMITS = {
    "CORE": (12288, 40960),
    "CPU": (1000, 2000),
    "FSIZE": (100 << 20, 200 << 20),
    "MEMLOCK": (4 << 20, 8 << 20),
    "NOFILE": (200, 300),
    "NPROC": (10000, 20000),
    "SIGPENDING": (1000, 1001),
    "STACK": (16 << 20, 32 << 20),
}

libc = ctypes.CDLL(None, use_errno=True)


def call(function, *arguments):
    long = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    if function(*long) != 0:
        raise OSError(ctypes.get_errno(), function.__name__)


def signals():
    for number in (signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    ignored = (signal.SIGPIPE, signal.SIGCHLD, signal.SIGHUP, signal.SIGRTMAX)
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(
        signal.SIG_SETMASK,
        (signal.SIGTERM, signal.SIGUSR1, signal.SIGPIPE, signal.SIGRTMIN),
    )
    os.kill(os.getpid(), signal.SIGUSR1)  # stays pending


def descriptors():
    empty = os.open("/dev/null", os.O_RDONLY | os.O_NONBLOCK)
    for number in (9, 63, 150):
        os.dup2(empty, number, inheritable=True)
    os.close(empty)


def allow_everything():
    """A filter of seccomp(2) that lets all pass, but is there."""
    allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
    program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(allow))
    call(libc.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    call(libc.prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program)


def main():
    for name, limit in LIMITS.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), limit)
    for name, value in (("oom_score_adj", "200"), ("coredump_filter", "0x21")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(value)
    os.umask(0o027)
    os.nice(3)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    call(libc.syscall, IOPRIO_SET, WHO_PROCESS, 0, IDLE_CLASS << 13)
    for option, value in (
        (PR_SET_TIMERSLACK, 123456),
        (PR_SET_CHILD_SUBREAPER, 1),
        (PR_SET_THP_DISABLE, 1),
        (PR_SET_PDEATHSIG, signal.SIGURG),
    ):
        call(libc.prctl, option, value, 0, 0, 0)
    libc.personality(0x0040000)  # ADDR_NO_RANDOMIZE; returns the former one
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL):
        signal.setitimer(timer, 1000, 7)
    allow_everything()
    descriptors()
    signals()
    os.execvp(sys.argv[1], sys.argv[1:])


main()
