"""What one request, one list or one account can take from everybody else."""

from harness import Person, Server, b64, check, finish


def resident(server):
    """Resident memory of the server in MiB."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) >> 10


def many_values(server, person, project):
    """Two bytes of text a value, eighty of memory: counted before parsed."""
    before = resident(server)
    head = b'{"project_id":"' + project.encode() + b'","secrets":['
    raw = head + b"0," * (16 << 20 >> 1) + b"0]}"
    answer = person.ask("POST", "secrets/", raw=raw)
    check(answer.status == 400 and "too many values" in answer.json["message"],
          f"eight million values: {answer.status} {answer.body[:100]}")
    grown = resident(server) - before
    check(grown < 200, f"memory grew by {grown} MiB")
    value = b64(28)
    rows = [{"key": f"K{i}", "value": value, "if_version": 0, "policy": {}}
            for i in range(20000)]
    answer = person.write(project, rows)
    check(answer.status == 201, f"20,000 rows: {answer.status} {answer.body[:100]}")
    listed = person.list(project)
    check(len(listed.data["secrets"]) == 20000, "all of them are listed")


with Server() as server:
    person = Person(server, "alice")
    many_values(server, person, person.project())
finish()
