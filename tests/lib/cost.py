"""What a command costs, with its helper and the server.

    cost.py SERVER_PID COMMAND...

Runs the command, exits as it did, and prints after its output, as the last
line: the CPU time of all three in microseconds, and the most memory that the
command, its helper and the server had, in KiB. The server's is since it began.
"""
import os
import sys
import time

TICK = os.sysconf("SC_CLK_TCK")


def peak(pid):
    """0 when it is gone, or going."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return file.read().split()
    except OSError:
        return []


def ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def main():
    server = int(sys.argv[1])
    before = ticks(server)
    pid = os.fork()
    if pid == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    own = helper = done = 0
    while not done:
        # What a process had most of stays in its status until it ends.
        own = max(own, peak(pid))
        for child in children(pid):
            helper = max(helper, peak(child))
        time.sleep(0.002)
        done, status, usage = os.wait4(pid, os.WNOHANG)
    cpu = (usage.ru_utime + usage.ru_stime) * 1000000
    cpu += (ticks(server) - before) * 1000000 / TICK
    print(int(cpu), own, helper, peak(server), flush=True)
    sys.exit(os.waitstatus_to_exitcode(status))


main()
