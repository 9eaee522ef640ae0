"""What the commands of the story must see.

    story.py expected STORY.json >FILE      NAME=value, a NUL behind each
    story.py restrict STORY.json <ENVIRON   those of `env -0` that it names
    story.py secrets STORY.json FOLDER      a file for each long value

story.json is written by hand. A lone surrogate in it is a byte that is not
UTF-8, as in os.fsencode().
"""
import json
import os
import sys


def main():
    task, path = sys.argv[1:3]
    with open(path, encoding="utf-8") as file:
        story = {os.fsencode(k): os.fsencode(v)
                 for k, v in json.load(file).items()}
    if task == "expected":
        entries = [name + b"=" + value for name, value in story.items()]
    elif task == "restrict":
        entries = [entry for entry in sys.stdin.buffer.read().split(b"\0")
                   if entry and entry.partition(b"=")[0] in story]
    elif task == "secrets":
        # Shorter ones stand in every file by chance.
        for name, value in story.items():
            if len(value) >= 16:
                with open(os.path.join(os.fsencode(sys.argv[3]), name),
                          "wb") as file:
                    file.write(value)
        return
    else:
        sys.exit(__doc__)
    sys.stdout.buffer.write(b"".join(e + b"\0" for e in sorted(entries)))


main()
