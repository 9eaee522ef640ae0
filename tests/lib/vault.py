"""Change a vault or trust file and give it a right trailer again.

usage: vault.py FILE swap NAME NAME      exchange two values
       vault.py FILE flip NAME BYTE      change one bit of a value
       vault.py FILE drop NAME           remove a row
       vault.py FILE mark NAME VERSION   pretend another version
       vault.py FILE put VERSION         add or replace the rows on standard
                                         input, `NAME BASE64` as of forge
       vault.py FILE get NAME            print a value in base64
       vault.py FILE replace OLD NEW     in the text before the trailer

A trailer is against damage, not against a forger: what is refused after this
is refused for what it says.
"""

import base64
import hashlib
import sys


class File:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="ascii") as file:
            self.lines = file.read().splitlines()[:-1]

    def save(self):
        text = "".join(line + "\n" for line in self.lines)
        digest = hashlib.sha256(text.encode()).hexdigest()
        with open(self.path, "w", encoding="ascii") as file:
            file.write(f"{text}end {digest}\n")

    def row(self, name):
        for number, line in enumerate(self.lines):
            fields = line.split(" ")
            if fields[0] in ("secret", "deleted") and fields[1] == name:
                return number, fields
        raise SystemExit(f"no row '{name}'")

    def set_field(self, name, field, value):
        number, fields = self.row(name)
        fields[field] = value
        self.lines[number] = " ".join(fields)


MARK, VALUE = 3, 5


def swap(file, one, other):
    values = file.row(one)[1][VALUE], file.row(other)[1][VALUE]
    file.set_field(one, VALUE, values[1])
    file.set_field(other, VALUE, values[0])


def flip(file, name, byte):
    blob = bytearray(base64.b64decode(file.row(name)[1][VALUE]))
    blob[int(byte)] ^= 1
    file.set_field(name, VALUE, base64.b64encode(blob).decode())


def drop(file, name):
    del file.lines[file.row(name)[0]]


def mark(file, name, version):
    file.set_field(name, MARK, version)


def put(file, version):
    epoch = file.lines[3].split(" ")[2]
    rows = {line.split(" ")[1]: line for line in file.lines[3:]}
    for line in sys.stdin.read().splitlines():
        name, value = line.split(" ")
        rows[name] = f"secret {name} {epoch} {version} 1 {value}"
    file.lines[3:] = [rows[name] for name in sorted(rows)]


def replace(file, old, new):
    text = "\n".join(file.lines)
    if old not in text:
        raise SystemExit(f"no text '{old}'")
    file.lines = text.replace(old, new).split("\n")


def main():
    file = File(sys.argv[1])
    change, arguments = sys.argv[2], sys.argv[3:]
    if change == "get":
        print(file.row(arguments[0])[1][VALUE])
        return
    changes = (swap, flip, drop, mark, put, replace)
    {each.__name__: each for each in changes}[change](file, *arguments)
    file.save()


main()
