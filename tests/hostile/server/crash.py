"""kill -9 during bulk writes: what was acknowledged is there, the rest whole."""

import os
import random
import threading
import time

from harness import Person, Server, b64, check, finish

ROUNDS = int(os.environ.get("ROUNDS", "20"))
NAMES = 200


def write_until_killed(person, project, acknowledged, round_number):
    """Each request writes one value under all names: never a mixture."""
    serial = 0
    while True:
        serial += 1
        value = b64(60)
        try:
            answer = person.write(project, [
                {"key": f"K{i:03}", "value": value} for i in range(NAMES)])
        except Exception:
            return
        if answer.status != 201:
            return
        acknowledged.append((round_number, serial, value, answer.data["revision"]))


server = Server()
person = Person(server, "alice")
project = person.project()
written = 0
for number in range(ROUNDS):
    acknowledged = []
    writer = threading.Thread(
        target=write_until_killed, args=(person, project, acknowledged, number))
    writer.start()
    time.sleep(random.uniform(0.02, 0.25))
    server.kill()
    writer.join()
    written += len(acknowledged)
    check(server.sql("PRAGMA integrity_check") == [("ok",)], f"round {number}: integrity")
    server.start()
    data = person.list(project).data
    values = {row["value"] for row in data["secrets"]}
    check(len(values) <= 1, f"round {number}: half a write")
    if acknowledged:
        last = acknowledged[-1]
        check(len(data["secrets"]) == NAMES, f"round {number}: names are missing")
        # One that was not acknowledged any more may be there as well.
        check(data["revision"] in (last[3], last[3] + 1)
              and (data["revision"] > last[3] or values == {last[2]}),
              f"round {number}: an acknowledged write is lost")
check(written > ROUNDS / 2, f"only {written} writes were acknowledged")
print(f"{ROUNDS} rounds, {written} acknowledged writes")
with server:
    pass
finish()
