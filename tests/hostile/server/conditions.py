"""if_version, tombstones, epochs, revisions: what a write may assume."""

import sqlite3
import threading
import time

from harness import EPOCH, Person, Server, b64, check, finish, new_id


def row(answer, name):
    return next((r for r in answer.data["secrets"] if r["key"] == name), None)


def grave(answer, name):
    return next((r for r in answer.data["deleted"] if r["key"] == name), None)


def versions(person, project):
    one, two, dead = b64(40), b64(40), b64(28)

    def put(value, **more):
        return person.write(project, [{"key": "A", "value": value, **more}])

    answer = put(one, if_version=0)
    check(answer.status == 201 and answer.data["created"] == 1, "created")
    check(answer.data["versions"] == [{"key": "A", "version": 1}], "row version 1")
    check(put(one, if_version=0).status == 201, "an equal retry is success")
    check(person.list(project).data["revision"] == 1, "and changes nothing")
    answer = put(two, if_version=0)
    check(answer.status == 409 and answer.data["conflicts"] == [
        {"key": "A", "version": 1, "value": one, "deleted": False}], "it exists")
    check(put(two, if_version=7).status == 409, "a version that never was")
    check(put(two, if_version=1).data["versions"][0]["version"] == 2, "version 2")
    check(put(one, if_version=1).status == 409, "a stale version")
    check(put(one).data["versions"][0]["version"] == 3, "no condition")
    gone = person.write(project, (), [{"key": "A", "value": dead, "if_version": 3}])
    check(gone.status == 201 and gone.data["deleted"] == 1, "deleted")
    check(gone.data["versions"][0]["version"] == 4, "a tombstone has a version")
    listed = person.list(project)
    check(row(listed, "A") is None, "not in the list")
    check(grave(listed, "A")["value"] == dead and grave(listed, "A")["version"] == 4,
          "its tombstone is")
    check(person.write(project, (), [
        {"key": "A", "value": dead, "if_version": 3}]).status == 201, "deleted again")
    for condition in ({}, {"if_version": 0}, {"if_version": 3}):
        answer = put(one, **condition)
        check(answer.status == 409 and answer.data["conflicts"] == [
            {"key": "A", "version": 4, "value": dead, "deleted": True}],
            f"over a tombstone with {condition}: {answer.status}")
    check(put(one, if_version=4).data["versions"][0]["version"] == 5, "brought back")
    check(grave(person.list(project), "A") is None, "the tombstone is gone")
    for i in range(14):
        put(b64(40))
    kept = person.server.sql(
        "SELECT version FROM secret_version WHERE name = 'A' ORDER BY version")
    check([v for (v,) in kept] == list(range(9, 19)), f"the former ten: {kept}")


def history(person):
    """What is there now and the former ten, newest first, with their blobs."""
    project = person.project("history")
    blobs = [b64(40) for _ in range(12)]
    dead = b64(28)
    path = f"secrets/{project}/development/H/versions/"
    check(person.ask("GET", path).status == 404, "a name that never was")
    for i, blob in enumerate(blobs):
        person.write(project, [{"key": "H", "value": blob}])
        if i == 0:
            shown = person.ask("GET", path).data
            check([v["version"] for v in shown["versions"]] == [1], "one version")
    person.write(project, [{"key": "OTHER", "value": b64(40)}])
    person.write(project, [{"key": "H", "value": b64(40)}], environment="staging")
    shown = person.ask("GET", path.replace("/H/", "/h/")).data
    check(shown["project_id"] == project and shown["environment"] == "development"
          and shown["key_epoch"] == EPOCH
          and shown["workspace_id"] == person.workspace, f"its place: {shown}")
    check([(v["key"], v["version"], v["value"], v["deleted"])
           for v in shown["versions"]]
          == [("H", i + 1, blobs[i], False) for i in range(11, 0, -1)], f"eleven: {shown}")
    person.server.sql("UPDATE secret SET updated_at = 86400 WHERE name = 'H'")
    person.write(project, (), [{"key": "H", "value": dead}])
    shown = person.ask("GET", path).data["versions"]
    check((shown[0]["value"], shown[0]["deleted"]) == (dead, True), "the tombstone")
    check(shown[1]["updated_at"].startswith("1970-01-02T00:00:00"),
          f"when it was written: {shown[1]}")
    check([v["version"] for v in shown] == list(range(13, 2, -1)), "eleven again")
    check(person.ask("DELETE", f"secrets/{project}/H/").status == 404, "gone")
    person.server.sql("UPDATE secret SET value = NULL WHERE name = 'H'")
    check(person.ask("GET", path).data["versions"][0]["value"] is None, "no tombstone")
    person.server.sql("UPDATE secret_version SET value = 'damaged'"
                      " WHERE name = 'H' AND version = 5")
    check(person.ask("GET", path).status == 500, "a damaged value is not passed on")


def all_or_nothing(person, project):
    before = person.list(project).data
    answer = person.write(project, [
        {"key": "NEW", "value": b64(40), "if_version": 0},
        {"key": "A", "value": b64(40), "if_version": 1},
        {"key": "ABSENT", "value": b64(40), "if_version": 3}],
        [{"key": "GONE", "value": b64(28), "if_version": 2}])
    names = [c["key"] for c in answer.data["conflicts"]]
    check(answer.status == 409 and names == ["A", "ABSENT", "GONE"], f"all: {names}")
    check(answer.data["conflicts"][1] == {
        "key": "ABSENT", "version": 0, "value": None, "deleted": False}, "absent")
    check(person.list(project).data == before, "nothing was written")


def plain_clients(person, project):
    """The reference's clients: a map, no condition, no tombstone."""
    def put(form, **more):
        return person.ask("POST", "secrets/", {
            "project_id": project, "secrets": form, **more})

    check(put({"plain": b64(40)}).status == 201, "map form, lower case")
    check(put([{"key": "LIST", "value": b64(40), "policy": {"x": 1}}]).status == 201,
          "list form without environment")
    check(put([{"key": "ITEM", "value": b64(40), "environment": "staging"}]
              ).data["environment"] == "staging", "the item's environment")
    check(person.ask("DELETE", f"secrets/{project}/PLAIN/").status == 200, "delete")
    check(person.ask("DELETE", f"secrets/{project}/PLAIN/").status == 404, "once")
    check(grave(person.list(project), "PLAIN")["value"] is None, "no tombstone")
    check(put({"PLAIN": b64(40)}).status == 201, "and back without a condition")
    check(person.ask("GET", f"secrets/{project}/plain/").data["key"] == "PLAIN", "get")
    check(person.ask("PATCH", f"secrets/{project}/development/LIST/", {
        "value": b64(40)}).data["version"] == 2, "update")
    check(person.ask("PATCH", f"secrets/{project}/NOPE/", {
        "value": b64(40)}).status == 404, "update of nothing")


def single_forms(person, project):
    value, dead = b64(40), b64(28)
    person.write(project, [{"key": "S", "value": value}])
    path = f"secrets/{project}/development/S/"
    stale = person.ask("DELETE", path, {"value": dead, "if_version": 9})
    check(stale.status == 409 and stale.data["conflicts"][0]["version"] == 1, "stale")
    check(person.ask("DELETE", path, {"value": dead, "if_version": 1}
                     ).data["version"] == 2, "delete with a tombstone")
    check(person.ask("DELETE", path, {"value": dead, "if_version": 1}
                     ).status == 200, "its retry")
    check(person.ask("GET", path).status == 404, "gone")
    check(person.ask("PATCH", path, {"value": value}).status == 409, "unconditional")
    check(person.ask("PATCH", path, {"value": value, "if_version": 2}
                     ).data["version"] == 3, "with the tombstone's version")


def damaged(server, person, project):
    """A value that the key file does not open is repaired by writing it."""
    person.write(project, [{"key": "D1", "value": b64(40)},
                           {"key": "D2", "value": b64(40)}])
    server.sql("UPDATE secret SET value = 'damaged' WHERE name IN ('D1', 'D2')")
    check(person.list(project).status == 500, "a damaged value is not passed on")
    answer = person.write(project, [{"key": "D1", "value": b64(40), "if_version": 1}],
                          [{"key": "D2", "value": b64(28), "if_version": 1}])
    check(answer.status == 201, f"written over: {answer.status}")
    check(person.list(project).status == 200, "and all is well")


def environments(person, project):
    """Path, query and body name one environment, or the request is refused."""
    value = b64(40)
    for name in ("development", "production"):
        person.write(project, [{"key": "K", "value": value}], environment=name)
    one, both = f"secrets/{project}/K/", f"secrets/{project}/production/K/"
    for method, path, named in [
            ("DELETE", one + "?environment=development", "production"),
            ("DELETE", both, "development"), ("PATCH", both, "development"),
            ("PATCH", both + "?environment=development", "production"),
            ("DELETE", both + "?environment=development", None)]:
        answer = person.ask(method, path, {"value": b64(40), "environment": named})
        check(answer.status == 422 and "environment" in answer.data,
              f"{method} {path} {named}: {answer.status}")
    answer = person.ask("POST", "secrets/?environment=production", {
        "project_id": project, "environment": "development", "secrets": {"K": value}})
    check(answer.status == 422, f"query and body: {answer.status}")
    check(person.ask("DELETE", one, {"environment": "production"}).status == 200,
          "the body's alone")
    check(row(person.list(project), "K") is not None
          and row(person.list(project, "production"), "K") is None, "is the one")


def two_at_once(server, person, project):
    """Two changes that wait for the same lock are both carried out."""
    path = f"projects/{person.workspace}/web/"
    with sqlite3.connect(server.db, isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        changes = [{"name": "renamed"}, {"description": "described"}]
        threads = [threading.Thread(target=person.ask, args=("PATCH", path, change))
                   for change in changes]
        threads[0].start()
        time.sleep(0.1)
        threads[1].start()
        time.sleep(0.3)
        db.execute("UPDATE project SET description = 'other' WHERE id = ?", (project,))
        db.execute("COMMIT")
        for thread in threads:
            thread.join()
    db.close()
    (found,) = server.sql("SELECT name, description FROM project WHERE id = ?", project)
    check(found[1] == "described" or found == ("renamed", "other"), f"{found}")
    check(found[0] == "renamed", f"an acknowledged rename is undone: {found}")


def epochs(person, project):
    item = [{"key": "E", "value": b64(40)}]
    for epoch in (EPOCH - 1, EPOCH + 1, 0):
        answer = person.write(project, item, epoch=epoch)
        check(answer.status == 409 and answer.code == "stale_key"
              and answer.data == {"key_epoch": EPOCH}, f"epoch {epoch}")
    plain = {"project_id": project, "secrets": {"E": b64(40)}}
    check(person.ask("POST", "secrets/", plain).status == 201, "none given")
    person.server.sql("UPDATE workspace SET rotated = 1 WHERE id = ?", person.workspace)
    answer = person.ask("POST", "secrets/", plain)
    check(answer.status == 409 and answer.code == "stale_key", "after a rotation")
    check(person.ask("DELETE", f"secrets/{project}/E/").code == "stale_key", "DELETE too")
    check(person.ask("PATCH", f"secrets/{project}/E/", {"value": b64(40)}
                     ).code == "stale_key", "PATCH too")
    check(person.write(project, item).status == 201, "with the right epoch")


def revisions(person, project):
    listed = person.list(project)
    tag = listed.headers["ETag"]
    check(tag == f'"{listed.data["revision"]}"', "the tag is the revision")
    path = f"secrets/{project}/"
    answer = person.ask("GET", path, headers={"If-None-Match": tag})
    check(answer.status == 304 and answer.body == b"", "not modified")
    for form in (f"W/{tag}", f'"x", {tag}'):
        answer = person.ask("GET", path, headers={"If-None-Match": form})
        check(answer.status == 304, f"not modified, {form}")
    person.write(project, [{"key": "R", "value": b64(40)}])
    answer = person.ask("GET", path, headers={"If-None-Match": tag})
    check(answer.status == 200 and answer.headers["ETag"] != tag, "modified")
    names = [r["key"] for r in answer.data["secrets"]]
    check(names == sorted(names), "sorted by name")
    check(answer.data["workspace_id"] == person.workspace, "workspace")


def ids(server, person, project):
    other = Person(server, "other")
    taken = {"id": project, "name": "copy", "workspace_id": other.workspace}
    check(other.ask("POST", "projects/", taken).status == 409, "project id taken")
    taken = {"name": "copy", "workspace_id": person.workspace,
             "encrypted_workspace_key": b64(80)}
    check(other.ask("POST", "workspaces/", taken).status == 409, "workspace id taken")
    again = {"id": new_id(), "name": "WEB ", "workspace_id": person.workspace}
    answer = person.ask("POST", "projects/", again)
    check(answer.status == 422 and "name" in answer.data, "project name taken")
    old = "00000000-0000-1000-8000-000000000000"
    check(person.ask("POST", "projects/", again | {"id": old}).status == 422, "no v4")


with Server() as server:
    person = Person(server, "alice")
    project = person.project()
    versions(person, project)
    history(person)
    all_or_nothing(person, project)
    plain_clients(person, project)
    single_forms(person, project)
    revisions(person, project)
    ids(server, person, project)
    environments(person, project)
    damaged(server, person, project)
    epochs(person, project)
    two_at_once(server, person, project)
finish()
