"""Every endpoint with bad input of every kind: a JSON error, never a crash."""

import json
import socket
import time

from harness import EPOCH, Person, Server, b64, check, finish, new_id

TYPES = [None, 7, -1, 1.5, 1e300, True, "", " ", "x" * 5000, [], {}, [1], {"a": 1},
         "\u202e", "ä" * 300, "a b", 9007199254740993, "not-a-uuid"]
BODIES = [
    b"", b" ", b"null", b"[]", b"7", b'"x"', b"{", b"{}", b'{"a":1}', b'{"a":1}x',
    b'{"a":1,"a":2}', b'{"email":"\\u0000"}', b'{"email":"\xff\xfe"}',
    b'{"email":"\\ud800"}', b'{"email":"a\nb"}', b"[" * 500, b'{"a":' * 100,
    b'{"key_epoch":1e999}', b'{"key_epoch":' + b"9" * 400 + b"}", b"\x00", b"{}\x00",
    b"\xef\xbb\xbf{}", b"{'a':1}", b'{"a":01}', b"NaN", b'{"a":NaN}']


def is_error(answer, where):
    check(400 <= answer.status < 500, f"{where}: status {answer.status}")
    check(answer.headers.get("Content-Type", "").startswith("application/json"),
          f"{where}: no JSON type")
    check(isinstance(answer.json, dict) and answer.json.get("message")
          and answer.json.get("detail") and answer.json.get("code"),
          f"{where}: no message: {answer.body[:200]}")


def sound_bodies(person, project):
    """Each route that takes a body, with one that is right."""
    register = {
        "first_name": "a", "last_name": "b", "email": "new@example.com",
        "password": "p" * 43, "key_salt": "ab" * 32, "terms_agreement": True,
        "public_key": b64(32), "encrypted_private_key": b64(60),
        "workspace_id": new_id(), "encrypted_workspace_key": b64(80),
        "key_epoch": EPOCH, "sealed_name": "w"}
    return [
        ("POST", "auth/register/", register),
        ("POST", "auth/login/", {"email": person.email, "password": "p"}),
        ("POST", "auth/refresh/", {"refresh": "as1_x"}),
        ("PATCH", "auth/change-password/",
         {"current_password": "a", "new_password": "b", "key_salt": "ab" * 32,
          "encrypted_private_key": b64(60)}),
        ("POST", "workspaces/",
         {"name": "ws", "workspace_id": new_id(), "encrypted_workspace_key": b64(80),
          "key_epoch": EPOCH, "sealed_name": "ws"}),
        ("PATCH", f"workspaces/{person.workspace}/", {"name": "other"}),
        ("PUT", f"workspaces/{person.workspace}/key/",
         {"encrypted_workspace_key": b64(80), "key_epoch": EPOCH, "sealed_name": "w"}),
        ("POST", "projects/", {"id": new_id(), "name": "p2", "description": "d",
                               "workspace_id": person.workspace}),
        ("PATCH", "projects/web/", {"name": "web", "description": "d"}),
        ("POST", "secrets/",
         {"project_id": project, "environment": "development", "key_epoch": EPOCH,
          "secrets": [{"key": "A", "value": b64(40), "if_version": 0}], "deleted": []}),
        ("PATCH", f"secrets/{project}/development/LIVE/",
         {"value": b64(40), "if_version": 1, "key_epoch": EPOCH}),
        ("DELETE", f"secrets/{project}/development/LIVE/",
         {"value": b64(28), "if_version": 9, "key_epoch": EPOCH})]


def mutate_fields(person, project):
    for method, path, body in sound_bodies(person, project):
        answer = person.ask(method, path, body | {"surprise": 1})
        check(answer.status == 422 and "surprise" in answer.data,
              f"{method} {path}: unknown field: {answer.status}")
        for raw in BODIES:
            # Optional bodies and all-optional ones may be empty.
            if method in ("DELETE", "PATCH") and raw in (b"", b"{}"):
                continue
            is_error(person.ask(method, path, raw=raw), f"{method} {path} {raw[:30]}")
        for field, sound in body.items():
            for value in TYPES:
                if type(value) is type(sound) and not isinstance(value, (str, int)):
                    continue
                answer = person.ask(method, path, body | {field: value})
                check(answer.status < 500, f"{method} {path} {field}={value!r}: "
                                           f"{answer.status} {answer.body[:100]}")
                wrong = value is not None and type(value) is not type(sound) and \
                    not (field in ("secrets",) and isinstance(value, (list, dict)))
                if wrong and isinstance(value, (bool, list, dict)):
                    check(answer.status == 422 and answer.code == "invalid_entry",
                          f"{method} {path} {field}={value!r}: {answer.status}")
                    check(answer.json["message"] != "Invalid Entry"
                          and list(answer.data)[0] in answer.json["message"],
                          f"{method} {path} {field}: message not self-sufficient")


def missing_fields(person, project):
    required = {
        "auth/register/": ["first_name", "last_name", "email", "password",
                           "terms_agreement"],
        "auth/login/": ["email", "password"], "auth/refresh/": ["refresh"],
        "auth/change-password/": ["current_password", "new_password"],
        "workspaces/": ["name", "encrypted_workspace_key"],
        "projects/": ["name", "workspace_id"], "secrets/": ["project_id"]}
    for method, path, body in sound_bodies(person, project):
        for field in required.get(path, []):
            less = {k: v for k, v in body.items() if k != field}
            answer = person.ask(method, path, less)
            check(answer.status == 422
                  and answer.data == {field: "This field is required"},
                  f"{path} without {field}: {answer.body[:200]}")


def secret_payloads(person, project):
    good = b64(40)
    bad_names = ["", "1A", "_A", "A-B", "A B", " A", "A\n", "Ä", "ı", "A" * 256, "A/B",
                 "a.b", "=", "\u212a"]
    for name in bad_names:
        for form in ({name: good}, [{"key": name, "value": good}]):
            answer = person.write(project, secrets=form)
            check(answer.status == 422, f"name {name!r}: {answer.status}")
    bad_values = ["", "x", "====", b64(27), b64(131100), good[:-1], good + "\n",
                  good + "=", "-_" + good[2:], good.rstrip("="), None, 7, [], {}]
    for value in bad_values:
        for form in ({"A": value}, [{"key": "A", "value": value}]):
            answer = person.write(project, secrets=form)
            check(answer.status == 422, f"value {str(value)[:20]!r}: {answer.status}")
    for form in ([], {}, [1], [[]], [None], "x", 7, True,
                 {"a": good, "A": good}, [{"key": "a", "value": good},
                                          {"key": "A", "value": good}],
                 [{"key": "A", "value": good, "surprise": 1}],
                 [{"key": "A", "value": good, "if_version": -1}],
                 [{"key": "A", "value": good, "if_version": "1"}],
                 [{"key": "A", "value": good, "environment": "staging"}],
                 {f"K{i}": good for i in range(20001)}):
        answer = person.write(project, secrets=form)
        check(answer.status == 422, f"form {str(form)[:40]}: {answer.status}")
    check(person.write(project, [{"key": "A", "value": good}],
                       [{"key": "a", "value": None}]).status == 422,
          "written and deleted at once")
    check(person.list(project).data["revision"] == 1, "nothing of it was stored")


def paths(server, person, project):
    for path, status in [
            ("/", 404), ("/api", 404), ("/api/", 404), ("/api/nope/", 404),
            ("/index.html", 404), ("/api/docs", 404), ("/api/status/../", 400),
            ("/api/status/%2e%2e/", 400), ("/api/status%00/", 400), ("/api/%00", 400),
            ("/api/%ff/", 400), ("/api/%c0%af/", 400), ("/api//status/", 400),
            ("/api/status//", 400), ("/api/%zz/", 400), ("/api/%4", 400),
            ("/api%2fstatus/", 404), ("/api/status%2fhealth/", 404),
            ("/API/status/", 404), ("/api/projects/a/b/c/d/e/f/g/h/i/", 400),
            ("/api/status/?a=%00", 400), ("/api/status/?a=1&a=2", 400),
            ("/api/secrets/nope/", 422),
            (f"/api/secrets/{project}/?environment=prod", 422),
            (f"/api/secrets/{project}/?environment=", 422),
            (f"/api/secrets/{project}/prod/A/", 422),
            (f"/api/secrets/{project}/development/A%2FB/", 422),
            (f"/api/secrets/{project}/development/NOPE/", 404),
            (f"/api/secrets/{project}/development/NOPE/versions/", 404),
            (f"/api/secrets/{project}/prod/LIVE/versions/", 422),
            (f"/api/secrets/{project}/development/a-b/versions/", 422),
            (f"/api/secrets/{project}/development/{'A' * 256}/versions/", 422),
            (f"/api/secrets/nope/development/LIVE/versions/", 422),
            (f"/api/secrets/{new_id()}/development/LIVE/versions/", 404),
            (f"/api/secrets/{project}/development/LIVE/versions/1/", 404),
            (f"/api/secrets/{new_id()}/", 404), (f"/api/workspaces/{new_id()}/", 404),
            ("/api/workspaces/x/", 422), (f"/api/projects/{new_id()}/web/", 404),
            ("/api/projects/" + "a" * 300 + "/", 404), ("/api/projects/%20/", 404),
            (f"/api/projects/{project}/secrets/diff/?from=x", 422),
            ("/api/users/nobody@example.com/public-key/", 404),
            ("/api/" + "a" * 9000, 400)]:
        raw = (f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
               f"{person.token}\r\nConnection: close\r\n\r\n").encode()
        got = server.send(raw)
        check(got.startswith(b"HTTP/1.1 %d " % status),
              f"{path[:60]}: want {status}, got {got[:60]}")
        check(b"<" not in got and b'"message":"' in got, f"{path[:60]}: no JSON")
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "get"):
        answer = server.request(method, "status/")
        check(answer.status == 405 and answer.headers["Allow"] == "GET",
              f"{method} status/: {answer.status}")
    answer = person.ask("POST", f"secrets/{project}/development/LIVE/versions/", {})
    check(answer.status == 405 and answer.headers["Allow"] == "GET",
          f"POST versions/: {answer.status}")
    check(server.request("HEAD", "status/").status == 405, "HEAD")
    for path in ("status", "status/", "status/health", "status/health/"):
        check(server.request("GET", path).status == 200, path)
    for method, path in [
            ("GET", "workspaces/"), ("POST", "workspaces/"), ("GET", "projects/"),
            ("GET", f"secrets/{project}/"), ("POST", "secrets/"),
            ("GET", f"secrets/{project}/development/LIVE/versions/"),
            ("POST", "auth/logout/"), ("PATCH", "auth/change-password/"),
            ("GET", "users/a@b.com/public-key/")]:
        for token in (None, "x", "as1_" + "A" * 43, "as1_" + "A" * 5000):
            answer = server.request(method, path, {}, token=token)
            check(answer.status == 401 and answer.json["detail"] == "Unauthorized",
                  f"{method} {path} without a session: {answer.status}")


def read_answer(got):
    """The body as a client reads it: so many bytes as the first head says."""
    head, _, rest = got.partition(b"\r\n\r\n")
    lines = [line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:]]
    headers = {line[0].strip(): line[-1].strip() for line in lines}
    return headers, rest[:int(headers.get(b"content-length", b"0"))]


def framing(server, person):
    head = b"POST /api/auth/login/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    keep = head.replace(b"Connection: close\r\n", b"")
    inner = b"GET /api/status/ HTTP/1.1\r\nHost: x\r\n\r\n"
    auth = b"Authorization: Bearer " + person.token.encode() + b"\r\n"
    bulk = head.replace(b"auth/login", b"secrets") + auth
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    cases = [
        (b"CL and TE", head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
         b"2\r\n{}\r\n0\r\n\r\n", 400),
        (b"two CL", head + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
        (b"other TE", head + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        (b"bad CL", head + b"Content-Length: -2\r\n\r\n{}", 400),
        (b"huge CL", head + b"Content-Length: 99999999999999999999999\r\n\r\n", 413),
        (b"large CL", head + b"Content-Length: 9999999999\r\n\r\n", 413),
        (b"over the small limit", head + b"Content-Length: 300000\r\n\r\n" +
         b" " * 300000, 413),
        (b"over the large limit", bulk + b"Content-Length: 33554433\r\n\r\n" +
         b" " * 33554433, 413),
        (b"chunked over the limit", bulk + b"Transfer-Encoding: chunked\r\n\r\n" +
         chunk * 33 + b"0\r\n\r\n", 413),
        (b"broken chunk", head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", 400),
        (b"no version", b"GET /api/status/\r\n\r\n", None),
        (b"HTTP/3", b"GET /api/status/ HTTP/3.0\r\nHost: x\r\n\r\n", None),
        (b"no host", b"GET /api/status/ HTTP/1.1\r\n\r\n", 400),
        (b"two hosts", b"GET /api/status/ HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
         400),
        (b"HTTP/1.0", b"GET /api/status/ HTTP/1.0\r\n\r\n", 200),
        (b"CL with a sign", head + b"Content-Length: +2\r\n\r\n{}", 400),
        (b"CL with a letter", head + b"Content-Length: 2x\r\n\r\n{}", 400),
        (b"CL list", head + b"Content-Length: 2, 2\r\n\r\n{}", 400),
        (b"CL with a zero", head + b"Content-Length: 02\r\n\r\n{}", 400),
        (b"blank before the colon", keep + b"Content-Length : 44\r\n\r\n" + inner, 400),
        (b"folded TE", keep + b"Content-Length: 2\r\nTransfer-Encoding:\r\n chunked"
         b"\r\n\r\n{}" + inner, 400),
        (b"folded CL", keep + b"Content-Length:\r\n 44\r\n\r\n" + inner, 400),
        (b"control in a name", keep + b"X\x01Y: 1\r\n\r\n", 400),
        (b"two authorizations", b"GET /api/status/ HTTP/1.1\r\nHost: x\r\n" + auth +
         auth + b"Connection: close\r\n\r\n", 400),
        (b"40 KiB header", b"GET /api/status/ HTTP/1.1\r\nHost: x\r\nX: " +
         b"a" * 40960 + b"\r\n\r\n", None),
        (b"40 KiB path", b"GET /" + b"a" * 40960 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
         None),
        (b"noise", bytes(range(256)) * 8 + b"\r\n\r\n", None),
        (b"TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 300, None)]
    for name, data, status in cases:
        got = server.send(data)
        if status is None:
            ok = got == b"" or got.split(b" ")[1][:1] in (b"2", b"4", b"5")
        else:
            ok = got.startswith(b"HTTP/1.1 %d " % status)
        check(ok, f"{name.decode()}: {got[:80]}")
        check(b"healthy" not in got or status == 200, f"{name.decode()}: {got}")
        check(b"<html" not in got.lower(), f"{name.decode()}: HTML: {got[-200:]}")
        if got:
            headers, body = read_answer(got)
            check(headers.get(b"content-type", b"").startswith(b"application/json"),
                  f"{name.decode()}: type {got[:300]}")
            check(body == b"" or body.startswith(b"{") and isinstance(
                json.loads(body), dict), f"{name.decode()}: body {got[:300]}")


def slow_clients(server):
    """One byte a second is ended by the clock, while others are answered."""
    peer = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    peer.sendall(b"GET /api/status/ HTTP/1.1\r\nHost: x\r\nX: ")
    began = time.monotonic()
    ended = False
    while time.monotonic() - began < 15 and not ended:
        try:
            peer.sendall(b"a")
            peer.settimeout(0.5)
            ended = peer.recv(100) == b""
        except TimeoutError:
            check(server.request("GET", "status/").status == 200, "others wait")
        except OSError:
            ended = True
    check(ended and time.monotonic() - began < 8, "a slow client is ended")
    peer.close()


with Server("--timeout", "3") as server:
    person = Person(server, "alice")
    project = person.project()
    check(person.write(project, [{"key": "LIVE", "value": b64(40)}]).status == 201,
          "set up")
    secret_payloads(person, project)
    missing_fields(person, project)
    paths(server, person, project)
    framing(server, person)
    slow_clients(server)
    mutate_fields(person, project)
    check(json.loads(server.request("GET", "status/").body)["status"] == "healthy",
          "healthy at the end")
finish()
