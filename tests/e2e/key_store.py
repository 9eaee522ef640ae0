"""Where the keys and the session of the home in AGENTSECRETS_HOME are, as one
line: the store that account.json names, whether a change is noted, and which
of these hold something whole: sealed (account.json), items, config, session in
file, marked (token.json is {}), session in item.
"""
import base64
import hashlib
import json
import os

HOME = os.environ["AGENTSECRETS_HOME"]
SERVICE = "/org/freedesktop/secrets"


def read(name):
    try:
        with open(f"{HOME}/{name}") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def items():
    """A function from entry names to values, None where there is no item."""
    if "DBUS_SESSION_BUS_ADDRESS" not in os.environ:
        return lambda name: None
    import dbus

    bus = dbus.SessionBus()
    if not bus.name_has_owner("org.freedesktop.secrets"):
        return lambda name: None

    def interface(path, name):
        return dbus.Interface(
            bus.get_object("org.freedesktop.secrets", path, introspect=False),
            "org.freedesktop.Secret." + name,
        )

    session = interface(SERVICE, "Service").OpenSession(
        "plain", dbus.String("", variant_level=1)
    )[1]
    login = interface(SERVICE + "/collection/login", "Collection")

    def find(name):
        found = login.SearchItems(
            dbus.Dictionary(
                {"username": name, "service": "AgentSecrets"}, signature="ss"
            )
        )
        if not found:
            return None
        item = interface(found[0], "Item")
        return bytes(item.GetSecret(session, byte_arrays=True)[2])

    return find


def is_key(text, size=32):
    try:
        return len(base64.b64decode(text, validate=True)) == size
    except (TypeError, ValueError):
        return False


def amount(word, flags):
    """Of all that belong together: the word, nothing, or what is odd."""
    return [word] if all(flags) else [f"some-{word}"] if any(flags) else []


def main():
    account, config, find = read("account.json"), read("config.json"), items()
    ids = list(account["workspaces"])
    usual = os.path.realpath(os.path.expanduser("~/.agentsecrets"))
    here = os.path.realpath(HOME)
    entry = "user_tokens"
    if here != usual:
        entry += "_" + hashlib.sha256(here.encode()).hexdigest()[:16]
    token = read("token.json") if os.path.exists(f"{HOME}/token.json") else None
    facts = [account["store"]]
    if "moving" in account:
        facts.append("moving-" + account["moving"])
    facts += amount(
        "sealed",
        [is_key(account.get("encrypted_private_key"), 60)]
        + [is_key(account["workspaces"][id].get("sealed_key"), 80) for id in ids],
    )
    names = [account["email"] + "_private_key", account["email"] + "_public_key"]
    names += ["workspace_key_" + id for id in ids]
    facts += amount("items", [is_key(find(name)) for name in names])
    facts += amount(
        "config",
        [is_key(config.get("workspaces", {}).get(id, {}).get("key")) for id in ids],
    )
    if token is not None:
        facts.append("session-in-file" if token.get("refresh_token") else "marked")
    if b'"refresh_token"' in (find(entry) or b""):
        facts.append("session-in-item")
    print(*facts)


main()
