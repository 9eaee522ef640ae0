#!/usr/bin/env python3
"""What another AgentSecrets client does at the server with a session of ours.

    other_client.py put PROJECT ENVIRONMENT     `NAME BASE64` a line, from forge
    other_client.py delete PROJECT ENVIRONMENT NAME
    other_client.py list PROJECT ENVIRONMENT    `NAME BASE64` a line

It knows no versions, conditions or tombstones. SERVER_URL is the server,
AGENTSECRETS_HOME has the token.json.
"""
import json
import os
import sys
import urllib.request


def request(method, path, body=None):
    home = os.environ["AGENTSECRETS_HOME"]
    with open(os.path.join(home, "token.json"), encoding="utf-8") as file:
        token = json.load(file)["access_token"]
    data = None if body is None else json.dumps(body).encode()
    call = urllib.request.Request(
        os.environ["SERVER_URL"] + "/api/" + path, data, method=method,
        headers={"Authorization": "Bearer " + token,
                 "Content-Type": "application/json"})
    with urllib.request.urlopen(call, timeout=30) as answer:
        return json.load(answer)["data"]


def main():
    what, project, environment = sys.argv[1:4]
    if what == "put":
        rows = dict(line.split(" ") for line in sys.stdin.read().splitlines())
        request("POST", "secrets/", {"project_id": project,
                                     "environment": environment,
                                     "secrets": rows})
    elif what == "delete":
        request("DELETE", f"secrets/{project}/{environment}/{sys.argv[4]}/")
    elif what == "list":
        for row in request(
                "GET", f"secrets/{project}/?environment={environment}")["secrets"]:
            print(row["key"], row["value"])


main()
