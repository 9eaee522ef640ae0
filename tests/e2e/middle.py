"""An HTTP server on loopback that stands before the real one.

    middle.py PORT FOLDER

Listens on a free port of 127.0.0.1, which it prints, and passes requests on to
PORT. FOLDER/requests gets a line for each: method, path, and how many names a
write has. FOLDER/rules is read at each request; a rule is a line:

    old             no limits in the status, and what older servers refuse
    delay SECONDS   before each answer
    fail N KIND     the Nth write since the rules last changed and those after
                    it get KIND: 413, 422 or 503, or "drop", no answer at all
    before N COMMAND...  is run by the shell before the Nth write passes
"""
import http.client
import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = b"<html><body>413 Request Entity Too Large</body></html>"
ANSWERS = {
    "413": (413, HTML),
    "422": (422, b'{"status":"failure","code":"invalid_entry",'
                 b'"message":"Invalid Entry"}'),
    "503": (503, b'{"status":"failure","code":"busy","message":"try later"}'),
}


class State:
    rules = None
    writes = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def rules(self):
        try:
            with open(os.path.join(FOLDER, "rules"), encoding="ascii") as file:
                text = file.read()
        except FileNotFoundError:
            text = ""
        if text != State.rules:
            State.rules, State.writes = text, 0
        return [line.split() for line in text.splitlines() if line]

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for name, value in headers:
            if name.lower() in ("content-type", "etag", "retry-after"):
                self.send_header(name, value)
        # An answer that has no body must not announce one.
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def pass_on(self, body):
        peer = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("host", "content-length")}
        peer.request(self.command, self.path, body, headers)
        reply = peer.getresponse()
        data = reply.read()
        peer.close()
        return reply.status, data, reply.getheaders()

    def refusal(self, rules, body, entries):
        """What is answered in place of the server, or None."""
        State.writes += 1
        for rule in rules:
            if rule[0] == "old" and entries > 100:
                return ANSWERS["422"]
            if rule[0] == "old" and len(body) > 2621440:
                return 400, HTML
            if rule[0] == "fail" and State.writes >= int(rule[1]):
                return ANSWERS.get(rule[2], (0, b""))
            if rule[0] == "before" and State.writes == int(rule[1]):
                subprocess.run(" ".join(rule[2:]), shell=True, check=True)
        return None

    def handle_any(self):
        rules = self.rules()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_write = self.command == "POST" and self.path == "/api/secrets/"
        entries = ""
        refusal = None
        if is_write:
            wish = json.loads(body)
            entries = len(wish["secrets"]) + len(wish["deleted"])
            refusal = self.refusal(rules, body, entries)
        with open(os.path.join(FOLDER, "requests"), "a", encoding="ascii") as log:
            log.write(f"{self.command} {self.path} {entries}".strip() + "\n")
        for rule in rules:
            if rule[0] == "delay":
                time.sleep(float(rule[1]))
        if refusal is not None and refusal[0] == 0:
            self.close_connection = True
            return
        if refusal is not None:
            self.answer(*refusal)
            return
        status, data, headers = self.pass_on(body)
        if ["old"] in rules and self.path == "/api/status/":
            told = json.loads(data)
            del told["limits"]
            data = json.dumps(told).encode()
        self.answer(status, data, headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    server.daemon_threads = True
    print("listening on 127.0.0.1:%d" % server.server_address[1], flush=True)
    server.serve_forever()
