"""The sessions of agentsecrets-tutorial(7), typed again at a real terminal.

    tutorial.py check|update PAGE FOLDER

A literal block of the page is what a terminal of tmux(1) shows. "$ " begins
what is typed in the home FOLDER/one, "two$ " in FOLDER/two. Lines that a
reader does not see say what else is done:

    .\\" type TEXT       typed at the question in the line before, and Enter
    .\\" press KEY       a key, as tmux names it, at the line before
    .\\" run COMMAND     done by a shell elsewhere, in FOLDER, before the next
    .\\" not replayed    the block is not

What varies from day to day is compared by its form only: numbers of keys,
identifiers, dates, times, made-up passwords and recovery kits. `update`
writes what the terminal shows into the page.
"""
import difflib
import os
import re
import subprocess
import sys
import time

PATIENCE = 30
RUN = '.\\" run '
HOME = "/home/ada"
VARIES = [
    (r"\b[0-9]{5}( [0-9]{5}){5}\b", "KEY-NUMBER"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    (r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){4}\b", "KIT-LINE"),
    (r"\b20[0-9]{2}-[01][0-9]-[0-3][0-9]([T ][0-9:]{5,8}Z?)?", "TIME"),
    (r"\basu1_[A-Za-z0-9_-]+", "IDENTITY"),
]


class Machine:
    """A shell in a terminal. The first has a desktop, the second has not."""

    def __init__(self, socket, folder, name, prompt):
        self.socket, self.name = socket, name
        home = os.path.join(folder, name)
        environment = ["env", "HOME=" + home, "PS1=" + prompt,
                       "XDG_RUNTIME_DIR=" + home + "/.run", "HISTFILE="]
        if name == "two":
            environment[1:1] = ["-u", "DBUS_SESSION_BUS_ADDRESS"]
        # Before the session: afterwards it counts for the next one.
        self.tmux("-f", "/dev/null", "start-server", ";",
                  "set-option", "-g", "history-limit", "20000", ";",
                  "new-session", "-d", "-s", name, "-x", "120", "-y", "100",
                  "-c", home, *environment, "bash", "--norc", "-i")
        self.wait(lambda lines: lines[-1:] == [prompt.rstrip()])

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def lines(self):
        text = self.tmux("capture-pane", "-p", "-J", "-S", "-", "-t",
                         self.name)
        return [line.rstrip() for line in text.rstrip("\n").split("\n")]

    def wait(self, test):
        end = time.monotonic() + PATIENCE
        while True:
            lines = self.lines()
            while lines and not lines[-1]:
                lines.pop()
            if test(lines):
                return lines
            if time.monotonic() > end:
                sys.exit("tutorial: waited in vain; %s shows:\n%s"
                         % (self.name, "\n".join(lines[-30:])))
            time.sleep(0.02)

    def rest(self):
        """Wait until nothing changes any more."""
        seen, since = None, 0
        while True:
            lines = self.lines()
            if lines != seen:
                seen, since = lines, time.monotonic()
            elif time.monotonic() - since > 1.5:
                return self.wait(lambda _: True)
            time.sleep(0.05)

    def clear(self):
        self.tmux("send-keys", "-t", self.name, "-R")
        self.tmux("clear-history", "-t", self.name)

    def type(self, text, enter=True):
        if text:
            self.tmux("send-keys", "-t", self.name, "-l", "--", text)
        if enter:
            self.tmux("send-keys", "-t", self.name, "Enter")

    def press(self, key):
        self.tmux("send-keys", "-t", self.name, key)


def form(line):
    for pattern, word in VARIES:
        line = re.sub(pattern, word, line)
    return line


class Step:
    """A command, what it shows, and what is done meanwhile."""

    def __init__(self, prompt, command):
        self.prompt, self.command = prompt, command
        self.shown = []  # lines, and directives as ("type", TEXT)


def parse(page):
    """The page as a list of its lines and of Steps."""
    parts, step, literal = [], None, False
    for line in page.split("\n"):
        if line.startswith(".Bd -literal"):
            literal = True
        elif line.startswith(".Ed"):
            literal, step = False, None
        if literal and line == '.\\" not replayed':
            literal = False
        match = re.match(r"((?:two)?\$ )(.*)$", line) if literal else None
        if match:
            step = Step(match[1], unquote(match[2]))
            parts.append(step)
        elif literal and line.startswith(RUN):
            parts.append(line)
            step = None
        elif step and literal:
            directive = re.match(r'\.\\" (type|press) ?(.*)$', line)
            step.shown.append((directive[1], directive[2]) if directive
                              else unquote(line))
        else:
            parts.append(line)
    return parts


def unquote(line):
    """What mdoc(7) source shows."""
    return line.removeprefix("\\&").replace("\\e", "\\")


def quote(line):
    line = line.replace("\\", "\\e")
    return "\\&" + line if line[:1] in ("." , "'") else line


class Replay:
    def __init__(self, folder, patient):
        self.folder, self.patient = folder, patient
        self.socket = os.path.join(folder, "tmux")
        self.machines = {}
        self.names = [(os.path.join(folder, "one"), HOME),
                      (os.path.join(folder, "two"), HOME)]
        port = os.environ.get("TUTORIAL_PORT")
        if port:
            self.names.append((":" + port, ":8000"))

    def real(self, text):
        for real, told in self.names[2:]:
            text = text.replace(told, real)
        return text

    def told(self, line):
        for real, told in self.names:
            line = line.replace(real, told)
        return line

    def machine(self, prompt):
        name = "two" if prompt.startswith("two") else "one"
        if name not in self.machines:
            self.machines[name] = Machine(self.socket, self.folder, name,
                                          prompt)
        return self.machines[name]

    def ends_like(self, lines, wanted):
        return lines and form(self.told(lines[-1])) == form(wanted.rstrip())

    def do(self, step):
        """@return the Step as it went this time"""
        machine = self.machine(step.prompt)
        before, expected, done = "", 0, 0
        result = Step(step.prompt, step.command)
        machine.clear()
        machine.type(self.real(step.command))
        for shown in step.shown:
            if isinstance(shown, str):
                before, expected = shown, expected + 1
                continue
            word, text = shown
            # The same question may be asked twice.
            lines = (machine.rest() if self.patient else machine.wait(
                lambda l: len(l) > done + expected and
                self.ends_like(l, before)))
            result.shown += map(self.told, lines[1 + done:])
            done, expected = len(lines) - 1, 0
            result.shown.append(shown)
            if word == "type":
                machine.type(self.real(text))
            else:
                machine.press(text)
        if self.patient and machine.rest()[-1] != step.prompt.rstrip():
            machine.press("C-c")
            result.shown.append(("press", "C-c"))
        lines = machine.wait(
            lambda l: len(l) > 1 + done and l[-1] == step.prompt.rstrip())
        result.shown += map(self.told, lines[1 + done:-1])
        return result

    def end(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"],
                       check=False)


def source(part):
    if isinstance(part, str):
        return [part]
    return [part.prompt + part.command.replace("\\", "\\e")] + [
        quote(shown) if isinstance(shown, str)
        else ('.\\" %s %s' % shown).rstrip() for shown in part.shown]


def main():
    task, page, folder = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        text = file.read()
    replay = Replay(folder, task == "update")
    before, after = [], []
    try:
        for part in parse(text):
            before += source(part)
            if not isinstance(part, str):
                part = replay.do(part)
            elif part.startswith(RUN):
                subprocess.run(["bash", "-c", part[len(RUN):]], cwd=folder,
                               check=True)
            after += source(part)
    finally:
        replay.end()
    if task == "update":
        with open(page, "w", encoding="utf-8") as file:
            file.write("\n".join(after))
        return
    difference = list(difflib.unified_diff(
        list(map(form, before)), list(map(form, after)),
        "the page", "the terminal", lineterm=""))
    print("\n".join(difference))
    sys.exit(1 if difference else 0)


main()
