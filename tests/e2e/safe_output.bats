#!/usr/bin/env bats
# What others wrote cannot speak to the terminal.
load lib
remember_passwords

teardown() { end_all; }

# ESC sequences, OSC 52, CR, C1, a bell, bidi, and a title.
evil=$'\e[31mred\e]52;c;ZXZpbA==\a\r\xc2\x9b2J\xe2\x80\xae\xc2\x85\e]0;title\a'

# printable FILE: nothing but printable text and line ends.
printable() {
  python3 - "$1" <<'PYTHON'
import sys
import unicodedata
with open(sys.argv[1], "rb") as file:
    text = file.read().decode()
bad = {c for c in text if c != "\n" and unicodedata.category(c)[0] == "C"}
sys.exit("control characters: %r in %r" % (bad, text) if bad else 0)
PYTHON
}

# safe COMMAND...: what it says, to both outputs, is printable and not empty.
safe() {
  "$@" >"$BATS_TEST_TMPDIR/said" 2>&1 </dev/null || :
  [ -s "$BATS_TEST_TMPDIR/said" ]
  printable "$BATS_TEST_TMPDIR/said" || fail "$*"
}

# a_clone: a folder whose project.json somebody else wrote.
a_clone() {
  new_account
  agentsecrets set KEY=value
  mkdir ../clone
  cp -r .agentsecrets ../clone
  cd ../clone || return
  EVIL=$evil python3 - <<'PYTHON'
import json
import os
path = ".agentsecrets/project.json"
with open(path) as file:
    project = json.load(file)
for name in ("project_name", "workspace_name", "description"):
    project[name] = os.environ["EVIL"]
with open(path, "w") as file:
    json.dump(project, file)
PYTHON
}

@test "a project file cannot speak to the terminal" {
  fresh_home
  a_clone
  safe agentsecrets list
  safe agentsecrets status
  safe agentsecrets env -- true
  safe agentsecrets env --dry-run -- true
  safe agentsecrets trust
  safe agentsecrets status --json
  safe agentsecrets project use web
}

@test "nor a folder, at the question whether it is trusted" {
  fresh_home
  new_account
  mkdir "../$evil"
  cp -r .agentsecrets "../$evil"
  cd "../$evil"
  run python3 "$BATS_TEST_DIRNAME/terminal.py" 'expect:Trust it? [y/N] ' \
    'send:n\n' -- agentsecrets list
  assert_status 3
  printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/said"
  printable "$BATS_TEST_TMPDIR/said"
}

@test "a folder's name, an argument and a .env file cannot either" {
  fresh_home
  new_account
  mkdir "$WORK/$evil"
  safe agentsecrets push "$evil"
  safe agentsecrets pull --to "$evil/none/x"
  safe agentsecrets get "$evil"
  safe agentsecrets env --only "$evil" -- true
  safe agentsecrets env -- "$evil"
  safe agentsecrets "$evil"
  safe agentsecrets project create "$evil"
  safe agentsecrets project use "$evil"
  safe agentsecrets init --server "$evil"
  safe agentsecrets login --email "$evil"
  printf '%s\n' "$evil" >bad.env
  safe agentsecrets push bad.env
  printf 'OK=1\nA%s=1\n' "$evil" >bad.env
  safe agentsecrets push bad.env
  cd "$WORK/$evil"
  safe agentsecrets project create another
  safe agentsecrets trust --remove
  safe agentsecrets list
}

@test "a person's name with control characters stays off other terminals" {
  start_server
  fresh_home one
  new_account web --server "$SERVER_URL" --email alice@example.com \
    --name "Alice $evil" >"$BATS_TEST_TMPDIR/said" 2>&1 || :
  printable "$BATS_TEST_TMPDIR/said"
  safe agentsecrets whoami
  safe agentsecrets status
  safe agentsecrets login
}

# A server that refuses with a text of its own.
@test "what a server says is shown without its control characters" {
  fresh_home
  EVIL=$evil start_background liar python3 -u -c '
import http.server, json, os
class Liar(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = self.path.startswith("/api/status")
        body = json.dumps(
            {"status": "healthy", "server": "agentsecrets-server",
             "version": os.environ["EVIL"], "extensions": [os.environ["EVIL"]],
             "uptime_seconds": 1, "limits": {}} if status else
            {"status": "failure", "code": os.environ["EVIL"],
             "message": os.environ["EVIL"], "detail": os.environ["EVIL"]}
        ).encode()
        self.send_response(200 if status else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer
server = http.server.HTTPServer(("127.0.0.1", 0), Liar)
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
'
  wait_for 10 server_port liar
  random_canary password 24
  safe agentsecrets init --server "http://127.0.0.1:$SERVER_PORT" \
    --email ann@example.com --name 'Ann Other' --password-file password
  grep -q red "$BATS_TEST_TMPDIR/said" || fail "$(cat "$BATS_TEST_TMPDIR/said")"
  safe agentsecrets login --server "http://127.0.0.1:$SERVER_PORT" \
    --email ann@example.com --password-file password
  safe agentsecrets server status
  safe env AGENTSECRETS_SERVER_URL="http://127.0.0.1:$SERVER_PORT" \
    agentsecrets server status
}
