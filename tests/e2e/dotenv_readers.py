"""What is written into .env files is read back as the same bytes by this
reader, by dotenv of npm and by python-dotenv, or refused by name.

usage: dotenv_readers.py PROBE NPM_MODULE|- SEED COUNT

COUNT random values are written into files in the working directory, over
random texts that were there before, and read by one process for each reader.
"""
import os
import random
import subprocess
import sys

import dotenv
from dotenv.variables import parse_variables, Variable

NASTY = ["'", '"', "`", "\\", "\\\\", "\n", "\r", "\r\n", "\t", " ", "#", " #",
         "$", "${", "}", ":-", ":", "=", "${A:-b}", "${A:b}",
         "n", "r", "t", "a", "$x", "${A}", "X",
         "\u2028", "\u2029", "\u0085", "\u00a0", "\ufeff", "\u00e4", "\v",
         "\f", "\x1c", "\x7f", "\U0001f600", "export ", "A0=", "\nA1=x\n",
         "\\n", "\\'", '\\"', "''", '""', ",", "%", "/"]
REAL = ["postgres://u:p%40ss@db.example.com:5432/app?sslmode=require",
        "-----BEGIN KEY-----\nMIIB+/==\nabc\n-----END KEY-----\n",
        '{\n  "key": "a\\nb",\n  "id": 1\n}', "it's", 'say "hi"', "p@$$w0rd#1",
        "C:\\Users\\new\\", "sk_live_0123456789abcdef", "two words", "a=b=c",
        "\\\\host\\share", "$2b$12$abcdefghijklmnopqrstuv", "#fff", " x "]
FILE_NAMES = 24


def random_value(rng):
    kind = rng.randrange(10)
    if kind == 0:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(24)))
    if kind == 1:
        return bytes(rng.randrange(1, 128) for _ in range(rng.randrange(24)))
    if kind == 2:
        text = rng.choice(REAL)
    elif kind == 3:
        text = rng.choice(REAL) + rng.choice(NASTY)
    else:
        some = rng.sample(NASTY, rng.randrange(1, 6))
        text = "".join(rng.choice(some) for _ in range(rng.randrange(1, 12)))
    return text.encode()


def random_old(rng, names):
    """A text that all readers read alike, with some of the names in it."""
    end = rng.choice(["\n", "\n", "\r\n"])
    lines = []
    own = {}
    for name in rng.sample(names, rng.randrange(len(names))):
        lines.append(rng.choice([
            f"{name}=old", f"{name} = old", f"  export {name} =  old",
            f"{name}='old'# it's",
            f'{name}="old \\" x" # say "x"', f"{name}=", f"{name}=a'b\" c",
            f"{name}='one{end}# two'  ", f"{name}=old # '", f"{name}=`old`"]))
    for i in range(rng.randrange(4)):
        own[f"OWN{i}"] = b"its own"
        lines.append(rng.choice([f"OWN{i}='its own'", f"OWN{i}=its own # x",
                                 f'export OWN{i}="its own"']))
    lines += rng.choice([[], ["", "# don't \"", " \t"]])
    rng.shuffle(lines)
    text = end.join(lines) + rng.choice(["", end])
    # python-dotenv does not know the mark: an own line would be misread.
    mark = "" if lines and "OWN" in lines[0] else rng.choice(["", "\ufeff"])
    return (mark + text).encode(), own


def expands(text):
    return any(isinstance(atom, Variable) for atom in parse_variables(text))


def why_refused(value):
    """What the refusal has to say; None: nobody may refuse it."""
    if b"\0" in value:
        return "it holds a NUL byte"
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8"
    if expands(text):
        return "it holds ${...}, which python-dotenv expands"
    single = not any(c in text for c in "'\r\\")
    double = not any(c in text for c in '"\\')
    if single or double:
        return None
    return "no quotes hold its quotes, backslashes or line ends"


def make_files(rng, count):
    files = {}
    for number in range((count + FILE_NAMES - 1) // FILE_NAMES):
        names = [f"A{i}" for i in range(FILE_NAMES)]
        names[rng.randrange(FILE_NAMES)] = "export"
        old, own = random_old(rng, names)
        path = f"{number}.env"
        with open(path, "wb") as file:
            file.write(old)
        files[path] = ({name: random_value(rng) for name in names}, own, old)
    return files


def parse_lines(text):
    got = {}
    for line in text.splitlines():
        path, name, value = line.split(" ", 2)
        got.setdefault(path, {})[name] = value
    return got


def write(probe, files):
    lines = [f"{path} {name} {value.hex()}\n"
             for path, (values, _, _) in files.items()
             for name, value in values.items()]
    done = subprocess.run([probe, "write"], input="".join(lines), text=True,
                          stdout=subprocess.PIPE, check=True)
    return parse_lines(done.stdout)


def check_refused(files, refused):
    for path, (values, _, _) in files.items():
        for name, value in values.items():
            want = why_refused(value)
            got = refused.get(path, {}).get(name)
            # Some of what no quotes hold can stand without.
            if got != want and not (got is None and want is not None
                                    and want.startswith("no quotes")):
                raise SystemExit(f"{path} {name} {value!r}: refused: {got}, "
                                 f"not: {want}")


def read_ours(probe, files):
    done = subprocess.run([probe, "read", *files], text=True,
                          stdout=subprocess.PIPE, check=True)
    return {path: {name: bytes.fromhex(value) for name, value in it.items()}
            for path, it in parse_lines(done.stdout).items()}


def read_npm(module, files):
    script = os.path.join(os.path.dirname(__file__), "dotenv_npm.js")
    done = subprocess.run(["node", script, module], input="\n".join(files),
                          text=True, stdout=subprocess.PIPE, check=True)
    return {path: {name: bytes.fromhex(value) for name, value in it.items()}
            for path, it in parse_lines(done.stdout).items()}


def read_python(files):
    return {path: {name: None if value is None else value.encode()
                   for name, value in dotenv.dotenv_values(path).items()}
            for path in files}


def is_kept(old, name, value):
    """Whether the line behind the mark has the value already, and so stays."""
    line = old.split(b"\n")[0].rstrip(b"\r")
    return value == b"" and line == f"\ufeff{name}=".encode()


def check_reader(reader, got, files, refused):
    for path, (values, own, old) in files.items():
        read = got.get(path, {})
        want = {name: value for name, value in values.items()
                if name not in refused.get(path, {})}
        for name, value in {**own, **want}.items():
            if read.get(name) != value and not is_kept(old, name, value):
                with open(path, "rb") as file:
                    print("was: ", old, "\nis: ", file.read(), sep="")
                raise SystemExit(f"{path}: {reader} reads {name} as "
                                 f"{read.get(name)!r}, not {value!r}")
        # A line that was refused stays, also behind a mark.
        marked = {"\ufeff" + name for name, value in values.items()
                  if name not in want or is_kept(old, name, value)}
        strange = set(read) - set(values) - set(own) - marked - {"\ufeff"}
        if strange:
            raise SystemExit(f"{path}: {reader} reads more: {strange}")


def main():
    probe, module, seed, count = sys.argv[1:]
    files = make_files(random.Random(int(seed)), int(count))
    refused = write(probe, files)
    check_refused(files, refused)
    check_reader("this reader", read_ours(probe, files), files, refused)
    check_reader("python-dotenv", read_python(files), files, refused)
    if module != "-":
        check_reader("dotenv of npm", read_npm(module, files), files, refused)
    print(sum(len(it) for it in refused.values()), "of",
          len(files) * FILE_NAMES, "values refused")


if __name__ == "__main__":
    main()
