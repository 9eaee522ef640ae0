"""Sessions and passwords: how they begin, change hands and end."""

import sqlite3
import threading
import time

from harness import Person, Server, check, finish


def works(server, token):
    return server.request("GET", "workspaces/", token=token).status == 200


def refresh(server, token):
    return server.request("POST", "auth/refresh/", {"refresh": token})


def rotation(server):
    person = Person(server, "rotation")
    first, old = person.token, person.refresh
    answer = refresh(server, old)
    check(answer.status == 200, "refresh")
    check(works(server, answer.data["access"]), "the new access token works")
    check(answer.data["refresh"] != old, "the refresh token changes")
    check(refresh(server, first).status == 401, "an access token does not refresh")
    check(not works(server, answer.data["refresh"]), "a refresh token does not open")
    again = refresh(server, old)
    check(again.status == 401 and again.code == "invalid_credentials", "reuse")
    check(refresh(server, answer.data["refresh"]).status == 401, "the family ended")
    check(not works(server, answer.data["access"]), "its access tokens too")
    other = person.login().data
    check(works(server, other["access"]), "a new session works")


def expiry(server):
    person = Person(server, "expiry")
    server.sql("UPDATE token SET expires_at = ? WHERE kind = 'access'",
               int(time.time()) - 1)
    check(not works(server, person.token), "an expired access token")
    answer = refresh(server, person.refresh)
    check(answer.status == 200, "its refresh token still works")
    server.sql("UPDATE token SET expires_at = ? WHERE kind = 'refresh'",
               int(time.time()) - 1)
    check(refresh(server, answer.data["refresh"]).status == 401, "expired refresh")


def logout(server):
    for body in (None, {}, "refresh", "refresh_token"):
        person = Person(server, "logout" + str(body).strip("{}").replace("_", "") + "x")
        elsewhere = Person.login(person).data
        mine = person.login().data
        if isinstance(body, str):
            body = {body: mine["refresh"]}
        check(person.ask("POST", "auth/logout/", body).status == 200, "log out")
        check(not works(server, mine["access"]), "the access token ended")
        check(refresh(server, mine["refresh"]).status == 401, "the refresh token too")
        check(works(server, elsewhere["access"]), "another session goes on")
    a, b = Person(server, "thief"), Person(server, "victim")
    check(a.ask("POST", "auth/logout/", {"refresh": b.refresh}).status == 200, "log out")
    check(works(server, b.token), "nobody ends another person's session")


def password(server):
    person = Person(server, "password")
    elsewhere = person.login().data
    person.login()
    body = {"current_password": "wrong", "new_password": "n" * 43}
    answer = person.ask("PATCH", "auth/change-password/", body)
    check(answer.status == 422 and "current_password" in answer.data, "wrong current")
    body["current_password"] = person.password
    short = person.ask("PATCH", "auth/change-password/", body | {"new_password": "7 bytes"})
    check(short.status == 422 and "new_password" in short.data, "a short password")
    check(person.ask("PATCH", "auth/change-password/", body).status == 200, "change")
    check(works(server, person.token), "the session that changed it goes on")
    check(not works(server, elsewhere["access"]), "all others end")
    check(refresh(server, elsewhere["refresh"]).status == 401, "for good")
    old = {"email": person.email, "password": person.password}
    check(server.request("POST", "auth/login/", old).status == 401, "the old one")
    person.password = "n" * 43
    check(person.login().status == 200, "the new one")


def overtaken(server):
    """A log-in that is under way when the password changes comes to nothing."""
    person = Person(server, "overtaken")
    other = Person(server, "overtaker")
    answers = []
    body = {"email": person.email, "password": person.password}
    change = {"current_password": person.password, "new_password": "n" * 43}
    with sqlite3.connect(server.db, isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")
        threads = [
            threading.Thread(target=lambda: answers.append(
                server.request("POST", "auth/login/", body).status)),
            threading.Thread(target=lambda: answers.append(
                person.ask("PATCH", "auth/change-password/", change).status))]
        for thread in threads:
            thread.start()
        time.sleep(0.4)
        db.execute("UPDATE account SET password_hash = (SELECT password_hash FROM"
                   " account WHERE email = ?) WHERE email = ?",
                   (other.email, person.email))
        db.execute("COMMIT")
        for thread in threads:
            thread.join()
    db.close()
    check(sorted(answers) == [401, 422], f"with a password that changed: {answers}")


def not_by_strangers(server):
    person = Person(server, "owner")
    for _ in range(7):
        server.request("POST", "auth/login/", {"email": person.email, "password": "x"})
    body = {"current_password": person.password, "new_password": "n" * 43}
    answer = person.ask("PATCH", "auth/change-password/", body)
    check(answer.status == 200, f"the owner changes the password: {answer.status}")
    body["current_password"] = "x"
    for _ in range(7):
        answer = person.ask("PATCH", "auth/change-password/", body)
    check(answer.status == 429, f"guessing within a session: {answer.status}")


def many_sessions(server):
    person = Person(server, "many")
    first = person.token
    server.sql("UPDATE token SET created_at = created_at - 10 WHERE principal_id = ?",
               person.id)
    for _ in range(49):
        person.login()
    check(works(server, first), "fifty sessions")
    person.login()
    check(not works(server, first), "the oldest of fifty-one is ended")
    check(works(server, person.token), "the newest works")
    ((count,),) = server.sql("SELECT COUNT(DISTINCT family) FROM token"
                             " WHERE principal_id = ?", person.id)
    check(count == 50, f"{count} sessions")


def old_events():
    with Server() as server:
        Person(server, "old")
        kept = server.sql("SELECT COUNT(*) FROM event")
        server.sql("INSERT INTO event VALUES ('x', ?, NULL, 'session.login', NULL, NULL)",
                   int(time.time()) - 91 * 24 * 3600)
        server.sql("INSERT INTO event VALUES ('y', ?, NULL, 'session.login', NULL, NULL)",
                   int(time.time()) - 89 * 24 * 3600)
        server.stop()
        server.start()
        check(server.sql("SELECT COUNT(*) FROM event") == [(kept[0][0] + 1,)],
              "events of 90 days are kept")


def strangers():
    """Behind a proxy that it does not know of, all peers are one address."""
    with Server(attempts="4") as server:
        person = Person(server, "victim")
        for i in range(8):
            server.request("POST", "auth/login/", {
                "email": f"nobody{i}@example.com", "password": "x"})
        answer = server.request(
            "POST", "auth/login/", {"email": person.email, "password": person.password})
        check(answer.status == 200, f"strangers lock somebody out: {answer.status}")


def guessing():
    with Server("--behind-proxy", attempts="4") as server:
        person = Person(server, "guess")
        texts = set()
        for email in (person.email, "nobody@example.com"):
            answer = server.request(
                "POST", "auth/login/", {"email": email, "password": "x"})
            check(answer.status == 401, f"wrong log-in: {answer.status}")
            texts.add(answer.body)
        check(len(texts) == 1, "unknown and wrong are told apart")
        statuses = [server.request(
            "POST", "auth/login/", {"email": f"nobody{i}@example.com", "password": "x"},
            headers={"X-Forwarded-For": f"192.0.2.1, 198.51.100.{i}"}) for i in range(6)]
        check(statuses[-1].status == 429 and int(statuses[-1].headers["Retry-After"]) > 0,
              "a network is slowed down")
        server.sql("DELETE FROM attempt WHERE name LIKE 'network:%'")
        server.kill()
        server.options[1] = "0"
        server.start()
        for email in (person.email, "nobody@example.com"):
            last = None
            for _ in range(7):
                last = server.request(
                    "POST", "auth/login/", {"email": email, "password": "x"})
            check(last.status == 429, f"{email} is slowed down, account or not")
        rows = server.sql("SELECT count FROM attempt WHERE name = ?",
                          "account:" + person.email)
        check(rows and rows[0][0] >= 5, "counted in the database")


def known_networks():
    """A network that an account is used from is not locked out by others."""
    with Server("--behind-proxy", attempts="0") as server:
        person = Person(server, "known")

        def login(address, secret):
            return server.request(
                "POST", "auth/login/", {"email": person.email, "password": secret},
                headers={"X-Forwarded-For": address}).status

        check(login("192.0.2.7", person.password) == 200, "from home")
        for _ in range(7):
            stranger = login("198.51.100.1", "x")
        check(stranger == 429, f"a stranger waits: {stranger}")
        check(login("203.0.113.1", person.password) == 429, "a new network, too")
        check(login("192.0.2.9", person.password) == 200, "the home network does not")
        for _ in range(7):
            home = login("192.0.2.9", "x")
        check(home == 429, f"guessing from the home network: {home}")
        server.sql("UPDATE attempt SET until = 0 WHERE name LIKE 'known:%'")
        # However slow the machine: the wait of strangers is not over yet.
        server.sql(
            "UPDATE attempt SET until = until + 600 WHERE name LIKE 'account:%'")
        check(login("192.0.2.9", person.password) == 429, "not for ever")


def registration():
    with Server(register=False) as server:
        answer = server.request("POST", "auth/register/", {})
        check(answer.status == 403 and "--open-registration" in answer.json["message"],
              f"registration is closed by default: {answer.status}")


with Server() as server:
    rotation(server)
    expiry(server)
    logout(server)
    password(server)
    overtaken(server)
    not_by_strangers(server)
    many_sessions(server)
old_events()
strangers()
guessing()
known_networks()
registration()
finish()
