"""A server's proxy on loopback that changes the rows it passes on.

    liar.py PORT FOLDER

Listens on a free port of 127.0.0.1, which it prints, and passes requests on to
PORT. While FOLDER/lie says `KIND NAME`, rows of NAME in lists, conflicts and
histories are not what the server said:

    drop      it is not there             add       B's value is NEW's as well
    relabel   it has B's value            rollback  it is what it was before
    double    it is there twice           forge     its value is noise
    exchange  former versions in another order
    foreign   its history is that of another name
    older     what is there now is older than what was before
    hide      its history is not there, the rest is as it is
    plain     a server that keeps no history
"""
import base64
import http.client
import http.server
import json
import os
import re
import sys

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
seen = {}  # (environment, name): values as they were written


def first_value(place, rows):
    return next(iter(seen.get(place, [])), rows[0]["value"])


def change(kind, name, rows, environment):
    """One list of rows, lied about."""
    own = [row for row in rows if row["key"] == name]
    other = next((row["value"] for row in rows if row["key"] == "B"),
                 first_value((environment, "B"), own or [{"value": ""}]))
    if kind == "drop":
        return [row for row in rows if row["key"] != name]
    if kind == "double":
        return rows + own
    if kind == "add":
        return rows + [{"key": "NEW", "value": other, "version": 1}]
    values = {"relabel": other, "forge": base64.b64encode(b"x" * 60).decode(),
              "rollback": first_value((environment, name), own or rows)}
    if kind in values:
        return [row | {"value": values[kind]} if row["key"] == name else row
                for row in rows]
    return rows


def change_history(kind, name, rows, environment):
    if rows[0]["key"] != name:
        return rows
    if kind == "add":
        return rows + [rows[0] | {"value": first_value((environment, "B"), rows)}]
    if kind == "double":
        return rows[:1] + rows
    if kind == "rollback":
        return rows[2:]
    if kind == "exchange":
        return rows[:1] + rows[:0:-1]
    if kind == "older":
        return rows[1:] + rows[:1]
    if kind == "foreign":
        return [row | {"key": "B"} for row in rows]
    return change(kind, name, rows, environment)


def lie():
    try:
        with open(os.path.join(FOLDER, "lie"), encoding="ascii") as file:
            return (file.read().split() + [""])[:2]
    except FileNotFoundError:
        return None, None


def environment_of(path):
    found = re.search("development|staging|production", path)
    return found.group() if found else "development"


def remember(path, body):
    data = json.loads(body)
    for row in data.get("secrets", []):
        place = data.get("environment", environment_of(path)), row["key"]
        seen.setdefault(place, []).append(row["value"])


def rewrite(path, status, body):
    kind, name = lie()
    if kind is None or not body:
        return status, body
    answer = json.loads(body)
    data = answer.get("data")
    environment = environment_of(path)
    if kind == "plain" and "extensions" in answer:
        answer["extensions"].remove("history")
    if isinstance(data, dict) and "versions" in data and status == 200:
        if kind in ("drop", "hide", "plain"):
            return 404, json.dumps({
                "status": "failure", "code": "non_existent", "message": "none",
                "detail": "none"}).encode()
        data["versions"] = change_history(kind, name, data["versions"], environment)
    elif isinstance(data, dict) and "conflicts" in data:
        rows = change(kind, name, data["conflicts"], environment)
        if kind == "drop":
            rows += [{"key": name, "version": 0, "value": None, "deleted": False}]
        data["conflicts"] = rows
    elif isinstance(data, dict) and "secrets" in data and status == 200:
        data["secrets"] = change(kind, name, data["secrets"], environment)
    return status, json.dumps(answer).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def pass_on(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {key: value for key, value in self.headers.items()
                   if key in ("Authorization", "Content-Type")}
        # While it lies it answers, whatever the client has.
        if "If-None-Match" in self.headers and lie()[0] is None:
            headers["If-None-Match"] = self.headers["If-None-Match"]
        server = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        server.request(self.command, self.path, body, headers)
        answer = server.getresponse()
        status, text = answer.status, answer.read()
        if self.command == "POST" and self.path.startswith("/api/secrets/"):
            remember(self.path, body)
        status, text = rewrite(self.path, status, text)
        self.send_response(status)
        for key in ("Content-Type", "ETag"):
            if key in answer.headers:
                self.send_header(key, answer.headers[key])
        if status != 304:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text if status != 304 else b"")
        server.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on


listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
listener.daemon_threads = True
print("listening on 127.0.0.1:%d" % listener.server_port, flush=True)
listener.serve_forever()
