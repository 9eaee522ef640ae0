"""A Secret Service with faults, for tests.

    fake_keyring.py MODE[,MODE...] CALLS

Keeps items in memory, in the collection "login", and writes what it is called
into the file CALLS, a method a line. The modes:

    works            nothing is wrong
    silent           it has the name and answers nothing
    hang=METHOD      it does not answer this one
    die=METHOD       it ends when called that
    deny=METHOD      it answers with an error
    nonsense=METHOD  it answers with a number
    empty            there is no collection
    locked           the collection is locked; unlocking returns a prompt, which
    private          each item is locked, also in an open collection
    accept=SECONDS   is answered after that time
    dismiss=SECONDS  is dismissed after that time
    vanish=SECONDS   asks until the provider ends
    ask              every write returns a prompt, too
    (without one of these three a prompt is never answered)
"""
import os
import sys

import dbus
import dbus.lowlevel
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.secrets"
ROOT = "/org/freedesktop/secrets"
LOGIN = ROOT + "/collection/login"
SESSION = ROOT + "/session/1"
SECRET = "org.freedesktop.Secret."

modes = dict(word.partition("=")[::2] for word in sys.argv[1].split(","))
items = {}  # path to [attributes, label, secret, modified]
prompts = {}  # path to what is done when it is answered
state = {"locked": "locked" in modes, "n": 0}
unlocked = set()  # items, which counts if they are private
calls = open(sys.argv[2], "a", buffering=1)
DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
loop = GLib.MainLoop()


class Refusal(Exception):
    pass


def number():
    state["n"] += 1
    return state["n"]


def make_prompt(action):
    path = f"{ROOT}/prompt/{number()}"
    prompts[path] = action
    return path


def complete(path, dismissed):
    result = prompts.pop(path)(dismissed)
    signal = dbus.lowlevel.SignalMessage(path, SECRET + "Prompt", "Completed")
    signal.append(dismissed, result, signature="bv")
    bus.send_message(signal)
    return False


def open_session(_path, algorithm, _input):
    if algorithm != "plain":
        raise Refusal("org.freedesktop.DBus.Error.NotSupported")
    return "vo", (dbus.String("", variant_level=1), SESSION)


def get(path, _interface, name):
    if name == "Collections":
        found = [] if "empty" in modes else [LOGIN]
        return "v", (dbus.Array(found, signature="o", variant_level=1),)
    if name == "Label" and path == LOGIN:
        return "v", (dbus.String("Fake \u202e keys", variant_level=1),)
    item = items[path]
    if name == "Modified":
        return "v", (dbus.UInt64(item[3], variant_level=1),)
    return "v", (dbus.Dictionary(item[0], signature="ss", variant_level=1),)


def get_all(path, interface):
    names = ["Collections"] if path == ROOT else []
    found = {name: get(path, interface, name)[1][0] for name in names}
    return "a{sv}", (dbus.Dictionary(found, signature="sv"),)


def read_alias(_path, _alias):
    return "o", ("/" if "empty" in modes else LOGIN,)


def unlock(_path, paths):
    def done(dismissed):
        if not dismissed:
            state["locked"] = False
            unlocked.update(paths)
        return dbus.Array([] if dismissed else paths, signature="o")

    private = "private" in modes and not unlocked.issuperset(paths)
    if not state["locked"] and (paths == [LOGIN] or not private):
        return "aoo", (paths, "/")
    return "aoo", (dbus.Array([], signature="o"), make_prompt(done))


def search(_path, wanted):
    found = [p for p, i in items.items() if wanted.items() <= i[0].items()]
    return "ao", (dbus.Array(found, signature="o"),)


def get_secrets(_path, paths, _session):
    found = {p: items[p][2] for p in paths if p in items}
    if "private" in modes:
        found = {p: s for p, s in found.items() if p in unlocked}
    if state["locked"]:
        found = {}
    return "a{o(oayays)}", (dbus.Dictionary(found, signature="o(oayays)"),)


def create(_path, properties, secret, replace):
    attributes = properties[SECRET + "Item.Attributes"]
    same = [p for p, i in items.items() if i[0] == attributes]

    def done(dismissed):
        if dismissed:
            return dbus.ObjectPath("/")
        path = same[0] if same and replace else f"{LOGIN}/{number()}"
        items[path] = [
            attributes,
            properties[SECRET + "Item.Label"],
            secret,
            number(),
        ]
        return dbus.ObjectPath(path)

    if "ask" in modes:
        return "oo", ("/", make_prompt(done))
    return "oo", (done(False), "/")


def delete(path):
    def done(dismissed):
        if not dismissed:
            items.pop(path)
        return dbus.String("")

    if "ask" in modes:
        return "o", (make_prompt(done),)
    done(False)
    return "o", ("/",)


def prompt(path, _window):
    for mode, dismissed in (("accept", False), ("dismiss", True)):
        if mode in modes:
            GLib.timeout_add(
                int(1000 * float(modes[mode])), complete, path, dismissed
            )
    if "vanish" in modes:
        GLib.timeout_add(int(1000 * float(modes["vanish"])), loop.quit)
    return "", ()


def dismiss(path):
    complete(path, True)
    return "", ()


methods = {
    "OpenSession": open_session,
    "Get": get,
    "GetAll": get_all,
    "ReadAlias": read_alias,
    "Unlock": unlock,
    "SearchItems": search,
    "GetSecrets": get_secrets,
    "CreateItem": create,
    "Delete": delete,
    "Prompt": prompt,
    "Dismiss": dismiss,
}


def answer(call, member):
    if modes.get("nonsense") == member:
        return "u", (dbus.UInt32(42),)
    if modes.get("deny") == member:
        raise Refusal("org.freedesktop.DBus.Error.AccessDenied")
    return methods[member](
        str(call.get_path()), *call.get_args_list(byte_arrays=True)
    )


def on_message(_bus, call):
    member = call.get_member()
    if not isinstance(call, dbus.lowlevel.MethodCallMessage):
        return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
    calls.write(member + "\n")
    if "silent" in modes or modes.get("hang") == member:
        return dbus.lowlevel.HANDLER_RESULT_HANDLED
    if modes.get("die") == member:
        os._exit(0)
    try:
        signature, arguments = answer(call, member)
        reply = dbus.lowlevel.MethodReturnMessage(call)
        if signature:
            reply.append(*arguments, signature=signature)
    except Refusal as refusal:
        reply = dbus.lowlevel.ErrorMessage(call, str(refusal), "it says no")
    bus.send_message(reply)
    return dbus.lowlevel.HANDLER_RESULT_HANDLED


bus.add_message_filter(on_message)
if bus.request_name(NAME) != dbus.bus.REQUEST_NAME_REPLY_PRIMARY_OWNER:
    sys.exit("somebody has the name")
loop.run()
