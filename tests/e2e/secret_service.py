"""Another client of the Secret Service, for tests: what go-keyring does (a
plain session, two attributes), and what one needs to look at items.

    secret_service.py unlock PASSWORD       of gnome-keyring's login collection
    secret_service.py store NAME            value from standard input
    secret_service.py get NAME              value to standard output
    secret_service.py delete NAME
    secret_service.py add NAME ATTRIBUTES   a further item, replacing none
    secret_service.py show NAME             label, attributes, type, a line each
    secret_service.py count NAME
    secret_service.py fill PREFIX COUNT     as many items; prints milliseconds
"""
import json
import sys
import time

import dbus
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.secrets"
SECRET = "org.freedesktop.Secret."
LOGIN = "/org/freedesktop/secrets/collection/login"

DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()


def interface(path, name):
    return dbus.Interface(
        bus.get_object(NAME, path, introspect=False), SECRET + name
    )


def properties(path, name):
    return dbus.Interface(
        bus.get_object(NAME, path, introspect=False),
        "org.freedesktop.DBus.Properties",
    ).GetAll(SECRET + name)


service = interface("/org/freedesktop/secrets", "Service")
session = service.OpenSession("plain", dbus.String("", variant_level=1))[1]


def collection():
    listed = properties("/org/freedesktop/secrets", "Service")["Collections"]
    path = LOGIN if LOGIN in listed else "/org/freedesktop/secrets/aliases/default"
    return interface(path, "Collection")


def attributes(name):
    return {"username": name, "service": "AgentSecrets"}


def find(name):
    return collection().SearchItems(
        dbus.Dictionary(attributes(name), signature="ss")
    )


def prompt(path):
    """Have the provider ask; some do for form's sake."""
    if path == "/":
        return
    loop = GLib.MainLoop()
    asked = interface(path, "Prompt")
    asked.connect_to_signal("Completed", lambda *_: loop.quit())
    GLib.timeout_add_seconds(10, sys.exit, 1)
    asked.Prompt("", reply_handler=lambda: None, error_handler=sys.exit)
    loop.run()


def create(name, value, more, replace):
    made = collection().CreateItem(
        dbus.Dictionary(
            {
                SECRET + "Item.Label": f"Password for '{name}' on 'AgentSecrets'",
                SECRET
                + "Item.Attributes": dbus.Dictionary(
                    {**attributes(name), **more}, signature="ss"
                ),
            },
            signature="sv",
        ),
        dbus.Struct(
            (
                session,
                dbus.ByteArray(b""),
                dbus.ByteArray(value),
                "text/plain; charset=utf8",
            ),
            signature="oayays",
        ),
        replace,
    )
    prompt(made[1])


def unlock(password):
    dbus.Interface(
        bus.get_object(NAME, "/org/freedesktop/secrets", introspect=False),
        "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
    ).UnlockWithMasterPassword(
        dbus.ObjectPath(LOGIN),
        dbus.Struct(
            (
                session,
                dbus.ByteArray(b""),
                dbus.ByteArray(password.encode()),
                "text/plain",
            ),
            signature="oayays",
        ),
    )


def get(name):
    found = find(name)
    if not found:
        sys.exit(1)
    secret = interface(found[0], "Item").GetSecret(session, byte_arrays=True)
    sys.stdout.buffer.write(secret[2])


def show(name):
    for path in find(name):
        item = properties(path, "Item")
        secret = interface(path, "Item").GetSecret(session)
        print("label", item["Label"])
        print("attributes", json.dumps(item["Attributes"], sort_keys=True))
        print("type", secret[3])


def main(command, *words):
    if command == "unlock":
        unlock(words[0])
    elif command == "store":
        create(words[0], sys.stdin.buffer.read(), {}, True)
    elif command == "add":
        create(words[0], sys.stdin.buffer.read(), json.loads(words[1]), False)
    elif command == "get":
        get(words[0])
    elif command == "delete":
        for path in find(words[0]):
            prompt(interface(path, "Item").Delete())
    elif command == "show":
        show(words[0])
    elif command == "fill":
        begun = time.monotonic()
        for number in range(int(words[1])):
            name = words[0] + str(number)
            create(name, name.encode(), {}, True)
        print(int(1000 * (time.monotonic() - begun)))
    elif command == "count":
        print(len(find(words[0])))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
