"""What one request, one list or one account can take from everybody else."""

import socket

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


def counts(server):
    """Workspaces and projects have a limit, too."""
    person = Person(server, "collector")
    project = person.project()
    server.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
               " WHERE i < 998) INSERT INTO project SELECT 'p' || i, workspace_id,"
               " 'p' || i, '', 0, 0 FROM project, n WHERE id = ?", project)
    person.project("last")
    answer = person.ask("POST", "projects/", {
        "name": "more", "workspace_id": person.workspace})
    check(answer.status == 422 and "at most" in answer.json["message"],
          f"1001 projects: {answer.status}")
    body = {"name": "ws", "encrypted_workspace_key": b64(80)}
    statuses = [person.ask("POST", "workspaces/", body).status for _ in range(100)]
    check(statuses == [201] * 99 + [422], f"101 workspaces: {statuses[-3:]}")


def long_names(person, project):
    """A field's name comes back, but not all of it."""
    name = "\u00e9" * (1 << 20)
    answer = person.write(project, [], **{name: 1})
    check(answer.status == 422 and len(answer.body) < 4096,
          f"a long field name: {answer.status}, {len(answer.body)} bytes")


def full_environment(server, person, project):
    """What was written can be read back: an answer has a limit, too."""
    value = b64(131099)
    for start in range(0, 85 * 8, 85):
        rows = [{"key": f"K{start + i}", "value": value} for i in range(85)]
        answer = person.write(project, rows)
        if answer.status != 201:
            break
    check(answer.status == 422 and "would hold" in answer.json["message"]
          and answer.code == "invalid_entry", f"48 MiB: {answer.status}")
    size = len(person.list(project).body)
    check(40 << 20 < size <= 64 << 20, f"a list of {size} bytes")
    check(person.write(project, (), [{"key": "K0", "value": b64(28)}]).status == 201,
          "it may shrink")
    limits = server.request("GET", "status/").json["limits"]
    check(limits["environment_names"] == 20000
          and limits["environment_bytes"] == 48 << 20, "the limits are told")


def unread_answers(server, person, project):
    """Who asks and does not read takes memory: not more than there is for it."""
    head = (f"GET /api/secrets/{project}/ HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {person.token}\r\n\r\n").encode()
    peers = []
    for _ in range(16):
        peer = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        peer.sendall(head)
        peers.append(peer)
    lines = [peer.recv(12) for peer in peers]
    check(b"HTTP/1.1 503" in lines and b"HTTP/1.1 200" in lines, f"{lines}")
    check(resident(server) < 1100, f"memory: {resident(server)} MiB")
    check(server.request("POST", "auth/login/", {
        "email": person.email, "password": person.password}).status == 200,
        "somebody logs in meanwhile")
    for peer in peers:
        peer.close()


def unfinished_bodies(server, person):
    """Bulk writes that never end do not keep anybody from logging in."""
    head = (f"POST /api/secrets/ HTTP/1.1\r\nHost: x\r\nContent-Length: {32 << 20}\r\n"
            f"Authorization: Bearer {person.token}\r\n\r\n").encode()
    peers = []
    body = b" " * ((32 << 20) - 1)
    for _ in range(17):
        peer = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        peer.sendall(head + body)
        peers.append(peer)
    check(server.request("POST", "auth/login/", {
        "email": person.email, "password": person.password}).status == 200,
        "somebody logs in meanwhile")
    for peer in peers:
        peer.close()


def lowered():
    """A server that is told to take less says so, and does."""
    options = ["--secrets-per-request", "3", "--request-bytes", "2000",
               "--value-bytes", "100"]
    with Server(*options) as small:
        told = small.request("GET", "status/").json["limits"]
        check((told["secrets_per_request"], told["request_bytes"],
               told["value_bytes"], told["blob_bytes"]) == (3, 2000, 100, 128),
              f"the lower limits are told: {told}")
        person = Person(small, "small")
        project = person.project()
        rows = [{"key": f"K{i}", "value": b64(128)} for i in range(4)]
        answer = person.write(project, rows)
        check(answer.status == 422 and "1 to 3 entries" in answer.body.decode(),
              f"4 of 3: {answer.status} {answer.body[:200]}")
        check(person.write(project, rows[:3]).status == 201, "3 of 3")
        answer = person.write(project, [{"key": "K", "value": b64(129)}])
        check(answer.status == 422 and "128 bytes" in answer.body.decode(),
              f"101 bytes: {answer.status} {answer.body[:200]}")
        head = b'{"project_id":"' + project.encode() + b'","secrets":[],"deleted":['
        body = head + b'{"key":"K0"}]}'
        for size, status in ((2000, 201), (2001, 413)):
            answer = person.ask("POST", "secrets/", raw=body.ljust(size))
            check(answer.status == status, f"{size} bytes: {answer.status}")


lowered()
with Server() as server:
    person = Person(server, "alice")
    many_values(server, person, person.project())
    counts(server)
    long_names(person, person.project("names"))
    large = person.project("large")
    full_environment(server, person, large)
    unread_answers(server, person, large)
    unfinished_bodies(server, person)
finish()
