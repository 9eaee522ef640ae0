"""A database that is busy, gone or behind a link, and what is said of it."""

import os
import sqlite3
import subprocess
import tempfile
import threading
import time

from harness import PROGRAM, Person, Server, b64, check, finish


def busy():
    """Who holds the lock delays writers for seconds, and nobody else."""
    with Server() as server:
        person = Person(server, "alice")
        project = person.project()
        answers = []

        def write(i):
            answers.append(person.write(project, [{"key": f"K{i}", "value": b64(40)}]))

        with sqlite3.connect(server.db, isolation_level=None) as db:
            db.execute("BEGIN IMMEDIATE")
            began = time.monotonic()
            threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
            for thread in threads:
                thread.start()
            time.sleep(0.2)
            status = server.request("GET", "status/").status
            status_after = time.monotonic() - began
            for thread in threads:
                thread.join()
            took = time.monotonic() - began
            db.execute("COMMIT")
        db.close()
        check(all(a.status == 503 and a.code == "busy" and a.headers["Retry-After"]
                  for a in answers), f"busy: {[a.status for a in answers]}")
        check(took < 7, f"writers wait for {took:.1f} s")
        check(status == 200 and status_after < 5, f"the status after {status_after:.1f} s")
        write(9)
        check(answers[-1].status == 201, f"afterwards: {answers[-1].body}")


def gone():
    for damage in (lambda path: os.truncate(path, 0), os.unlink):
        with Server() as server:
            check(server.request("GET", "status/").json["status"] == "healthy", "healthy")
            server.sql("PRAGMA wal_checkpoint(TRUNCATE)")
            damage(server.db)
            answer = server.request("GET", "status/")
            check(answer.status == 503 and answer.json["status"] == "unhealthy",
                  f"the database is gone: {answer.status}")


def behind_a_link():
    """As systemd lays out the directory of a service with a dynamic user."""
    directory = tempfile.mkdtemp(dir=os.environ.get("BATS_TEST_TMPDIR"))
    os.mkdir(os.path.join(directory, "private"))
    link = os.path.join(directory, "state")
    os.symlink("private", link)
    with Server(directory=link) as server:
        check(server.request("GET", "status/").status == 200, "behind a link")


def command_lines():
    directory = tempfile.mkdtemp(dir=os.environ.get("BATS_TEST_TMPDIR"))
    keys = os.path.join(directory, "keys")
    db = "sqlite:" + os.path.join(directory, "db")
    for options in (["--db", "foo"], ["--db", "postgresql://x/y"],
                    ["--db", db, "--timeout", "0"], ["--db", db, "--timeout", "9999"],
                    ["--db", db, "--embedded", "--open-registration"],
                    ["--db", db, "--embedded", "--origin", "https://x"]):
        done = subprocess.run([PROGRAM, "--keys", keys, *options], timeout=20,
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        check(done.returncode == 2, f"{options}: {done.returncode}")
    check(os.listdir(directory) == [], "nothing is made by a wrong command line")


busy()
gone()
command_lines()
behind_a_link()
finish()
