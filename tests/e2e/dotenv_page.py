"""The examples of .env text in agentsecrets-formats(5), as they stand there.

usage: dotenv_page.py PROBE PAGE
"""
import json
import re
import subprocess
import sys

ARROW = re.compile(r"^(.*?) *-> (.*)$")


def plain(line):
    """A line of mdoc(7) as it is read."""
    return line.replace(r"\&", "").replace(r"\e", "\\")


def blocks(page):
    """The literal blocks below each heading of the section."""
    text = page[page.index(".Sh .ENV TEXT\n"):]
    text = text[:text.index("\n.Sh ", 1)]
    for part in re.split(r"\n\.Ss ", text):
        title = part.split("\n", 1)[0]
        if title not in ("Reading", "Writing"):
            continue
        for block in re.findall(r"\.Bd -literal[^\n]*\n(.*?)\n\.Ed", part,
                                re.S):
            yield title, plain(block).split("\n")


def run(probe, *words, entries=""):
    done = subprocess.run([probe, *words], input=entries.encode(),
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]


def read(probe, text):
    """What the page would say of the text."""
    with open("text", "wb") as file:
        file.write(text)
    told = []
    for line in run(probe, "read", "text"):
        _, name, value = line.split(" ", 2)
        if name == "error":
            return value.split(":", 1)[1]
        value = bytes.fromhex(value).decode()
        told.append(f"{name}={json.dumps(value)}")
    return " ".join(told)


def write(probe, values, text=""):
    """The text, or why a value is refused."""
    with open("text", "w", encoding="utf-8") as file:
        file.write(text)
    entries = "".join(f"text {name} {value.encode().hex()}\n"
                      for name, value in values.items())
    for line in run(probe, "write", entries=entries):
        return line.split(" ", 2)[2]
    with open("text", encoding="utf-8") as file:
        return file.read()


def printf(text):
    done = subprocess.run(["/bin/bash", "-c", 'printf "$1"', "-", text],
                          stdout=subprocess.PIPE, check=True)
    return done.stdout


def examples(lines):
    """What stands on the left, over lines, and what on the right."""
    left = []
    for line in lines:
        found = ARROW.match(line)
        left.append(found[1] if found else line)
        if found:
            yield "\n".join(left), found[2]
            left = []
    if left:
        raise SystemExit(f"no result: {left}")


def check(what, got, want):
    if got != want:
        raise SystemExit(f"{what}\nis:   {got}\nnot:  {want}")
    print(f"{what!r} -> {want!r}")


def check_reading(probe, lines):
    for text, want in examples(lines):
        # Bytes that cannot stand on a page are written as for printf(1).
        special = re.search(r"\\r|\\[0-3][0-7][0-7]", text) \
            and not re.search(r"\\[te$]", text)
        data = printf(text) if special else text.encode()
        check(text, read(probe, data), want)


def check_writing(probe, lines):
    """One example begins where the last one is complete."""
    told = []
    for line in lines:
        found = ARROW.match(line) if line.startswith('"') else None
        if found:
            told.append((json.loads(found[1]), found[2]))
        else:
            told[-1] = (told[-1][0], told[-1][1] + "\n" + line)
    for value, want in told:
        check(value, write(probe, {"A": value}).rstrip("\n"), want)


def check_replacing(probe, lines):
    for example in "\n".join(lines).split("\n\n"):
        before, after = example.split("\n--\n")
        got = write(probe, {"A": "new", "B": "two words"}, before + "\n")
        check(before, got, after + "\n")


def main():
    probe, page = sys.argv[1:]
    with open(page, encoding="utf-8") as file:
        for title, lines in blocks(file.read()):
            if title == "Reading":
                check_reading(probe, lines)
            elif "--" in lines:
                check_replacing(probe, lines)
            else:
                check_writing(probe, lines)


if __name__ == "__main__":
    main()
