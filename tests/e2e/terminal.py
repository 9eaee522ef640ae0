"""Somebody at a terminal.

    terminal.py STEP... -- COMMAND...

Runs the command in the foreground of a terminal of its own, does the steps and
prints what the terminal showed. Exits as the command did, a death by signal n
as 128 + n; 99 when a step did not come to pass.

    expect:TEXT    wait until the terminal shows it, after what was seen last
    send:TEXT      type; \\n, \\x03 and the like are escapes
    file:PATH      type what is in the file
    echo:on|off    the terminal must echo what is typed, or not
    stopped        wait until the command is stopped, as a shell would
    fg             put it back into the foreground and let it go on
    kill:NAME      send SIGNAME to the command alone
    sh:COMMAND     let a shell elsewhere run this
    progress       print also the lines about what took its time: they hang on
                   how busy the machine is
"""
import os
import re
import select
import signal
import subprocess
import sys
import termios
import time

PATIENCE = 20
# "what ..." or "what: 1 of 2", and blanks over it.
PROGRESS = re.compile(rb"(\r[^\r\n]*( \.\.\.|: \d+ of \d+) *)+\r *\r")


def job(command, slave, go):
    os.read(go, 1)
    for number in (signal.SIGTTOU, signal.SIGPIPE, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    for fd in range(3):
        os.dup2(slave, fd)
    os.execvp(command[0], command)


def shell(command, name, events, orders):
    """What a shell with job control does for one job."""
    os.setsid()
    slave = os.open(name, os.O_RDWR)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    go, ready = os.pipe()
    executed, running = os.pipe()
    pid = os.fork()
    if pid == 0:
        job(command, slave, go)
    os.setpgid(pid, pid)
    os.tcsetpgrp(slave, pid)
    os.write(ready, b"g")
    os.close(running)
    os.read(executed, 1)
    os.write(events, b"pid %d\n" % pid)
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        os.tcsetpgrp(slave, os.getpgrp())
        os.write(events, b"stopped 0\n")
        os.read(orders, 1)
        os.tcsetpgrp(slave, pid)
        os.killpg(pid, signal.SIGCONT)
        os.write(events, b"going 0\n")
    code = (128 + os.WTERMSIG(status) if os.WIFSIGNALED(status)
            else os.WEXITSTATUS(status))
    os.write(events, b"ended %d\n" % code)
    os._exit(0)


class Terminal:
    def __init__(self, command):
        self.master, self.slave = os.openpty()
        self.events, event_end = os.pipe()
        order_end, self.orders = os.pipe()
        self.shown, self.seen, self.told = b"", 0, b""
        self.progress = False
        if os.fork() == 0:
            os.close(self.master)
            shell(command, os.ttyname(self.slave), event_end, order_end)
        os.close(event_end)
        self.pid = int(self.event("pid"))

    def look(self, seconds):
        ready, _, _ = select.select([self.master, self.events], [], [],
                                    seconds)
        if self.master in ready:
            self.shown += os.read(self.master, 65536)
        if self.events in ready:
            self.told += os.read(self.events, 4096)
        return bool(ready)

    def until(self, what, test):
        deadline = time.monotonic() + PATIENCE
        while True:
            found = test()
            if found is not None:
                return found
            if time.monotonic() > deadline:
                self.fail("no " + what)
            self.look(0.05)

    def event(self, name):
        def test():
            line, end, rest = self.told.partition(b"\n")
            if not end:
                return None
            word, number = line.decode().split()
            if word != name:
                self.fail("'%s' where '%s' is expected" % (word, name))
            self.told = rest
            return number
        return self.until("'%s'" % name, test)

    def expect(self, text):
        def test():
            at = self.shown.find(text, self.seen)
            if at < 0:
                return None
            self.seen = at + len(text)
            return True
        self.until(repr(text), test)

    def send(self, data):
        while data:
            _, ready, _ = select.select([], [self.master], [], 0.1)
            if ready:
                # A terminal takes less than 4096 bytes that nobody reads.
                data = data[os.write(self.master, data[:256]):]
            self.look(0)

    def echo(self, state):
        def test():
            on = bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)
            return True if on == (state == "on") else None
        self.until("echo " + state, test)

    def step(self, step):
        word, _, rest = step.partition(":")
        if word == "expect":
            self.expect(rest.encode())
        elif word == "send":
            self.send(rest.encode().decode("unicode_escape").encode("latin-1"))
        elif word == "file":
            with open(rest, "rb") as file:
                self.send(file.read())
        elif word == "echo":
            self.echo(rest)
        elif word == "stopped":
            self.event("stopped")
        elif word == "fg":
            os.write(self.orders, b"f")
            self.event("going")
        elif word == "sh":
            if subprocess.call(["sh", "-c", rest]) != 0:
                self.fail("success of " + rest)
        elif word == "progress":
            self.progress = True
        elif word == "kill":
            os.kill(self.pid, getattr(signal, "SIG" + rest))
        else:
            self.fail("unknown step " + step)

    def show(self):
        while select.select([self.master], [], [], 0)[0]:
            self.look(0)
        shown = self.shown.replace(b"\r\n", b"\n")
        if not self.progress:
            shown = PROGRESS.sub(b"", shown)
        sys.stdout.buffer.write(shown)
        sys.stdout.flush()

    def fail(self, what):
        self.show()
        print("\n[terminal.py: %s]" % what)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        sys.exit(99)


def main():
    at = sys.argv.index("--")
    terminal = Terminal(sys.argv[at + 1:])
    for step in sys.argv[1:at]:
        terminal.step(step)
    code = int(terminal.event("ended"))
    # However it ended, the terminal is as it was.
    terminal.echo("on")
    terminal.show()
    sys.exit(code)


main()
