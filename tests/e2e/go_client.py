#!/usr/bin/env python3
"""The Go clients of the AgentSecrets system, as far as their files, keychain
items and requests go (protocol 2, 4 and 5). For tests.

    go_client.py register STYLE PASSWORD_FILE [WORKSPACE...]
        An account at SERVER_URL with workspaces and a home in HOME:
        go1       keys in the keychain, workspace keys and session in files
        go1-file  the key pair in keyring.json as well
        go3       keys and session in the keychain
    go_client.py project NAME WORKSPACE     a project; project.json here
    go_client.py set NAME                   a value from standard input: to the
                                            server, and kept as the style does
    go_client.py get NAME                   from the server, opened
    go_client.py delete NAME
    go_client.py rewrite STYLE              what a start of that version does
                                            to the files: unknown fields go,
                                            go3 moves keys and shreds files

State that a Go program has in memory only lies in HOME/go.json.
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

HOME = os.environ["HOME"]
FOLDER = os.path.join(HOME, ".agentsecrets")
GO_KEYS = os.path.join(os.environ["AGENTSECRETS_TOOLS"], "tests/lib/go_keys")
SERVICE = [os.environ.get("SYSTEM_PYTHON", "/usr/bin/python3"),
           os.path.join(os.path.dirname(__file__), "secret_service.py")]

CONFIG_1 = ("email", "selected_workspace_id", "workspaces", "password_hash",
            "storage_mode")
CONFIG_3 = ("server_url", "email", "selected_workspace_id",
            "selected_project_id", "selected_environment", "workspaces",
            "password_hash", "default_storage_mode", "last_update_check",
            "latest_version", "last_update_alert")
PROJECT_1 = ("project_id", "project_name", "description", "environment",
             "workspace_id", "workspace_name", "last_pull", "last_push")


# ---- keys -----------------------------------------------------------------

def go_keys(*words, data=b""):
    return subprocess.run([GO_KEYS, *words], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def go_lines(*words, data=b""):
    lines = go_keys(*words, data=data).decode().splitlines()
    return dict(line.split(" ") for line in lines)


# ---- files ----------------------------------------------------------------

def path(name):
    return os.path.join(FOLDER, name)


def read(name):
    try:
        with open(path(name), encoding="utf-8") as file:
            return json.loads(file.read() or "{}")
    except FileNotFoundError:
        return {}


def write(name, value, where=None):
    """As MarshalIndent does: no line end; an old file keeps its mode."""
    target = where or path(name)
    text = json.dumps(value, indent=2, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                     0o644 if where else 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def state(**more):
    """What the running program would hold."""
    target = os.path.join(HOME, "go.json")
    now = {}
    if os.path.exists(target):
        with open(target, encoding="utf-8") as file:
            now = json.load(file)
    if more:
        now |= more
        with open(target, "w", encoding="utf-8") as file:
            json.dump(now, file)
    return now


def store_item(name, value):
    subprocess.run([*SERVICE, "store", name], input=value.encode(), check=True)


def read_item(name):
    return subprocess.run([*SERVICE, "get", name], check=True,
                          stdout=subprocess.PIPE).stdout.decode()


def keyring_put(name, private, public=""):
    entries = read("keyring.json")
    entries[name] = {"private": private, "public": public}
    write("keyring.json", entries)


# ---- the server -----------------------------------------------------------

def session():
    tokens = read("token.json")
    return tokens if tokens else json.loads(read_item("user_tokens"))


def request(method, where, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    call = urllib.request.Request(
        os.environ["SERVER_URL"] + "/api/" + where,
        None if body is None else json.dumps(body).encode(),
        method=method, headers=headers)
    try:
        with urllib.request.urlopen(call, timeout=30) as answer:
            return json.load(answer).get("data")
    except urllib.error.HTTPError as error:
        sys.exit(f"{method} {where}: {error.code} {error.read().decode()}")


def ask(method, where, body=None):
    return request(method, where, body, session()["access_token"])


# ---- commands -------------------------------------------------------------

def make_workspaces(names, keys, token):
    made = {}
    for name in names:
        sealed = go_lines("workspace", keys["public"])
        answer = request("POST", "workspaces/", {
            "name": name, "encrypted_workspace_key": sealed["box"]}, token)
        # A personal workspace has the key that the server made as text.
        form = "key44" if not made else "key"
        made[answer["id"]] = {"name": name, "key": sealed[form],
                              "role": "owner", "type": "shared"}
    return made


def register(style, password_file, *names):
    email = "Alice@Example.com"
    with open(password_file, "rb") as file:
        password = file.read().rstrip(b"\n")
    keys = go_lines("account", data=password)
    request("POST", "auth/register/", {
        "first_name": "Alice", "last_name": "Go", "email": email,
        "password": password.decode(), "key_salt": keys["salt"],
        "terms_agreement": True, "public_key": keys["public"],
        "encrypted_private_key": keys["blob"]})
    login = request("POST", "auth/login/", {
        "email": email, "password": password.decode()})
    workspaces = make_workspaces(names or ("Alice's Workspace",), keys,
                                 login["access"])
    os.makedirs(FOLDER, mode=0o700, exist_ok=True)
    hash_of = hashlib.sha256(email.encode() + b":" + password).hexdigest()
    state(style="go1" if style == "go1-file" else style, file=False)
    write("config.json", {
        "email": email, "selected_workspace_id": next(iter(workspaces)),
        "workspaces": workspaces, "password_hash": hash_of,
        "storage_mode": 1})
    write("token.json", {
        "access_token": login["access"], "refresh_token": login["refresh"],
        "expires_at": login["expires_at"]})
    if style == "go1-file":
        state(file=True)
        keyring_put(email, keys["private"], keys["public"])
    else:
        store_item(email + "_private_key", keys["private"])
        store_item(email + "_public_key", keys["public"])
    if style == "go3":
        rewrite("go3")


def project(name, workspace):
    known = read("config.json")["workspaces"]
    chosen = next(key for key in known if known[key]["name"] == workspace)
    made = ask("POST", "projects/", {"name": name, "workspace_id": chosen})
    os.makedirs(".agentsecrets", mode=0o755, exist_ok=True)
    values = (made["id"], name, "", "development", chosen, workspace, "", "")
    write("", dict(zip(PROJECT_1, values)), ".agentsecrets/project.json")


def place():
    with open(".agentsecrets/project.json", encoding="utf-8") as file:
        here = json.load(file)
    entry = read("config.json")["workspaces"][here["workspace_id"]]
    key = entry["key"] or read_item("workspace_key_" + here["workspace_id"])
    raw = base64.b64decode(key)
    if len(raw) == 44:
        key = base64.b64encode(base64.urlsafe_b64decode(raw)).decode()
    return here["project_id"], here["environment"], key


def set_value(name):
    value = sys.stdin.buffer.read()
    where, environment, key = place()
    blob = go_keys("seal", key, data=value).decode().strip()
    ask("POST", "secrets/", {"project_id": where, "environment": environment,
                             "secrets": {name: blob}})
    now = state()
    if now["file"]:
        keyring_put(f"Secret_{where}_{name}",
                    base64.b64encode(value).decode())
    elif now["style"] == "go1":
        store_item(f"Secret_{where}_{name}", value.decode())
    else:
        store_item(f"{where}:{environment}:{name}", value.decode())


def get_value(name):
    where, environment, key = place()
    rows = ask("GET", f"secrets/{where}/?environment={environment}")["secrets"]
    blob = next(row["value"] for row in rows if row["key"] == name)
    sys.stdout.buffer.write(go_keys("open", key, blob))


def delete_value(name):
    where, environment, _ = place()
    ask("DELETE", f"secrets/{where}/{environment}/{name}/")


def keep_fields(name, fields):
    """What the structure of that version does not name is lost."""
    old = read(name)
    write(name, {key: old[key] for key in fields if old.get(key)})


def rewrite(style):
    if style == "go1":
        keep_fields("config.json", CONFIG_1)
        tokens = read("token.json")
        write("token.json", {key: tokens[key] for key in (
            "access_token", "refresh_token", "expires_at") if key in tokens})
        return
    config = read("config.json")
    config["default_storage_mode"] = config.get(
        "default_storage_mode") or config.get("storage_mode", 0)
    for workspace, entry in config.get("workspaces", {}).items():
        if entry["key"]:
            store_item("workspace_key_" + workspace, entry["key"])
            entry["key"] = ""
    write("config.json", config)
    keep_fields("config.json", CONFIG_3)
    tokens = read("token.json")
    if tokens:
        store_item("user_tokens", json.dumps(tokens, separators=(",", ":")))
        write("token.json", {})
    if os.path.exists(path("keyring.json")):
        size = os.path.getsize(path("keyring.json"))
        with open(path("keyring.json"), "r+b") as file:
            file.write(os.urandom(size))
        os.remove(path("keyring.json"))
    state(style="go3", file=False)


COMMANDS = {"register": register, "project": project, "set": set_value,
            "get": get_value, "delete": delete_value, "rewrite": rewrite}
COMMANDS[sys.argv[1]](*sys.argv[2:])
