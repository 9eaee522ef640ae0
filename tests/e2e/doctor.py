"""Reads the --json of agentsecrets doctor from standard input.

doctor.py --valid STATUS            its form, and the status that belongs to it
doctor.py GROUP NAME [PATTERN]      the first such finding, as shell variables
"""
import json
import re
import shlex
import sys

report = json.load(sys.stdin)
MEMBERS = {"group": str, "name": str, "level": str, "text": str, "hint": str,
           "repairable": bool, "repaired": bool}


def valid(status):
    assert set(report) == {"checks", "problems"}, report.keys()
    for check in report["checks"]:
        assert {k: type(v) for k, v in check.items()} == MEMBERS, check
        assert check["level"] in ("ok", "note", "warning", "problem"), check
        assert check["text"] and "\n" not in check["text"] + check["hint"]
        assert check["level"] in ("ok", "note") or check["hint"], check
    problems = [c for c in report["checks"] if c["level"] == "problem"]
    assert report["problems"] == len(problems), report["problems"]
    assert status == (1 if problems else 0), status


if sys.argv[1] == "--valid":
    valid(int(sys.argv[2]))
    sys.exit(0)
group, name, pattern = (sys.argv[1:] + [""])[:3]
for check in report["checks"]:
    if (check["group"], check["name"]) == (group, name) and \
            re.search(pattern, check["text"]):
        for member in ("level", "text", "hint"):
            print(f"{member.upper()}={shlex.quote(check[member])}")
        for member in ("repairable", "repaired"):
            print(f"{member.upper()}={int(check[member])}")
        sys.exit(0)
sys.exit(1)
