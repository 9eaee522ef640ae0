# shellcheck shell=bash
# One account, one networked server, several machines. Needs lib.bash.

# start_recording: a proxy before the server that was started last; sets
# TEAM_URL, and RECORD, the folder of what passes through it.
start_recording() {
  local port=$SERVER_PORT
  RECORD=$BATS_TEST_TMPDIR/record
  mkdir -p "$RECORD"
  start_background proxy python3 "$BATS_TEST_DIRNAME/proxy.py" "$port" "$RECORD"
  wait_for 10 server_port proxy || return
  TEAM_URL=http://127.0.0.1:$SERVER_PORT
  SERVER_PORT=$port
}

# requests: those that passed since the last call, `METHOD PATH` a line.
requests() {
  local list
  # A connection is recorded when its client has ended.
  sleep 0.1
  list=$(grep -aoE '(GET|POST|PUT|PATCH|DELETE) /[^ ]* HTTP/1\.1' \
    "$RECORD/up" 2>/dev/null | sed 's, HTTP/1.1$,,')
  rm -f "$RECORD/up" "$RECORD/down"
  printf '%s\n' "$list"
}

# new_team [PROJECT]: the account of the team, in the home `one`.
new_team() {
  fresh_home one
  new_account "${1-web}" --server "${TEAM_URL-$SERVER_URL}" \
    --email alice@example.com --name 'Alice Liddell' || return
  KIT=$BATS_TEST_TMPDIR/kit.txt
  KIT_PASSPHRASE=$BATS_TEST_TMPDIR/passphrase
  random_canary "$KIT_PASSPHRASE" 24
}

# next_machine NAME: the same account in another home, with the kit, and a
# clone of the project.
next_machine() {
  local origin=$WORK password=$PASSWORD_FILE server
  server=$(agentsecrets server get) || return
  [ -f "$KIT" ] || agentsecrets key export --out "$KIT" \
    --passphrase-file "$KIT_PASSPHRASE" || return
  fresh_home "$1"
  PASSWORD_FILE=$HOME/password
  cp "$password" "$PASSWORD_FILE"
  export AGENTSECRETS_PASSWORD_FILE=$PASSWORD_FILE
  agentsecrets login --server "$server" --email alice@example.com &&
    agentsecrets key import "$KIT" --passphrase-file "$KIT_PASSPHRASE" ||
    return
  [ ! -d "$origin/.agentsecrets" ] || cp -r "$origin/.agentsecrets" . &&
    agentsecrets trust
}

# on NAME COMMAND...: run in the home NAME, and stay where we are.
on() {
  local name=$1
  shift
  (
    use_home "$name"
    export AGENTSECRETS_PASSWORD_FILE=$HOME/password
    "$@"
  )
}

# start_liar: a proxy that lies before the server that was started last; sets
# TEAM_URL. `lie KIND NAME` (liar.py) and `be_honest` say what it does.
start_liar() {
  local port=$SERVER_PORT
  LIES=$BATS_TEST_TMPDIR/lies
  mkdir -p "$LIES"
  start_background liar python3 "$BATS_TEST_DIRNAME/liar.py" "$port" "$LIES"
  wait_for 10 server_port liar || return
  # shellcheck disable=SC2034 # for the tests
  TEAM_URL=http://127.0.0.1:$SERVER_PORT
  SERVER_PORT=$port
}

lie() { printf '%s %s\n' "$1" "$2" >"$LIES/lie"; }
be_honest() { rm -f "$LIES/lie"; }

# mode_two: the project of the working directory keeps its values in files, too.
mode_two() {
  python3 - <<'PYTHON'
import json
path = ".agentsecrets/project.json"
with open(path) as file:
    project = json.load(file)
project["storage_mode"] = 2
with open(path, "w") as file:
    json.dump(project, file)
PYTHON
}
