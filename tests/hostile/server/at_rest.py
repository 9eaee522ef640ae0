"""What the files of the server hold, and what they do not."""

import base64
import os
import subprocess

from harness import PROGRAM, Person, Server, b64, check, finish

with Server() as server:
    person = Person(server, "alice")
    project = person.project()
    blobs = [b64(60) for _ in range(50)]
    dead = b64(28)
    person.write(project, [{"key": f"K{i}", "value": b} for i, b in enumerate(blobs)])
    person.write(project, (), [{"key": "K0", "value": dead}])
    check(person.write(project, [{"key": "K1", "value": b64(60)}]).status == 201, "set")
    held = b""
    for name in os.listdir(server.directory):
        with open(os.path.join(server.directory, name), "rb") as file:
            held += file.read()
    check(project.encode() in held, "the files were read")
    for what, secret in [("token", person.token), ("refresh", person.refresh),
                         ("password", person.password), ("tombstone", dead)] + [
                             ("blob", b) for b in blobs]:
        check(secret.encode() not in held, f"a {what} in plain")
        check(base64.b64encode(secret.encode())[:-4] not in held, f"a {what} in base64")
    for blob in blobs:
        check(base64.b64decode(blob) not in held, "a blob's bytes")
    for name in ("db", "keys"):
        mode = os.stat(os.path.join(server.directory, name)).st_mode & 0o777
        check(mode == 0o600, f"{name} has mode {mode:o}")

    # A second key in front: what the first one wrapped still opens.
    server.kill()
    with open(server.keys) as file:
        old = file.read()
    with open(server.keys, "w") as file:
        file.write(base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n" + old)
    server.start()
    check(person.ask("GET", f"secrets/{project}/K2/").data["value"] == blobs[2],
          "opened by the second key")

    def refuses(text):
        run = subprocess.run(
            [PROGRAM, "--listen", "127.0.0.1:0", "--db", "sqlite:" + server.db,
             "--keys", server.keys], capture_output=True, timeout=20)
        check(run.returncode == 1 and text in run.stderr.decode(),
              f"want '{text}': {run.returncode} {run.stderr}")

    server.kill()
    with open(server.keys) as file:
        both = file.read()
    os.chmod(server.keys, 0o644)
    refuses("open to other users")
    os.chmod(server.keys, 0o600)
    with open(server.keys, "w") as file:
        file.write(base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n")
    refuses("does not belong to this database")
    with open(server.keys, "w") as file:
        file.write("nonsense\n")
    refuses("is no key")
    os.unlink(server.keys)
    refuses("cannot read the key file")
    fd = os.open(server.keys, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(fd, both.encode())
    os.close(fd)

    # A value that does not open is an error, never a shorter list.
    server.start()
    server.sql("UPDATE secret SET value = 'gAAAAA' WHERE name = 'K3'")
    answer = person.list(project)
    check(answer.status == 500 and answer.code == "server_error",
          f"a damaged value: {answer.status}")
finish()
