#!/usr/bin/env python3
"""A server that is none, or a bad one, for the tests of agentsecrets-net.

    fake_server.py MODE LOG [CERTIFICATE]

Answers every request as MODE says and appends what it was sent to LOG. Prints
"listening on 127.0.0.1:PORT". With a certificate (PEM, key included): TLS.
"""
import json
import socket
import ssl
import sys
import threading
import time

ID = "0b0e4d1c-5c0e-4b8e-9d4a-1f2e3d4c5b6a"
OTHER = "11111111-2222-4333-8444-555555555555"
KINDS = {200: "OK", 302: "Found", 401: "Unauthorized", 404: "Not Found",
         409: "Conflict", 429: "Too Many Requests", 500: "Server Error",
         503: "Service Unavailable"}

HEALTHY = {"status": "healthy", "version": "fake", "uptime_seconds": 1,
           "extensions": ["one", "two"]}
# As other AgentSecrets servers answer.
OTHERS = {"status": "healthy", "timestamp": "2026-01-02T03:04:05Z",
          "uptime_seconds": 1.5, "components": {"database": "healthy"},
          "system": {"environment": "production"}}


def http(status, body, kind="application/json", extra=""):
    if not isinstance(body, (str, bytes)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    head = (f"HTTP/1.1 {status} {KINDS[status]}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n"
            f"{extra}\r\n")
    return head.encode() + body


def success(data):
    return http(200, {"status": "success", "message": "", "data": data})


def failure(status, code, message, extra="", **more):
    body = {"status": "failure", "code": code, "message": message, **more}
    return http(status, body, extra=extra)


def listing(project=ID, secrets=(), **more):
    return success({"project_id": project, "environment": "development",
                    "secrets": list(secrets), "revision": 1, **more})


def row(key="A", value="eA==", **more):
    return {"key": key, "value": value, "version": 1, **more}


def answers(port):
    html = "<html><body>hello</body></html>"
    return {
        "healthy": http(200, HEALTHY),
        "others": http(200, OTHERS),
        "limits": http(200, {**HEALTHY, "limits": {
            "secrets_per_request": 7, "request_bytes": 1 << 40,
            "value_bytes": 0, "name_bytes": 1}}),
        "odd_limits": http(200, {**HEALTHY, "limits": {
            "secrets_per_request": "7", "request_bytes": -1,
            "value_bytes": 1.5}}),
        "early": http(200, HEALTHY,
                      extra="Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"),
        "ill": http(503, {**HEALTHY, "status": "unhealthy"}),
        "ok": http(200, {**HEALTHY, "status": "ok"}),
        "unhealthy200": http(200, {**HEALTHY, "status": "unhealthy"}),
        "healthy404": http(404, HEALTHY),
        "alone": http(200, {"status": "healthy"}),
        "anyones": http(200, {"status": "healthy", "uptime_seconds": 1,
                              "version": "7"}),
        "behind": http(503, {"status": "error", "message": "no upstream"}),
        "garbage": b"\x00\x01\x02 nothing that anybody speaks\n" * 9,
        "ssh": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        "close": b"",
        "short": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
        "redirect": http(302, "", extra="Location: http://127.0.0.1:"
                         f"{port}/elsewhere/\r\n"),
        "html": http(200, html, "text/html"),
        "missing": http(404, html, "text/html"),
        "broken": http(500, html, "text/html"),
        "list": http(200, [1, 2]),
        "twice": http(200, '{"status":"healthy","status":"healthy"}'),
        "trailing": http(200, '{"status":"healthy"} x'),
        "nul": http(200, '{"status":"healthy\\u0000"}'),
        "deep": http(200, '{"status":' + "[" * 99 + "]" * 99 + "}"),
        "busy": failure(429, "rate_limited", "too many attempts",
                        "Retry-After: 7\r\n"),
        "escapes": failure(404, "non_existent", "no\x1b[31m such\nthing"),
        "stale": failure(409, "stale_key", "old", data={"key_epoch": 3}),
        "expired": failure(401, "unauthorized", "Unauthorized"),
        "failure200": http(200, {"status": "failure", "message": "no"}),
        "nothing": http(200, {"status": "success"}),
        "rows": listing(secrets=[row(), row("B", "eQ==")],
                        deleted=[row("C", None)]),
        "other_project": listing(OTHER),
        "renamed_other": success({"id": OTHER, "name": "new"}),
        "not_base64": listing(secrets=[row(value="e!==")]),
        "loose_base64": listing(secrets=[row(value="eB==")]),
        "long_name": listing(secrets=[row("A" * 256)]),
        "no_name": listing(secrets=[{"value": "eA=="}]),
        "bad_version": listing(secrets=[row(version=-1)]),
        "bad_workspace": listing(workspace_id="../.."),
        "long_value": listing(secrets=[row(value="QUJD" * 50000)]),
    }


def read_request(peer, log):
    """All of a request, to the end of its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = peer.recv(65536)
        if not more:
            break
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += peer.recv(65536)
    with open(log, "ab") as out:
        out.write(head + b"\n\n" + body + b"\n")


# Bytes a second.
RATES = {"slow": 3000, "trickle": 100}


def drip(peer, rate):
    """A healthy answer that takes 35 seconds."""
    answer = http(200, json.dumps({**HEALTHY, "padding": "x" * 35 * rate}))
    for i in range(0, len(answer), rate // 10):
        peer.sendall(answer[i:i + rate // 10])
        time.sleep(0.1)


def serve(peer, mode, log, port):
    try:
        if mode != "ssh":  # that one speaks first
            read_request(peer, log)
        if mode == "endless":
            peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                peer.sendall(b"[" * 65536)
        if mode == "silent":
            peer.recv(1)
        elif mode in RATES:
            drip(peer, RATES[mode])
        else:
            peer.sendall(answers(port)[mode])
    except OSError:
        pass
    finally:
        peer.close()


def main():
    mode, log = sys.argv[1:3]
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3])
        server = context.wrap_socket(server, server_side=True)
    print(f"listening on 127.0.0.1:{port}", flush=True)
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            continue
        threading.Thread(target=serve, args=(peer, mode, log, port),
                         daemon=True).start()


if __name__ == "__main__":
    main()
