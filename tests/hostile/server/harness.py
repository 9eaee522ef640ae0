"""A real server in a directory of its own, and what tests ask of it."""

import base64
import http.client
import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

PROGRAM = os.path.join(os.environ["AGENTSECRETS_PREFIX"], "bin/agentsecrets-server")
EPOCH = 1795000000
failures = []


def check(truth, what):
    """Note a failure and go on, so that one run shows them all."""
    if not truth:
        failures.append(what)
        print("FAILED:", what, flush=True)


def finish():
    if failures:
        sys.exit(f"{len(failures)} checks failed")


def b64(n):
    return base64.b64encode(secrets.token_bytes(n)).decode()


def new_id():
    return str(uuid.uuid4())


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body
        self.json = json.loads(body) if body else None

    @property
    def data(self):
        return self.json.get("data")

    @property
    def code(self):
        return self.json.get("code")


class Server:
    """Use with `with`: stopped, and judged by its exit status, at the end."""

    def __init__(self, *options, directory=None, attempts="0", register=True):
        self.directory = directory or tempfile.mkdtemp(
            dir=os.environ.get("BATS_TEST_TMPDIR")
        )
        self.db = os.path.join(self.directory, "db")
        self.keys = os.path.join(self.directory, "keys")
        self.options = ["--attempts", attempts, *options]
        if register:
            self.options.append("--open-registration")
        self.start()

    def start(self):
        self.log = open(os.path.join(self.directory, "log"), "ab+")
        where = self.log.seek(0, 2)
        self.process = subprocess.Popen(
            [PROGRAM, "--listen", "127.0.0.1:0", "--db", "sqlite:" + self.db,
             "--keys", self.keys, *self.options],
            stderr=self.log, stdin=subprocess.DEVNULL)
        line = b""
        until = time.monotonic() + 20
        while b"listening on" not in line and time.monotonic() < until:
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
            self.log.seek(where)
            line = self.log.read()
        if b"listening on" not in line:
            sys.exit("the server did not start: " + line.decode())
        self.port = int(line.split(b"listening on")[1].split()[0].rsplit(b":")[-1])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        check(self.process.poll() is None, "the server is alive at the end")
        if self.process.poll() is None:
            check(self.stop() == 0, "the server ends with 0 on SIGTERM")
        self.log.seek(0)
        text = self.log.read().decode("utf-8", "replace")
        check("Sanitizer" not in text and "runtime error" not in text,
              "no sanitizer report: " + text[-2000:])

    def request(self, method, path, body=None, token=None, headers=None, raw=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = "Bearer " + token
        if raw is None and body is not None:
            raw = json.dumps(body).encode()
        connection.request(method, "/api/" + path, raw, headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return Answer(response.status, response.headers, text)

    def send(self, data, wait=20, then=b""):
        """Raw bytes; all that comes back until the server closes."""
        peer = socket.create_connection(("127.0.0.1", self.port), timeout=wait)
        got = b""
        try:
            peer.sendall(data)
            if then:
                time.sleep(0.1)
                peer.sendall(then)
            peer.shutdown(socket.SHUT_WR)
            while True:
                piece = peer.recv(65536)
                if not piece:
                    break
                got += piece
        except OSError:
            pass
        peer.close()
        return got

    def sql(self, text, *values):
        with sqlite3.connect(self.db, timeout=20) as db:
            rows = db.execute(text, values).fetchall()
        db.close()
        return rows


class Person:
    """An account with a workspace, logged in."""

    def __init__(self, server, name, workspace=True):
        self.server = server
        self.email = name + "@example.com"
        self.password = secrets.token_urlsafe(32)
        self.workspace = new_id()
        body = {
            "first_name": name, "last_name": "Test", "email": self.email,
            "password": self.password, "key_salt": secrets.token_hex(32),
            "terms_agreement": True, "public_key": b64(32)}
        if workspace:
            body |= {
                "workspace_id": self.workspace, "encrypted_workspace_key": b64(80),
                "key_epoch": EPOCH, "sealed_name": name}
        answer = server.request("POST", "auth/register/", body)
        if answer.status != 201:
            sys.exit(f"cannot register: {answer.body}")
        self.id = answer.data["user_id"]
        self.login()

    def login(self):
        answer = self.server.request(
            "POST", "auth/login/", {"email": self.email, "password": self.password})
        if answer.status != 200:
            sys.exit(f"cannot log in: {answer.body}")
        self.token = answer.data["access"]
        self.refresh = answer.data["refresh"]
        return answer

    def ask(self, method, path, body=None, **more):
        return self.server.request(method, path, body, token=self.token, **more)

    def project(self, name="web", workspace=None):
        answer = self.ask("POST", "projects/", {
            "id": new_id(), "name": name,
            "workspace_id": workspace or self.workspace})
        if answer.status != 201:
            sys.exit(f"cannot make a project: {answer.body}")
        return answer.data["id"]

    def write(self, project, secrets_list=(), deleted=(), epoch=EPOCH, **more):
        body = {"project_id": project, "environment": "development",
                "key_epoch": epoch, "secrets": list(secrets_list),
                "deleted": list(deleted), **more}
        return self.ask("POST", "secrets/", body)

    def list(self, project, environment="development"):
        return self.ask("GET", f"secrets/{project}/?environment={environment}")
