"""The server on its parent's socket: whom it serves and what it leaves."""

import http.client
import json
import os
import signal
import socket
import tempfile
import time

from harness import PROGRAM, b64, check, finish, new_id

BASE = tempfile.mkdtemp(dir=os.environ.get("BATS_TEST_TMPDIR"))


class Embedded:
    """Our child; the socket lies in a fresh directory under /tmp."""

    def __init__(self, name, orphan=False):
        self.data = os.path.join(BASE, name)
        os.makedirs(self.data, mode=0o700, exist_ok=True)
        self.directory = tempfile.mkdtemp(prefix="agentsecrets-test-", dir="/tmp")
        self.path = os.path.join(self.directory, "s")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(self.path)
        listening.listen(16)
        self.pid = os.fork()
        if self.pid == 0:
            while orphan and os.getppid() == orphan:
                time.sleep(0.001)
            os.dup2(listening.fileno(), 9)
            os.dup2(9, 3, inheritable=True)
            os.execv(PROGRAM, [
                PROGRAM, "--embedded", "--db", f"sqlite:{self.data}/data.sqlite",
                "--keys", f"{self.data}/keys"])
        listening.close()

    def ask(self, method, path, body=None):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(20)
        peer.connect(self.path)
        connection = http.client.HTTPConnection("local")
        connection.sock = peer
        connection.request(method, "/api/" + path,
                           None if body is None else json.dumps(body))
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text)

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        check(os.waitpid(self.pid, 0)[1] == 0, "ends with 0")
        self.left_nothing("SIGTERM")

    def left_nothing(self, why):
        check(not os.path.exists(self.path), f"{why}: the socket is gone")
        check(not os.path.exists(self.directory), f"{why}: its directory is gone")


def account():
    server = Embedded("account")
    check(server.ask("GET", "status/")[0] == 200, "status")
    status, answer = server.ask("GET", "workspaces/")
    check(status == 401 and "register" in answer["message"], "no account yet")
    workspace = new_id()
    body = {"email": "local:" + new_id(), "public_key": b64(32),
            "key_salt": "ab" * 32, "workspace_id": workspace, "key_epoch": 1,
            "encrypted_workspace_key": b64(80), "sealed_name": "Personal"}
    status, _ = server.ask("POST", "auth/register/", body | {"password": "x"})
    check(status == 422, "a password is refused")
    status, _ = server.ask("POST", "auth/register/", body | {"email": "a@example.com"})
    check(status == 422, "an address is refused")
    status, answer = server.ask("POST", "auth/register/", body)
    check(status == 201 and answer["data"]["workspace"]["name"] == "Personal", "register")
    status, answer = server.ask("POST", "auth/register/",
                                body | {"email": "local:" + new_id()})
    check(status == 409 and answer["code"] == "already_exists", f"second: {status}")
    for method, path in [("POST", "auth/login/"), ("POST", "auth/refresh/")]:
        check(server.ask(method, path, {"email": "x", "password": "x"})[0] == 404, path)
    project = new_id()
    check(server.ask("POST", "projects/", {
        "id": project, "name": "web", "workspace_id": workspace})[0] == 201, "project")
    check(server.ask("POST", "secrets/", {
        "project_id": project, "key_epoch": 1,
        "secrets": [{"key": "A", "value": b64(40), "if_version": 0}]})[0] == 201, "write")
    server.stop()
    server = Embedded("account")
    check(len(server.ask("GET", f"secrets/{project}/")[1]["data"]["secrets"]) == 1,
          "what was written is there at the next start")
    server.stop()


def strangers():
    """A process of the same user that is not the parent gets nothing."""
    server = Embedded("strangers")
    check(server.ask("GET", "status/")[0] == 200, "the parent is served")
    child = os.fork()
    if child == 0:
        try:
            server.ask("GET", "status/")
        except (OSError, http.client.HTTPException):
            os._exit(0)
        os._exit(1)
    check(os.waitpid(child, 0)[1] == 0, "a stranger is turned away")
    check(server.ask("GET", "status/")[0] == 200, "the parent still is")
    server.stop()


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return ") Z " not in stat.read()
    except OSError:
        return False


def orphans():
    """kill -9 of the parent: the server ends and takes its socket along."""
    for _ in range(5):
        read, write = os.pipe()
        parent = os.fork()
        if parent == 0:
            server = Embedded("orphans")
            server.ask("GET", "status/")
            os.write(write, json.dumps([server.pid, server.directory]).encode())
            signal.pause()
        pid, directory = json.loads(os.read(read, 4096))
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        until = time.monotonic() + 10
        while os.path.exists(directory) and time.monotonic() < until:
            time.sleep(0.01)
        check(not os.path.exists(directory), "an orphan leaves its socket")
        while runs(pid) and time.monotonic() < until:
            time.sleep(0.01)
        check(not runs(pid), "an orphan lives on")
        os.close(read)
        os.close(write)


def failures():
    """A server that cannot start, or whose parent ended before, tidies up too."""
    server = Embedded("failures")
    server.ask("GET", "status/")
    server.stop()
    with open(os.path.join(server.data, "keys"), "w", encoding="ascii") as keys:
        keys.write("damaged")
    server = Embedded("failures")
    check(os.waitpid(server.pid, 0)[1] != 0, "no start with damaged keys")
    server.left_nothing("damaged keys")
    read, write = os.pipe()
    if os.fork() == 0:
        server = Embedded("early", orphan=os.getpid())
        os.write(write, server.directory.encode())
        os._exit(0)
    directory = os.read(read, 4096).decode()
    until = time.monotonic() + 10
    while os.path.exists(directory) and time.monotonic() < until:
        time.sleep(0.01)
    check(not os.path.exists(directory), "an orphan from the start leaves its socket")


def quick():
    """The launcher waits for it: the best of five starts is quick."""
    times = []
    for _ in range(5):
        began = time.monotonic()
        server = Embedded("quick")
        server.ask("GET", "status/")
        times.append(time.monotonic() - began)
        server.stop()
    print("first answer after", *(f"{t * 1000:.1f} ms" for t in sorted(times)))
    check(min(times) < 0.2, "starts within 200 ms, on any machine")


account()
strangers()
orphans()
failures()
quick()
finish()
