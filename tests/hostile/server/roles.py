"""The role x action table, as a matrix, against the running server."""

from harness import EPOCH, Person, Server, b64, check, finish, new_id

ROLES = ["owner", "admin", "member", "read_only", "invited", "stranger"]
# What each may do; who is not inside is told 404, or 403 where nothing is named.
MATRIX = {
    "workspace read": "owner admin member read_only",
    "workspace rename": "owner admin",
    "workspace delete": "owner",
    "own key write": "owner admin member read_only",
    "project read": "owner admin member read_only",
    "project create": "owner admin",
    "project update": "owner admin",
    "project delete": "owner admin",
    "secret read": "owner admin member read_only",
    "secret write": "owner admin member",
}


def attempts(w, p, name):
    """Each action's requests; the harmful ones are made for throw-away things."""
    key = {"encrypted_workspace_key": b64(80), "key_epoch": EPOCH, "sealed_name": "n"}
    value = {"value": b64(40), "key_epoch": EPOCH}
    return {
        "workspace read": [("GET", f"workspaces/{w}/", None)],
        "workspace rename": [("PATCH", f"workspaces/{w}/", {"name": "renamed"})],
        "own key write": [("PUT", f"workspaces/{w}/key/", key)],
        "project read": [
            ("GET", f"projects/{w}/{name}/", None), ("GET", f"projects/{name}/", None),
            ("GET", f"projects/{p}/environments/", None),
            ("GET", f"projects/{p}/secrets/coverage/", None),
            ("GET", f"projects/{p}/secrets/diff/", None)],
        "project create": [("POST", "projects/", {
            "name": "n" + new_id(), "workspace_id": w})],
        "project update": [
            ("PATCH", f"projects/{w}/{name}/", {"description": "x"}),
            ("PATCH", f"projects/{name}/", {"description": "x"})],
        "secret read": [
            ("GET", f"secrets/{p}/", None), ("GET", f"secrets/{p}/KEEP/", None),
            ("GET", f"secrets/{p}/development/KEEP/", None),
            ("GET", f"secrets/{p}/development/KEEP/versions/", None)],
        "secret write": [
            ("POST", "secrets/", {"project_id": p, "secrets": {"W": b64(40)}}),
            ("POST", "secrets/bulk/", {"project_id": p, "secrets": {"W": b64(40)}}),
            ("PATCH", f"secrets/{p}/KEEP/", value),
            ("PATCH", f"secrets/{p}/development/KEEP/", value),
            ("DELETE", f"secrets/{p}/development/W/", None)],
    }


def judge(person, role, action, method, path, body):
    answer = person.ask(method, path, body)
    inside = role not in ("invited", "stranger")
    if role in MATRIX[action].split():
        want = (200, 201)
    elif inside or action == "project create":
        want = (403,)
    else:
        want = (404,)
    check(answer.status in want,
          f"{role}: {action}: {method} {path}: {answer.status}, want {want}")


with Server() as server:
    people = {role: Person(server, role.replace("_", "")) for role in ROLES}
    owner = people["owner"]

    def make_workspace():
        answer = owner.ask("POST", "workspaces/", {
            "name": "team", "encrypted_workspace_key": b64(80), "key_epoch": EPOCH})
        for role in ROLES[1:5]:
            server.sql(
                "INSERT INTO membership VALUES (?,?,?,?,?,?,?,?,?,?)", new_id(),
                answer.data["id"], people[role].id,
                "owner" if role == "invited" else role,
                "invited" if role == "invited" else "active", None, None, None, 1, 1)
        return answer.data["id"]

    workspace = make_workspace()
    project = owner.project("shared", workspace)
    owner.write(project, [{"key": "KEEP", "value": b64(40)}])
    seen = set()
    for role in ROLES:
        person = people[role]
        for action, requests in attempts(workspace, project, "shared").items():
            if role in MATRIX["secret write"].split() and action == "secret write":
                owner.write(project, [{"key": "W", "value": b64(40)}])
            for request in requests:
                judge(person, role, action, *request)
            seen.add(action)
        doomed = "doomed" + role.replace("_", "-")
        for path in (f"projects/{workspace}/{doomed}/", f"projects/{doomed}2/"):
            owner.project(path.split("/")[-2], workspace)
            judge(person, role, "project delete", "DELETE", path, None)
        judge(person, role, "workspace delete", "DELETE",
              f"workspaces/{make_workspace()}/", None)
        names = [w["id"] for w in person.ask("GET", "workspaces/").data]
        check((workspace in names) == (role not in ("invited", "stranger")),
              f"{role}: workspace list")
        listed = [p["id"] for p in person.ask("GET", "projects/").data]
        check((project in listed) == (role not in ("invited", "stranger")),
              f"{role}: project list")
    seen |= {"project delete", "workspace delete"}
    check(seen == set(MATRIX), f"untried: {set(MATRIX) - seen}")
    check(owner.ask("DELETE", f"workspaces/{owner.workspace}/").status == 403,
          "a personal workspace stays")
    # A role that the table does not know may nothing (the schema refuses it).
    try:
        server.sql("UPDATE membership SET role = 'god' WHERE role = 'admin'")
        check(False, "an unknown role was stored")
    except Exception as error:
        check("CHECK" in str(error), f"unknown role: {error}")
finish()
