"""Whether every file of a home is whole.

    home_check.py HOME

Text with a checksum must end in it, JSON must parse, nothing may be readable
by others. What a killed writer leaves (.NAME.XXXX.tmp) is no file of ours yet.
"""
import hashlib
import json
import os
import re
import sys

WHOLE = {"lock", "token.lock", "items.lock", "audit.log"}


def check(path, name):
    with open(path, "rb") as file:
        text = file.read()
    if os.stat(path).st_mode & 0o077:
        return "others may read it"
    if name.startswith(".") and name.endswith(".tmp") or name in WHOLE:
        return None
    if name == "trust" or os.path.dirname(path).endswith("/vault"):
        body, end, digest = text.rpartition(b"end ")
        if not end or digest != hashlib.sha256(
                body).hexdigest().encode() + b"\n":
            return "its checksum is wrong"
        if not re.match(rb"agentsecrets-(trust|vault) 1\n", body):
            return "it does not begin as it must"
        return None
    try:
        json.loads(text)
    except ValueError as error:
        return str(error)
    return None


def main():
    bad = 0
    for folder, folders, names in os.walk(sys.argv[1]):
        if "server" in folders:
            folders.remove("server")
        for name in names:
            path = os.path.join(folder, name)
            fault = check(path, name)
            if fault:
                print("%s: %s" % (path, fault))
                bad = 1
    sys.exit(bad)


main()
